package fault

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// TestWhateverACaseHolds: a fault that strikes after the call finds something to spoil, or leaves it, in k and v of integers or
// in pages and where an extent is 0, as in ordinary cases.
func TestWhateverACaseHolds(t *testing.T) {
	plain := cases.Case{Version: cases.Version, Batch: 1, Heads: 2, KVHeads: 2, QLen: 2, KVLen: 3, HeadDim: 4, Input: precision.FP32}
	of := func(change func(c *cases.Case)) cases.Case {
		c := plain
		change(&c)
		if err := c.Normalize(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	for name, c := range map[string]cases.Case{
		"plain":    of(func(*cases.Case) {}),
		"integers": of(func(c *cases.Case) { c.Quant = cases.Quant{K: cases.Int8, V: cases.Int4} }),
		"pages":    of(func(c *cases.Case) { c.Paging.Page, c.Paging.Order = 2, cases.ShuffledPages }),
		"no batch": of(func(c *cases.Case) { c.Batch = 0 }),
		"no rows":  of(func(c *cases.Case) { c.QLen = 0 }),
		"no keys":  of(func(c *cases.Case) { c.KVLen = 0 }),
	} {
		for _, kind := range kinds {
			if kind.after == nil || kind.Isolated {
				continue
			}
			t.Run(fmt.Sprintf("%s, %s", kind.Name, name), func(t *testing.T) {
				p, err := Open(kind.Name + "?every=1")
				if err != nil {
					t.Fatal(err)
				}
				tensors := cases.Materialize(c)
				for range 2 { // the second call meets what the first has spoilt
					_, err := p.Attend(context.Background(), c, tensors)
					if err != nil && err != errPoisoned {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

// TestAnOptionGivenTwice is refused, and when, which may stand several times, is not.
func TestAnOptionGivenTwice(t *testing.T) {
	if _, err := Open(kinds[0].Name + "?every=1&every=2"); err == nil || !strings.Contains(err.Error(), "option every: given 2 times, want once") {
		t.Errorf("%v, want that it is given twice", err)
	}
	if _, err := Open(kinds[0].Name + "?when=q_len%20>%201&when=kv_len%20>%201"); err != nil {
		t.Error(err)
	}
}
