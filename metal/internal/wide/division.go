package wide

import (
	"fmt"
	"strings"
)

// divide writes a division of whole numbers, or what is left of one, a by b.
func (e *emitter) divide(i *inst, a, b string) {
	t := wideType(i.typ)
	if scalarBits(i.typ) > 64 {
		e.refuse("a division of %s", i.typ)
		return
	}
	if i.args[1].isName() {
		none := e.set("icmp eq %s %s, zeroinitializer", t, b)
		e.noQuotient(i, a, b, none)
		// A lane that does not take part may divide by zero, or the least number by -1. LLVM looks at each side of a select
		// alone: where one is a constant with a 0 in it, such as the lanes' own numbers, it takes the whole division for undefined.
		// So no side has a 0.
		one := fmt.Sprintf("splat (%s 1)", i.typ)
		b = e.set("select %s %s, %s %s, %s %s", maskType, none, t, one, t, b)
		b = e.set("select %s %s, %s %s, %s %s", maskType, e.mask(), t, b, t, one)
		down := ""
		if !e.m.x86 && strings.HasPrefix(i.op, "s") {
			down = e.set("icmp eq %s %s, splat (%s -1)", t, b, i.typ)
			b = e.set("select %s %s, %s %s, %s %s", maskType, down, t, one, t, b)
		}
		var x string
		if i.typ == "i32" {
			x = e.set("call %s @%s(%s %s, %s %s)", t, e.division(i.op), t, a, t, b)
		} else {
			x = e.set("%s %s %s, %s", i.op, t, a, b)
		}
		if !e.m.x86 {
			x = e.asARM(i, a, x, none, down)
		}
		e.put(i, x)
		return
	}
	e.put(i, e.set("%s %s %s, %s", i.op, t, a, b))
}

// asARM makes of quotients by 1 what arm64 gives for a by zero, 0 with a left, and by -1, where the least number stays itself.
func (e *emitter) asARM(i *inst, a, x, none, down string) string {
	t := wideType(i.typ)
	ofNone, ofDown := "zeroinitializer", a
	if strings.HasSuffix(i.op, "rem") {
		ofNone, ofDown = a, "zeroinitializer"
	}
	x = e.set("select %s %s, %s %s, %s %s", maskType, none, t, ofNone, t, x)
	if down == "" {
		return x
	}
	if ofDown == a {
		ofDown = e.set("sub %s zeroinitializer, %s", t, a)
	}
	return e.set("select %s %s, %s %s, %s %s", maskType, down, t, ofDown, t, x)
}

// noQuotient hands the threadgroup to fibers, which report the mistake, where a lane that takes part divides by zero, or the
// least number by -1, which x86 refuses. Other processors have results for both.
func (e *emitter) noQuotient(i *inst, a, b, none string) {
	if !e.m.x86 {
		return
	}
	if strings.HasPrefix(i.op, "s") {
		t := wideType(i.typ)
		least := e.set("icmp eq %s %s, splat (%s %d)", t, a, i.typ, int64(-1)<<(scalarBits(i.typ)-1))
		down := e.set("icmp eq %s %s, splat (%s -1)", t, b, i.typ)
		none = e.set("or %s %s, %s", maskType, none, e.set("and %s %s, %s", maskType, least, down))
	}
	e.againIf(forFault, e.set("icmp ne i32 %s, 0", e.set("and i32 %s, %s", e.bits(none), e.active)))
}

// division is the function that divides numbers of 32 bits: processors divide vectors only of floating point, and 32 scalar
// divisions, each with its operands taken out of vectors, are long.
//
// The quotient of two such numbers in double precision, cut to a whole number, is exact: where it is none, it lies at least
// 1/b below the next one, which relative to a/b is 1/a, more than 2^-33; rounding moves it by 2^-53.
func (e *emitter) division(op string) string {
	to, from := "uitofp", "fptoui"
	if strings.HasPrefix(op, "s") {
		to, from = "sitofp", "fptosi"
	}
	left := "  ret <32 x i32> %q\n}\n"
	if strings.HasSuffix(op, "rem") {
		left = "  %p = mul <32 x i32> %q, %b\n  %r = sub <32 x i32> %a, %p\n  ret <32 x i32> %r\n}\n"
	}
	name := "wide." + op
	e.functions[name] = fmt.Sprintf("define internal <32 x i32> @%s(<32 x i32> %%a, <32 x i32> %%b) noinline nounwind memory(none) ATTRIBUTES {\n"+
		"  %%x = %s <32 x i32> %%a to <32 x double>\n  %%y = %[2]s <32 x i32> %%b to <32 x double>\n"+
		"  %%z = fdiv <32 x double> %%x, %%y\n  %%q = %s <32 x double> %%z to <32 x i32>\n", name, to, from) + left
	return name
}
