package drawn

import "fmt"

// element is one element of a vector.
func element(e *expr, part int) *expr {
	return &expr{t: one(e.t.kind), format: "%[1]s." + "xyzw"[part:part+1], parts: []*expr{e}, each: func(p []value) value { return value{p[0][part]} }}
}

// elementAt is an element of a vector in a variable, whose number is computed.
func elementAt(v *variable, at *expr) *expr {
	return &expr{t: one(v.t.kind), format: "%[1]s[%[2]s]", parts: []*expr{v.read(), at}, each: func(p []value) value { return value{p[0][p[1][0]]} }}
}

// swizzled are elements of a vector in some order.
func swizzled(e *expr, parts []int) *expr {
	return &expr{t: typ{e.t.kind, len(parts)}, format: "%[1]s." + letters(parts), parts: []*expr{e}, each: func(p []value) (out value) {
		for i, part := range parts {
			out[i] = p[0][part]
		}
		return out
	}}
}

func letters(parts []int) string {
	s := ""
	for _, part := range parts {
		s += "xyzw"[part : part+1]
	}
	return s
}

// setParts assigns some elements of a vector.
func setParts(v *variable, parts []int, e *expr) *stmt {
	s := simple(v.name+"."+letters(parts)+" = %[1]s;", func(f *frame, s *stmt, mask uint64) {
		x, to := s.exprs[0].eval(f.machine, mask), f.of(v)
		forEach(mask, func(thread int) {
			for i, part := range parts {
				to[thread][part] = x[thread][i]
			}
		})
	}, e)
	s.names = []any{v}
	return s
}

// setPartAt assigns an element whose number is computed.
func setPartAt(v *variable, at, e *expr) *stmt {
	s := simple(v.name+"[%[1]s] = %[2]s;", func(f *frame, s *stmt, mask uint64) {
		where, x, to := s.exprs[0].eval(f.machine, mask), s.exprs[1].eval(f.machine, mask), f.of(v)
		forEach(mask, func(thread int) { to[thread][where[thread][0]] = x[thread][0] })
	}, at, e)
	s.names = []any{v}
	return s
}

// built is a vector of numbers and shorter vectors.
func built(t typ, parts []*expr) *expr {
	format := t.String() + "("
	for i := range parts {
		if i > 0 {
			format += ", "
		}
		format += fmt.Sprintf("%%[%d]s", i+1)
	}
	return &expr{t: t, format: format + ")", parts: parts, each: func(p []value) (out value) {
		n := 0
		for i := range p {
			for c := range parts[i].t.n {
				out[n] = p[i][c]
				n++
			}
		}
		return out
	}}
}

// same are the bits of a value as another type of as many bytes. A NaN is made one and the same first.
func same(t typ, e *expr) *expr {
	if e.t.kind.floating() {
		e = plain(e)
	}
	return &expr{t: t, format: "as_type<" + t.String() + ">(%[1]s)", parts: []*expr{e}, each: func(p []value) (out value) {
		from, to := e.t.bits(), t.bits()
		for c := range t.n {
			for bit := 0; bit < to; bit++ {
				at := c*to + bit
				out[c] |= p[0][at/from] >> (at % from) & 1 << bit
			}
		}
		return out
	}}
}

// plain is a number with 1 in place of a NaN, whose bits are nobody's business.
func plain(e *expr) *expr {
	return lifted(e.t, "plain(%[1]s)", func(x ...uint64) uint64 {
		if isNaN(e.t.kind, x[0]) {
			return rounded(e.t.kind, 1)
		}
		return x[0]
	}, e)
}

// folded is a value as one uint that shows every bit of it.
func folded(e *expr) *expr {
	if e.t.n > 1 {
		sum := folded(element(e, 0))
		for c := 1; c < e.t.n; c++ {
			sum = lifted(one(uwhole), "(%[1]s * 31u + %[2]s)", func(x ...uint64) uint64 { return cut(uwhole, x[0]*31+x[1]) }, sum, folded(element(e, c)))
		}
		return sum
	}
	if e.t.kind.floating() {
		return folded(same(one(e.t.kind.unsigned()), e))
	}
	if e.t.bits() == 64 {
		k := e.t.kind
		return lifted(one(uwhole), "uint(%[1]s ^ (%[1]s >> 32))", func(x ...uint64) uint64 { return cut(uwhole, x[0]^uint64(shiftedRight(k, x[0], 32))) }, e)
	}
	return cast(one(uwhole), e)
}
