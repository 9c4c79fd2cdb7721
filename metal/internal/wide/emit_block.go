package wide

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (e *emitter) emitBlock(b *block) {
	e.block = b
	r := e.d.regions[b]
	if r != nil {
		e.label("try.%s", b.name)
		e.ifWaiting(b, fmt.Sprintf("after.%s", b.name))
	}
	e.label("b.%s", b.name)
	e.active = "%wide.present"
	if r != nil {
		e.active = e.set("load i32, ptr %%\"mask.%s\"", b.name)
		e.do("store i32 0, ptr %%\"mask.%s\"", b.name)
	}
	e.forget(b)
	for n, i := range b.insts[:len(b.insts)-1] {
		switch {
		case i.op == "alloca" || e.skip[i]:
		case i.op == "phi":
			for k, t := range parts(i.typ) {
				if next := e.nextOf[partName(i.name, k)]; next != "" {
					t = e.slotType(i.name, t)
					e.fill(e.slotOf[partName(i.name, k)], t, e.read(next, t))
					e.fill(next, t, "undef")
				}
				if e.ownOf[partName(i.name, k)] != "" {
					e.keep(i, k, e.read(e.slotOf[partName(i.name, k)], e.typeAs(parts(i.typ)[k], e.d.differs[i.name])))
				}
			}
		default:
			e.emitInst(i, b.insts[n+1:])
		}
		if e.err != nil {
			return
		}
	}
	e.emitEnd(b, r)
	if r != nil {
		e.onward(b, r)
	}
}

// forget tells the optimiser, at the head of a loop, that the values of the turn before are not needed: each is made anew before
// it is used, but under a mask, which does not show that. What lanes keep when they leave has places of its own.
func (e *emitter) forget(head *block) {
	l := e.flow.headOf[head]
	if l == nil || len(l.heads) > 1 {
		return
	}
	for _, b := range e.flow.layout {
		if !l.body[b] {
			continue
		}
		for _, i := range b.insts {
			if i.name == "" || i.typ == "void" || i.op == "alloca" || i.op == "phi" && b == head {
				continue
			}
			for k, t := range parts(i.typ) {
				e.fill(e.slotOf[partName(i.name, k)], e.slotType(i.name, t), "undef")
			}
			if step := e.stepOf[i.name]; step != "" {
				e.fill(step, stepType(i.typ), "undef")
			}
		}
	}
}

// ifWaiting goes to a block if lanes wait for it.
func (e *emitter) ifWaiting(b *block, otherwise string) {
	m := e.set("load i32, ptr %%\"mask.%s\"", b.name)
	e.do("br i1 %s, label %%\"b.%s\", label %%\"%s\"", e.set("icmp ne i32 %s, 0", m), b.name, otherwise)
}

// onward stands behind a masked block: round its loop once more if lanes wait there, else on to the next of the region.
func (e *emitter) onward(b *block, r *region) {
	e.label("after.%s", b.name)
	loops := e.flow.inLoops[b]
	for n := len(loops) - 1; n >= 0; n-- {
		if lastOf(r.row, loops[n]) != b {
			continue
		}
		for _, h := range r.row { // in the order in which a turn comes to them
			if slices.Contains(loops[n].heads, h) {
				e.n++
				done := fmt.Sprintf("done.%d", e.n)
				e.ifWaiting(h, done)
				e.label("%s", done)
			}
		}
	}
	next := "b." + r.end.name
	if at := slices.Index(r.row, b); at+1 < len(r.row) {
		next = "try." + r.row[at+1].name
	}
	e.do("br label %%\"%s\"", next)
}

func lastOf(row []*block, l *loop) *block {
	for n := len(row) - 1; n >= 0; n-- {
		if l.turn[row[n]] {
			return row[n]
		}
	}
	return nil
}

