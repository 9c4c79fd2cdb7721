package wide

import (
	"strconv"
	"strings"
)

// dropped are calls that only tell the optimiser something.
func dropped(callee string) bool {
	return strings.HasPrefix(callee, "llvm.lifetime.") || callee == "llvm.assume" || strings.HasPrefix(callee, "llvm.experimental.noalias.scope") ||
		strings.HasPrefix(callee, "llvm.dbg.") || callee == "llvm.donothing" || strings.HasPrefix(callee, "llvm.invariant.") ||
		callee == prefix+"stay"
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
		l.sources(i)
	case "getelementptr":
		i.flags = l.takeFlags()
		i.src = l.typ()
		i.typ = "ptr"
		for l.another() {
			a := l.typed()
			i.args = append(i.args, a)
			l.failed = l.failed || strings.HasPrefix(a.typ, "<")
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
		for l.another() {
			n, err := strconv.Atoi(l.word())
			l.failed = l.failed || err != nil
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

// another takes the comma before a further operand; what follows the last one begins with ", !".
func (l *line) another() bool {
	if rest := strings.TrimLeft(l.rest, " "); strings.HasPrefix(rest, ", !") {
		return false
	}
	return l.take(",")
}

// sources reads the values of a phi, each with the block that it comes from.
func (l *line) sources(i *inst) {
	for {
		l.expect("[")
		i.args = append(i.args, value{i.typ, l.value()})
		l.expect(",")
		from := l.word()
		if !strings.HasPrefix(from, "%") {
			l.failed = true
			return
		}
		i.labels = append(i.labels, unquoted(from[1:]))
		l.expect("]")
		if !strings.HasPrefix(strings.TrimLeft(l.rest, " "), ", [") {
			return
		}
		l.expect(",")
	}
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
	if name := l.word(); name == "asm" {
		i.callee = l.emptyStatement()
	} else if strings.HasPrefix(name, "@") {
		i.callee = strings.Trim(name[1:], `"`)
	} else {
		l.failed = true
	}
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

// emptyStatement reads what follows the word asm, where that is a statement without an instruction whose result is its operand:
// include/msl_base.h keeps from the optimiser what a value is in that way.
func (l *line) emptyStatement() string {
	l.space()
	end := strings.Index(l.rest, "(")
	if end < 0 || !strings.HasPrefix(l.rest, `"", "=r,0,`) && !strings.HasPrefix(l.rest, `"", "=r,0"`) {
		l.failed = true
		return ""
	}
	text := l.rest[:end]
	l.rest = l.rest[end:]
	return asmPrefix + text
}

// asmPrefix begins the name of what is no function but an assembler statement.
const asmPrefix = "asm "

// memberType is the type of a member of a literal struct, as cmpxchg returns.
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
