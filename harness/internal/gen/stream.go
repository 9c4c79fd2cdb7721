package gen

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
)

// Stream is the cases of one preset and seed. It holds no state that a draw changes: any number of goroutines may
// ask for any case in any order.
type Stream struct {
	recipe   *recipe
	seed     uint64
	filter   Filter
	rotation []*scenario
}

// tries bounds the redraws for one case. Draws follow the filter, so the first nearly always does.
const tries = 5000

// NewStream returns the cases of a preset that the filter accepts; the zero Filter accepts all. It fails where the
// preset is unknown or nothing that it draws passes the filter.
func NewStream(p Preset, seed uint64, filter Filter) (*Stream, error) {
	if _, err := ParsePreset(string(p)); err != nil {
		return nil, err
	}
	if err := filter.check(); err != nil {
		return nil, err
	}
	s := &Stream{recipe: recipes[p], seed: seed ^ recipes[p].salt, filter: filter, rotation: recipes[p].rotation()}
	if _, err := s.Case(0); err != nil {
		return nil, err
	}
	return s, nil
}

// Case returns case number i, from 0: a function of the preset, the seed, the filter and i. An error means that no
// draw passed the filter, and says what was in the way of the last one.
func (s *Stream) Case(i int) (cases.Case, error) { return s.Draw(i, 0) }

// Draw returns the n-th draw for number i, from 0. The first is the case; a further one is for who cannot use those before
// it. It depends on nothing but the preset, the seed, the filter, i and n.
func (s *Stream) Draw(i, n int) (cases.Case, error) {
	d := newDice(s.seed^redrawing*uint64(n), uint64(i))
	d.turned = i/len(s.rotation)%2 == 1
	return s.drawFor(s.scenarioOf(uint64(i)), d, n)
}

// drawFor is the n-th draw for a scenario.
func (s *Stream) drawFor(k *scenario, d dice, n int) (cases.Case, error) {
	var last error
	for try := range tries {
		if n+try >= k.draws() || n > 0 && k.asks { // this scenario cannot
			k = pick(d, s.rotation...)
		}
		c, err := s.recipe.draw(d, k, &s.filter)
		if err == nil {
			err = k.kept(&c, n+try)
		}
		if err == nil {
			return c, nil
		}
		last = err
	}
	return cases.Case{}, fmt.Errorf("preset %s has no case for %s in %d draws; the last one had %w",
		s.recipe.preset, &s.filter, tries, last)
}

// sameScenario is how many draws keep to a case's own scenario, and sameRegion how many keep to one that promises a region.
const sameScenario, sameRegion = 5, 60

func (k *scenario) draws() int {
	if len(k.keeps) > 0 {
		return sameRegion
	}
	return sameScenario
}

// kept is an error where the case does not lie in a region that the scenario promises. After so many draws, as where a
// filter keeps the region out, a case outside is one like any other.
func (k *scenario) kept(c *cases.Case, draw int) error {
	if draw >= sameRegion {
		return nil
	}
	for _, r := range k.keeps {
		if !r.Holds(c) {
			return fmt.Errorf("%s: not in the region %s", k.name, r.Name)
		}
	}
	return nil
}

const redrawing = 0x94d049bb133111eb

// scenarioOf is the scenario of case i. Every round of the rotation is shuffled anew: each scenario comes in each round, in a
// random place.
func (s *Stream) scenarioOf(i uint64) *scenario {
	n := uint64(len(s.rotation))
	round := newDice(s.seed^shuffling, i/n)
	return s.rotation[round.Perm(int(n))[i%n]]
}

const shuffling = 0x5dea1c0de
