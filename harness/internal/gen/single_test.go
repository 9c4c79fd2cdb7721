package gen

import (
	"testing"

	"attest.example/attest/harness/internal/cases"
)

// TestEachFieldChangesRightBefore: a library that keeps something of the call just before, under a key that lacks one
// field, is wrong only where that call and this one differ in the field alone. Any case between them hides it.
func TestEachFieldChangesRightBefore(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		s, err := NewStream(Default, seed, Filter{})
		if err != nil {
			t.Fatal(err)
		}
		first, last := map[string]bool{}, map[string]bool{}
		note := func(seen map[string]bool, c, before *cases.Case) {
			if fields := cases.Differences(c, before); len(fields) == 1 {
				seen[fields[0]] = true
			}
		}
		for i := range 500 {
			c, err := s.Case(i)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(c.After); n > 0 {
				note(first, &c, &c.After[0])
				note(last, &c, &c.After[n-1])
			}
		}
		for _, g := range singleGroups() {
			for _, f := range g.fields {
				if !first[f.field] || !last[f.field] {
					t.Errorf("seed %d: %s alone differs in the first case before: %v; in the last: %v; want both in 500 cases",
						seed, f.field, first[f.field], last[f.field])
				}
			}
		}
	}
}
