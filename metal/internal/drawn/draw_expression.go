package drawn

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator draws one function.
type generator struct {
	*rand.Rand
	k        *Kernel
	helper   *helper // that it draws; nil: the kernel
	vars     []*variable
	counters []*variable // of loops, which are only read
	ops      bool        // operations of simdgroups
	depth    int
	fuel     int // statements left
	names    *int
	turns    int // of the loops around, at most

	inLoop bool // a continue is well
	within bool // a break is
	// uniform: all threads are here. A kernel with barriers keeps it so where it says so.
	uniform bool
	private bool // arrays of a thread's own may be named
}

func (g *generator) oneOf(all ...*expr) *expr { return all[g.IntN(len(all))] }

func (g *generator) chance(of int) bool { return g.IntN(of) == 0 }

var someKinds = []kind{uwhole, uwhole, uwhole, whole, whole, ushort, short, uchar, char, ulong, long, half, bfloat, float, float, float, boolean}

func (g *generator) aKind() kind { return someKinds[g.IntN(len(someKinds))] }

func (g *generator) aType() typ {
	t := one(g.aKind())
	if g.chance(4) {
		t.n = 2 + g.IntN(3)
	}
	return t
}

// leaf is a variable, or a number, of a type.
func (g *generator) leaf(t typ) *expr {
	if len(g.counters) > 0 && t.n == 1 && t.kind.integer() && g.chance(4) {
		return cast(t, g.counters[g.IntN(len(g.counters))].read())
	}
	if t == one(uwhole) && g.chance(2) {
		return g.oneOf(thread, lane, lane, column, row, uniform[g.IntN(4)], g.scalarOf(uwhole))
	}
	return g.scalarOf(t.kind, t.n)
}

// scalarOf is a variable of a kind and size if there is one, else one of another made it, or a constant.
func (g *generator) scalarOf(k kind, n ...int) *expr {
	t := one(k)
	if len(n) > 0 {
		t.n = n[0]
	}
	if g.chance(6) {
		return g.constant(t)
	}
	var fit, near []*variable
	for _, v := range g.vars {
		switch {
		case v.t == t:
			fit = append(fit, v)
		case v.t.n == t.n || v.t.n == 1:
			near = append(near, v)
		}
	}
	if len(fit) > 0 && !g.chance(5) {
		return fit[g.IntN(len(fit))].read()
	}
	if t.kind == boolean {
		return g.compared(t, 0)
	}
	if len(near) > 0 {
		e := near[g.IntN(len(near))].read()
		if e.t.n == t.n {
			return cast(t, e)
		}
		return cast(t, cast(one(k), e)) // one number for all elements
	}
	return g.constant(t)
}

func (g *generator) constant(t typ) *expr {
	switch {
	case t.kind == boolean:
		return &expr{t: t, format: t.String() + "(true)", each: func([]value) value { return value{1, 1, 1, 1} }}
	case t.kind.floating():
		return fnumber(t, []float32{0, 1, -1, 0.5, 3, -2.5, 100, 0.125}[g.IntN(8)])
	}
	x := int64(g.IntN(9))
	if g.chance(3) {
		x = []int64{127, 100, 64, 31, 15, 63, 85}[g.IntN(7)]
	}
	if t.kind.signed() && g.chance(3) {
		x = -x
	}
	return number(t, x)
}

// small is a number without a sign of so many bits.
func (g *generator) small(t typ, bits int) *expr {
	mask := uint64(1)<<bits - 1
	return lifted(t, fmt.Sprintf("(%%[1]s & %du)", mask), func(x ...uint64) uint64 { return x[0] & mask }, g.leaf(t))
}

// below is a uint less than n.
func (g *generator) below(n int, depth int) *expr {
	if n&(n-1) == 0 {
		return lifted(one(uwhole), fmt.Sprintf("(%%[1]s & %du)", n-1), func(x ...uint64) uint64 { return x[0] & uint64(n-1) }, g.expr(one(uwhole), depth))
	}
	return lifted(one(uwhole), fmt.Sprintf("(%%[1]s %%%% %du)", n), func(x ...uint64) uint64 { return x[0] % uint64(n) }, g.expr(one(uwhole), depth))
}

