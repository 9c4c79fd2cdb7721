package cases

import (
	"math/rand"
	"testing"
)

// Pages decide where a row lies and not what it holds, and no two rows of different pages share memory unless entries share
// pages. What no entry uses holds slack.
func TestPagesChangeNoValue(t *testing.T) {
	base := Materialize(stridedCase(t, func(*Case) {}))
	d := rand.New(rand.NewSource(2))
	for range 200 {
		c := stridedCase(t, func(c *Case) {
			AnyPaging(d, c)
			c.Paging.Shared = 0
			c.Layout.V = Operand{Order: []Order{BHSD, BSHD}[d.Intn(2)], Pad: d.Intn(3)}
			if d.Intn(2) == 0 {
				c.Layout.K.Strides = anyStrides(d, c.OperandShape("k"), false)
			}
		})
		got := Materialize(c)
		for name, pair := range map[string][2]*Tensor{"k": {&base.K, &got.K}, "v": {&base.V, &got.V}} {
			sameInAnotherPlace(t, Describe(c)+": "+name, pair[0], pair[1])
		}
		if clone := got.Clone(); clone.K.Index(1, 1, 4, 3) != got.K.Index(1, 1, 4, 3) {
			t.Fatalf("%s: a copy has its rows elsewhere", Describe(c))
		}
	}
}

func TestEntriesSharePages(t *testing.T) {
	c := stridedCase(t, func(c *Case) { c.Paging = Paging{Page: 2, Order: ShuffledPages, Shared: 1} })
	got := Materialize(c)
	for r := range 4 {
		if shared := got.K.Index(0, 1, r, 0) == got.K.Index(1, 1, r, 0); shared != (r < 2) {
			t.Errorf("row %d: the entries share it: %v", r, shared)
		}
	}
	if !c.SharesMemory() {
		t.Error("laws that change single rows would take this case for one without shared memory")
	}
	alone := stridedCase(t, func(c *Case) { c.Batch, c.Paging = 1, Paging{Page: 2, Shared: 2} })
	if alone.Paging.Shared != 0 {
		t.Error("one entry shares pages with nobody, and has two names")
	}
}
