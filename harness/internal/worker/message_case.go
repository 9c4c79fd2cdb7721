package worker

import (
	"bytes"
	"errors"
	"fmt"

	"attest.example/attest/harness/internal/cases"
)

// problem is a case on its way through the pipe, in its canonical JSON: what a case is has one encoding, and a new field
// arrives like the others.
type problem []byte

// problemOf leaves out notes and predecessors: those have run by themselves.
func problemOf(c cases.Case) problem {
	c.After, c.Notes = nil, ""
	return cases.Canonical(c)
}

func (p problem) restore() (cases.Case, error) {
	if len(p) == 0 {
		return cases.Case{}, errors.New("a call without a case")
	}
	c, err := cases.Decode(p)
	if err != nil {
		return c, fmt.Errorf("a case that does not arrive: %w", err)
	}
	return c, nil
}

// recentProblems remembers the cases that came of late: a question about one comes before the call, and a law asks for many
// calls of one.
type recentProblems struct {
	entries [4]struct {
		problem problem
		c       cases.Case
	}
	next int
}

// restore is that of the problem. Nobody shares what the case that it returns refers to.
func (r *recentProblems) restore(p problem) (cases.Case, error) {
	for i := range r.entries {
		if e := &r.entries[i]; len(e.problem) > 0 && bytes.Equal(e.problem, p) {
			return e.c.Clone(), nil
		}
	}
	c, err := p.restore()
	if err != nil {
		return c, err
	}
	e := &r.entries[r.next%len(r.entries)]
	e.problem, e.c = bytes.Clone(p), c.Clone()
	r.next++
	return c, nil
}
