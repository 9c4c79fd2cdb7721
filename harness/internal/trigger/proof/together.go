package main

import (
	"context"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/trigger"
)

// naming says which of several planted bugs a finding is about. A finding names a bug where nine of ten cases that it
// matches are struck by that bug, and it matches nine of ten that the bug strikes. Cases that may hide an error are left
// aside, but for a bug that strikes no others, as one of scale 0.
type naming struct {
	found, bug int // numbers from 0; found -1: no finding names the bug
	precision  float64
	recall     float64
}

// name holds findings against the bugs' own conditions, on fresh cases that are not run.
func name(ctx context.Context, found []string, bugs []mutate.Mutant, formulas int) ([]naming, error) {
	conditions := make([]string, len(bugs))
	for i, m := range bugs {
		if conditions[i] = m.When; m.When == "" {
			return nil, fmt.Errorf("%s: it has no condition of its own", m.Name)
		}
	}
	when, err := compiled(conditions)
	if err != nil {
		return nil, err
	}
	triggers, err := compiled(found)
	if err != nil {
		return nil, err
	}
	stream, err := gen.NewStream(gen.Default, 31337, gen.Filter{MaxWork: 2e7})
	if err != nil {
		return nil, err
	}
	plain, all := newTally(len(bugs), len(triggers)), newTally(len(bugs), len(triggers))
	for i := range formulas {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		c, err := stream.Case(i)
		if err != nil {
			return nil, err
		}
		strikes, err := holds(when, c)
		if err != nil {
			return nil, err
		}
		matches, err := holds(triggers, c)
		if err != nil {
			return nil, err
		}
		all.add(strikes, matches)
		if !trigger.MayHide(&c) {
			plain.add(strikes, matches)
		}
	}
	list := make([]naming, len(bugs))
	for b := range bugs {
		list[b] = naming{found: -1, bug: b}
		t := plain
		if t.struck[b] == 0 {
			t = all
		}
		for f := range triggers {
			p, r := t.both[f][b]/max(1, t.matched[f]), t.both[f][b]/max(1, t.struck[b])
			if p*r > list[b].precision*list[b].recall {
				list[b].precision, list[b].recall = p, r
				if list[b].found = -1; p >= 0.9 && r >= 0.9 {
					list[b].found = f
				}
			}
		}
	}
	return list, nil
}

// tally counts, over many cases, what bugs strike, what triggers match, and where both do.
type tally struct {
	struck, matched []float64
	both            [][]float64 // [trigger][bug]
}

func newTally(bugs, triggers int) *tally {
	t := &tally{struck: make([]float64, bugs), matched: make([]float64, triggers), both: make([][]float64, triggers)}
	for f := range t.both {
		t.both[f] = make([]float64, bugs)
	}
	return t
}

func (t *tally) add(strikes, matches []float64) {
	for b := range strikes {
		t.struck[b] += strikes[b]
		for f := range matches {
			t.both[f][b] += strikes[b] * matches[f]
		}
	}
	for f := range matches {
		t.matched[f] += matches[f]
	}
}

// holds is 1 for each condition that holds for a case.
func holds(when []predicate.Predicate, c cases.Case) ([]float64, error) {
	which := make([]float64, len(when))
	facts := predicate.FactsOf(c)
	for i, p := range when {
		ok, err := p.Holds(facts)
		if err != nil {
			return nil, err
		}
		if ok {
			which[i] = 1
		}
	}
	return which, nil
}
