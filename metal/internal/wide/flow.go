package wide

import (
	"fmt"
	"slices"
)

// operations are the calls that lanes carry out together, so that it matters who comes; marks are no such call.
func isOperation(i *inst) bool {
	if i.op != "call" {
		return false
	}
	switch i.callee {
	case prefix + "together", prefix + "sum_f32", prefix + "max_f32", prefix + "min_f32", prefix + "sum_i32", prefix + "ballot",
		prefix + "first", prefix + "shuffle", prefix + "multiply", prefix + "simdgroup_barrier", prefix + "threadgroup_barrier", prefix + "await":
		return true
	}
	return false
}

// prefix begins the names of the functions of msl_wide.h.
const prefix = "msl_wide_"

// mark says which mark of a loop an instruction is ("enter", "turn", "leave"), and the loop's number.
func markOf(i *inst) (what, loop string) {
	if i.op == "call" && (i.callee == prefix+"enter" || i.callee == prefix+"turn" || i.callee == prefix+"leave") {
		return i.callee[len(prefix):], i.args[0].text
	}
	return "", ""
}

// loop is a loop of the code, with what the text says of it.
type loop struct {
	heads []*block // where a turn begins: one, or several where the compiler made two loops of the text's one
	body  map[*block]bool
	own   map[string]bool // numbers of the text's loops that this is
	// turn is the body, and behind it what lanes that leave do while they are still in the text's loop: an operation there
	// is one of the turn in which they leave.
	turn map[*block]bool
}

// flow is how a kernel's blocks hang together.
type flow struct {
	order   []*block // each before what it leads to, but for the ways back of loops
	index   map[*block]int
	exit    *block
	idom    map[*block]*block
	pdom    map[*block]*block
	loops   []*loop // outer ones first
	headOf  map[*block]*loop
	inLoops map[*block][]*loop // innermost last, by turn
	layout  []*block           // as order, and each loop's turn in one piece

	barrierAfter map[*block]bool // what meetsBarrier has found out
}

// shape prepares a function: one end, and a block's end behind each leave mark.
func shape(f *function) error {
	exit := &block{name: "wide.exit", insts: []*inst{{op: "ret", typ: "void"}}}
	var blocks []*block
	rename := map[string]string{} // of the block that a phi's value comes from
	for _, b := range f.blocks {
		switch end := b.end(); end.op {
		case "ret":
			if len(end.args) > 0 {
				return refuse("a kernel that returns a value")
			}
			b.insts[len(b.insts)-1] = &inst{op: "br", typ: "void", labels: []string{exit.name}}
		}
		current := b
		blocks = append(blocks, b)
		for n := 0; n < len(current.insts)-1; n++ {
			if what, _ := markOf(current.insts[n]); what != "leave" || n == len(current.insts)-2 && len(current.end().labels) == 1 {
				continue
			}
			rest := &block{name: fmt.Sprintf("%s.left%d", b.name, len(blocks)), insts: current.insts[n+1:]}
			current.insts = append(slices.Clone(current.insts[:n+1]), &inst{op: "br", typ: "void", labels: []string{rest.name}})
			blocks = append(blocks, rest)
			rename[b.name] = rest.name
			current, n = rest, -1
		}
	}
	f.blocks = append(blocks, exit)
	for _, b := range f.blocks {
		for _, i := range b.insts {
			if i.op != "phi" {
				continue
			}
			for n, from := range i.labels {
				if to := rename[from]; to != "" {
					i.labels[n] = to
				}
			}
		}
	}
	return f.connect()
}

// flowOf finds out how a shaped function's blocks hang together.
func flowOf(f *function) (*flow, error) {
	w := &flow{headOf: map[*block]*loop{}, inLoops: map[*block][]*loop{}, barrierAfter: map[*block]bool{}, exit: f.blocks[len(f.blocks)-1]}
	w.order = postorder(f.blocks[0], func(b *block) []*block { return b.succs })
	slices.Reverse(w.order)
	for w.endEndless() {
		if err := f.connect(); err != nil {
			return nil, err
		}
		w.order = postorder(f.blocks[0], func(b *block) []*block { return b.succs })
		slices.Reverse(w.order)
	}
	w.index = map[*block]int{}
	for n, b := range w.order {
		w.index[b] = n
	}
	for _, b := range f.blocks { // what nobody comes to
		if _, there := w.index[b]; there {
			b.preds = slices.DeleteFunc(b.preds, func(p *block) bool { _, there := w.index[p]; return !there })
			dropPhis(b)
		}
	}
	back := postorder(w.exit, func(b *block) []*block { return b.preds })
	slices.Reverse(back)
	w.idom = dominators(w.order, func(b *block) []*block { return b.preds })
	w.pdom = dominators(back, func(b *block) []*block { return b.succs })
	if err := w.findLoops(); err != nil {
		return nil, err
	}
	if err := w.unmixed(); err != nil {
		return nil, err
	}
	if err := w.extendLoops(); err != nil {
		return nil, err
	}
	w.layBlocks()
	return w, nil
}

