package gen

import (
	"attest.example/attest/harness/internal/cases"
)

// before reports whether one of the cases before has a property.
func before(c *cases.Case, holds func(*cases.Case) bool) bool {
	for i := range c.After {
		if holds(&c.After[i]) {
			return true
		}
	}
	return false
}

func sameShape(a, b *cases.Case) bool {
	return a.Batch == b.Batch && a.Heads == b.Heads && a.KVHeads == b.KVHeads && a.QLen == b.QLen &&
		a.KVLen == b.KVLen && a.HeadDim == b.HeadDim && a.VHeadDim == b.VHeadDim
}

var sequenceRegions = []Region{
	{Name: "again", Bugs: []int{19, 23, 46}, Summary: "the same shape, mask and formats a second time",
		Holds: func(c *cases.Case) bool {
			return before(c, func(p *cases.Case) bool { return sameShape(c, p) && c.Mask == p.Mask && c.Input == p.Input })
		}},
	{Name: "again-one-head", Bugs: []int{23}, Summary: "a second time, with one head",
		Holds: func(c *cases.Case) bool {
			return c.Heads == 1 && before(c, func(p *cases.Case) bool { return sameShape(c, p) })
		}},
	{Name: "then-causal", Bugs: []int{30}, Summary: "the same shape without a mask, then causal",
		Holds: func(c *cases.Case) bool {
			return c.Mask.Kind == cases.CausalMask && before(c, func(p *cases.Case) bool { return p.Mask.Kind == "" && sameShape(c, p) })
		}},
	{Name: "then-plain", Bugs: []int{30}, Summary: "the same shape causal, then without a mask",
		Holds: func(c *cases.Case) bool {
			return c.Mask.Kind == "" && before(c, func(p *cases.Case) bool { return p.Mask.IsCausal() && sameShape(c, p) })
		}},
	{Name: "then-another-shape", Bugs: []int{13}, Summary: "another shape in the same formats first",
		Holds: func(c *cases.Case) bool {
			return before(c, func(p *cases.Case) bool { return !sameShape(c, p) && c.Input == p.Input })
		}},
	{Name: "then-smaller", Bugs: []int{13, 23}, Summary: "a case with more keys first",
		Holds: func(c *cases.Case) bool { return before(c, func(p *cases.Case) bool { return p.KVLen > c.KVLen }) }},
	{Name: "then-another-precision", Bugs: []int{8, 13}, Summary: "the same shape in another format first",
		Holds: func(c *cases.Case) bool {
			return before(c, func(p *cases.Case) bool { return sameShape(c, p) && c.Input != p.Input })
		}},
	{Name: "eight-then-nine", Bugs: []int{43}, Summary: "8 rows, then 9, all else the same",
		Holds: func(c *cases.Case) bool {
			return c.QLen == 9 && before(c, func(p *cases.Case) bool { return p.QLen == 8 && p.KVLen == c.KVLen })
		}},
}