// emitEnd writes how a block ends.
func (e *emitter) emitEnd(b *block, r *region) {
	end := b.end()
	if end.op == "ret" {
		e.do("ret void")
		return
	}
	to := map[string]*block{}
	for _, s := range b.succs {
		to[s.name] = s
	}
	parted := len(b.succs) > 1 && e.differs(end.args[0])
	switch {
	case len(b.succs) == 1:
		e.edge(b, b.succs[0], e.active, r != nil)
	case parted || r != nil:
		left := e.active // for the default
		into := map[*block]string{}
		cases := end.cases
		if end.op == "br" {
			cases = []string{"false"} // the second label
		}
		add := func(s *block, mask string) {
			if into[s] != "" {
				mask = e.set("or i32 %s, %s", into[s], mask)
			}
			into[s] = mask
		}
		t := end.args[0].typ
		for n, c := range cases {
			var taken string
			if parted {
				taken = e.set("icmp eq %s %s, %s", wideType(t), e.get(end.args[0]), e.all(value{t, c}))
				taken = e.set("and i32 %s, %s", left, e.bits(taken))
			} else {
				one := e.set("icmp eq %s %s, %s", t, e.get(end.args[0]), c)
				taken = e.set("select i1 %s, i32 %s, i32 0", one, left)
			}
			left = e.set("xor i32 %s, %s", left, taken)
			add(to[end.labels[n+1]], taken)
		}
		add(to[end.labels[0]], left)
		for _, s := range b.succs {
			e.edge(b, s, into[s], true)
		}
	case end.op == "br":
		e.n++
		n := e.n
		e.do("br i1 %s, label %%\"to.%d.0\", label %%\"to.%d.1\"", e.get(end.args[0]), n, n)
		for k, label := range end.labels {
			e.label("to.%d.%d", n, k)
			e.edge(b, to[label], e.active, false)
			e.do("br label %%\"b.%s\"", label)
		}
		return
	default: // a switch that all lanes take alike
		e.n++
		n := e.n
		t := end.args[0].typ
		var list strings.Builder
		for k, c := range end.cases {
			fmt.Fprintf(&list, " %s %s, label %%\"to.%d.%d\"", t, c, n, k+1)
		}
		e.do("switch %s %s, label %%\"to.%d.0\" [%s ]", t, e.get(end.args[0]), n, list.String())
		for k, label := range end.labels {
			e.label("to.%d.%d", n, k)
			e.edge(b, to[label], e.active, false)
			e.do("br label %%\"b.%s\"", label)
		}
		return
	}
	switch {
	case r != nil:
		e.do("br label %%\"after.%s\"", b.name)
	case parted:
		for _, s := range b.succs {
			if inside := e.d.regions[s]; inside != nil {
				e.do("br label %%\"try.%s\"", inside.row[0].name)
				return
			}
		}
		e.do("br label %%\"b.%s\"", b.succs[0].name)
	default:
		e.do("br label %%\"b.%s\"", b.succs[0].name)
	}
}

// edge brings some lanes, a bit for each, from b to s: what s's phis then hold, and the mask of s. In part they may be only some.
func (e *emitter) edge(b, s *block, arriving string, inPart bool) {
	type move struct {
		i *inst
		k int
		x string
	}
	var moves, steps []move
	mask := ""
	for _, i := range s.insts {
		if i.op != "phi" {
			break
		}
		from := slices.Index(i.labels, b.name)
		v := i.args[from]
		if v.text == "undef" || v.text == "poison" {
			continue // whatever it holds
		}
		for k, t := range parts(i.typ) {
			if !e.d.differs[i.name] {
				moves = append(moves, move{i, k, e.part(v, k)})
				continue
			}
			if e.isFlat(i.name) {
				if e.stepOf[i.name] != "" {
					steps = append(steps, move{i, k, e.step(v)})
				}
				moves = append(moves, move{i, k, e.first(v)})
				continue
			}
			x := e.allOf(v, k)
			if inPart && !e.d.together(s) && !e.d.oneWay(s) {
				old := e.read(e.arrival(i, k), wideType(t))
				if mask == "" {
					mask = e.lanesOf(arriving)
				}
				x = e.set("select %s %s, %s %s, %s %s", maskType, mask, wideType(t), x, wideType(t), old)
			}
			moves = append(moves, move{i, k, x})
		}
	}
	for _, step := range steps {
		e.fill(e.stepOf[step.i.name], stepType(step.i.typ), step.x)
	}
	for _, m := range moves {
		e.fill(e.arrival(m.i, m.k), e.slotType(m.i.name, parts(m.i.typ)[m.k]), m.x)
	}
	if inPart && !e.flow.meetsBarrier(s) { // no barrier waits for them any more
		gone := e.set("load i32, ptr %%wide.gone")
		e.do("store i32 %s, ptr %%wide.gone", e.set("or i32 %s, %s", gone, arriving))
	}
	if e.d.regions[s] != nil {
		old := e.set("load i32, ptr %%\"mask.%s\"", s.name)
		e.do("store i32 %s, ptr %%\"mask.%s\"", e.set("or i32 %s, %s", old, arriving), s.name)
	}
}

// arrival is where an edge leaves a phi's value. The way back of a loop may run before blocks of the same turn that lanes
// go through on their way out, and those still need the values of their turn.
func (e *emitter) arrival(phi *inst, k int) string {
	if next := e.nextOf[partName(phi.name, k)]; next != "" {
		return next
	}
	return e.slotOf[partName(phi.name, k)]
}

// sortedKeys are a map's keys in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
