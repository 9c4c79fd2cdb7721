package wide

import "slices"

// loop is a loop of the code, with what the text's marks tell of it.
type loop struct {
	heads []*block // where a turn begins: one, or several where the compiler made two loops of the text's one
	body  map[*block]bool
	own   map[string]bool // numbers of the text's loops that this is
	// turn is the body, and behind it what lanes that leave do while they are still in the text's loop: an operation there
	// is one of the turn in which they leave.
	turn map[*block]bool
}

// findLoops finds the loops, and which of the text's loops each is.
func (w *flow) findLoops() error {
	for b, head := range waysBack(w.order, w.index) {
		if !w.dominates(head, b) {
			return refuse("a loop that is entered at two places")
		}
		l := w.headOf[head]
		if l == nil {
			l = &loop{heads: []*block{head}, body: map[*block]bool{head: true}, own: map[string]bool{}}
			w.headOf[head] = l
			w.loops = append(w.loops, l)
		}
		l.addWayBack(b)
	}
	slices.SortStableFunc(w.loops, func(a, b *loop) int { return len(b.body) - len(a.body) })
	for _, l := range w.loops {
		l.findOwn()
	}
	w.joinLoops()
	return nil
}

// addWayBack adds to a loop's body all from which lanes come to b, from where they go back to the head.
func (l *loop) addWayBack(b *block) {
	for work := []*block{b}; len(work) > 0; {
		x := work[len(work)-1]
		work = work[:len(work)-1]
		if !l.body[x] {
			l.body[x] = true
			work = append(work, x.preds...)
		}
	}
}

// findOwn finds which of the text's loops this is: those that take their turns in it and are not entered in it.
func (l *loop) findOwn() {
	entered := map[string]bool{}
	for b := range l.body {
		for _, i := range b.insts {
			switch what, n := markOf(i); what {
			case "turn":
				l.own[n] = true
			case "enter":
				entered[n] = true
			}
		}
	}
	for n := range entered {
		delete(l.own, n)
	}
}

// joinLoops makes one of two loops, one in the other, that the compiler made of a loop of the text with two ways back.
func (w *flow) joinLoops() {
	for n := 0; n < len(w.loops); n++ {
		for k := 0; k < n; k++ {
			outer, inner := w.loops[k], w.loops[n]
			if !outer.body[inner.heads[0]] || !shares(outer.own, inner.own) {
				continue
			}
			outer.heads = append(outer.heads, inner.heads...)
			for _, h := range inner.heads {
				w.headOf[h] = outer
			}
			w.loops = slices.Delete(w.loops, n, n+1)
			n--
			break
		}
	}
}

func shares(a, b map[string]bool) bool {
	for k := range a {
		if b[k] {
			return true
		}
	}
	return false
}

// extendLoops finds what belongs to each loop's turns beside its body.
func (w *flow) extendLoops() error {
	for _, l := range w.loops {
		l.turn = l.body
		if len(l.own) == 0 {
			continue
		}
		turn, operations := l.untilLeft()
		if !operations {
			continue
		}
		if turn[w.exit] {
			return refuseLoops("a loop around operations of a simdgroup that is left in an unknown way")
		}
		if l.isJoined(turn) {
			return refuseLoops("an operation of a simdgroup at a loop's end that lanes of different turns come to by one way")
		}
		l.turn = turn
	}
	if !w.loopsNest() {
		return refuseLoops("two loops that are not one in the other")
	}
	slices.SortStableFunc(w.loops, func(a, b *loop) int { return len(b.turn) - len(a.turn) })
	for _, l := range w.loops {
		for b := range l.turn {
			w.inLoops[b] = append(w.inLoops[b], l)
		}
	}
	return nil
}

// untilLeft is the body, and all that lanes run behind it up to a mark that they leave the text's loop; operations tells
// whether any lies behind the body.
func (l *loop) untilLeft() (turn map[*block]bool, operations bool) {
	turn = map[*block]bool{}
	var work []*block
	for b := range l.body {
		turn[b] = true
		work = append(work, b)
	}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		if !l.body[b] {
			left := false
			for _, i := range b.insts {
				what, n := markOf(i)
				left = left || what == "leave" && l.own[n]
				operations = operations || isOperation(i)
			}
			if left {
				continue
			}
		}
		for _, s := range b.succs {
			if !turn[s] {
				turn[s] = true
				work = append(work, s)
			}
		}
	}
	return turn, operations
}

// isJoined reports whether lanes that were never in the loop come to what lies behind its body in a turn.
func (l *loop) isJoined(turn map[*block]bool) bool {
	for b := range turn {
		if !l.body[b] && slices.ContainsFunc(b.preds, func(p *block) bool { return !turn[p] }) {
			return true
		}
	}
	return false
}

// loopsNest reports whether the turns of any two loops lie one in the other or apart.
func (w *flow) loopsNest() bool {
	for n, l := range w.loops {
		for _, outer := range w.loops[:n] {
			common := 0
			for b := range l.turn {
				if outer.turn[b] {
					common++
				}
			}
			if common != 0 && common != len(l.turn) && common != len(outer.turn) {
				return false
			}
		}
	}
	return true
}

// layBlocks orders the blocks so that each stands behind all that lead to it within a turn, and each turn in one piece.
func (w *flow) layBlocks() {
	done := map[*block]bool{}
	var emit func(blocks []*block, depth int)
	emit = func(blocks []*block, depth int) {
		for _, b := range blocks {
			if done[b] {
				continue
			}
			if loops := w.inLoops[b]; len(loops) > depth {
				l := loops[depth]
				var members []*block
				for _, x := range w.order {
					if l.turn[x] {
						members = append(members, x)
					}
				}
				emit(members, depth+1)
				continue
			}
			done[b] = true
			w.layout = append(w.layout, b)
		}
	}
	emit(w.order, 0)
}
