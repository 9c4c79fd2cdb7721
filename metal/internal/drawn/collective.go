package drawn

import (
	"fmt"
	"math/bits"
)

// groupOf is the part of a mask that a thread's simdgroup of 32 or quad of 4 is, moved down to bit 0, and where it begins.
func groupOf(mask uint64, thread, width int) (here uint64, first int) {
	first = thread / width * width
	return mask >> first & (1<<width - 1), first
}

// gathered is an operation by which each thread takes a value from another of its group. from tells which, by the thread's own
// number in the group and the operand; past the end nobody. Who does not take part has all bits one.
func gathered(name string, width int, from func(own, with uint64) uint64, e, with *expr) *expr {
	return &expr{t: e.t, format: name + "(%[1]s, ushort(%[2]s))", parts: []*expr{e, with}, run: func(m *machine, p []*expr, mask uint64) (out vals) {
		x, y := p[0].eval(m, mask), p[1].eval(m, mask)
		forEach(mask, func(thread int) {
			here, first := groupOf(mask, thread, width)
			at := from(uint64(thread-first), y[thread][0])
			if at < uint64(width) && here>>at&1 == 1 {
				out[thread] = x[first+int(at)]
				return
			}
			for c := range e.t.n {
				out[thread][c] = cut(e.t.kind, ^uint64(0))
			}
		})
		return out
	}}
}

// reduced is an operation that makes one value of those of all that take part, in order.
func reduced(name string, width int, join func(k kind, a, b uint64) uint64, e *expr) *expr {
	return &expr{t: e.t, format: name + "(%[1]s)", parts: []*expr{e}, run: func(m *machine, p []*expr, mask uint64) (out vals) {
		x := p[0].eval(m, mask)
		forEach(mask, func(thread int) {
			here, first := groupOf(mask, thread, width)
			own := bits.TrailingZeros64(here)
			all := x[first+own]
			forEach(here&^(1<<own), func(other int) {
				for c := range e.t.n {
					all[c] = join(e.t.kind, all[c], x[first+other][c])
				}
			})
			out[thread] = all
		})
		return out
	}}
}

// unsigned0 is a number, and 0 in place of -0: which of the two is the least is anybody's choice.
func unsigned0(e *expr) *expr {
	return asIs(lifted(e.t, named("(%[1]s + T(0.0f))", e.t), func(x ...uint64) uint64 { return rounded(e.t.kind, real(e.t.kind, x[0])+0) }, e))
}

// prefix joins the values of the threads before, and of the thread itself where it is inclusive.
func prefix(name string, width int, start uint64, join func(k kind, a, b uint64) uint64, inclusive bool, e *expr) *expr {
	return &expr{t: e.t, format: name + "(%[1]s)", parts: []*expr{e}, run: func(m *machine, p []*expr, mask uint64) (out vals) {
		x := p[0].eval(m, mask)
		forEach(mask, func(thread int) {
			here, first := groupOf(mask, thread, width)
			for c := range e.t.n {
				all := start
				forEach(here, func(other int) {
					if at := first + other; at < thread || at == thread && inclusive {
						all = join(e.t.kind, all, x[at][c])
					}
				})
				out[thread][c] = all
			}
		})
		return out
	}}
}

// voted is an operation on the threads for which a bool holds.
func voted(t typ, format string, width int, f func(yes, here uint64, own int) uint64, parts ...*expr) *expr {
	return &expr{t: t, format: format, parts: parts, run: func(m *machine, p []*expr, mask uint64) (out vals) {
		all := mask
		if len(p) > 0 {
			all = p[0].isTrue(m, mask)
		}
		forEach(mask, func(thread int) {
			here, first := groupOf(mask, thread, width)
			yes, _ := groupOf(all, thread, width)
			out[thread][0] = f(yes, here, thread-first)
		})
		return out
	}}
}

