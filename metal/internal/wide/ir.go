package wide

import (
	"strings"
)

// module is one text of LLVM IR. Its functions that are to be widened are read whole, all else is kept as it is.
type module struct {
	head          string // everything before and between the functions that were read
	x86           bool   // the processor that it is for
	maskRegisters bool   // which has registers for masks, and instructions for lanes' own addresses that are worth it: AVX-512's
	structs       map[string]string
	functions     []*function
}

// function is one that was read: one lane's code of a kernel.
type function struct {
	rows   bool     // its simdgroups are pieces of a threadgroup's rows: lanes have positions that differ in x alone
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

// isName reports whether a value is what an instruction or a parameter made.
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
