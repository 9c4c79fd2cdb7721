package wide

import "slices"

// unmixed refuses a kernel in which lanes of different turns of one of the text's loops can come to an operation by one way:
// a loop that the compiler has unrolled, or tested once more in front, may leave its way out to all turns in common. For each
// of the text's loops it follows which mark, or which head of a loop of the code, a lane has come by last; at an operation
// that must be one.
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
		in := map[*block]map[any]bool{w.order[0]: {"outside": true}}
		pass := func(b *block, at func(i *inst, state map[any]bool)) map[any]bool {
			state := in[b]
			if l := w.headOf[b]; l != nil && l.own[n] {
				state = map[any]bool{l: true}
			}
			for _, i := range b.insts {
				if at != nil {
					at(i, state)
				}
				switch what, of := markOf(i); {
				case of != n || what == "":
				case what == "leave":
					state = map[any]bool{"outside": true}
				default:
					state = map[any]bool{i: true}
				}
			}
			return state
		}
		for work := slices.Clone(w.order); len(work) > 0; {
			b := work[0]
			work = work[1:]
			out := pass(b, nil)
			for _, s := range b.succs {
				if in[s] == nil {
					in[s] = map[any]bool{}
				}
				grew := false
				for k := range out {
					if !in[s][k] {
						in[s][k], grew = true, true
					}
				}
				if grew && !slices.Contains(work, s) {
					work = append(work, s)
				}
			}
		}
		mixed := false
		for _, b := range w.order {
			pass(b, func(i *inst, state map[any]bool) { mixed = mixed || isOperation(i) && len(state) > 1 })
		}
		if mixed {
			return refuse("an operation of a simdgroup that lanes of different turns of a loop come to by one way")
		}
	}
	return nil
}
