package relation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
)

// Law is one relation between a run of a case, the base, and further runs of cases derived from it.
type Law struct {
	Name      string // permute-keys
	Statement string // one sentence for people
	Bits      bool   // bit for bit; otherwise within a tolerance that follows from the bounds of the base
	Runs      int    // how many further runs of about the base's size a check takes, at most

	places  bool         // it changes keys or values one by one: each must have a place of its own in memory
	finds   verdict.Kind // what breaking it comes to; default verdict.Relation
	applies func(*cases.Case, paths.Promises) bool
	check   func(*application) error
}

// All lists every law. The order is for people and means nothing.
func All() []Law {
	return []Law{
		permuteKeys, permuteRows, permuteHeads, permuteBatches,
		shiftLogits, negateScale, foldScale, softcapFar, sinkNone, slopesAsMask,
		hull, scaleV, splitV, ones, zeroQ,
		future, maskedSlots, blindRow, independentRows, independentHeads, fewerRows, chunks, longerCache, entryAlone,
		expandGroups, splitMerge, restateMask, relayout,
		twice, slackContent, permutePages, unpage, dequantise,
	}
}

// Applies reports whether the law demands anything of a case, and is promised where it needs a promise. The case must
// be normalized. Of a case without outputs, whose batch or q_len is 0, no law demands anything.
func (l Law) Applies(c cases.Case, promises paths.Promises) bool { return l.appliesTo(&c, promises) }

func (l Law) appliesTo(c *cases.Case, promises paths.Promises) bool {
	return c.Outputs() > 0 && !(l.places && c.SharesMemory()) && l.applies(c, promises)
}

// Applicable lists the laws that apply to a normalized case.
func Applicable(c cases.Case, promises paths.Promises) []Law {
	return slices.DeleteFunc(All(), func(l Law) bool { return !l.Applies(c, promises) })
}

// Choose picks at most n of the laws that apply. The choice depends on the case's name alone: the same case gets the
// same laws in the same order, whoever runs it, and a law added later displaces others only where it ranks before them.
func Choose(c cases.Case, promises paths.Promises, n int) []Law {
	name := cases.Name(c)
	laws := Applicable(c, promises)
	slices.SortFunc(laws, func(a, b Law) int {
		x, y := newDice(name, a.Name), newDice(name, b.Name)
		return cmp.Compare(x.bits(), y.bits())
	})
	return laws[:min(max(n, 0), len(laws))]
}

// Named finds a law by its name.
func Named(name string) (Law, error) {
	for _, l := range All() {
		if l.Name == name {
			return l, nil
		}
	}
	var names []string
	for _, l := range All() {
		names = append(names, l.Name)
	}
	return Law{}, fmt.Errorf("law: %q; want one of %s", name, strings.Join(names, ", "))
}

func (l Law) kind() verdict.Kind {
	if l.finds != "" {
		return l.finds
	}
	return verdict.Relation
}

// Seed is where the law's random choices begin for a case, unless the subject has a seed of its own.
func (l Law) Seed(c cases.Case) uint64 { return newDice(cases.Name(c), l.Name).State }

// Check holds the subject against the law. It returns nil where the law holds, a *Violation where it does not, and
// another error where it could not be checked, which is how a further run of the path failed, wrapped. Where the path
// does not support a case that the law needs, refuses it when called (paths.ErrUnsupported), or computes it in another
// arithmetic, the law is not judged: Check returns nil and Subject.Skips holds why.
func (l Law) Check(ctx context.Context, s *Subject) error {
	if err := s.validate(l); err != nil {
		return fmt.Errorf("law %s: %w", l.Name, err)
	}
	begin := diceFrom(l.Seed(s.Case))
	if s.Seed != 0 {
		begin = diceFrom(s.Seed)
	}
	err := l.check(&application{Subject: s, ctx: ctx, law: l, dice: begin})
	if errors.Is(err, errRefused) {
		return nil
	}
	if v, ok := err.(*Violation); ok {
		v.Seed = begin.State
	}
	return err
}