// compared is a bool, or some, of two numbers.
func (g *generator) compared(t typ, depth int) *expr {
	k := g.aKind()
	for k == bfloat && t.n > 1 {
		k = g.aKind()
	}
	c := comparisons[g.IntN(len(comparisons))]
	return lifted(t, "(%[1]s "+c.op+" %[2]s)", func(x ...uint64) uint64 { return truth(c.f(k, x[0], x[1])) }, g.expr(t.of(k), depth), g.expr(t.of(k), depth))
}

// expr is an expression of a type.
func (g *generator) expr(t typ, depth int) *expr {
	if depth <= 0 || g.chance(6) {
		return g.leaf(t)
	}
	if g.ops && g.chance(6) && !(t.kind == boolean && t.n > 1) {
		return g.collective(t, depth-1)
	}
	if t.kind == boolean {
		return g.boolean(t, depth)
	}
	switch g.IntN(14) {
	case 0, 1:
		if e := g.loaded(t, depth-1); e != nil {
			return e
		}
	case 2:
		return g.either(t, depth)
	case 3:
		k := g.aKind()
		if k == boolean {
			k = uwhole
		}
		if t.n > 1 && (k == bfloat) != (t.kind == bfloat) {
			k = float
		}
		if k == float && t.n == 1 && t.kind.integer() && g.chance(3) { // only what fits becomes an integer
			return lifted(t, named("T(%[1]s > 0.0f && %[1]s < 100.0f ? T(%[1]s) : T(7))", t), func(x ...uint64) uint64 {
				if f := real(float, x[0]); f > 0 && f < 100 {
					return uint64(f)
				}
				return 7
			}, g.repeated(func() *expr { return g.expr(one(float), depth-1) }))
		}
		return cast(t, g.expr(t.of(k), depth-1))
	case 4:
		if e := g.sameBits(t, depth-1); e != nil {
			return e
		}
	case 5:
		if t.n == 1 {
			if v := g.vector(t.kind); v != nil {
				if n := v.t.n; g.chance(2) && n != 3 {
					return elementAt(v, g.below(n, depth-1))
				}
				return element(v.read(), g.IntN(v.t.n))
			}
			break
		}
		return g.assembled(t, depth-1)
	case 6:
		if t.n > 1 {
			v := g.vector(t.kind)
			if v == nil {
				break
			}
			parts := make([]int, t.n)
			for i := range parts {
				parts[i] = g.IntN(v.t.n)
			}
			return swizzled(v.read(), parts)
		}
		if h := g.call(t, depth-1); h != nil {
			return h
		}
	case 7:
		if t.n > 1 && t.kind != bfloat { // select picks element by element
			return lifted(t, "select(%[1]s, %[2]s, %[3]s)", func(x ...uint64) uint64 {
				if x[2] == 1 {
					return x[1]
				}
				return x[0]
			}, g.expr(t, depth-1), g.expr(t, depth-1), g.boolean(t.of(boolean), depth-1))
		}
	}
	table := integerFunctions
	if t.kind.floating() {
		table = floatFunctions
	}
	for {
		f := &table[g.IntN(len(table))]
		if g.chance(2) {
			f = &table[g.IntN(min(len(table), 20))] // the plain ones
		}
		if f.only != nil && !f.only(t) {
			continue
		}
		if f.parts < 0 { // so many of the type, then two positions
			parts := []*expr{}
			for range -f.parts {
				parts = append(parts, g.expr(t, depth-1))
			}
			return f.of(t, append(parts, g.expr(one(uwhole), 0), g.expr(one(uwhole), 0))...)
		}
		var parts []*expr
		for i := range f.parts {
			part := func() *expr { return g.expr(t, depth-1-min(i, 1)) }
			if strings.Contains(f.format, "?") {
				parts = append(parts, g.repeated(part))
			} else {
				parts = append(parts, part())
			}
		}
		return f.of(t, parts...)
	}
}

// repeated draws what stands on a side of a ?: and beside it, where other threads would take part in its operations.
func (g *generator) repeated(draw func() *expr) *expr {
	ops := g.ops
	g.ops = false
	e := draw()
	g.ops = ops
	return e
}

// either is one of two values: by a bool, of which the sides are carried out by those that take them.
func (g *generator) either(t typ, depth int) *expr {
	c, a, b := g.boolean(one(boolean), depth-1), g.expr(t, depth-1), g.expr(t, depth-1)
	return &expr{t: t, format: "(%[1]s ? %[2]s : %[3]s)", parts: []*expr{c, a, b}, run: func(m *machine, p []*expr, mask uint64) (out vals) {
		yes := p[0].isTrue(m, mask)
		var x, y vals
		if yes != 0 {
			x = p[1].eval(m, yes)
		}
		if mask&^yes != 0 {
			y = p[2].eval(m, mask&^yes)
		}
		forEach(mask, func(thread int) {
			out[thread] = y[thread]
			if yes>>thread&1 == 1 {
				out[thread] = x[thread]
			}
		})
		return out
	}}
}

