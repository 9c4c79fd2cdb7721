package relation

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/reference"
)

// derivedRun is a case made from the base, with what the path wrote.
type derivedRun struct {
	c cases.Case
	t *cases.Tensors
}

// truths are the references of a law's derived runs, in the order of its runs; nil while they are not known.
type truths []*reference.Result

// withinBounds judges derived runs that have bounds of their own. First compare gets no truths, and holds elements to the least
// that is allowed whatever the truths are, most often the base's bound. The truths cost a reference each, half of what a law
// takes, and tell nothing more of elements that are as close as that. Where one is not, they are computed, and all is compared
// again.
func (a *application) withinBounds(detail string, compare func(*tally, truths), runs ...derivedRun) error {
	if !a.thorough {
		before := a.Compared
		quick := a.tally(detail)
		compare(quick, nil)
		if quick.violation == nil {
			return nil
		}
		a.Compared = before
	}
	known := make(truths, len(runs))
	for i, run := range runs {
		var err error
		if known[i], err = a.truth(run.c, run.t); err != nil {
			return err
		}
	}
	t := a.tally(detail)
	compare(t, known)
	return t.err()
}

// output is what the truths add to the base's bound of an output, and what is left of its demand.
func (known truths) output(i int, demand reference.Demand) (more float64, _ reference.Demand) {
	for _, r := range known {
		more += r.Bound[i]
		demand = both(demand, r.OutputDemand[i])
	}
	return more, demand
}

// logsumexp is the same of a row's logsumexp.
func (known truths) logsumexp(row int, demand reference.Demand) (more float64, _ reference.Demand) {
	for _, r := range known {
		more += r.LSEBound[row]
		demand = both(demand, r.LSEDemand[row])
	}
	return more, demand
}

// truth is the reference of a derived run, with the bounds that it is held to and no sharp line. A law asks for it where
// the base's own bounds do not hold for the derived run.
func (a *application) truth(c cases.Case, t *cases.Tensors) (*reference.Result, error) {
	truth, err := oracle.Truth(a.ctx, c, t, a.Arithmetic, reference.Options{Workers: a.Workers, BoundOnly: true})
	if err != nil {
		return nil, fmt.Errorf("law %s: %w", a.law.Name, err)
	}
	return truth, nil
}

// both is what two demands have in common, where that is one class; else nothing is to be judged.
func both(x, y reference.Demand) reference.Demand {
	if x != y {
		return reference.Anything
	}
	return x
}

// ofBoth is an output that both runs have: each within its own bound of one truth.
func (a *application) ofBoth(known truths, p place, d, i int) element {
	more, demand := known.output(i, a.Truth.OutputDemand[i])
	return element{a.base(p, d), a.Truth.Bound[i] + more, demand}
}

// lseOfBoth is the same of a row's logsumexp.
func (a *application) lseOfBoth(known truths, p place, row int) element {
	more, demand := known.logsumexp(row, a.Truth.LSEDemand[row])
	return element{a.baseLSE(p), a.Truth.LSEBound[row] + more, demand}
}
