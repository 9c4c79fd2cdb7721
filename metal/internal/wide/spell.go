package wide

import (
	"fmt"
	"strings"
)

// String is the instruction as LLVM reads it.
func (i *inst) String() string {
	if i.name == "" {
		return i.spelling()
	}
	return i.name + " = " + i.spelling()
}

// arg is an operand with its type.
func (i *inst) arg(n int) string { return i.args[n].typ + " " + i.args[n].text }

// spelling is an instruction without the name of its result.
func (i *inst) spelling() string {
	flags := i.flagText()
	switch kindOf(i.op) {
	case binary:
		return fmt.Sprintf("%s %s%s, %s", i.op, flags, i.arg(0), i.args[1].text)
	case comparison:
		return fmt.Sprintf("%s %s%s %s, %s", i.op, flags, i.pred, i.arg(0), i.args[1].text)
	case conversion:
		return fmt.Sprintf("%s %s%s to %s", i.op, flags, i.arg(0), i.typ)
	case unary:
		return fmt.Sprintf("%s %s%s", i.op, flags, i.arg(0))
	case control:
		return i.controlSpelling()
	}
	var b strings.Builder
	switch i.op {
	case "select":
		fmt.Fprintf(&b, "select %s%s, %s, %s", flags, i.arg(0), i.arg(1), i.arg(2))
	case "phi":
		fmt.Fprintf(&b, "phi %s%s ", flags, i.typ)
		for n := range i.args {
			if n > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "[ %s, %%%s ]", i.args[n].text, quoteName(i.labels[n]))
		}
	case "getelementptr":
		fmt.Fprintf(&b, "getelementptr %s%s", flags, i.src)
		for n := range i.args {
			b.WriteString(", " + i.arg(n))
		}
	case "extractvalue":
		fmt.Fprintf(&b, "extractvalue %s", i.arg(0))
		for _, n := range i.indices {
			fmt.Fprintf(&b, ", %d", n)
		}
	case "call":
		called := "@" + quoteName(i.callee)
		if strings.HasPrefix(i.callee, asmPrefix) {
			called = i.callee
		}
		fmt.Fprintf(&b, "call %s%s %s(", flags, i.typ, called)
		for n := range i.args {
			if n > 0 {
				b.WriteString(", ")
			}
			b.WriteString(i.arg(n))
		}
		b.WriteString(")")
	default:
		return i.memorySpelling()
	}
	return b.String()
}

func (i *inst) flagText() string {
	flags := ""
	for _, f := range i.flags {
		flags += f + " "
	}
	return flags
}

// controlSpelling is how a block's end is spelled.
func (i *inst) controlSpelling() string {
	switch {
	case i.op == "br" && len(i.args) == 0:
		return "br label %" + quoteName(i.labels[0])
	case i.op == "br":
		return fmt.Sprintf("br %s, label %%%s, label %%%s", i.arg(0), quoteName(i.labels[0]), quoteName(i.labels[1]))
	case i.op == "switch":
		text := fmt.Sprintf("switch %s, label %%%s [", i.arg(0), quoteName(i.labels[0]))
		for n, c := range i.cases {
			text += fmt.Sprintf(" %s %s, label %%%s", i.args[0].typ, c, quoteName(i.labels[n+1]))
		}
		return text + " ]"
	case i.op == "ret" && len(i.args) == 0:
		return "ret void"
	case i.op == "ret":
		return "ret " + i.arg(0)
	}
	return i.op
}

// memorySpelling is how what makes, reads, writes or orders memory is spelled.
func (i *inst) memorySpelling() string {
	memory := i.op
	if i.atomic {
		memory += " atomic"
	}
	if i.weak {
		memory += " weak"
	}
	if i.volatile {
		memory += " volatile"
	}
	order := ""
	for _, o := range i.ordering {
		order += " " + o
	}
	align := ""
	if i.align > 0 {
		align = fmt.Sprintf(", align %d", i.align)
	}
	switch i.op {
	case "alloca":
		return fmt.Sprintf("alloca %s%s", i.src, align)
	case "load":
		return fmt.Sprintf("%s %s, %s%s%s", memory, i.typ, i.arg(0), order, align)
	case "store":
		return fmt.Sprintf("%s %s, %s%s%s", memory, i.arg(0), i.arg(1), order, align)
	case "cmpxchg":
		return fmt.Sprintf("%s %s, %s, %s%s%s", memory, i.arg(0), i.arg(1), i.arg(2), order, align)
	case "atomicrmw":
		return fmt.Sprintf("%s %s %s, %s%s%s", memory, i.kind, i.arg(0), i.arg(1), order, align)
	case "fence":
		return "fence" + order
	}
	panic("no spelling of " + i.op)
}

// String is the function, every line of it.
func (f *function) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "define void @%s(", quoteName(f.name))
	for n, p := range f.params {
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString("ptr " + p)
	}
	b.WriteString(") {\n")
	for _, l := range f.blocks {
		fmt.Fprintf(&b, "%s:\n", quoteName(l.name))
		for _, i := range l.insts {
			fmt.Fprintf(&b, "  %s\n", i)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// quoteName spells a name that needs quotes.
func quoteName(s string) string {
	for _, c := range []byte(s) {
		if !isWordByte(c) {
			return `"` + s + `"`
		}
	}
	return s
}
