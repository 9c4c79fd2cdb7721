package wide

import "slices"

// unmixed refuses a kernel in which lanes of different turns of one of the text's loops can come to an operation by one way:
// a loop that the compiler has unrolled, or tested once more in front, may leave its way out to all turns in common.
func (w *flow) unmixed() error {
	numbers := map[string]bool{}
	for _, b := range w.order {
		for _, i := range b.insts {
			if what, n := markOf(i); what != "" {
				numbers[n] = true
			}
		}
	}
	for n := range numbers {
		if w.mixes(n) {
			return refuseLoops("an operation of a simdgroup that lanes of different turns of a loop come to by one way")
		}
	}
	return nil
}

// places are what lanes may have passed last: a mark of a loop, the head of a loop of the code, or neither, outside.
type places map[any]bool

const outside = "outside"

// mixes reports whether lanes can come to one operation from different places of the text's loop of this number. It follows
// which place a lane has come by last, along all ways; at an operation that must be one.
func (w *flow) mixes(number string) bool {
	in := map[*block]places{w.order[0]: {outside: true}}
	for work := slices.Clone(w.order); len(work) > 0; {
		b := work[0]
		work = work[1:]
		out := w.pass(b, number, in[b], nil)
		for _, s := range b.succs {
			if in[s] == nil {
				in[s] = places{}
			}
			if in[s].add(out) && !slices.Contains(work, s) {
				work = append(work, s)
			}
		}
	}
	mixed := false
	for _, b := range w.order {
		w.pass(b, number, in[b], func(i *inst, from places) { mixed = mixed || isOperation(i) && len(from) > 1 })
	}
	return mixed
}

// pass is where lanes have come by last at the end of a block that they enter from some places. It calls at, if there is one,
// for each instruction with the places before it.
func (w *flow) pass(b *block, number string, from places, at func(i *inst, from places)) places {
	if l := w.headOf[b]; l != nil && l.own[number] {
		from = places{l: true}
	}
	for _, i := range b.insts {
		if at != nil {
			at(i, from)
		}
		switch what, of := markOf(i); {
		case of != number || what == "":
		case what == "leave":
			from = places{outside: true}
		default:
			from = places{i: true}
		}
	}
	return from
}

// add adds all of other, and reports whether one was new.
func (p places) add(other places) bool {
	grew := false
	for k := range other {
		if !p[k] {
			p[k], grew = true, true
		}
	}
	return grew
}
