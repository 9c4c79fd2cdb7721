package drawn

import "fmt"

func (g *generator) statements(depth int) (all []*stmt) {
	for n := 1 + g.IntN(4); n > 0 && g.fuel > 0; n-- {
		g.fuel--
		all = append(all, g.statement(depth)...)
	}
	if len(all) == 0 {
		all = append(all, g.assignment())
	}
	return all
}

// inside is what stands in a branch, or in a loop of so many turns at most. Where not all threads come, sameWay is false.
func (g *generator) inside(turns, depth int, sameWay bool) []*stmt {
	loop, within, before, uniform := g.inLoop, g.within, g.turns, g.uniform
	g.uniform = uniform && sameWay
	if turns > 1 {
		g.inLoop, g.within = true, true
		if g.k.barriers && g.helper == nil && g.uniform { // who left would be missed
			g.inLoop, g.within = false, false
		}
	}
	g.turns *= turns
	body := g.statements(depth)
	g.inLoop, g.within, g.turns, g.uniform = loop, within, before, uniform
	return body
}

// sameForAll is a bool that no two threads disagree about.
func (g *generator) sameForAll() *expr {
	u := uniform[g.IntN(4)]
	c, to := comparisons[g.IntN(len(comparisons))], g.IntN(4)
	return lifted(one(boolean), fmt.Sprintf("(%%[1]s %s %du)", c.op, to), func(x ...uint64) uint64 { return truth(c.f(uwhole, x[0], uint64(to))) }, u)
}

func (g *generator) statement(depth int) []*stmt {
	which := g.IntN(30)
	if depth == 0 && which < 12 || g.turns > 30 && which >= 4 && which < 10 {
		which = 12 + g.IntN(18)
	}
	switch which {
	case 0, 1, 2, 3:
		c, sameWay := g.boolean(one(boolean), 2), false
		if g.chance(4) {
			c, sameWay = g.sameForAll(), true
		}
		var other []*stmt
		body := g.inside(1, depth-1, sameWay)
		if g.chance(2) {
			other = g.inside(1, depth-1, sameWay)
		}
		return []*stmt{when(c, body, other)}
	case 4, 5, 6, 7, 8, 9:
		return g.loop(depth)
	case 10, 11:
		return []*stmt{g.choice(depth)}
	case 12, 13:
		if g.within {
			return []*stmt{when(g.boolean(one(boolean), 1), append(g.inside(1, 0, false), g.leave()), nil)}
		}
	case 14:
		if g.chance(3) && (g.helper != nil || !g.k.barriers) {
			return []*stmt{when(g.boolean(one(boolean), 1), []*stmt{g.returns()}, nil)}
		}
	case 15, 16, 17:
		if s := g.stored(); s != nil {
			return s
		}
	case 18, 19:
		if s := g.privateStore(); s != nil {
			return s
		}
	case 20, 21, 22:
		if g.helper == nil && g.k.barriers && g.uniform {
			return []*stmt{g.exchange()}
		}
	case 23:
		if g.helper == nil {
			return []*stmt{g.atomic()}
		}
	case 24:
		if s := g.partly(); s != nil {
			return []*stmt{s}
		}
	case 25:
		if s := g.pointer(); s != nil {
			return []*stmt{s}
		}
	case 26, 27:
		if g.helper == nil {
			return []*stmt{mixed(g.k.vars[0], cast(one(uwhole), g.expr(one(uwhole), g.depth)))}
		}
	}
	return []*stmt{g.assignment()}
}

func (g *generator) assignment() *stmt {
	if g.chance(8) {
		if s := g.guardedStatement(); s != nil {
			return s
		}
	}
	v := g.vars[g.IntN(len(g.vars))]
	return set(v, g.expr(v.t, g.depth))
}

// guardedStatement reads an element where an if has found that there is one; nil where there is no array to read.
func (g *generator) guardedStatement() *stmt {
	v := g.vars[g.IntN(len(g.vars))]
	a, n := g.fieldOf(v.t, given, fixed)
	if a == nil || g.helper != nil {
		return nil
	}
	at := g.repeated(func() *expr { return g.anywhere(1) })
	inside := lifted(one(boolean), fmt.Sprintf("(%%[1]s < %du)", a.count), func(x ...uint64) uint64 { return truth(x[0] < uint64(a.count)) }, at)
	return when(asIs(inside), []*stmt{set(v, load(a, n, asIs(at)))}, nil)
}

// partly assigns elements of a vector.
func (g *generator) partly() *stmt {
	v := g.vector(g.vars[g.IntN(len(g.vars))].t.kind)
	if v == nil {
		return nil
	}
	if g.chance(3) && v.t.n != 3 {
		return setPartAt(v, g.below(v.t.n, 1), g.expr(one(v.t.kind), 2))
	}
	parts := g.Perm(v.t.n)[:1+g.IntN(v.t.n)]
	return setParts(v, parts, g.expr(typ{v.t.kind, len(parts)}, 2))
}

