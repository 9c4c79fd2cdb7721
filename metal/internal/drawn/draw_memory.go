package drawn

import "fmt"

const (
	givenCount = 256 // elements of what is only read
	maxGiven   = 5
	maxPrivate = 4
)

// array declares memory in the kernel.
func (g *generator) array(p place, count int, fields ...typ) *memory {
	*g.names++
	a := &memory{name: fmt.Sprintf("%s%d", [...]string{"in", "c", "out", "tg", "p", "sum", "table", "own"}[p], *g.names), place: p, fields: fields, count: count}
	g.k.memories = append(g.k.memories, a)
	return a
}

// fieldOf is an array of some places with a field of a type.
func (g *generator) fieldOf(t typ, places ...place) (*memory, int) {
	type field struct {
		a *memory
		n int
	}
	var all []field
	for _, a := range g.k.memories {
		for _, p := range places {
			if a.place != p {
				continue
			}
			for n, f := range a.fields {
				if f == t {
					all = append(all, field{a, n})
				}
			}
		}
	}
	if len(all) == 0 {
		return nil, 0
	}
	one := all[g.IntN(len(all))]
	return one.a, one.n
}

func (g *generator) count(p place) (n int) {
	for _, a := range g.k.memories {
		if a.place == p {
			n++
		}
	}
	return n
}

// loaded reads an element from a buffer or a private array; nil where none has the type, and no more may be.
func (g *generator) loaded(t typ, depth int) *expr {
	places := []place{given, fixed}
	if g.helper != nil {
		return nil
	}
	if g.private {
		places = append(places, private)
	}
	if g.chance(4) {
		if a, n := g.fieldOf(t, result); a != nil { // what this thread itself wrote
			return load(a, n, g.ownPlace(a))
		}
	}
	if t.kind.integer() && g.chance(9) {
		a := g.table(t)
		return load(a, 0, g.below(a.count, depth))
	}
	a, n := g.fieldOf(t, places...)
	if a == nil || g.chance(6) {
		switch {
		case g.chance(2) && g.private && g.count(private) < maxPrivate:
			a, n = g.privateArray(t)
		case g.count(given)+g.count(fixed) < maxGiven:
			a, n = g.givenArray(t)
		}
	}
	if a == nil {
		return nil
	}
	if a.place == private {
		return load(a, n, g.below(a.count, depth))
	}
	if !a.packed && g.chance(5) {
		return guarded(a, n, g.repeated(func() *expr { return g.anywhere(depth) }))
	}
	return load(a, n, g.index(depth))
}

// anywhere is a uint that may well be an index of nothing.
func (g *generator) anywhere(depth int) *expr {
	s, w := uint64(g.IntN(12)), uint64(g.IntN(100))
	if g.chance(3) {
		return g.expr(one(uwhole), depth)
	}
	return lifted(one(uwhole), fmt.Sprintf("(%%[1]s * %du - %du)", s, w), func(x ...uint64) uint64 { return cut(uwhole, x[0]*s-w) }, g.oneOf(thread, lane, column, row))
}

// guarded reads an element if there is one of this number.
func guarded(a *memory, field int, at *expr) *expr {
	t := a.fields[field]
	format := fmt.Sprintf("(%%[1]s < %du ? %s : %s(0))", a.count, a.spelled(field), t)
	return &expr{t: t, format: format, parts: []*expr{at}, about: a, run: func(m *machine, parts []*expr, mask uint64) (out vals) {
		where := parts[0].eval(m, mask)
		forEach(mask, func(thread int) {
			if i := where[thread][0]; i < uint64(a.count) {
				out[thread] = m.at(a, thread)[int(i)*len(a.fields)+field]
			}
		})
		return out
	}}
}

// fields are a struct's, one of which has a type.
func (g *generator) fields(t typ) (fields []typ, n int) {
	fields = []typ{t}
	if !g.chance(3) {
		return fields, 0
	}
	for range 1 + g.IntN(3) {
		fields = append(fields, g.aType())
	}
	n = g.IntN(len(fields))
	fields[0], fields[n] = fields[n], fields[0]
	return fields, n
}

func (g *generator) givenArray(t typ) (*memory, int) {
	p := given
	if g.chance(4) {
		p = fixed
	}
	fields, n := g.fields(t)
	a := g.array(p, givenCount, fields...)
	a.packed = len(fields) == 1 && t.n > 1 && t.kind != bfloat && t.kind != boolean && t.bits() < 64 && g.chance(3)
	return a, n
}

func (g *generator) privateArray(t typ) (*memory, int) {
	fields, n := g.fields(t)
	a := g.array(private, []int{2, 3, 4, 8, 16}[g.IntN(5)], fields...)
	if a.count > 3 && len(fields) == 1 && g.chance(4) {
		a.rows = a.count / 4
	}
	return a, n
}

