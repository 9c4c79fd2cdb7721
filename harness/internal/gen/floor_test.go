package gen

import (
	"math"
	"testing"
)

// TestEveryRegionHasItsFloor bounds how often 500 default cases miss a region, over all seeds at once. Any 500 hold at
// least one whole round of the deck, and what is missed is what none of its cards drew. How often a card draws which
// region is counted over many draws of it; what its first copy promises is in every one of its own.
func TestEveryRegionHasItsFloor(t *testing.T) {
	const window, draws, most = 500, 40, 1e-3
	s, err := NewStream(Default, 1, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if whole := (window + 1) / len(s.deck); whole < 2 {
		t.Fatalf("a deck of %d cards: %d cases may hold no whole round of it", len(s.deck), window)
	}
	regions, missed := Regions(), map[string]float64{} // logarithm of the chance
	for j, k := range s.deck {
		if j > 0 && s.deck[j-1].name == k.name && len(s.deck[j-1].keeps) == 0 {
			continue // a copy
		}
		in := map[string]int{}
		for n := range draws {
			c, err := s.dealt(k, newDice(uint64(n), uint64(j)), 0)
			if err != nil {
				t.Fatalf("%s: %v", k.name, err)
			}
			for _, r := range regions {
				if r.Holds(&c) {
					in[r.Name]++
				}
			}
		}
		copies := 1
		if len(k.keeps) == 0 {
			for copies = 0; j+copies < len(s.deck) && s.deck[j+copies].name == k.name; copies++ {
			}
		}
		for name, n := range in {
			missed[name] += float64(copies) * math.Log(1-float64(n)/draws)
		}
		for _, r := range k.keeps {
			if in[r.Name] < draws {
				t.Errorf("%s promises %s and is in it in %d of %d draws", k.name, r.Name, in[r.Name], draws)
			}
			missed[r.Name] = math.Inf(-1)
		}
	}
	for _, r := range regions {
		if chance := math.Exp(missed[r.Name]); r.Reach == "" && chance > most {
			t.Errorf("%s: a round of %d cards misses it %.2g of the time; want at most %g: a card must promise it", r.Name, len(s.deck), chance, most)
		}
	}
}
