package gen

import (
	"math"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// TestEveryRoundHasEveryScenario counts the scenarios of a few rounds of each preset's rotation.
func TestEveryRoundHasEveryScenario(t *testing.T) {
	for p, r := range recipes {
		s, err := NewStream(p, 42, Filter{})
		if err != nil {
			t.Fatal(err)
		}
		n := len(s.rotation)
		var orders [3][]string
		for round := range orders {
			counts := map[string]int{}
			for i := range n {
				k := s.scenarioOf(uint64(round*n + i))
				counts[k.name]++
				orders[round] = append(orders[round], k.name)
			}
			want := map[string]int{}
			for _, k := range r.scenarios {
				want[k.name] += k.weight
			}
			for name, times := range want {
				if counts[name] != times {
					t.Errorf("%s, round %d: %q came %d times; want %d", p, round, name, counts[name], times)
				}
			}
		}
		if n > 10 && equalStrings(orders[0], orders[1]) {
			t.Errorf("%s: two rounds in the same order", p)
		}
	}
}

func equalStrings(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestEveryScenarioCanBeDrawn wants nearly every draw of a scenario to be a case, so that the rotation is
// what was asked for.
func TestEveryScenarioCanBeDrawn(t *testing.T) {
	narrow := Filter{
		Precision: []precision.Format{precision.BF16}, Output: []precision.Format{precision.FP32},
		Mask: []cases.MaskKind{cases.NoMask, cases.BoolMask}, HeadDim: []Span{{8, 24}},
	}
	draws, most := 100, 5
	if testing.Short() {
		draws, most = 20, 2
	}
	for p, r := range recipes {
		for i := range r.scenarios {
			for _, f := range []Filter{{}, narrow} {
				failed := 0
				var last error
				for n := range draws {
					if _, err := r.draw(newDice(1, uint64(n)), &r.scenarios[i], &f); err != nil {
						failed++
						last = err
					}
				}
				if failed > most {
					t.Errorf("%s with %s: %d of %d draws of %q are no case: %v", p, &f, failed, draws, r.scenarios[i].name, last)
				}
			}
		}
	}
}

func TestLengthsStayUnderTheirLimit(t *testing.T) {
	for n := range 3000 {
		d := newDice(2, uint64(n))
		limit := d.spread(1, 600)
		for name, length := range map[string]int{
			"anyQ": anyQ(d, limit), "anyKV": anyKV(d, 77, limit), "edgeQ": edgeQ(d, limit), "edgeKV": edgeKV(d, 0, limit),
			"smallQ": smallQ(d, limit), "smallKV": smallKV(d, 77, limit), "fewRows": fewRows(d, limit), "longKV": longKV(d, 0, limit),
			"nearBlock": nearBlock(d, limit),
		} {
			if length < 1 || length > limit {
				t.Errorf("%s gives %d with limit %d", name, length, limit)
			}
		}
	}
}

func TestDiceReachTheirEnds(t *testing.T) {
	seen := map[int]int{}
	spreads := map[int]int{}
	for n := range 4000 {
		d := newDice(3, uint64(n))
		seen[d.between(5, 9)]++
		spreads[d.spread(1, 16)]++
	}
	for v := 5; v <= 9; v++ {
		if share := float64(seen[v]) / 4000; math.Abs(share-0.2) > 0.03 {
			t.Errorf("%d comes in %.3f of the draws; want 0.2", v, share)
		}
	}
	if len(seen) != 5 || len(spreads) != 16 || spreads[1] < 4*spreads[8] {
		t.Errorf("between: %v, spread: %v", seen, spreads)
	}
}

func TestNearBlockIsNear(t *testing.T) {
	kinds := map[int]int{}
	for n := range 4000 {
		v := nearBlock(newDice(4, uint64(n)), 300)
		switch {
		case v%8 == 0:
			kinds[0]++
		case v%8 == 1:
			kinds[1]++
		case v%8 == 7:
			kinds[-1]++
		default:
			t.Fatalf("%d is beside no block", v)
		}
	}
	for _, delta := range []int{-1, 0, 1} {
		if count := kinds[delta]; count < 1000 {
			t.Errorf("a multiple of 8 and %d comes in %d of 4000 draws", delta, count)
		}
	}
}
