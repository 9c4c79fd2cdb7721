package main

import (
	"slices"

	"attest.example/attest/harness/internal/predicate"
)

// one case: which bugs strike it, and which findings match it.
type one struct{ bugs, findings []bool }

type struck []one

// struckBy are the cases that a bug strikes.
func (s struck) struckBy(bug int) (list struck) {
	for _, c := range s {
		if c.bugs[bug] {
			list = append(list, c)
		}
	}
	return list
}

// apart are the cases that no other bug strikes.
func (s struck) apart(bug int) (list struck) {
	for _, c := range s {
		if !slices.Contains(slices.Delete(slices.Clone(c.bugs), bug, bug+1), true) {
			list = append(list, c)
		}
	}
	return list
}

// about is the precision and the recall of some findings together for a bug.
func (s struck) about(bug int, findings []int) (precision, recall float64) {
	var both, matched, strikes float64
	for _, c := range s {
		match := slices.ContainsFunc(findings, func(f int) bool { return c.findings[f] })
		switch {
		case match && c.bugs[bug]:
			both, matched, strikes = both+1, matched+1, strikes+1
		case match:
			matched++
		case c.bugs[bug]:
			strikes++
		}
	}
	return both / max(1, matched), both / max(1, strikes)
}

// holds tells which conditions hold for a case.
func holds(when []predicate.Predicate, facts predicate.Facts) (which []bool, err error) {
	which = make([]bool, len(when))
	for i, p := range when {
		if which[i], err = p.Holds(facts); err != nil {
			return nil, err
		}
	}
	return which, nil
}
