package wide

import (
	"fmt"
	"strconv"
	"strings"
)

// refused says why a kernel stays on fibers.
type refused struct{ why string }

func (r *refused) Error() string { return r.why }

func refuse(format string, arguments ...any) error {
	return &refused{fmt.Sprintf(format, arguments...)}
}

// readModule reads a text of LLVM 19. Functions that wanted names are read whole; what is not understood in one of them
// is its error, by name. The others, and all that is no function, stay text.
func readModule(text string, wanted func(name string) bool) (*module, map[string]error) {
	m := &module{structs: map[string]string{}}
	failed := map[string]error{}
	var head strings.Builder
	lines := strings.Split(text, "\n")
	for n := 0; n < len(lines); n++ {
		line := lines[n]
		if strings.HasPrefix(line, "%") {
			if name, body, ok := strings.Cut(line, " = type "); ok {
				m.structs[name] = body
			}
		}
		if !strings.HasPrefix(line, "define ") {
			head.WriteString(line + "\n")
			continue
		}
		end := n
		for end < len(lines) && lines[end] != "}" {
			end++
		}
		name := definedName(line)
		if !wanted(name) || end == len(lines) {
			for ; n <= end && n < len(lines); n++ {
				head.WriteString(lines[n] + "\n")
			}
			n--
			continue
		}
		f, err := readFunction(name, line, lines[n+1:end])
		if err != nil {
			failed[name] = err
		} else {
			m.functions = append(m.functions, f)
		}
		n = end
	}
	m.head = head.String()
	return m, failed
}

// definedName is the name of the function that a line begins.
func definedName(line string) string {
	_, rest, _ := strings.Cut(line, "@")
	if strings.HasPrefix(rest, `"`) {
		name, _, _ := strings.Cut(rest[1:], `"`)
		return name
	}
	name, _, _ := strings.Cut(rest, "(")
	return name
}

func readFunction(name, first string, lines []string) (*function, error) {
	f := &function{name: name}
	_, rest, _ := strings.Cut(first, "@")
	l := &line{rest: rest[strings.Index(rest, "("):]}
	l.expect("(")
	unnamed := 0
	for !l.take(")") {
		if l.typ() != "ptr" {
			return nil, refuse("a parameter that is no pointer: %s", first)
		}
		l.attributes()
		p := l.word()
		if !strings.HasPrefix(p, "%") {
			return nil, refuse("a parameter without a name: %s", first)
		}
		f.params = append(f.params, p)
		unnamed++
		l.take(",")
	}
	current := &block{name: strconv.Itoa(unnamed)} // what LLVM calls a first block without a name
	for n := 0; n < len(lines); n++ {
		text := lines[n]
		if text == "" || strings.HasPrefix(strings.TrimSpace(text), ";") {
			continue
		}
		if !strings.HasPrefix(text, " ") {
			label, _, ok := strings.Cut(text, ":")
			if !ok {
				return nil, refuse("a line that is no instruction: %s", text)
			}
			if len(current.insts) > 0 {
				f.blocks = append(f.blocks, current)
			}
			current = &block{name: strings.TrimSpace(label)}
			continue
		}
		if strings.HasSuffix(text, "[") { // a switch takes a line for each of its cases
			for !strings.HasSuffix(lines[n], "]") && n+1 < len(lines) {
				n++
				text += " " + strings.TrimSpace(lines[n])
			}
		}
		i, err := readInst(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		if i != nil {
			current.insts = append(current.insts, i)
		}
	}
	f.blocks = append(f.blocks, current)
	return f, f.connect()
}

// connect fills in the blocks' neighbours.
func (f *function) connect() error {
	byName := map[string]*block{}
	for _, b := range f.blocks {
		if len(b.insts) == 0 || kindOf(b.end().op) != control {
			return refuse("block %s has no end", b.name)
		}
		byName[b.name] = b
		b.preds, b.succs = nil, nil
	}
	for _, b := range f.blocks {
		seen := map[string]bool{}
		for _, label := range b.end().labels {
			to := byName[label]
			if to == nil {
				return refuse("a branch to %s, which is not there", label)
			}
			if !seen[label] {
				seen[label] = true
				b.succs = append(b.succs, to)
				to.preds = append(to.preds, b)
			}
		}
	}
	return nil
}

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
	return err == nil && n > 0 && n <= 64
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
	return w[1:]
}

