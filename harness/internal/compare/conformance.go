package compare

import (
	"cmp"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// ChangeKind is how a case's verdict changed.
type ChangeKind string

// The kinds of change, the worst first.
const (
	Broke    ChangeKind = "broke"     // was right and is wrong
	NewWrong ChangeKind = "new wrong" // is wrong, and was not judged before
	Differs  ChangeKind = "differs"   // is wrong in another way
	Lost     ChangeKind = "lost"      // was judged and no longer is
	Fixed    ChangeKind = "fixed"     // was wrong and is right
	Gained   ChangeKind = "gained"    // is right, and could not be judged before
)

var changeKinds = []ChangeKind{Broke, NewWrong, Differs, Lost, Fixed, Gained}

// Worse reports whether the change is a nonconformity that the old run did not show.
func (k ChangeKind) Worse() bool { return k == Broke || k == NewWrong }

// Change is a case whose verdict changed.
type Change struct {
	Kind     ChangeKind
	ID       string
	Case     cases.Case
	Old, New verdict.Kind // Old is empty where the old run has not the case
	Reason   string       // of the wrong one
}

// changes lists the verdicts that changed, the worst kind first, and counts the cases that both runs judged.
func changes(before, after *Side) (list []Change, shared int) {
	for _, k := range after.keys() {
		is := after.entries[k]
		was := before.entries[k]
		change := Change{ID: k.id, Case: is.c, New: is.kind, Reason: is.reason}
		if was != nil {
			shared++
			change.Old = was.kind
			if !is.kind.Fails() && was.kind.Fails() {
				change.Reason = was.reason
			}
		}
		if change.Kind = changeKind(change.Old, change.New); change.Kind != "" {
			list = append(list, change)
		}
	}
	slices.SortStableFunc(list, func(a, b Change) int {
		return cmp.Compare(slices.Index(changeKinds, a.Kind), slices.Index(changeKinds, b.Kind))
	})
	return list, shared
}

// changeKind is empty where nothing changed that matters.
func changeKind(was, is verdict.Kind) ChangeKind {
	wasRight, isRight := was == verdict.Pass, is == verdict.Pass
	wasWrong := was != "" && was.Fails()
	switch {
	case was == is || was == "" && !is.Fails():
		return ""
	case is.Fails() && wasRight:
		return Broke
	case is.Fails() && wasWrong:
		return Differs
	case is.Fails():
		return NewWrong
	case isRight && wasWrong:
		return Fixed
	case isRight:
		return Gained
	case wasRight || wasWrong:
		return Lost
	}
	return "" // inconclusive to unsupported or back
}

// rank orders verdicts from right to wrong.
func rank(k verdict.Kind) int {
	switch {
	case k.Fails():
		return 2
	case k == verdict.Pass:
		return 0
	}
	return 1
}
