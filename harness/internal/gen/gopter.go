package gen

import (
	"reflect"

	"github.com/leanovate/gopter"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/reduce"
)

// Case is a preset's distribution, narrowed by a filter, as a gopter generator of cases.Case, with Shrinker. Inside the property return an
// error or a bool: gopter does not survive t.FailNow. One worker gives the same cases for the same seed; several
// share their random numbers, and do not.
func Case(p Preset, filter Filter) gopter.Gen {
	if _, err := ParsePreset(string(p)); err != nil {
		panic("gen: " + err.Error())
	}
	if err := filter.check(); err != nil {
		panic("gen: " + err.Error())
	}
	r := recipes[p]
	deck := r.deck()
	return func(params *gopter.GenParameters) *gopter.GenResult {
		d := dice{params.Rng}
		for range tries {
			if c, err := r.draw(d, &r.cards[pick(d, deck...)], &filter); err == nil {
				return gopter.NewGenResult(c, Shrinker)
			}
		}
		return gopter.NewEmptyResult(reflect.TypeFor[cases.Case]())
	}
}

// Shrinker gives simpler neighbours of a cases.Case, the boldest first. gopter starts over from each that fails, so
// it ends where no neighbour fails. Reduce goes further with fewer runs; this is for properties.
func Shrinker(value any) gopter.Shrink {
	c, ok := value.(cases.Case)
	if !ok || c.Normalize() != nil {
		return gopter.NoShrink
	}
	var candidates []cases.Case
	for candidate := range reduce.Candidates(c) {
		candidates = append(candidates, candidate)
	}
	return func() (any, bool) {
		if len(candidates) == 0 {
			return nil, false
		}
		next := candidates[0]
		candidates = candidates[1:]
		return next, true
	}
}
