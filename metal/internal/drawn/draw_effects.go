package drawn

import "fmt"

// stored writes a thread's own places of a buffer, often several that lie side by side; nil where there is none.
func (g *generator) stored() []*stmt {
	if g.helper != nil {
		return nil
	}
	var all []*memory
	for _, a := range g.k.memories {
		if a.place == result {
			all = append(all, a)
		}
	}
	a := all[g.IntN(len(all))]
	n := g.IntN(len(a.fields))
	t := a.fields[n]
	if t.n > 1 && !a.packed && g.chance(3) {
		return []*stmt{storePart(a, n, g.IntN(t.n), g.ownPlace(a), g.expr(one(t.kind), 2))}
	}
	var out []*stmt
	if a.isStruct() && g.chance(2) { // all fields of an element
		at := g.ownPlace(a)
		for n, t := range a.fields {
			out = append(out, store(a, n, at, g.expr(t, 1)))
		}
		return out
	}
	if a.each > 1 && !a.apart && g.chance(2) { // all places, as a loop of the text would
		each := uint64(a.each)
		whole := *a
		whole.each = 1
		for n := range a.each {
			at := asIs(lifted(one(uwhole), fmt.Sprintf("(uint(%%[1]s) * %du + %du)", each, n), func(x ...uint64) uint64 { return cut(uwhole, x[0])*each + uint64(n) }, g.ownPlace(&whole)))
			out = append(out, store(a, 0, at, g.expr(a.fields[0], 1)))
		}
		return out
	}
	return []*stmt{store(a, n, g.ownPlace(a), g.expr(t, 2))}
}

