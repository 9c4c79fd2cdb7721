package gen_test

import (
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

// TestFiltersReachExtentsOfZero: who asks for them gets them in every preset, among masks, layouts and all else.
func TestFiltersReachExtentsOfZero(t *testing.T) {
	for _, p := range gen.Presets() {
		for _, name := range []string{"batch", "q-len", "kv-len"} {
			if p == gen.Long && name == "kv-len" { // more than 32,768 keys
				continue
			}
			s := mustStream(t, p, 5, gen.Filter{Conditions: []gen.Condition{{Name: name, Values: "0"}}})
			masks := map[cases.MaskKind]bool{}
			for i := range 60 {
				c := draw(t, s, i)
				if got := map[string]int{"batch": c.Batch, "q-len": c.QLen, "kv-len": c.KVLen}[name]; got != 0 {
					t.Fatalf("%s, %s=0: %s", p, name, cases.Describe(c))
				}
				masks[c.Mask.Kind] = true
			}
			if len(masks) < 4 && p != gen.Decode {
				t.Errorf("%s, %s=0: masks %v only", p, name, masks)
			}
		}
		s := mustStream(t, p, 5, gen.Filter{Conditions: []gen.Condition{{Name: "q-len", Values: "0-2"}, {Name: "batch", Values: "0", Not: true}}})
		none := 0
		for i := range 60 {
			c := draw(t, s, i)
			if c.QLen > 2 || c.Batch == 0 {
				t.Fatalf("%s: %s", p, cases.Describe(c))
			}
			if c.QLen == 0 {
				none++
			}
		}
		if none == 0 || none == 60 {
			t.Errorf("%s: q_len 0 in %d of 60 cases with q_len 0 to 2", p, none)
		}
	}
}

// TestFiltersReachTheSmallestLengths: the decode preset divided a length by 4 and drew below that.
func TestFiltersReachTheSmallestLengths(t *testing.T) {
	n := 300
	if testing.Short() {
		n = 60
	}
	for _, p := range gen.Presets() {
		for _, condition := range []gen.Condition{{Name: "kv-len", Values: "1-3"}, {Name: "q-len", Values: "1-2"}, {Name: "kv-len", Values: "0-5"}} {
			if p == gen.Long && condition.Name == "kv-len" {
				continue
			}
			s := mustStream(t, p, 3, gen.Filter{Conditions: []gen.Condition{condition}})
			for i := range n {
				draw(t, s, i)
			}
		}
	}
}