func sum(k kind, a, b uint64) uint64     { return cut(k, a+b) }
func product(k kind, a, b uint64) uint64 { return cut(k, a*b) }

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// collective draws an operation of a simdgroup or a quad.
func (g *generator) collective(t typ, depth int) *expr {
	width, name := 32, "simd_"
	if g.IntN(4) == 0 {
		width, name = 4, "quad_"
	}
	if t.kind == boolean {
		c := g.expr(one(boolean), depth)
		switch g.IntN(3) {
		case 0:
			return voted(t, name+"any(%[1]s)", width, func(yes, _ uint64, _ int) uint64 { return truth(yes != 0) }, c)
		case 1:
			return voted(t, name+"all(%[1]s)", width, func(yes, here uint64, _ int) uint64 { return truth(yes == here) }, c)
		}
		return voted(t, name+"is_first()", width, func(_, here uint64, own int) uint64 { return truth(bits.TrailingZeros64(here) == own) })
	}
	e := g.expr(t, depth)
	w := uint64(width)
	if g.chance(8) {
		return g.filled(name, width, e, g.expr(t, depth))
	}
	switch which := g.IntN(14); {
	case which == 0:
		return gathered(name+"shuffle", width, func(_, with uint64) uint64 { return with }, e, g.below(width, depth))
	case which == 1:
		return gathered(name+"shuffle_xor", width, func(own, with uint64) uint64 { return own ^ with }, e, g.below(width, depth))
	case which == 2:
		return gathered(name+"shuffle_up", width, func(own, with uint64) uint64 {
			if own >= with {
				return own - with
			}
			return own
		}, e, g.oneOf(g.below(width, 0), number(one(uwhole), int64(g.IntN(width)))))
	case which == 3:
		return gathered(name+"shuffle_down", width, func(own, with uint64) uint64 {
			if own+with < w {
				return own + with
			}
			return own
		}, e, g.oneOf(g.below(width, 0), number(one(uwhole), int64(g.IntN(width)))))
	case which == 4:
		return gathered(name+"shuffle_rotate_up", width, func(own, with uint64) uint64 { return (own - with) % w }, e, g.below(width, 0))
	case which == 5:
		return gathered(name+"shuffle_rotate_down", width, func(own, with uint64) uint64 { return (own + with) % w }, e, g.below(width, 0))
	case which == 6:
		return gathered(name+"broadcast", width, func(_, with uint64) uint64 { return with }, e, number(one(uwhole), int64(g.IntN(width))))
	case which == 7:
		return reduced(name+"broadcast_first", width, func(_ kind, a, _ uint64) uint64 { return a }, e)
	case which == 8 && t == one(uwhole):
		return voted(t, fmt.Sprintf("uint(%svote::vote_t(%sballot(%%[1]s)))", name, name), width, func(yes, _ uint64, _ int) uint64 { return yes }, g.expr(one(boolean), depth))
	case which == 9 && t == one(uwhole):
		return voted(t, fmt.Sprintf("uint(%svote::vote_t(%sactive_threads_mask()))", name, name), width, func(_, here uint64, _ int) uint64 { return here })
	case t.kind.floating() && which == 10:
		return unsigned0(reduced(name+"min", width, least, e))
	case t.kind.floating() && which == 11, t.kind == bfloat:
		return unsigned0(reduced(name+"max", width, greatest, e))
	case t.kind.floating(): // whole numbers whose sums are exact whatever their order
		small := asIs(cast(t, g.small(t.of(uwhole), 5)))
		if which == 12 {
			return prefix(name+"prefix_inclusive_sum", width, 0, func(k kind, a, b uint64) uint64 { return rounded(k, real(k, a)+real(k, b)) }, true, small)
		}
		return reduced(name+"sum", width, func(k kind, a, b uint64) uint64 { return rounded(k, real(k, a)+real(k, b)) }, small)
	case which == 10:
		return reduced(name+"min", width, least, e)
	case which == 11:
		return reduced(name+"max", width, greatest, e)
	case which == 12:
		switch g.IntN(3) {
		case 0:
			return reduced(name+"and", width, func(_ kind, a, b uint64) uint64 { return a & b }, e)
		case 1:
			return reduced(name+"or", width, func(_ kind, a, b uint64) uint64 { return a | b }, e)
		}
		return reduced(name+"xor", width, func(_ kind, a, b uint64) uint64 { return a ^ b }, e)
	}
	if t.kind.signed() && t.bits() >= 32 { // whose sums and products might overflow
		e = asIs(lifted(t, named("T(%[1]s & T(0xffff))", t), func(x ...uint64) uint64 { return x[0] & 0xffff }, e))
		return reduced(name+"sum", width, sum, e)
	}
	switch g.IntN(5) {
	case 0:
		return prefix(name+"prefix_exclusive_sum", width, 0, sum, false, e)
	case 1:
		return prefix(name+"prefix_inclusive_sum", width, 0, sum, true, e)
	case 2:
		if t.kind != ushort && !t.signed() {
			return reduced(name+"product", width, product, e)
		}
	case 3:
		if t.kind != ushort && !t.signed() {
			return prefix(name+"prefix_exclusive_product", width, 1, product, false, e)
		}
	}
	return reduced(name+"sum", width, sum, e)
}

// filled shifts values up or down within runs of lanes; those that have none to take take from the far end of the filling.
func (g *generator) filled(name string, width int, e, filling *expr) *expr {
	modulo := []int{width, 4, 2, 8}[g.IntN(4)]
	if modulo > width {
		modulo = width
	}
	up := g.chance(2)
	format := name + "shuffle_and_fill_down"
	if up {
		format = name + "shuffle_and_fill_up"
	}
	by := number(one(uwhole), int64(g.IntN(modulo)))
	format += "(%[1]s, %[2]s, ushort(%[3]s)"
	if modulo != width {
		format += fmt.Sprintf(", ushort(%d)", modulo)
	}
	return &expr{t: e.t, format: format + ")", parts: []*expr{e, filling, by}, run: func(m *machine, p []*expr, mask uint64) (out vals) {
		x, f, d := p[0].eval(m, mask), p[1].eval(m, mask), p[2].eval(m, mask)
		forEach(mask, func(thread int) {
			here, first := groupOf(mask, thread, width)
			own, by := thread-first, int(d[thread][0])
			base, at := own/modulo*modulo, own%modulo
			past := at+by >= modulo
			from := base + (at+by)%modulo
			if up {
				past = at < by
				from = base + (at+modulo-by)%modulo
			}
			switch {
			case here>>from&1 == 0:
				for c := range e.t.n {
					out[thread][c] = cut(e.t.kind, ^uint64(0))
				}
			case past:
				out[thread] = f[first+from]
			default:
				out[thread] = x[first+from]
			}
		})
		return out
	}}
}
