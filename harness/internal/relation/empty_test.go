package relation

import (
	"math/rand/v2"
	"testing"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
)

// TestLawsOfCasesWithoutKeys: rows that see nothing keep every law that applies, on an implementation and on one that leans as
// far as its bounds let it.
func TestLawsOfCasesWithoutKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 31))
	compared := map[string]int{}
	for range 300 {
		c := randomCase(r)
		c.KVLen, c.Paging.Shared, c.Mask.EmptyLead = 0, 0, 0
		if err := c.Normalize(); err != nil {
			t.Fatal(err)
		}
		for _, p := range []paths.Path{naive.New(), edge{exact{arithmetic: randomArithmetic(r)}, leans(r.Uint64()), new(int)}} {
			s, err := subject(p, c)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range Applicable(c, s.Promises) {
				before := s.Compared
				if err := l.Check(t.Context(), s); err != nil {
					t.Errorf("%v\n%s", err, describe(c, s.Arithmetic))
				}
				compared[l.Name] += s.Compared - before
			}
		}
	}
	for _, name := range []string{"permute-heads", "permute-batches", "permute-rows", "negate-scale", "restate-mask", "relayout", "twice", "fewer-rows", "chunks"} {
		if compared[name] == 0 {
			t.Errorf("law %s compared nothing: %v", name, compared)
		}
	}
}

// TestNoLawIsAboutNothing: without an output there is nothing that could break one.
func TestNoLawIsAboutNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 31))
	for i := range 100 {
		c := randomCase(r)
		if i%2 == 0 {
			c.Batch, c.Paging.Shared = 0, 0
		} else {
			c.QLen = 0
		}
		if err := c.Normalize(); err != nil {
			t.Fatal(err)
		}
		if laws := Applicable(c, paths.AllPromises()); len(laws) > 0 {
			t.Errorf("%s: %s applies", c, laws[0].Name)
		}
	}
}
