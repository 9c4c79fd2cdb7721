package main

import (
	"context"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/trigger"
)

// agreement counts fresh cases by whether a trigger matches them and whether the bug strikes them. Those that may hide an
// error are left aside, but for a bug that strikes no others.
type agreement struct{ both, found, truth float64 }

func (a *agreement) add(found, truth bool) {
	switch {
	case found && truth:
		a.both, a.found, a.truth = a.both+1, a.found+1, a.truth+1
	case found:
		a.found++
	case truth:
		a.truth++
	}
}

func (a agreement) precision() float64 { return a.both / max(1, a.found) }
func (a agreement) recall() float64    { return a.both / max(1, a.truth) }
func (a agreement) agrees() bool       { return a.precision() >= 0.9 && a.recall() >= 0.9 }

func (o *options) agreement(ctx context.Context, preset gen.Preset, found []string, strikes func(*cases.Case) bool) (a agreement, err error) {
	list, err := compiled(found)
	if err != nil {
		return a, err
	}
	var all agreement
	err = eachFresh(ctx, preset, o.formulas, func(c cases.Case) error {
		// The one condition against the other, of the case itself: what runs before it is another case to both.
		match := false
		for _, p := range list {
			ok, err := p.Match(c)
			if err != nil {
				return err
			}
			match = match || ok
		}
		truth := strikes(&c)
		all.add(match, truth)
		if !trigger.MayHide(&c) {
			a.add(match, truth)
		}
		return nil
	})
	if a.truth == 0 {
		a = all
	}
	return a, err
}