// counter is a variable of a loop.
func (g *generator) counter(prefix string) *variable {
	*g.names++
	v := &variable{fmt.Sprintf("%s%d", prefix, *g.names), one([]kind{uwhole, uwhole, uwhole, whole, ushort, uchar, long}[g.IntN(7)])}
	if g.helper != nil {
		g.helper.locals = append(g.helper.locals, v)
	} else {
		g.k.vars = append(g.k.vars, v)
	}
	return v
}

// moved is a counter with some added.
func moved(v *variable, by int64) *expr {
	return lifted(v.t, fmt.Sprintf("%s(%%[1]s + %d)", v.t, by), func(x ...uint64) uint64 { return cut(v.t.kind, x[0]+uint64(by)) }, v.read())
}

// less compares a counter with a uint.
func less(v *variable, e *expr) *expr {
	return lifted(one(boolean), "(uint(%[1]s) < %[2]s)", func(x ...uint64) uint64 { return truth(cut(uwhole, x[0]) < x[1]) }, v.read(), e)
}

// start sets a counter, and step moves it, where a loop says so.
func start(v *variable, n int) func(f *frame, s *stmt, mask uint64) {
	return func(f *frame, s *stmt, mask uint64) { f.assign(v, s.exprs[n].eval(f.machine, mask), mask) }
}

func (g *generator) loop(depth int) []*stmt {
	v := g.counter("j")
	g.counters = append(g.counters, v)
	zero := number(v.t, 0)
	counted := func(to *expr, step *expr, turns int, sameWay bool) []*stmt {
		s := &stmt{head: fmt.Sprintf("for (%s = %%[1]s; %%[2]s; %[1]s = %%[3]s) {", v.name), tail: "}", exprs: []*expr{zero, less(v, to), step}, names: []any{v}}
		s.body = g.inside(turns, depth-1, sameWay)
		s.run = turnsOf(start(v, 0), start(v, 2), 1).run
		return []*stmt{s}
	}
	switch g.IntN(9) {
	case 0, 1:
		return counted(g.below(4, 1), moved(v, 1), 3, false)
	case 2: // a number of turns that clang knows
		n := int64(2 + g.IntN(3))
		return counted(number(one(uwhole), n), moved(v, 1), int(n), true)
	case 3: // the same for all lanes
		n := g.IntN(4)
		return counted(uniform[n], moved(v, 1), max(int(uniforms[n]), 2), true)
	case 4:
		step := lifted(v.t, fmt.Sprintf("%s(%%[1]s + 1 + %s(%%[2]s & 1u))", v.t, v.t), func(x ...uint64) uint64 { return cut(v.t.kind, x[0]+1+x[1]&1) }, v.read(), g.expr(one(uwhole), 1))
		return counted(g.below(4, 1), step, 3, false)
	case 5: // downwards
		s := &stmt{head: fmt.Sprintf("for (%s = %%[1]s; %[1]s > 0; %[1]s = %%[2]s) {", v.name), tail: "}", names: []any{v},
			exprs: []*expr{cast(v.t, g.below(4, 1)), moved(v, -1), lifted(one(boolean), "", func(x ...uint64) uint64 { return truth(x[0] != 0) }, v.read())}}
		s.body = g.inside(3, depth-1, false)
		s.run = turnsOf(start(v, 0), start(v, 1), 2).run
		return []*stmt{s}
	case 6:
		return []*stmt{g.uncounted(v, depth)}
	case 7:
		return []*stmt{g.middle(v, depth)}
	}
	return []*stmt{g.longer(v)}
}

// turnsOf is a loop whose expression n says who takes a turn.
func turnsOf(begin, next func(f *frame, s *stmt, mask uint64), n int) turns {
	return turns{begin: begin, next: next, going: func(f *frame, s *stmt, mask uint64) uint64 { return s.exprs[n].isTrue(f.machine, mask) }}
}

