package wide

import (
	"strconv"
	"strings"
)

// line is what is left to read of an instruction. The first thing that does not fit stays in failed.
type line struct {
	rest   string
	failed bool
}

func isWordByte(c byte) bool {
	return c == '.' || c == '_' || c == '$' || c == '-' || c == '+' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (l *line) space() { l.rest = strings.TrimLeft(l.rest, " ") }

// peek is the next word or sign.
func (l *line) peek() string {
	l.space()
	if l.rest == "" {
		return ""
	}
	n := 0
	if strings.IndexByte("%@!#", l.rest[0]) >= 0 {
		n = 1
	}
	if n < len(l.rest) && l.rest[n] == '"' {
		if end := strings.IndexByte(l.rest[n+1:], '"'); end >= 0 {
			return l.rest[:n+1+end+1]
		}
	}
	for n < len(l.rest) && isWordByte(l.rest[n]) {
		n++
	}
	if n == 0 {
		n = 1
	}
	return l.rest[:n]
}

func (l *line) word() string {
	w := l.peek()
	if w == "" {
		l.failed = true
	}
	l.rest = l.rest[len(w):]
	return w
}

func (l *line) take(w string) bool {
	if l.peek() != w {
		return false
	}
	l.word()
	return true
}

func (l *line) expect(w string) {
	if !l.take(w) {
		l.failed = true
	}
}

// balanced takes what stands between a bracket and its partner, both with it.
func (l *line) balanced() string {
	l.space()
	depth := 0
	for n := 0; n < len(l.rest); n++ {
		switch l.rest[n] {
		case '"':
			end := strings.IndexByte(l.rest[n+1:], '"')
			if end < 0 {
				l.failed = true
				return ""
			}
			n += end + 1
		case '(', '[', '{', '<':
			depth++
		case ')', ']', '}', '>':
			depth--
			if depth == 0 {
				s := l.rest[:n+1]
				l.rest = l.rest[n+1:]
				return s
			}
		}
	}
	l.failed = true
	return ""
}

// typ reads a type.
func (l *line) typ() string {
	switch p := l.peek(); {
	case p == "<" || p == "[" || p == "{":
		return l.balanced()
	case strings.HasPrefix(p, "%"):
		return l.word()
	case p == "ptr":
		l.word()
		if l.peek() == "addrspace" {
			l.failed = true
		}
		return "ptr"
	case p == "void" || p == "float" || p == "double" || p == "half" || p == "bfloat" || p == "i1" || isInteger(p):
		return l.word()
	}
	l.failed = true
	return ""
}

func isInteger(t string) bool {
	if len(t) < 2 || t[0] != 'i' {
		return false
	}
	n, err := strconv.Atoi(t[1:])
	return err == nil && n > 0 && n <= 128 // more than 64 of products that are cut again: mulhi, and sums that LLVM has in closed form
}

var plainAttributes = map[string]bool{}

func init() {
	for _, w := range strings.Fields("noundef nonnull nocapture readonly writeonly zeroext signext noalias readnone immarg returned nofree inreg") {
		plainAttributes[w] = true
	}
}

// attributes passes over what is said of a parameter, an argument or a result beside its type.
func (l *line) attributes() {
	for {
		switch p := l.peek(); {
		case plainAttributes[p]:
			l.word()
		case p == "align":
			l.word()
			if l.peek() == "(" {
				l.balanced()
			} else {
				l.word()
			}
		case p == "dereferenceable" || p == "dereferenceable_or_null" || p == "range" || p == "nofpclass" || p == "captures":
			l.word()
			if l.peek() != "(" {
				l.failed = true
				return
			}
			l.balanced()
		default:
			return
		}
	}
}

// constantExpressions are those that may stand where a value is wanted.
var constantExpressions = map[string]bool{"getelementptr": true, "inttoptr": true, "ptrtoint": true, "bitcast": true, "trunc": true, "sub": true, "add": true}

// value reads an operand of a type that is known.
func (l *line) value() string {
	p := l.peek()
	switch {
	case p == "<" || p == "[" || p == "{":
		return l.balanced()
	case constantExpressions[p]:
		text := l.word()
		for l.peek() != "(" && !l.failed {
			text += " " + l.word()
		}
		return text + " " + l.balanced()
	case p == "" || strings.IndexByte("(),]}>=!#", p[0]) >= 0:
		l.failed = true
		return ""
	case p == "splat" || p == "asm" || p == "c" || p == "blockaddress" || p == "dso_local_equivalent":
		l.failed = true
		return ""
	}
	return l.word()
}

// typed reads a type and a value, attributes between them passed over.
func (l *line) typed() value {
	t := l.typ()
	l.attributes()
	return value{t, l.value()}
}

var instFlags = map[string]bool{}

func init() {
	for _, w := range strings.Fields("nuw nsw exact disjoint nneg inbounds nusw samesign fast nnan ninf nsz arcp contract afn reassoc") {
		instFlags[w] = true
	}
}

func (l *line) takeFlags() []string {
	var flags []string
	for instFlags[l.peek()] {
		flags = append(flags, l.word())
	}
	return flags
}

func (l *line) label() string {
	l.expect("label")
	w := l.word()
	if !strings.HasPrefix(w, "%") {
		l.failed = true
		return ""
	}
	return unquoted(w[1:])
}

// unquoted is a block's name without the quotes that LLVM writes where a name has signs such as $.
func unquoted(name string) string { return strings.Trim(name, `"`) }

// tail passes over metadata and the number of attributes, and reads an alignment.
func (l *line) tail(i *inst) {
	if strings.HasPrefix(l.peek(), "#") { // of a call, before its metadata
		l.word()
	}
	for l.take(",") {
		p := l.peek()
		if p == "align" {
			l.word()
			n, err := strconv.Atoi(l.word())
			if err != nil {
				l.failed = true
			}
			i.align = n
			continue
		}
		if !strings.HasPrefix(p, "!") {
			l.failed = true
			return
		}
		l.word()
		if strings.HasPrefix(l.peek(), "!") {
			l.word()
		}
	}
	if strings.HasPrefix(l.peek(), "#") {
		l.word()
	}
}

func (l *line) orderings() []string {
	var all []string
	for {
		switch p := l.peek(); p {
		case "syncscope":
			l.word()
			all = append(all, "syncscope"+l.balanced())
		case "unordered", "monotonic", "acquire", "release", "acq_rel", "seq_cst":
			all = append(all, l.word())
		default:
			return all
		}
	}
}
