package paths

// Turner is a path that takes turns: it may run the kernels of some sequences of cases in another way than those of the rest, and
// as right. Nothing is to differ but where the code under test is wrong in a way that one of the two does not show.
type Turner interface {
	// Turn is called with the number of a sequence when its context is cold. It counts for what the path makes from then on,
	// until it is called again; before the first call, and after one with 0 or less, it is nobody's turn.
	Turn(sequence int)
}

// Turn tells a path the number of a sequence, from 1, where it takes turns.
func Turn(p Path, sequence int) {
	if t, ok := p.(Turner); ok {
		t.Turn(sequence)
	}
}
