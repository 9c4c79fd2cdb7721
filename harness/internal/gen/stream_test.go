package gen_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

func mustStream(t testing.TB, p gen.Preset, seed uint64, f gen.Filter) *gen.Stream {
	t.Helper()
	s, err := gen.NewStream(p, seed, f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func draw(t testing.TB, s *gen.Stream, i int) cases.Case {
	t.Helper()
	c, err := s.Case(i)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCaseIsAFunctionOfPresetSeedAndIndex(t *testing.T) {
	n := 300
	if testing.Short() {
		n = 60
	}
	for _, p := range gen.Presets() {
		names := make([]string, n)
		for i := range names {
			names[i] = cases.Name(draw(t, mustStream(t, p, 5, gen.Filter{}), i))
		}
		// Four workers, one stream, each in another order.
		s := mustStream(t, p, 5, gen.Filter{})
		var workers sync.WaitGroup
		for w := range 4 {
			workers.Go(func() {
				for k := range n {
					i := (k*(2*w+7) + 31*w) % n
					if c, err := s.Case(i); err != nil || cases.Name(c) != names[i] {
						t.Errorf("%s: case %d is %s, %v; was %s", p, i, cases.Name(c), err, names[i])
						return
					}
				}
			})
		}
		workers.Wait()
	}
}

func TestCasesDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, p := range gen.Presets() {
		for seed := range uint64(3) {
			s := mustStream(t, p, seed, gen.Filter{})
			for i := range 300 {
				name, where := cases.Name(draw(t, s, i)), fmt.Sprintf("%s, seed %d, case %d", p, seed, i)
				if first, twice := seen[name]; twice {
					t.Errorf("%s is %s again", where, first)
				}
				seen[name] = where
			}
		}
	}
}

// TestCasesAreValidAndBounded also sends each case through its file format, in which it must stay what it is.
func TestCasesAreValidAndBounded(t *testing.T) {
	most := map[gen.Preset]float64{gen.Quick: 0.8e6, gen.Default: 50e6, gen.Edges: 12e6, gen.Long: 90e6, gen.Precision: 60e6, gen.Sizes: 16e6, gen.Serving: 20e6, gen.Decode: 20e6}
	n := 1500
	if testing.Short() {
		n = 300
	}
	for _, p := range gen.Presets() {
		s := mustStream(t, p, 11, gen.Filter{})
		for i := range n {
			c := draw(t, s, i)
			second, err := cases.Decode(cases.Encode(c))
			if err != nil || cases.Name(second) != cases.Name(c) {
				t.Fatalf("%s case %d does not survive its file: %v\n%s", p, i, err, cases.Encode(c))
			}
			if gen.Cost(c) > most[p] {
				t.Errorf("%s case %d: work %.3g; want %.3g at most", p, i, gen.Cost(c), most[p])
			}
			if rows := c.Batch * c.Heads * c.QLen; rows*c.KVLen > 1<<20 {
				t.Errorf("%s case %d: %d logits", p, i, rows*c.KVLen)
			}
			if p == gen.Long && c.KVLen < 32769 {
				t.Errorf("long case %d has %d keys", i, c.KVLen)
			}
		}
	}
}

// TestDefaultStaysCheap holds what a campaign's speed depends on, and how rare the cases are that hide others.
func TestDefaultStaysCheap(t *testing.T) {
	const n = 4000
	s := mustStream(t, gen.Default, 3, gen.Filter{})
	var costs []float64
	total, special, plain := 0.0, 0, 0
	for i := range n {
		c := draw(t, s, i)
		costs = append(costs, gen.Cost(c))
		total += gen.Cost(c)
		if c.Values.Special() {
			special++
		}
		if c.Batch >= 2 && c.Heads >= 2 {
			plain++
		}
	}
	slices.Sort(costs)
	if mean, median := total/n, costs[n/2]; mean > 3e6 || median < 0.3e6 || median > 2e6 {
		t.Errorf("work: mean %.3g, median %.3g multiply-adds", mean, median)
	}
	if share := float64(special) / n; share < 0.015 || share > 0.06 {
		t.Errorf("NaN or Inf in %.3f of the cases; want 0.015 to 0.06", share)
	}
	if share := float64(plain) / n; share < 0.5 {
		t.Errorf("two batches and two heads in %.3f of the cases; want half and more", share)
	}
}

func TestUnknownPreset(t *testing.T) {
	if _, err := gen.NewStream("everything", 1, gen.Filter{}); err == nil ||
		err.Error() != `preset "everything": want one of quick, default, edges, long, precision, sizes, serving, decode` {
		t.Errorf("%v", err)
	}
	for _, p := range gen.Presets() {
		if p.Summary() == "" {
			t.Errorf("%s says nothing about itself", p)
		}
	}
}

func ExampleNewStream() {
	s, err := gen.NewStream(gen.Quick, 1, gen.Filter{MaxLen: 16, Single: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	first, _ := s.Case(0)
	second, _ := s.Case(0)
	fmt.Println(first.QLen <= 16, len(first.After), cases.Name(first) == cases.Name(second))
	// Output: true 0 true
}

func BenchmarkCase(b *testing.B) {
	s := mustStream(b, gen.Default, 1, gen.Filter{})
	for i := 0; b.Loop(); i++ {
		draw(b, s, i)
	}
}