// tail passes over metadata and reads an alignment.
func (l *line) tail(i *inst) {
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

// dropped are calls that only tell the optimiser something.
func dropped(callee string) bool {
	return strings.HasPrefix(callee, "llvm.lifetime.") || callee == "llvm.assume" || strings.HasPrefix(callee, "llvm.experimental.noalias.scope") ||
		strings.HasPrefix(callee, "llvm.dbg.") || callee == "llvm.donothing" || strings.HasPrefix(callee, "llvm.invariant.")
}

// readInst reads an instruction; nil for one that may be left out.
func readInst(text string) (*inst, error) {
	l := &line{rest: text}
	i := &inst{typ: "void"}
	if strings.HasPrefix(text, "%") {
		i.name = l.word()
		l.expect("=")
	}
	i.op = l.word()
	switch i.op {
	case "tail", "notail", "musttail":
		i.op = l.word()
	}
	switch kindOf(i.op) {
	case binary:
		i.flags = l.takeFlags()
		a := l.typed()
		l.expect(",")
		i.typ, i.args = a.typ, []value{a, {a.typ, l.value()}}
	case comparison:
		i.flags = l.takeFlags()
		i.pred = l.word()
		a := l.typed()
		l.expect(",")
		i.args = []value{a, {a.typ, l.value()}}
		i.typ = "i1"
		if strings.HasPrefix(a.typ, "<") {
			i.typ = "<" + strings.Fields(a.typ[1:])[0] + " x i1>"
		}
	case conversion:
		i.flags = l.takeFlags()
		i.args = []value{l.typed()}
		l.expect("to")
		i.typ = l.typ()
	case unary:
		i.flags = l.takeFlags()
		i.args = []value{l.typed()}
		i.typ = i.args[0].typ
	case control:
		l.control(i)
	default:
		if l.drops(i) && !l.failed {
			return nil, nil
		}
	}
	if kindOf(i.op) != control || i.op == "ret" {
		l.tail(i)
	} else if l.peek() == "," {
		l.tail(i)
	}
	if l.peek() != "" || l.failed {
		return nil, refuse("an instruction that is not known: %s", text)
	}
	return i, nil
}

func (l *line) control(i *inst) {
	switch i.op {
	case "ret":
		if l.take("void") {
			return
		}
		i.args = []value{l.typed()}
	case "br":
		if l.peek() == "label" {
			i.labels = []string{l.label()}
			return
		}
		i.args = []value{l.typed()}
		l.expect(",")
		i.labels = []string{l.label()}
		l.expect(",")
		i.labels = append(i.labels, l.label())
	case "switch":
		i.args = []value{l.typed()}
		l.expect(",")
		i.labels = []string{l.label()}
		l.expect("[")
		for !l.take("]") && !l.failed {
			c := l.typed()
			l.expect(",")
			i.cases = append(i.cases, c.text)
			i.labels = append(i.labels, l.label())
		}
	}
}

// drops reads instructions that have a spelling of their own, and reports whether the instruction may be left out.
func (l *line) drops(i *inst) bool {
	switch i.op {
	case "select":
		i.flags = l.takeFlags()
		for n := range 3 {
			if n > 0 {
				l.expect(",")
			}
			i.args = append(i.args, l.typed())
		}
		i.typ = i.args[1].typ
	case "phi":
		i.flags = l.takeFlags()
		i.typ = l.typ()
		for {
			l.expect("[")
			i.args = append(i.args, value{i.typ, l.value()})
			l.expect(",")
			from := l.word()
			if !strings.HasPrefix(from, "%") {
				l.failed = true
				return false
			}
			i.labels = append(i.labels, from[1:])
			l.expect("]")
			if !strings.HasPrefix(strings.TrimLeft(l.rest, " "), ", [") {
				return false
			}
			l.expect(",")
		}
	case "getelementptr":
		i.flags = l.takeFlags()
		i.src = l.typ()
		i.typ = "ptr"
		for strings.HasPrefix(strings.TrimLeft(l.rest, " "), ",") && !strings.HasPrefix(strings.TrimLeft(l.rest, " "), ", !") {
			l.expect(",")
			i.args = append(i.args, l.typed())
			if strings.HasPrefix(i.args[len(i.args)-1].typ, "<") {
				l.failed = true
			}
		}
	case "alloca":
		i.src = l.typ()
		i.typ = "ptr"
	case "load":
		i.atomic, i.volatile = l.take("atomic"), l.take("volatile")
		i.typ = l.typ()
		l.expect(",")
		i.args = []value{l.typed()}
		i.ordering = l.orderings()
	case "store":
		i.atomic, i.volatile = l.take("atomic"), l.take("volatile")
		i.args = []value{l.typed()}
		l.expect(",")
		i.args = append(i.args, l.typed())
		i.ordering = l.orderings()
	case "cmpxchg":
		i.weak, i.volatile = l.take("weak"), l.take("volatile")
		for n := range 3 {
			if n > 0 {
				l.expect(",")
			}
			i.args = append(i.args, l.typed())
		}
		i.typ = "{ " + i.args[1].typ + ", i1 }"
		i.ordering = l.orderings()
	case "atomicrmw":
		i.volatile = l.take("volatile")
		i.kind = l.word()
		i.args = []value{l.typed()}
		l.expect(",")
		i.args = append(i.args, l.typed())
		i.typ = i.args[1].typ
		i.ordering = l.orderings()
	case "fence":
		i.ordering = l.orderings()
	case "extractvalue":
		i.args = []value{l.typed()}
		for strings.HasPrefix(strings.TrimLeft(l.rest, " "), ",") && !strings.HasPrefix(strings.TrimLeft(l.rest, " "), ", !") {
			l.expect(",")
			n, err := strconv.Atoi(l.word())
			if err != nil {
				l.failed = true
			}
			i.indices = append(i.indices, n)
		}
		i.typ = memberType(i.args[0].typ, i.indices)
		l.failed = l.failed || i.typ == ""
	case "call":
		return l.call(i)
	default:
		l.failed = true
	}
	return false
}

func (l *line) call(i *inst) bool {
	i.flags = l.takeFlags()
	for p := l.peek(); p == "fastcc" || p == "spir_func" || p == "ccc"; p = l.peek() {
		l.word()
	}
	l.attributes()
	i.typ = l.typ()
	if l.peek() == "(" { // the whole type, of a function that takes as many arguments as one likes
		l.balanced()
	}
	name := l.word()
	if !strings.HasPrefix(name, "@") {
		l.failed = true
		return false
	}
	i.callee = strings.Trim(name[1:], `"`)
	if dropped(i.callee) {
		return true
	}
	l.expect("(")
	for !l.take(")") && !l.failed {
		i.args = append(i.args, l.typed())
		l.take(",")
	}
	if l.peek() == "[" { // operand bundles
		l.failed = true
	}
	return false
}

// memberType is the type of a member of a literal struct, as cmpxchg gives.
func memberType(t string, indices []int) string {
	if len(indices) != 1 || !strings.HasPrefix(t, "{") {
		return ""
	}
	members := splitTop(t[1 : len(t)-1])
	if indices[0] >= len(members) {
		return ""
	}
	return members[indices[0]]
}

// splitTop splits at the commas that stand in no brackets.
func splitTop(s string) []string {
	var parts []string
	depth, from := 0, 0
	for n := 0; n < len(s); n++ {
		switch s[n] {
		case '(', '[', '{', '<':
			depth++
		case ')', ']', '}', '>':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(s[from:n]))
				from = n + 1
			}
		}
	}
	if last := strings.TrimSpace(s[from:]); last != "" {
		parts = append(parts, last)
	}
	return parts
}
