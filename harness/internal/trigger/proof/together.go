package main

import (
	"context"
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/trigger"
)

// naming is which findings are about a planted bug. It is held against the cases that no other bug of the library
// strikes: those of others fail whatever this one does, and nobody can tell. A finding names a bug where nine of ten cases
// that it matches are struck by that bug, and it matches nine of ten that the bug strikes. A bug that strikes in more ways
// than one may be named by several findings: nine of ten cases of each are the bug's, and together they match nine of ten
// that it strikes. A finding names one bug at most, so that one for two bugs leaves one of them without a name. Cases that
// may hide an error are left aside, but for a bug that strikes no others, as one of scale 0.
type naming struct {
	bug int
	by  []int // numbers of findings; empty: the bug is not named
	// more are further findings of which nine of ten cases are the bug's: ways in which it strikes that those that name it
	// hardly reach.
	more []int
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
	told := fmt.Sprintf("named by %s (precision %.2f, recall %.2f)", strings.Join(names, " and "), n.precision, n.recall)
	for _, f := range n.more {
		told += fmt.Sprintf("; also `%s`", found[f])
	}
	return told
}

// agreeing is the precision and the recall that a naming takes.
const agreeing = 0.9

// name holds findings against the bugs' own conditions, on fresh cases that are not run. Stray are the findings that are
// about none of the bugs: nine of ten cases that one matches are of no bug alone.
func name(ctx context.Context, found, conditions []string, formulas int) (list []naming, stray []int, err error) {
	all, plain, err := matched(ctx, found, conditions, formulas)
	if err != nil {
		return nil, nil, err
	}
	n := namer{list: make([]naming, len(conditions)), of: make([]struck, len(conditions)), used: make([]bool, len(found))}
	for b := range conditions {
		n.list[b].bug = b
		if n.of[b] = plain.apart(b); len(n.of[b].struckBy(b)) == 0 {
			n.of[b] = all.apart(b)
		}
	}
	for b := range conditions {
		n.byOne(b)
	}
	for b := range conditions {
		if len(n.list[b].by) == 0 {
			n.bySeveral(b)
		}
	}
	for f, used := range n.used {
		if !used && !n.more(f) {
			stray = append(stray, f)
		}
	}
	return n.list, stray, nil
}

// namer hands findings out to bugs, each to one bug at most.
type namer struct {
	list []naming // of each bug
	of   []struck // the cases by which a bug is named: those that no other strikes
	used []bool   // of each finding
}

// byOne names a bug by the finding that agrees with it best, where it agrees well and names no other.
func (n *namer) byOne(bug int) {
	this := &n.list[bug]
	best := -1
	for f := range n.used {
		if p, r := n.of[bug].about(bug, []int{f}); p*r > this.precision*this.recall {
			best, this.precision, this.recall = f, p, r
		}
	}
	if best >= 0 && !n.used[best] && min(this.precision, this.recall) >= agreeing {
		n.take(bug, []int{best}, this.precision, this.recall)
	}
}

// bySeveral names a bug by all free findings of which nearly every case is its own, where together they match enough.
func (n *namer) bySeveral(bug int) {
	var parts []int
	for f, used := range n.used {
		if p, _ := n.of[bug].about(bug, []int{f}); p >= agreeing && !used {
			parts = append(parts, f)
		}
	}
	if p, r := n.of[bug].about(bug, parts); min(p, r) >= agreeing {
		n.take(bug, parts, p, r)
	}
}

// leastMore is how many struck cases a finding matches that is about one more way of a bug: with fewer it may be so by chance.
const leastMore = 10

// more hands a free finding to a bug that has a name, of which nearly every case that it matches is; of several, to the one that
// strikes most of them.
func (n *namer) more(f int) bool {
	best, most := -1, leastMore-1
	for bug := range n.list {
		if p, _ := n.of[bug].about(bug, []int{f}); p < agreeing || len(n.list[bug].by) == 0 {
			continue
		}
		both := 0
		for _, c := range n.of[bug].struckBy(bug) {
			if c.findings[f] {
				both++
			}
		}
		if both > most {
			best, most = bug, both
		}
	}
	if best >= 0 {
		n.list[best].more = append(n.list[best].more, f)
	}
	return best >= 0
}

func (n *namer) take(bug int, by []int, precision, recall float64) {
	n.list[bug] = naming{bug: bug, by: by, precision: precision, recall: recall}
	for _, f := range by {
		n.used[f] = true
	}
}

// matched tells of fresh cases which conditions and which findings hold for them; plain are those that hide no error.
func matched(ctx context.Context, found, conditions []string, formulas int) (all, plain struck, err error) {
	when, err := compiled(conditions)
	if err != nil {
		return nil, nil, err
	}
	triggers, err := compiled(found)
	if err != nil {
		return nil, nil, err
	}
	err = eachFresh(ctx, gen.Default, formulas, func(c cases.Case) (err error) {
		var s one
		facts := predicate.FactsOf(c)
		if s.bugs, err = holds(when, facts); err != nil {
			return err
		}
		if s.findings, err = holds(triggers, facts); err != nil {
			return err
		}
		all = append(all, s)
		if !trigger.MayHide(&c) {
			plain = append(plain, s)
		}
		return nil
	})
	return all, plain, err
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