// endEndless finds a block from which no way leads to the end: the compiler leaves such loops, and unreachable places, in code
// that nobody comes to. Who does all the same is for fibers, and so does not go on here; the block is led to where lanes go
// that do not come to it.
func (w *flow) endEndless() bool {
	ends := map[*block]bool{}
	for _, b := range postorder(w.exit, func(b *block) []*block { return b.preds }) {
		ends[b] = true
	}
	for n := len(w.order) - 1; n >= 0; n-- {
		b := w.order[n]
		if ends[b] {
			continue
		}
		to := w.exit
		reached := map[*block]bool{}
		for _, x := range w.order {
			reached[x] = true
		}
		idom := dominators(w.order, func(x *block) []*block {
			return slices.DeleteFunc(slices.Clone(x.preds), func(p *block) bool { return !reached[p] })
		})
		for d := idom[b]; ; d = idom[d] {
			if k := slices.IndexFunc(d.succs, func(s *block) bool { return ends[s] }); k >= 0 {
				to = d.succs[k]
				break
			}
			if idom[d] == d {
				break
			}
		}
		for _, i := range to.insts {
			if i.op == "phi" {
				i.args, i.labels = append(i.args, value{i.typ, "poison"}), append(i.labels, b.name)
			}
		}
		b.insts = append(b.insts[:len(b.insts)-1], &inst{op: "call", typ: "void", callee: prefix + "fail", args: []value{{"i32", "0"}}},
			&inst{op: "br", typ: "void", labels: []string{to.name}})
		return true
	}
	return false
}

// dropPhis takes out of a block's phis what comes from blocks that nobody comes to.
func dropPhis(b *block) {
	for _, i := range b.insts {
		if i.op != "phi" {
			return
		}
		for n := len(i.labels) - 1; n >= 0; n-- {
			if !slices.ContainsFunc(b.preds, func(p *block) bool { return p.name == i.labels[n] }) {
				i.labels = slices.Delete(i.labels, n, n+1)
				i.args = slices.Delete(i.args, n, n+1)
			}
		}
	}
}

// meetsBarrier says whether some way from a block on leads to a barrier of the threadgroup.
func (w *flow) meetsBarrier(from *block) bool {
	if known, ok := w.barrierAfter[from]; ok {
		return known
	}
	found := false
	for _, b := range postorder(from, func(b *block) []*block { return b.succs }) {
		for _, i := range b.insts {
			found = found || i.op == "call" && i.callee == prefix+"threadgroup_barrier"
		}
	}
	w.barrierAfter[from] = found
	return found
}

func postorder(root *block, next func(*block) []*block) []*block {
	var order []*block
	seen := map[*block]bool{root: true}
	type frame struct {
		b *block
		n int
	}
	stack := []frame{{root, 0}}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if to := next(top.b); top.n < len(to) {
			b := to[len(to)-1-top.n] // so that the first of two comes first when the order is turned round
			top.n++
			if !seen[b] {
				seen[b] = true
				stack = append(stack, frame{b, 0})
			}
			continue
		}
		order = append(order, top.b)
		stack = stack[:len(stack)-1]
	}
	return order
}

func dominators(order []*block, preds func(*block) []*block) map[*block]*block {
	at := map[*block]int{}
	for n, b := range order {
		at[b] = n
	}
	dom := map[*block]*block{order[0]: order[0]}
	for changed := true; changed; {
		changed = false
		for _, b := range order[1:] {
			var n *block
			for _, p := range preds(b) {
				if dom[p] == nil {
					continue
				}
				if n == nil {
					n = p
					continue
				}
				for a := p; a != n; {
					for at[a] > at[n] {
						a = dom[a]
					}
					for at[n] > at[a] {
						n = dom[n]
					}
				}
			}
			if dom[b] != n {
				dom[b], changed = n, true
			}
		}
	}
	return dom
}

func (w *flow) dominates(a, b *block) bool {
	for b != a && w.idom[b] != b {
		b = w.idom[b]
	}
	return a == b
}

// findLoops finds the loops, and which of the text's loops each is.
func (w *flow) findLoops() error {
	for _, b := range w.order {
		for _, head := range b.succs {
			if w.index[head] > w.index[b] {
				continue
			}
			if !w.dominates(head, b) {
				return refuse("a loop that is entered at two places")
			}
			l := w.headOf[head]
			if l == nil {
				l = &loop{heads: []*block{head}, body: map[*block]bool{head: true}, own: map[string]bool{}}
				w.headOf[head] = l
				w.loops = append(w.loops, l)
			}
			for work := []*block{b}; len(work) > 0; {
				x := work[len(work)-1]
				work = work[:len(work)-1]
				if !l.body[x] {
					l.body[x] = true
					work = append(work, x.preds...)
				}
			}
		}
	}
	slices.SortStableFunc(w.loops, func(a, b *loop) int { return len(b.body) - len(a.body) })
	for _, l := range w.loops {
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
	// The compiler makes two loops, one in the other, of one that has two ways back. To the text they are one.
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
	return nil
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
		turn := map[*block]bool{}
		var work []*block
		for b := range l.body {
			turn[b] = true
			work = append(work, b)
		}
		operations := false
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
		if !operations {
			continue
		}
		if turn[w.exit] {
			return refuse("a loop around operations of a simdgroup that is left in an unknown way")
		}
		for b := range turn {
			if l.body[b] {
				continue
			}
			for _, p := range b.preds {
				if !turn[p] {
					return refuse("an operation of a simdgroup at a loop's end that lanes of different turns come to by one way")
				}
			}
		}
		l.turn = turn
	}
	for n, l := range w.loops {
		for _, outer := range w.loops[:n] {
			common, all := 0, len(l.turn)
			for b := range l.turn {
				if outer.turn[b] {
					common++
				}
			}
			if common != 0 && common != all && common != len(outer.turn) {
				return refuse("two loops that are not one in the other")
			}
		}
	}
	slices.SortStableFunc(w.loops, func(a, b *loop) int { return len(b.turn) - len(a.turn) })
	for _, l := range w.loops {
		for b := range l.turn {
			w.inLoops[b] = append(w.inLoops[b], l)
		}
	}
	return nil
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
