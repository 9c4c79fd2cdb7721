package wide

import (
	"fmt"
	"strings"
)

// module is one text of LLVM IR. Its functions that are to be widened are read whole, all else is kept as it is.
type module struct {
	head      string // everything before and between the functions that were read
	structs   map[string]string
	functions []*function
}

// function is one that was read: one lane's code of a kernel.
type function struct {
	name   string   // without the @
	params []string // the values, as %0
	blocks []*block
}

// block is a straight run of instructions; the last one is its end.
type block struct {
	name         string
	insts        []*inst
	preds, succs []*block // of distinct blocks; filled in by connect
}

func (b *block) end() *inst { return b.insts[len(b.insts)-1] }

// value is an operand: its type and its text, a name that begins with % or a constant.
type value struct{ typ, text string }

// isName says whether a value is what an instruction or a parameter made.
func (v value) isName() bool { return strings.HasPrefix(v.text, "%") }

// inst is an instruction. What a field holds depends on op; what is not named below is no part of the language here.
type inst struct {
	name     string   // of its result, with the %; "" where it has none
	op       string   // as LLVM spells it
	typ      string   // of its result; "void" for none
	flags    []string // nuw nsw exact disjoint nneg inbounds, and the fast-math ones
	args     []value
	pred     string   // icmp, fcmp
	src      string   // getelementptr: the type that it steps over; alloca: of the memory
	callee   string   // call: without the @
	labels   []string // br, switch: targets, the default first; phi: where each of args comes from
	cases    []string // switch: the value of each label behind the first
	indices  []int    // extractvalue
	atomic   bool     // load, store
	volatile bool
	weak     bool     // cmpxchg
	kind     string   // atomicrmw: what it does
	ordering []string // of what is atomic, with its syncscope
	align    int      // load, store, alloca, cmpxchg, atomicrmw; 0: none told
}

// String is the instruction as LLVM reads it.
func (i *inst) String() string {
	var b strings.Builder
	if i.name != "" {
		b.WriteString(i.name + " = ")
	}
	arg := func(n int) string { return i.args[n].typ + " " + i.args[n].text }
	flags := ""
	for _, f := range i.flags {
		flags += f + " "
	}
	align := ""
	if i.align > 0 {
		align = fmt.Sprintf(", align %d", i.align)
	}
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
	switch kindOf(i.op) {
	case binary:
		fmt.Fprintf(&b, "%s %s%s, %s", i.op, flags, arg(0), i.args[1].text)
	case comparison:
		fmt.Fprintf(&b, "%s %s%s %s, %s", i.op, flags, i.pred, arg(0), i.args[1].text)
	case conversion:
		fmt.Fprintf(&b, "%s %s%s to %s", i.op, flags, arg(0), i.typ)
	case unary:
		fmt.Fprintf(&b, "%s %s%s", i.op, flags, arg(0))
	case control:
		switch {
		case i.op == "br" && len(i.args) == 0:
			fmt.Fprintf(&b, "br label %%%s", i.labels[0])
		case i.op == "br":
			fmt.Fprintf(&b, "br %s, label %%%s, label %%%s", arg(0), i.labels[0], i.labels[1])
		case i.op == "switch":
			fmt.Fprintf(&b, "switch %s, label %%%s [", arg(0), i.labels[0])
			for n, c := range i.cases {
				fmt.Fprintf(&b, " %s %s, label %%%s", i.args[0].typ, c, i.labels[n+1])
			}
			b.WriteString(" ]")
		case i.op == "ret" && len(i.args) == 0:
			b.WriteString("ret void")
		case i.op == "ret":
			b.WriteString("ret " + arg(0))
		default:
			b.WriteString(i.op)
		}
	default:
		switch i.op {
		case "select":
			fmt.Fprintf(&b, "select %s%s, %s, %s", flags, arg(0), arg(1), arg(2))
		case "phi":
			fmt.Fprintf(&b, "phi %s%s ", flags, i.typ)
			for n := range i.args {
				if n > 0 {
					b.WriteString(", ")
				}
				fmt.Fprintf(&b, "[ %s, %%%s ]", i.args[n].text, i.labels[n])
			}
		case "getelementptr":
			fmt.Fprintf(&b, "getelementptr %s%s", flags, i.src)
			for n := range i.args {
				b.WriteString(", " + arg(n))
			}
		case "alloca":
			fmt.Fprintf(&b, "alloca %s%s", i.src, align)
		case "load":
			fmt.Fprintf(&b, "%s %s, %s%s%s", memory, i.typ, arg(0), order, align)
		case "store":
			fmt.Fprintf(&b, "%s %s, %s%s%s", memory, arg(0), arg(1), order, align)
		case "cmpxchg":
			fmt.Fprintf(&b, "%s %s, %s, %s%s%s", memory, arg(0), arg(1), arg(2), order, align)
		case "atomicrmw":
			fmt.Fprintf(&b, "%s %s %s, %s%s%s", memory, i.kind, arg(0), arg(1), order, align)
		case "fence":
			b.WriteString("fence" + order)
		case "extractvalue":
			fmt.Fprintf(&b, "extractvalue %s", arg(0))
			for _, n := range i.indices {
				fmt.Fprintf(&b, ", %d", n)
			}
		case "call":
			fmt.Fprintf(&b, "call %s%s @%s(", flags, i.typ, quoteName(i.callee))
			for n := range i.args {
				if n > 0 {
					b.WriteString(", ")
				}
				b.WriteString(arg(n))
			}
			b.WriteString(")")
		default:
			panic("no spelling of " + i.op)
		}
	}
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
		fmt.Fprintf(&b, "%s:\n", l.name)
		for _, i := range l.insts {
			fmt.Fprintf(&b, "  %s\n", i)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// instKind sorts instructions by how they are spelled.
type instKind int

const (
	other instKind = iota
	binary
	comparison
	conversion
	unary
	control
)

var kinds = func() map[string]instKind {
	m := map[string]instKind{}
	for kind, names := range map[instKind]string{
		binary:     "add sub mul udiv sdiv urem srem shl lshr ashr and or xor fadd fsub fmul fdiv frem",
		comparison: "icmp fcmp",
		conversion: "trunc zext sext fptrunc fpext fptoui fptosi uitofp sitofp ptrtoint inttoptr bitcast",
		unary:      "fneg freeze",
		control:    "br switch ret unreachable",
	} {
		for _, name := range strings.Fields(names) {
			m[name] = kind
		}
	}
	return m
}()

func kindOf(op string) instKind { return kinds[op] }
