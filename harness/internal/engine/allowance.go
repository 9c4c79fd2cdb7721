package engine

// Draws that a path refuses are drawn again, within bounds: a path that computes one case in a thousand is tested as
// one that computes all, and one that computes none ends soon.
const (
	// refusalsInARow is how many draws a path may refuse for one case.
	refusalsInARow = 20_000
	// costOfACall is what a refusal counts that only a call brought out: it took that call.
	costOfACall = 20
)

// Allowance bounds how many draws in a row a path may refuse. Once it has run out nothing is drawn again.
type Allowance struct {
	spent int
	over  bool
}

// Refused takes a refused draw off and reports whether another may be drawn. called is whether the path was
// called before it refused.
func (a *Allowance) Refused(called bool) bool {
	a.spent++
	if called {
		a.spent += costOfACall - 1
	}
	a.over = a.over || a.spent >= refusalsInARow
	return !a.over
}

// Judged fills it up again.
func (a *Allowance) Judged() { a.spent = 0 }

// Over reports that it has run out.
func (a *Allowance) Over() bool { return a.over }
