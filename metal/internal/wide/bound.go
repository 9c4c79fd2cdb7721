package wide

import "slices"

// bound is the largest value that an unsigned number can have in any lane.
func (e *emitter) bound(v value, depth int) (uint64, bool) {
	if !v.isName() {
		n, ok := integerOf(v.text)
		return uint64(n), ok && n >= 0
	}
	def, ok := e.d.defs[v.text]
	if !ok || depth > 8 {
		return 0, false
	}
	i := def.inst
	width := scalarBits(i.typ)
	if width > 64 {
		return 0, false
	}
	limit := ^uint64(0)
	if width < 64 {
		limit = 1<<width - 1
	}
	sub := func(n int) (uint64, bool) { return e.bound(i.args[n], depth+1) }
	fits := func(n uint64, ok bool) (uint64, bool) { return n, ok && n <= limit }
	switch i.op {
	case "call":
		if i.callee == prefix+"lane" {
			return 31, true
		}
		_, isPosition := e.d.position(i)
		return 1023, isPosition && slices.Contains([]string{"0", "1", "2"}, i.args[0].text) // a threadgroup has at most 1024 threads
	case "zext", "freeze":
		if n, ok := sub(0); ok {
			return n, true
		}
		if i.op == "zext" {
			return 1<<scalarBits(i.args[0].typ) - 1, true
		}
	case "trunc":
		return fits(sub(0))
	case "and":
		a, ok := sub(0)
		b, ok2 := sub(1)
		if ok && ok2 {
			return min(a, b), true
		}
		if ok {
			return a, true
		}
		return b, ok2
	case "lshr":
		if c, isConstant := integerOf(i.args[1].text); isConstant && c >= 0 && c < int64(width) {
			if a, ok := sub(0); ok {
				return a >> c, true
			}
			return limit >> c, true
		}
	case "shl":
		if c, isConstant := integerOf(i.args[1].text); isConstant && c >= 0 && c < 32 {
			a, ok := sub(0)
			return fits(a<<c, ok && a < 1<<31)
		}
	case "add", "or":
		a, ok := sub(0)
		b, ok2 := sub(1)
		return fits(a+b, ok && ok2 && a < 1<<62 && b < 1<<62)
	case "mul":
		a, ok := sub(0)
		b, ok2 := sub(1)
		return fits(a*b, ok && ok2 && a < 1<<31 && b < 1<<31)
	}
	return 0, false
}
