package drawn

import (
	"fmt"
	"math/bits"
	"strings"
)

const threads = 64 // of a threadgroup, at most: two simdgroups

// vals are what the threads of a threadgroup hold.
type vals [threads]value

// expr is an expression: its text, in which its parts stand, and what it is.
type expr struct {
	t      typ
	format string // with %[1]s, %[2]s, ... for the parts
	parts  []*expr
	each   func(parts []value) value                         // what it is for a thread
	run    func(m *machine, parts []*expr, mask uint64) vals // or for those of a mask
	fixed  bool                                              // it stays as it is while a kernel is made smaller
	about  any                                               // the variable or memory that it names
}

// asIs is an expression that stays.
func asIs(e *expr) *expr {
	e.fixed = true
	return e
}

func (e *expr) String() string { return fill(e.format, e.parts) }

// fill puts parts into a format.
func fill(format string, parts []*expr) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(format, "%")
		b.WriteString(before)
		switch {
		case !found:
			return b.String()
		case rest[0] == '%':
			b.WriteByte('%')
			format = rest[1:]
		default: // [1]s
			b.WriteString(parts[rest[1]-'1'].String())
			format = rest[4:]
		}
	}
}

func (e *expr) eval(m *machine, mask uint64) vals {
	if e.run != nil {
		return e.run(m, e.parts, mask)
	}
	all := make([]vals, len(e.parts))
	for i, p := range e.parts {
		all[i] = p.eval(m, mask)
	}
	var out vals
	own := make([]value, len(e.parts))
	forEach(mask, func(thread int) {
		for i := range all {
			own[i] = all[i][thread]
		}
		out[thread] = e.each(own)
	})
	return out
}

// isTrue is the part of a mask for which a bool holds.
func (e *expr) isTrue(m *machine, mask uint64) uint64 {
	v, yes := e.eval(m, mask), uint64(0)
	forEach(mask, func(thread int) { yes |= v[thread][0] << thread })
	return yes
}

func forEach(mask uint64, f func(thread int)) {
	for ; mask != 0; mask &= mask - 1 {
		f(bits.TrailingZeros64(mask))
	}
}

// lifted is a function of numbers carried out for each element. A part that is no vector serves for all.
func lifted(t typ, format string, f func(x ...uint64) uint64, parts ...*expr) *expr {
	return &expr{t: t, format: format, parts: parts, each: func(p []value) (out value) {
		x := make([]uint64, len(p))
		for c := range t.n {
			for i := range p {
				x[i] = p[i][0]
				if parts[i].t.n > 1 {
					x[i] = p[i][c]
				}
			}
			out[c] = f(x...)
		}
		return out
	}}
}

// number is a constant of an integer kind.
func number(t typ, x int64) *expr {
	text := fmt.Sprintf("%s(%d)", t, x)
	if t.kind == ulong {
		text = fmt.Sprintf("%s(%du)", t, uint64(x))
	}
	if t == one(uwhole) {
		text = fmt.Sprintf("%du", uint32(x))
	} else if t == one(whole) && x > -1<<31 {
		text = fmt.Sprintf("%d", x)
		if x < 0 {
			text = "(" + text + ")"
		}
	}
	var v value
	for c := range t.n {
		v[c] = convert(t.kind, long, uint64(x))
		if t.kind == ulong {
			v[c] = uint64(x)
		}
	}
	return &expr{t: t, format: text, each: func([]value) value { return v }}
}

// cast is an expression as another type of as many elements, or one number for all elements.
func cast(t typ, e *expr) *expr {
	if e.t == t {
		return e
	}
	from := e.t.kind
	format := t.String() + "(%[1]s)"
	if from.floating() && t.integer() { // inside what every integer has
		high := int64(100)
		if t.bits() > 8 {
			high = 30000
		}
		low := int64(0)
		if t.signed() {
			low = -high
		}
		if from != float { // one function that all types of numbers have
			e, from = cast(e.t.of(float), e), float
		}
		lowest, highest := rounded(float, float32(low)), rounded(float, float32(high))
		return lifted(t, fmt.Sprintf("%s(clamp(%%[1]s, %s(%d.0f), %[2]s(%[4]d.0f)))", t, e.t, low, high),
			func(x ...uint64) uint64 { return convert(t.kind, float, within(float, x[0], lowest, highest)) }, e)
	}
	if (t.kind == half || t.kind == bfloat) && from.integer() && from.bits() > 16 { // rounded once
		return cast(t, cast(e.t.of(short), e))
	}
	if t.kind == bfloat && t.n > 1 && e.t.n > 1 || from == bfloat && e.t.n > 1 {
		if from != float && t.kind != float {
			return cast(t, cast(e.t.of(float), e))
		}
	}
	return lifted(t, format, func(x ...uint64) uint64 { return convert(t.kind, from, x[0]) }, e)
}

// fnumber is a constant with a fraction.
func fnumber(t typ, x float32) *expr {
	text := fmt.Sprintf("%s(%gf)", t, x)
	if x == float32(int64(x)) {
		text = fmt.Sprintf("%s(%d.0f)", t, int64(x))
	}
	var v value
	for c := range t.n {
		v[c] = rounded(t.kind, x)
	}
	return &expr{t: t, format: text, each: func([]value) value { return v }}
}

// least and greatest are as fmin and fmax: a NaN loses against a number.
func least(k kind, a, b uint64) uint64 {
	if isNaN(k, a) || isLess(k, b, a) {
		return b
	}
	return a
}

func greatest(k kind, a, b uint64) uint64 {
	if isNaN(k, a) || isLess(k, a, b) {
		return b
	}
	return a
}

func within(k kind, x, low, high uint64) uint64 { return least(k, greatest(k, x, low), high) }
