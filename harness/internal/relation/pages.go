package relation

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// permutePages: which page holds which keys is a matter of the table. Bit for bit, on paths that are deterministic: the
// same rows come in the same order.
var permutePages = Law{
	Name:      "permute-pages",
	Statement: "pages of k and v in another order, and the table with them, change no bit",
	Bits:      true,
	Runs:      1,
	applies:   func(c *cases.Case, p paths.Promises) bool { return p.Deterministic && c.Paging.Page > 0 },
	check: func(a *application) error {
		c, t := a.derive(func(c *cases.Case) {
			switch c.Paging.Order {
			case cases.ShuffledPages:
				c.Paging.Order = cases.ReversedPages
			default:
				c.Paging.Order = cases.ShuffledPages
			}
		})
		if t == nil {
			return nil
		}
		a.rearranged(t, order{})
		if err := a.run(c, t); err != nil {
			return err
		}
		return a.keepBits(t, nil, "pages in another order")
	},
}

// unpage: paged k and v equal the same rows in one piece. The truth is the same, so both runs agree within 2*bound.
var unpage = Law{
	Name:      "unpage",
	Statement: "k and v in pages equal the same keys in one piece",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.Paging.Page > 0 },
	check: func(a *application) error {
		c, t := a.derive(func(c *cases.Case) {
			c.Paging = cases.Paging{}
			for _, name := range []string{"k", "v"} {
				c.Layout.Operand(name).Strides = cases.Strides{}
			}
		})
		if t == nil {
			return nil
		}
		a.rearranged(t, order{})
		if err := a.run(c, t); err != nil {
			return err
		}
		return a.agree(t, order{}, double, "keys and values in one piece")
	},
}
