package worker

import (
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
