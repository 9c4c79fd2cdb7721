package gen

import (
	"reflect"

	"github.com/leanovate/gopter"

	"attest.example/attest/harness/internal/cases"
)

// Case is a preset's distribution, narrowed by a filter, as a gopter generator of cases.Case; a property that shrinks adds reduce.Shrinker. Inside the property return an
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
	rotation := r.rotation()
	return func(params *gopter.GenParameters) *gopter.GenResult {
		d := dice{Rand: params.Rng}
		d.turned = d.chance(50)
		for range tries {
			if c, err := r.draw(d, pick(d, rotation...), &filter); err == nil {
				return gopter.NewGenResult(c, gopter.NoShrinker)
			}
		}
		return gopter.NewEmptyResult(reflect.TypeFor[cases.Case]())
	}
}
