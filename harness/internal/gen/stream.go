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
	deck   []int
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
	s := &Stream{recipe: recipes[p], seed: seed, filter: filter, deck: recipes[p].deck()}
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
	k := s.cardOf(uint64(i))
	d := newDice(s.seed^redrawing*uint64(n), uint64(i))
	var last error
	for try := range tries {
		if n+try >= sameCard || n > 0 && k.asks { // this card cannot
			k = &s.recipe.cards[pick(d, s.deck...)]
		}
		c, err := s.recipe.draw(d, k, &s.filter)
		if err == nil {
			return c, nil
		}
		last = err
	}
	return cases.Case{}, fmt.Errorf("preset %s has no case for %s in %d draws; the last one had %w",
		s.recipe.preset, &s.filter, tries, last)
}

// sameCard is how many draws keep the card that was dealt.
const sameCard = 5

const redrawing = 0x94d049bb133111eb

// cardOf deals: every round of the deck is shuffled anew, so that each card comes in each round, and where it comes
// is random.
func (s *Stream) cardOf(i uint64) *card {
	n := uint64(len(s.deck))
	round := newDice(s.seed^shuffling, i/n)
	return &s.recipe.cards[s.deck[round.Perm(int(n))[i%n]]]
}

const shuffling = 0x5dea1c0de