// table is an array of constants of a type.
func (g *generator) table(t typ) *memory {
	if a, _ := g.fieldOf(t, table); a != nil {
		return a
	}
	a := g.array(table, []int{4, 5, 8, 16}[g.IntN(4)], t)
	a.name = g.k.Name + "_" + a.name
	a.values = make([]value, a.count)
	for i := range a.values {
		for c := range t.n {
			a.values[i][c] = uint64(g.IntN(128))
		}
	}
	return a
}

// ownPlace is one of the places of an array that belong to the thread, which of them being computed.
func (g *generator) ownPlace(a *memory) *expr { return asIs(g.placeOf(a, thread)) }

// placeOf is one of the places of a thread.
func (g *generator) placeOf(a *memory, thread *expr) *expr {
	own := thread
	switch a.turned {
	case 1: // from the last to the first
		own = lifted(one(uwhole), "(63u - %[1]s)", func(x ...uint64) uint64 { return 63 - x[0] }, thread)
	case 2:
		own = lifted(one(uwhole), "(%[1]s ^ 5u)", func(x ...uint64) uint64 { return x[0] ^ 5 }, thread)
	case 3: // an odd number times it, of six bits
		own = lifted(one(uwhole), "((%[1]s * 13u) & 63u)", func(x ...uint64) uint64 { return x[0] * 13 & 63 }, thread)
	}
	if a.place != shared {
		own = lifted(one(uwhole), "(%[2]s * 64u + %[1]s)", func(x ...uint64) uint64 { return x[1]*64 + x[0] }, own, group)
	}
	if g.chance(4) {
		own = cast(one([]kind{whole, ushort, ulong, long}[g.IntN(4)]), own)
	}
	if a.each == 1 {
		return own
	}
	which := number(one(uwhole), int64(g.IntN(a.each)))
	if g.chance(3) {
		which = g.below(a.each, 1)
	}
	each, whole := uint64(a.each), uint64(a.count/a.each)
	if a.apart {
		return lifted(one(uwhole), fmt.Sprintf("uint(%%[1]s + %%[2]s * %du)", whole), func(x ...uint64) uint64 { return x[0] + x[1]*whole }, own, which)
	}
	return lifted(one(uwhole), fmt.Sprintf("uint(%%[1]s * %du + %%[2]s)", each), func(x ...uint64) uint64 { return x[0]*each + x[1] }, own, which)
}

