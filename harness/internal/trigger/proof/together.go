package main

import (
	"context"
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/trigger"
)

// naming says which findings are about a planted bug. A finding names a bug where nine of ten cases that it matches are
// struck by that bug, and it matches nine of ten that the bug strikes. A bug that strikes in more ways than one may be
// named by several findings: nine of ten cases of each are the bug's, and together they match nine of ten that it strikes.
// Cases that may hide an error are left aside, but for a bug that strikes no others, as one of scale 0.
type naming struct {
	bug int
	by  []int // numbers of findings; empty: the bug is not named
	// precision and recall are of the findings that name it, and where none does of the best one.
	precision, recall float64
}

func (n *naming) told(found []string) string {
	if len(n.by) == 0 {
		return fmt.Sprintf("not named (precision %.2f, recall %.2f)", n.precision, n.recall)
	}
	names := make([]string, len(n.by))
	for i, f := range n.by {
		names[i] = "`" + found[f] + "`"
	}
	return fmt.Sprintf("named by %s (precision %.2f, recall %.2f)", strings.Join(names, " and "), n.precision, n.recall)
}

// agreeing is the precision and the recall that a naming takes.
const agreeing = 0.9

// name holds findings against the bugs' own conditions, on fresh cases that are not run. Stray are the findings that are
// about none of the bugs.
func name(ctx context.Context, found, conditions []string, formulas int) (list []naming, stray []int, err error) {
	when, err := compiled(conditions)
	if err != nil {
		return nil, nil, err
	}
	triggers, err := compiled(found)
	if err != nil {
		return nil, nil, err
	}
	stream, err := gen.NewStream(gen.Default, 31337, gen.Filter{MaxWork: 2e7})
	if err != nil {
		return nil, nil, err
	}
	var all, plain struck
	for i := range formulas {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		c, err := stream.Case(i)
		if err != nil {
			return nil, nil, err
		}
		var s one
		facts := predicate.FactsOf(c)
		if s.bugs, err = holds(when, facts); err != nil {
			return nil, nil, err
		}
		if s.findings, err = holds(triggers, facts); err != nil {
			return nil, nil, err
		}
		all = append(all, s)
		if !trigger.MayHide(&c) {
			plain = append(plain, s)
		}
	}
	precise := make([]bool, len(triggers))
	for b := range when {
		cases := plain
		if _, recall := plain.about(b, nil); recall < 0 {
			cases = all
		}
		n := naming{bug: b}
		var parts []int
		for f := range triggers {
			p, r := cases.about(b, []int{f})
			if p >= agreeing {
				precise[f] = true
				parts = append(parts, f)
			}
			if p*r > n.precision*n.recall {
				n.precision, n.recall = p, r
				if n.by = nil; p >= agreeing && r >= agreeing {
					n.by = []int{f}
				}
			}
		}
		if p, r := cases.about(b, parts); len(n.by) == 0 && p >= agreeing && r >= agreeing {
			n.by, n.precision, n.recall = parts, p, r
		}
		list = append(list, n)
	}
	for f, ok := range precise {
		if !ok {
			stray = append(stray, f)
		}
	}
	return list, stray, nil
}

// one case: which bugs strike it, and which findings match it.
type one struct{ bugs, findings []bool }

type struck []one

// about is the precision and the recall of some findings together for a bug; a recall below 0: it strikes no case.
func (s struck) about(bug int, findings []int) (precision, recall float64) {
	var both, matched, strikes float64
	for _, c := range s {
		match := false
		for _, f := range findings {
			match = match || c.findings[f]
		}
		if match {
			matched++
		}
		if c.bugs[bug] {
			if strikes++; match {
				both++
			}
		}
	}
	if strikes == 0 {
		return 0, -1
	}
	return both / max(1, matched), both / strikes
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

// conditionsOf are those of mutants; an error names one that has none.
func conditionsOf(bugs []mutate.Mutant) (list []string, err error) {
	for _, m := range bugs {
		if m.When == "" {
			return nil, fmt.Errorf("%s: it has no condition of its own", m.Name)
		}
		list = append(list, m.When)
	}
	return list, nil
}
