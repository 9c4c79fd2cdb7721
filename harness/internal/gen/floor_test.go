package gen

import (
	"math"
	"testing"
)

// TestEveryRegionHasItsFloor bounds how often 500 default cases miss a region, over all seeds at once. Any 500 hold at
// least one whole round of the rotation, and what is missed is what none of its scenarios drew. How often a scenario draws which
// region is counted over many draws of it; what its first copy promises is in every one of its own.
func TestEveryRegionHasItsFloor(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	const window, draws, most = 500, 40, 1e-3
	s, err := NewStream(Default, 1, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if whole := (window + 1) / len(s.rotation); whole < 2 {
		t.Fatalf("a rotation of %d scenarios: %d cases may hold no whole round of it", len(s.rotation), window)
	}
	regions, missed := Regions(), map[string]float64{} // logarithm of the chance
	for j, k := range s.rotation {
		if j > 0 && s.rotation[j-1].name == k.name && len(s.rotation[j-1].keeps) == 0 {
			continue // a copy
		}
		in := regionsDrawn(t, s, j, draws)
		copies := 1
		if len(k.keeps) == 0 {
			for copies = 0; j+copies < len(s.rotation) && s.rotation[j+copies].name == k.name; copies++ {
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
			t.Errorf("%s: a round of %d scenarios misses it %.2g of the time; want at most %g: a scenario must promise it", r.Name, len(s.rotation), chance, most)
		}
	}
}

// regionsDrawn counts the regions of so many cases of a place in the rotation.
func regionsDrawn(t *testing.T, s *Stream, place, draws int) map[string]int {
	t.Helper()
	in := map[string]int{}
	for n := range draws {
		c, err := s.drawFor(s.rotation[place], newDice(uint64(n), uint64(place)), 0)
		if err != nil {
			t.Fatalf("%s: %v", s.rotation[place].name, err)
		}
		for _, r := range Regions() {
			if r.Holds(&c) {
				in[r.Name]++
			}
		}
	}
	return in
}
