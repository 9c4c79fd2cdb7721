package paths

// Turner is a path that takes turns: it may run the kernels of some cases in another way than those of the rest, and as right.
// Nothing is to differ but where the code under test is wrong in a way that one of the two does not show.
type Turner interface {
	// Turn is called before a case, with the number of its sequence and its multiply-adds, as cases.Case.Work has them. It
	// counts for all calls of that case, those of its relations and predecessors too, until it is called again; before the
	// first call, and after one with sequence 0 or less, it is nobody's turn.
	Turn(sequence int, work float64)
}

// Turn tells a path of a case, and of its sequence's number, from 1, where it takes turns.
func Turn(p Path, sequence int, work float64) {
	if t, ok := p.(Turner); ok {
		t.Turn(sequence, work)
	}
}
