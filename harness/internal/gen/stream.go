package gen

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
)

// Stream is the cases of one preset and seed. It holds no state that a draw changes: any number of goroutines may
// ask for any case in any order.
type Stream struct {
	recipe *recipe
	seed   uint64
	filter Filter
	deck   []*card
}

// tries bounds the redraws for one case. Draws follow the filter, so the first nearly always does.
const tries = 5000

// NewStream gives the cases of a preset that the filter accepts; the zero Filter accepts all. It fails where the
// preset is unknown or nothing that it draws passes the filter.
func NewStream(p Preset, seed uint64, filter Filter) (*Stream, error) {
	if _, err := ParsePreset(string(p)); err != nil {
		return nil, err
	}
	if err := filter.check(); err != nil {
		return nil, err
	}
	s := &Stream{recipe: recipes[p], seed: seed ^ recipes[p].salt, filter: filter, deck: recipes[p].deck()}
	if _, err := s.Case(0); err != nil {
		return nil, err
	}
	return s, nil
}

// Case gives case number i, from 0: a function of the preset, the seed, the filter and i. An error means that no
// draw passed the filter, and says what was in the way of the last one.
func (s *Stream) Case(i int) (cases.Case, error) { return s.Draw(i, 0) }

// Draw gives the n-th draw for number i, from 0. The first is the case; a further one is for who cannot use those before
// it. It depends on nothing but the preset, the seed, the filter, i and n.
func (s *Stream) Draw(i, n int) (cases.Case, error) {
	d := newDice(s.seed^redrawing*uint64(n), uint64(i))
	d.turned = i/len(s.deck)%2 == 1
	return s.dealt(s.cardOf(uint64(i)), d, n)
}

// dealt is the n-th draw for a card.
func (s *Stream) dealt(k *card, d dice, n int) (cases.Case, error) {
	var last error
	for try := range tries {
		if n+try >= k.draws() || n > 0 && k.asks { // this card cannot
			k = pick(d, s.deck...)
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

// sameCard is how many draws keep the card that was dealt, and sameRegion how many keep one that promises a region.
const sameCard, sameRegion = 5, 60

func (k *card) draws() int {
	if len(k.keeps) > 0 {
		return sameRegion
	}
	return sameCard
}

// kept is an error where the case does not lie in a region that the card promises. After so many draws, as where a
// filter keeps the region out, a case outside is one like any other.
func (k *card) kept(c *cases.Case, draw int) error {
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

// cardOf deals: every round of the deck is shuffled anew, so that each card comes in each round, and where it comes
// is random.
func (s *Stream) cardOf(i uint64) *card {
	n := uint64(len(s.deck))
	round := newDice(s.seed^shuffling, i/n)
	return s.deck[round.Perm(int(n))[i%n]]
}

const shuffling = 0x5dea1c0de