// privateStore writes an element of an array of the thread's own, or copies one to another.
func (g *generator) privateStore() []*stmt {
	if !g.private {
		return nil
	}
	if g.count(private) < maxPrivate && g.chance(3) {
		g.privateArray(g.aType())
	}
	var all []*memory
	for _, a := range g.k.memories {
		if a.place == private {
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		return nil
	}
	a := all[g.IntN(len(all))]
	n := g.IntN(len(a.fields))
	switch {
	case g.chance(4) && a.rows == 0:
		return []*stmt{copied(a, g.below(a.count, 1), g.below(a.count, 1))}
	case a.fields[n].n > 1 && g.chance(3):
		return []*stmt{storePart(a, n, g.IntN(a.fields[n].n), g.below(a.count, 1), g.expr(one(a.fields[n].kind), 2))}
	}
	return []*stmt{store(a, n, g.below(a.count, 1), g.expr(a.fields[n], 2))}
}

// copied makes an element what another of the array is.
func copied(a *memory, to, from *expr) *stmt {
	s := simple(fmt.Sprintf("%s[%%[1]s] = %[1]s[%%[2]s];", a.name), func(f *frame, s *stmt, mask uint64) {
		to, from := s.exprs[0].eval(f.machine, mask), s.exprs[1].eval(f.machine, mask)
		forEach(mask, func(thread int) {
			own, n := f.at(a, thread), len(a.fields)
			copy(own[int(to[thread][0])*n:][:n], own[int(from[thread][0])*n:][:n])
		})
	}, to, from)
	s.names = []any{a}
	return s
}

// pointer writes through a pointer to one of two places of private arrays; nil where there are none.
func (g *generator) pointer() *stmt {
	if !g.private || g.count(private) == 0 {
		return nil
	}
	var all []*memory
	for _, a := range g.k.memories {
		if a.place == private && !a.isStruct() && a.rows == 0 {
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		return nil
	}
	a := all[g.IntN(len(all))]
	b := a
	for _, other := range all {
		if other != a && other.fields[0] == a.fields[0] {
			b = other
		}
	}
	t := a.fields[0]
	if g.chance(2) && t.kind != boolean {
		return g.walk(a)
	}
	parts := []*expr{g.boolean(one(boolean), 1), g.below(a.count, 1), g.below(b.count, 1), g.expr(t, 2)}
	*g.names++
	s := simple(fmt.Sprintf("{ thread %s *q%d = %%[1]s ? &%s[%%[2]s] : &%s[%%[3]s]; *q%[2]d = %%[4]s; }", t, *g.names, a.name, b.name), func(f *frame, s *stmt, mask uint64) {
		yes := s.exprs[0].isTrue(f.machine, mask)
		i, j := s.exprs[1].eval(f.machine, mask), s.exprs[2].eval(f.machine, mask)
		x := s.exprs[3].eval(f.machine, mask)
		forEach(mask, func(thread int) {
			if yes>>thread&1 == 1 {
				f.at(a, thread)[i[thread][0]] = x[thread]
			} else {
				f.at(b, thread)[j[thread][0]] = x[thread]
			}
		})
	}, parts...)
	s.names = []any{a, b}
	return s
}

// walk goes over an array with a pointer, from some element to the last, by steps of one or two.
func (g *generator) walk(a *memory) *stmt {
	*g.names++
	t, step := a.fields[0], 1+g.IntN(2)
	v := g.k.vars[0]
	s := simple(fmt.Sprintf("for (thread %[1]s *q%[2]d = %[3]s + %%[1]s; q%[2]d < %[3]s + %[4]d; q%[2]d += %[5]d) { %[6]s = %[6]s * 31u + uint((*q%[2]d)%[7]s != %[8]s(0)); *q%[2]d = %%[2]s; }", t, *g.names, a.name, a.count, step, v.name, partOf(t), one(t.kind)),
		func(f *frame, s *stmt, mask uint64) {
			from, x, to := s.exprs[0].eval(f.machine, mask), s.exprs[1].eval(f.machine, mask), f.of(v)
			forEach(mask, func(thread int) {
				for i := int(from[thread][0]); i < a.count; i += step {
					own := f.at(a, thread)
					to[thread][0] = cut(uwhole, to[thread][0]*31+1-truth(isSame(t.kind, own[i][0], 0)))
					own[i] = x[thread]
				}
			})
		}, g.below(a.count, 1), g.scalarOf(t.kind, t.n))
	s.names = []any{a, v}
	if s.exprs[1].about == any(v) || s.exprs[1].format != s.exprs[1].String() { // what changes on the way
		s.exprs[1] = g.constant(t)
	}
	return s
}

// partOf names the first element of a vector.
func partOf(t typ) string {
	if t.n > 1 {
		return ".x"
	}
	return ""
}

const barrier = "threadgroup_barrier(mem_flags::mem_threadgroup);"

// exchange has each thread write its place of threadgroup memory and read another's.
func (g *generator) exchange() *stmt {
	var a *memory
	for _, a = range g.k.memories {
		if a.place == shared {
			break
		}
	}
	n := g.IntN(len(a.fields))
	v := g.vars[g.IntN(len(g.vars))]
	count := g.k.shape.threads()
	u := one(uwhole)
	var other *expr
	switch g.IntN(4) {
	case 0:
		other = lifted(u, fmt.Sprintf("(%du - %%[1]s)", count-1), func(x ...uint64) uint64 { return uint64(count-1) - x[0] }, thread)
	case 1:
		by := uint64(1 + g.IntN(31))
		other = lifted(u, fmt.Sprintf("((%%[1]s + %du) %%%% %du)", by, count), func(x ...uint64) uint64 { return (x[0] + by) % uint64(count) }, thread)
	default:
		other = g.below(count, 1)
	}
	put := store(a, n, g.ownPlace(a), g.expr(a.fields[n], 2))
	get := set(v, cast(v.t, g.fitted(load(a, n, asIs(g.placeOf(a, other))), v.t)))
	wait := func() *stmt { return simple(barrier, func(*frame, *stmt, uint64) {}) }
	s := &stmt{head: "{", tail: "}", body: []*stmt{put, wait(), get, wait()}, run: func(f *frame, s *stmt, mask uint64) uint64 { return f.block(s.body, mask) }}
	for _, part := range s.body {
		pinned(part)
	}
	return s
}

// fitted is a value with as many elements as a type has.
func (g *generator) fitted(e *expr, t typ) *expr {
	if e.t.n == t.n || e.t.n == 1 {
		return e
	}
	return element(e, 0)
}

// atomic changes a number that all threads may change, in one way, so that no order shows; or one of the thread's own.
func (g *generator) atomic() *stmt {
	if g.chance(2) {
		return g.ownAtomic()
	}
	var all []*memory
	for _, a := range g.k.memories {
		if a.place == tally {
			all = append(all, a)
		}
	}
	if len(all) == 0 || len(all) < 3 && g.chance(2) {
		way := g.IntN(len(waysOfAll))
		k := uwhole
		if waysOfAll[way].name == "min" {
			k = whole
		}
		a := g.array(tally, 8, one(k))
		a.turned = way
		all = []*memory{a}
	}
	a := all[g.IntN(len(all))]
	k, way := a.fields[0].kind, waysOfAll[a.turned]
	return atomically(a, fmt.Sprintf("atomic_fetch_%s_explicit(&%s[%%[1]s], %%[2]s, memory_order_relaxed);", way.name, a.name), func(old, x uint64) uint64 { return cut(k, way.f(k, old, x)) },
		nil, g.below(8, 1), g.expr(one(k), 1))
}

var waysOfAll = []struct {
	name string
	f    func(k kind, old, x uint64) uint64
}{{"add", sum}, {"sub", func(k kind, old, x uint64) uint64 { return old - x }}, {"or", func(_ kind, old, x uint64) uint64 { return old | x }},
	{"xor", func(_ kind, old, x uint64) uint64 { return old ^ x }}, {"max", greatest}, {"min", least}}

// ownAtomic changes a number of the thread's own, and looks at what it was.
func (g *generator) ownAtomic() *stmt {
	var a *memory
	for _, other := range g.k.memories {
		if other.place == solo {
			a = other
		}
	}
	if a == nil {
		a = g.array(solo, 64*g.k.shape.groups, one(g.oneKind(uwhole, whole)))
		a.each, a.turned = 1, g.IntN(4)
	}
	k := a.fields[0].kind
	if g.chance(4) {
		return g.exchangedIf(a)
	}
	way := g.IntN(len(waysOfAll) + 2)
	name, f := "exchange", func(_, x uint64) uint64 { return x }
	if way < len(waysOfAll) {
		w := waysOfAll[way]
		name, f = "fetch_"+w.name, func(old, x uint64) uint64 { return cut(k, w.f(k, old, x)) }
	}
	v := g.k.vars[0]
	return atomically(a, fmt.Sprintf("%s = %s ^ uint(atomic_%s_explicit(&%s[%%[1]s], %%[2]s, memory_order_relaxed));", v.name, v.name, name, a.name), f, v, g.ownPlace(a), g.expr(one(k), 1))
}

// exchangedIf changes a number of the thread's own if it is what is expected.
func (g *generator) exchangedIf(a *memory) *stmt {
	k, v := a.fields[0].kind, g.k.vars[0]
	*g.names++
	s := simple(fmt.Sprintf("{ %[1]s e%[2]d = %%[2]s; bool b%[2]d = atomic_compare_exchange_weak_explicit(&%[3]s[%%[1]s], &e%[2]d, %%[3]s, memory_order_relaxed, memory_order_relaxed); "+
		"%[4]s = %[4]s * 31u + uint(e%[2]d) + uint(b%[2]d); }", one(k), *g.names, a.name, v.name), func(f *frame, s *stmt, mask uint64) {
		where, e, x := s.exprs[0].eval(f.machine, mask), s.exprs[1].eval(f.machine, mask), s.exprs[2].eval(f.machine, mask)
		forEach(mask, func(thread int) {
			to, r := &f.at(a, thread)[where[thread][0]], f.of(v)
			done := to[0] == e[thread][0]
			r[thread][0] = cut(uwhole, r[thread][0]*31+to[0]+truth(done))
			if done {
				to[0] = x[thread][0]
			}
		})
	}, g.ownPlace(a), g.scalarOf(k), g.expr(one(k), 1))
	s.names = []any{a, v}
	return s
}

func (g *generator) oneKind(all ...kind) kind { return all[g.IntN(len(all))] }

func atomically(a *memory, format string, f func(old, x uint64) uint64, seen *variable, at, e *expr) *stmt {
	s := simple(format, func(fr *frame, s *stmt, mask uint64) {
		where, x := s.exprs[0].eval(fr.machine, mask), s.exprs[1].eval(fr.machine, mask)
		forEach(mask, func(thread int) {
			to := &fr.at(a, thread)[where[thread][0]]
			if seen != nil {
				fr.of(seen)[thread][0] ^= to[0]
			}
			to[0] = f(to[0], x[thread][0])
		})
	}, at, e)
	s.names = []any{a}
	if seen != nil {
		s.names = append(s.names, seen)
	}
	return s
}