// index is a number below 256, spelled in the ways of which it matters to a compiler how lanes' addresses lie: side by side, in
// steps, downwards, the same for some, wrapping around.
func (g *generator) index(depth int) *expr {
	u := one(uwhole)
	c := func(n int) *expr { return number(u, int64(g.IntN(n))) }
	of := g.oneOf(thread, thread, lane, column, row)
	as := func(format string, f func(x ...uint64) uint64, parts ...*expr) *expr {
		return lifted(u, format, f, parts...)
	}
	if len(g.counters) > 0 && g.chance(3) { // what a loop moves on: at most 32 where it ends
		j := cast(u, g.counters[g.IntN(len(g.counters))].read())
		switch g.IntN(4) {
		case 0:
			return as("(%[1]s * 6u + %[2]s)", func(x ...uint64) uint64 { return x[0]*6 + x[1] }, j, of)
		case 1:
			s := uint64(g.IntN(4))
			return as(fmt.Sprintf("(%%[2]s * %du + %%[1]s)", s), func(x ...uint64) uint64 { return x[0] + x[1]*s }, j, of)
		case 2:
			return as("(255u - %[1]s * 5u - %[2]s)", func(x ...uint64) uint64 { return 255 - x[0]*5 - x[1] }, j, of)
		}
		return lifted(one(whole), "(int(%[2]s) * 2 - int(%[1]s) + 32)", func(x ...uint64) uint64 { return 32 + x[1]*2 - x[0] }, j, of)
	}
	switch g.IntN(18) {
	case 0:
		return of
	case 1:
		return as("(%[1]s + %[2]s)", func(x ...uint64) uint64 { return x[0] + x[1] }, of, c(190))
	case 2:
		s := uint64(g.IntN(4))
		return as(fmt.Sprintf("(%%[1]s * %du + %%[2]s)", s), func(x ...uint64) uint64 { return x[0]*s + x[1] }, of, c(64))
	case 3:
		s := uint64(1 + g.IntN(4))
		return as(fmt.Sprintf("(255u - %%[1]s * %du)", s), func(x ...uint64) uint64 { return 255 - x[0]*s }, of)
	case 4: // a step that is known when the kernel runs
		return as("(%[1]s * (%[2]s & 3u) + (%[3]s & 63u))", func(x ...uint64) uint64 { return x[0]*(x[1]&3) + x[2]&63 }, of, uniform[g.IntN(4)], g.expr(u, 0))
	case 5: // wraps around below the first lanes
		w := uint64(1 + g.IntN(40))
		return as(fmt.Sprintf("min(%%[1]s - %du, 255u)", w), func(x ...uint64) uint64 { return min(cut(uwhole, x[0]-w), 255) }, of)
	case 6:
		w := uint64(1 + g.IntN(40))
		return as(fmt.Sprintf("(%%[1]s < %du ? 7u : %%[1]s - %[1]du)", w), func(x ...uint64) uint64 {
			if x[0] < w {
				return 7
			}
			return x[0] - w
		}, of)
	case 7: // of eight bits
		k := []int64{1, 37, 2, 255, 64}[g.IntN(5)]
		return lifted(one(uchar), fmt.Sprintf("uchar(%%[1]s * %du + %%[2]s)", k), func(x ...uint64) uint64 { return cut(uchar, x[0]*uint64(k)+x[1]) }, of, g.oneOf(c(256), g.expr(u, 0)))
	case 8:
		k := []int64{1, 2, -1, 5, 32768, 4096}[g.IntN(6)]
		return lifted(one(ushort), fmt.Sprintf("ushort(ushort(%%[1]s * %du + %%[2]s) & ushort(255))", uint32(k)), func(x ...uint64) uint64 { return (x[0]*uint64(k) + x[1]) & 255 }, of, c(256))
	case 9:
		s := int64(g.IntN(9) - 4)
		base := int64(0)
		if s < 0 {
			base = -s * 63
		}
		if s > 4 || s == 4 {
			s = 3
		}
		return lifted(one(whole), fmt.Sprintf("(int(%%[1]s) * %d + %d)", s, base), func(x ...uint64) uint64 { return cut(whole, uint64(int64(x[0])*s+base)) }, of)
	case 10:
		return lifted(one(long), "(long(%[1]s) * 2l - long(%[2]s & 1u) + 1l)", func(x ...uint64) uint64 { return x[0]*2 - x[1]&1 + 1 }, of, g.leaf(u))
	case 11: // four lanes read neighbours, or the same
		s := uint64(g.IntN(9))
		return as(fmt.Sprintf("((%%[1]s >> 2) * %du + (%%[1]s & 3u))", s), func(x ...uint64) uint64 { return x[0]>>2*s + x[0]&3 }, of)
	case 12:
		s := uint64(g.IntN(16))
		return as(fmt.Sprintf("((%%[1]s / 4u) * %du + %%[2]s)", s), func(x ...uint64) uint64 { return x[0]/4*s + x[1] }, of, c(16))
	case 13:
		w := []uint64{1 << 31, 1<<31 + 1, 1<<32 - 1, 1 << 26, 1 << 30}[g.IntN(5)]
		return as(fmt.Sprintf("((%%[1]s * %du + %%[2]s) & 255u)", w), func(x ...uint64) uint64 { return (x[0]*w + x[1]) & 255 }, of, g.oneOf(c(256), g.leaf(u)))
	case 14:
		w := []uint64{1 << 31, 1 << 26, 1<<26 + 5, 1<<32 - 1<<24}[g.IntN(4)]
		return as(fmt.Sprintf("((%%[1]s * %du + %%[2]s) >> 24)", w), func(x ...uint64) uint64 { return cut(uwhole, x[0]*w+x[1]) >> 24 }, of, g.leaf(u))
	case 15: // the same for all
		return as("(%[1]s & 255u)", func(x ...uint64) uint64 { return x[0] & 255 }, g.oneOf(uniform[0], uniform[1], group, c(256)))
	case 16:
		return as("(%[1]s * 16u + %[2]s & 255u)", func(x ...uint64) uint64 { return (x[0]*16 + x[1]) & 255 }, row, column)
	}
	return g.below(givenCount, depth)
}

// declared is the text of a private or threadgroup array.
func (a *memory) declared(kernel string) string {
	switch a.place {
	case private:
		if a.rows > 0 {
			return fmt.Sprintf("%s %s[%d][%d] = {};", a.element(kernel), a.name, a.rows, a.count/a.rows)
		}
		return fmt.Sprintf("%s %s[%d] = {};", a.element(kernel), a.name, a.count)
	case shared:
		return fmt.Sprintf("threadgroup %s %s[%d];", a.element(kernel), a.name, a.count)
	}
	return ""
}

// parameter is the text of an array that is a buffer.
func (a *memory) parameter(kernel string, at int) string {
	space := "device "
	switch a.place {
	case given:
		space = "device const "
	case fixed:
		space = "constant "
	}
	return fmt.Sprintf("%s%s *%s [[buffer(%d)]]", space, a.element(kernel), a.name, at)
}

func (a *memory) isBuffer() bool {
	return a.place == given || a.place == fixed || a.place == result || a.place == tally || a.place == solo
}
