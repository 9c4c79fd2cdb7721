package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/trigger"
)

// naming says which findings are about a planted bug. It is held against the cases that no other bug of the library
// strikes: those of others fail whatever this one does, and nobody can tell. A finding names a bug where nine of ten cases
// that it matches are struck by that bug, and it matches nine of ten that the bug strikes. A bug that strikes in more ways
// than one may be named by several findings: nine of ten cases of each are the bug's, and together they match nine of ten
// that it strikes. A finding names one bug at most, so that one for two bugs leaves one of them without a name. Cases that
// may hide an error are left aside, but for a bug that strikes no others, as one of scale 0.
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
	used := make([]bool, len(triggers))
	free := func(findings []int) []int {
		return slices.DeleteFunc(findings, func(f int) bool { return used[f] })
	}
	take := func(n *naming, by []int, precision, recall float64) {
		n.by, n.precision, n.recall = by, precision, recall
		for _, f := range by {
			used[f] = true
		}
	}
	of := make([]struck, len(when))
	for b := range when {
		if of[b] = plain.apart(b); len(of[b].struckBy(b)) == 0 {
			of[b] = all.apart(b)
		}
		list = append(list, naming{bug: b})
		n := &list[b]
		best := -1
		for f := range triggers {
			if p, r := of[b].about(b, []int{f}); p*r > n.precision*n.recall {
				best, n.precision, n.recall = f, p, r
			}
		}
		if best >= 0 && !used[best] && min(n.precision, n.recall) >= agreeing {
			take(n, []int{best}, n.precision, n.recall)
		}
	}
	for b := range when {
		n := &list[b]
		if len(n.by) > 0 {
			continue
		}
		var parts []int
		for f := range triggers {
			if p, _ := of[b].about(b, []int{f}); p >= agreeing {
				parts = append(parts, f)
			}
		}
		parts = free(parts)
		if p, r := of[b].about(b, parts); min(p, r) >= agreeing {
			take(n, parts, p, r)
		}
	}
	for f, ok := range used {
		if !ok {
			stray = append(stray, f)
		}
	}
	return list, stray, nil
}

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
