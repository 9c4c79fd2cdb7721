package wide

import (
	"fmt"
	"strings"
)

// overflows reports whether a call is of one of LLVM's functions that make a sum, a difference or a product and tell whether it
// fits its type: llvm.umul.with.overflow.i32 and its like. The optimiser writes one where a text divides a product again.
func overflows(callee string) bool {
	words := strings.Split(callee, ".")
	return len(words) == 5 && words[0] == "llvm" && words[2] == "with" && words[3] == "overflow"
}

// overflow writes such a call, whose result is a struct of the number and a bit.
func (e *emitter) overflow(i *inst, apart bool) {
	t, callee := i.args[0].typ, i.callee
	operands := [2]string{e.get(i.args[0]), e.get(i.args[1])}
	number, bit := t, "i1"
	if apart {
		operands = [2]string{e.all(i.args[0]), e.all(i.args[1])}
		number, bit = wideType(t), maskType
		callee = strings.TrimSuffix(callee, t) + "v32" + t
	}
	both := fmt.Sprintf("{ %s, %s }", number, bit)
	e.declare("%s @%s(%s, %s)", both, callee, number, number)
	got := e.set("call %s @%s(%s %s, %s %s)", both, callee, number, operands[0], number, operands[1])
	e.putPart(i, 0, e.set("extractvalue %s %s, 0", both, got))
	e.putPart(i, 1, e.set("extractvalue %s %s, 1", both, got))
}

// extract takes the number or the bit out of such a struct, or of what cmpxchg returns.
func (e *emitter) extract(i *inst) {
	switch v := i.args[0]; {
	case len(i.indices) != 1 || !v.isName():
		e.refuse("an instruction that is not known: %s", i)
	case e.d.differs[i.name]:
		e.put(i, e.allOf(v, i.indices[0]))
	default:
		e.put(i, e.part(v, i.indices[0]))
	}
}