// uncounted is a while or a do, with a bound behind which it ends anyhow.
func (g *generator) uncounted(v *variable, depth int) *stmt {
	c := g.boolean(one(boolean), 2)
	going := &expr{t: one(boolean), format: "(%[1]s && %[2]s)", parts: []*expr{less(v, number(one(uwhole), 3)), c}, run: func(m *machine, p []*expr, mask uint64) (out vals) {
		yes := p[0].isTrue(m, mask)
		if yes != 0 {
			yes = p[1].isTrue(m, yes)
		}
		forEach(yes, func(thread int) { out[thread][0] = 1 })
		return out
	}}
	late := g.chance(2)
	s := &stmt{head: fmt.Sprintf("%s = 0; while (%%[1]s) {", v.name), tail: "}", exprs: []*expr{going}, names: []any{v}}
	if late {
		s.head, s.tail = fmt.Sprintf("%s = 0; do {", v.name), "} while (%[1]s);"
	}
	s.body = append([]*stmt{pinned(set(v, moved(v, 1)))}, g.inside(3, depth-1, false)...)
	l := turnsOf(func(f *frame, _ *stmt, mask uint64) { f.assign(v, vals{}, mask) }, nil, 0)
	l.late = late
	s.run = l.run
	return s
}

// pinned is a statement without which its surroundings would not end, or not be defined.
func pinned(s *stmt) *stmt {
	s.pinned = true
	return s
}

// middle is a loop whose ways out are in its body.
func (g *generator) middle(v *variable, depth int) *stmt {
	s := &stmt{head: fmt.Sprintf("%s = 0; while (true) {", v.name), tail: "}", names: []any{v}}
	past := lifted(one(boolean), "(%[1]s > 3)", func(x ...uint64) uint64 { return truth(x[0] > 3) }, v.read())
	s.body = []*stmt{pinned(set(v, moved(v, 1))), pinned(when(past, []*stmt{pinned(breaks())}, nil))}
	s.body = append(s.body, g.inside(3, depth-1, false)...)
	loop, uniform := g.inLoop, g.uniform
	g.uniform = false
	s.body = append(s.body, when(g.boolean(one(boolean), 2), append(g.inside(1, 0, false), breaks()), nil))
	g.inLoop, g.uniform = loop, uniform
	if g.chance(2) {
		s.body = append(s.body, g.inside(3, 0, false)...)
	}
	l := turns{begin: func(f *frame, _ *stmt, mask uint64) { f.assign(v, vals{}, mask) }, going: func(_ *frame, _ *stmt, mask uint64) uint64 { return mask }}
	s.run = l.run
	return s
}

// longer is a loop of up to 31 turns of a statement or two.
func (g *generator) longer(v *variable) *stmt {
	ops := g.ops
	g.ops = false
	s := &stmt{head: fmt.Sprintf("for (%s = %%[1]s; %%[2]s; %[1]s = %%[3]s) {", v.name), tail: "}", exprs: []*expr{number(v.t, 0), less(v, g.below(32, 1)), moved(v, 1)}, names: []any{v}}
	turns := g.turns
	g.turns = 31
	for range 1 + g.IntN(2) {
		s.body = append(s.body, g.assignment())
	}
	g.ops, g.turns = ops, turns
	s.run = turnsOf(start(v, 0), start(v, 2), 1).run
	return s
}

func (g *generator) leave() *stmt {
	if g.inLoop && g.chance(2) {
		return continues()
	}
	return breaks()
}

// returns is how a thread returns.
func (g *generator) returns() *stmt {
	if g.helper != nil {
		return g.helper.returns(g.expr(g.helper.result, 1))
	}
	return &stmt{head: "return;", run: func(f *frame, _ *stmt, mask uint64) uint64 { f.returned |= mask; return 0 }}
}

// choice is a switch, with labels that share statements and labels that others fall through to.
func (g *generator) choice(depth int) *stmt {
	within := g.within
	k := []kind{uwhole, uwhole, whole, ushort, uchar, ulong}[g.IntN(6)]
	e := cast(one(k), g.below(4, 1))
	same := g.chance(5)
	if same {
		e = lifted(one(uwhole), "(%[1]s & 3u)", func(x ...uint64) uint64 { return x[0] & 3 }, uniform[g.IntN(4)])
	}
	labels := g.Perm(4)[:2+g.IntN(3)] // 3 stands for the default
	var cases []*stmt
	for len(labels) > 0 {
		c := &stmt{tail: "}", run: func(f *frame, s *stmt, mask uint64) uint64 { return f.block(s.body, mask) }}
		n := 1
		if len(labels) > 1 && g.chance(5) {
			n = 2
		}
		for _, label := range labels[:n] {
			if label == 3 {
				c.head, c.usual = c.head+"default: ", true
			} else {
				c.head, c.labels = c.head+fmt.Sprintf("case %d: ", label), append(c.labels, label)
			}
		}
		c.head += "{"
		labels = labels[n:]
		g.within = true
		loop := g.inLoop
		c.body = g.inside(1, depth-1, false)
		if !g.chance(3) {
			c.body = append(c.body, g.leave())
		}
		g.inLoop = loop
		cases = append(cases, c)
	}
	g.within = within
	return choose(e, cases)
}
