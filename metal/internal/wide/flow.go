package wide

import (
	"fmt"
	"slices"
)

// isOperation reports whether a call is one that lanes carry out together, so that it matters who comes; marks are none.
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

// markOf returns the mark of a loop that an instruction is ("enter", "turn", "leave"), and the loop's number.
func markOf(i *inst) (what, loop string) {
	if i.op == "call" && (i.callee == prefix+"enter" || i.callee == prefix+"turn" || i.callee == prefix+"leave") {
		return i.callee[len(prefix):], i.args[0].text
	}
	return "", ""
}

// flow is the graph of a kernel's blocks.
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

	barrierAfter map[*block]bool // what meetsBarrier is asked
}

// partUnreachable gives each branch that no lane takes an unreachable place of its own. The compiler makes one for all switches of
// a kernel that name every value that can come; from there lanes could go on behind no more than one of the switches.
func partUnreachable(f *function) {
	var blocks []*block
	for _, b := range f.blocks {
		blocks = append(blocks, b)
		if b.end().op != "unreachable" || len(b.insts) > 1 || len(b.preds) < 2 {
			continue
		}
		for _, p := range b.preds[1:] {
			own := &block{name: b.name + ".of." + p.name, insts: slices.Clone(b.insts)}
			blocks = append(blocks, own)
			for k, label := range p.end().labels {
				if label == b.name {
					p.end().labels[k] = own.name
				}
			}
		}
	}
	f.blocks = blocks
}

// shape prepares a function: one end, and a block's end behind each leave mark.
func shape(f *function) error {
	partUnreachable(f)
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

// flowOf makes the graph of a shaped function's blocks.
func flowOf(f *function) (*flow, error) {
	w := &flow{headOf: map[*block]*loop{}, inLoops: map[*block][]*loop{}, exit: f.blocks[len(f.blocks)-1]}
	w.order, w.index = inOrder(f.blocks[0])
	for w.endEndless() {
		if err := f.connect(); err != nil {
			return nil, err
		}
		w.order, w.index = inOrder(f.blocks[0])
	}
	for _, b := range f.blocks { // those that cannot be reached
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
// that no lane reaches. Its end becomes a call that hands the threadgroup to fibers, should a lane reach it all the same, and
// a branch to where the lanes go on that do not come through it, so that the graph has one end.
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

// dropPhis takes out of a block's phis what comes from blocks that cannot be reached.
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

// meetsBarrier reports whether some way from a block on leads to a barrier of the threadgroup.
func (w *flow) meetsBarrier(from *block) bool {
	if w.barrierAfter == nil {
		w.barrierAfter = map[*block]bool{}
		for _, b := range w.order {
			for _, i := range b.insts {
				if i.op == "call" && i.callee == prefix+"threadgroup_barrier" {
					for _, before := range postorder(b, func(b *block) []*block { return b.preds }) {
						w.barrierAfter[before] = true
					}
					break
				}
			}
		}
	}
	return w.barrierAfter[from]
}