// boolean is a bool or a vector of some.
func (g *generator) boolean(t typ, depth int) *expr {
	if t.n > 1 {
		return g.compared(t, depth-1)
	}
	switch g.IntN(10) {
	case 9:
		if e := g.loaded(t, depth-1); e != nil {
			return e
		}
	case 0:
		n, to := g.IntN(8)+1, g.IntN(4)
		c := comparisons[g.IntN(len(comparisons))]
		return lifted(t, fmt.Sprintf("((%%[1]s & %du) %s %du)", n, c.op, to), func(x ...uint64) uint64 { return truth(c.f(uwhole, x[0]&uint64(n), uint64(to))) },
			g.oneOf(lane, thread))
	case 1:
		to := g.IntN(65)
		c := comparisons[g.IntN(5)]
		return lifted(t, fmt.Sprintf("(%%[1]s %s %du)", c.op, to), func(x ...uint64) uint64 { return truth(c.f(uwhole, x[0], uint64(to))) }, g.oneOf(lane, thread, column))
	case 2:
		if depth > 0 {
			return g.both(depth)
		}
	case 3:
		return lifted(t, "!%[1]s", func(x ...uint64) uint64 { return x[0] ^ 1 }, g.boolean(t, depth-1))
	case 4:
		k := []kind{float, half}[g.IntN(2)]
		return lifted(t, "isnan(%[1]s)", func(x ...uint64) uint64 { return truth(isNaN(k, x[0])) }, g.expr(one(k), depth-1))
	case 5:
		if depth > 0 {
			c := g.compared(typ{boolean, 2 + g.IntN(3)}, depth-1)
			all := g.chance(2)
			name := "any(%[1]s)"
			if all {
				name = "all(%[1]s)"
			}
			return &expr{t: t, format: name, parts: []*expr{c}, each: func(p []value) value {
				n := 0
				for i := range c.t.n {
					n += int(p[0][i])
				}
				return value{truth(n == c.t.n || n > 0 && !all)}
			}}
		}
	}
	return g.compared(t, depth-1)
}

// both is && or ||, whose right side is carried out by those that need it.
func (g *generator) both(depth int) *expr {
	a, b, or := g.boolean(one(boolean), depth-1), g.boolean(one(boolean), depth-1), g.chance(2)
	format := "(%[1]s && %[2]s)"
	if or {
		format = "(%[1]s || %[2]s)"
	}
	return &expr{t: one(boolean), format: format, parts: []*expr{a, b}, run: func(m *machine, p []*expr, mask uint64) (out vals) {
		yes := p[0].isTrue(m, mask)
		open := yes
		if or {
			open = mask &^ yes
		}
		if open != 0 {
			yes = yes&^open | p[1].isTrue(m, open)
		}
		forEach(yes, func(thread int) { out[thread][0] = 1 })
		return out
	}}
}

// sameBits is a value of another type of as many bytes, looked at as this one; nil where there is none.
func (g *generator) sameBits(t typ, depth int) *expr {
	if t.n == 3 || t.kind == bfloat && t.n > 1 {
		return nil
	}
	var all []typ
	for _, k := range []kind{uchar, char, ushort, short, uwhole, whole, ulong, long, half, float} {
		for _, n := range []int{1, 2, 4} {
			if from := (typ{k, n}); from.size() == t.size() && from != t {
				all = append(all, from)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return same(t, g.expr(all[g.IntN(len(all))], depth))
}

// vector is a variable that is one of a kind.
func (g *generator) vector(k kind) *variable {
	var fit []*variable
	for _, v := range g.vars {
		if v.t.kind == k && v.t.n > 1 {
			fit = append(fit, v)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[g.IntN(len(fit))]
}

// assembled is a vector of parts.
func (g *generator) assembled(t typ, depth int) *expr {
	var parts []*expr
	for n := 0; n < t.n; {
		size := 1
		if t.n-n > 1 && g.chance(3) && !(n == 0 && t.n == 2) {
			size = 2
		}
		parts = append(parts, g.expr(typ{t.kind, size}, depth-1))
		n += size
	}
	return built(t, parts)
}
