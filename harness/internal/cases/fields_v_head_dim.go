package cases

import (
	"fmt"
	"strconv"
)

// VDim is the head_dim of v and of the output.
func (c *Case) VDim() int {
	if c.VHeadDim > 0 {
		return c.VHeadDim
	}
	return c.HeadDim
}

// vHeadDim is the row of the head_dim of v and the output, where it is not that of q and k.
func vHeadDim() Field {
	f := integerField("v_head_dim", "numbers of a value and of an output row; 0: head_dim", 0, MaxHeadDim, func(c *Case) *int { return &c.VHeadDim }).
		usual(256).otherwise("head_dim").
		then(func(c *Case) error {
			if c.VHeadDim == c.HeadDim {
				c.VHeadDim = 0
			}
			return nil
		}).
		told(func(c *Case) string {
			if c.VHeadDim == 0 {
				return ""
			}
			return fmt.Sprintf(" and %d of v", c.VHeadDim)
		}).
		ranked(func(c *Case) []float64 { return []float64{truth(c.VHeadDim != 0), float64(c.VDim())} }).
		plain(func(c *Case) { c.VHeadDim = 0 }).
		refused("v_head_dim: v has the head_dim of q").drawn(drawVHeadDim,
		Region{Name: "v-head-dim", Bugs: []int{62, 86}, Summary: "v and the output have a head_dim of their own",
			Holds: func(c *Case) bool { return c.VHeadDim > 0 }},
		Region{Name: "v-head-dim-less", Bugs: []int{62, 86}, Summary: "v's head_dim is less than q's, several keys and rows",
			Holds: func(c *Case) bool { return c.VDim() < c.HeadDim && c.KVLen > 1 && c.QLen > 1 }},
		Region{Name: "v-head-dim-more", Bugs: []int{86}, Summary: "v's head_dim is more than q's, several keys and rows",
			Holds: func(c *Case) bool { return c.VDim() > c.HeadDim && c.KVLen > 1 && c.QLen > 1 }},
		Region{Name: "v-head-dim-ragged", Bugs: []int{86}, Summary: "v's head_dim is no multiple of 8, and not q's",
			Holds: func(c *Case) bool { return c.VHeadDim%8 != 0 }})
	// Who asks for a number, or for cases with one, means v's head_dim whatever q's is.
	f.integer = (*Case).VDim
	f.text = func(c *Case) string { return strconv.Itoa(c.VDim()) }
	return f
}

// drawVHeadDim draws a width of its own for v in a few cases: those of real models, others beside them, and some wider than q.
func drawVHeadDim(d Dice, c *Case) {
	if c.VHeadDim == 0 && !c.Layout.V.Strides.Given() && !c.Layout.Out.Strides.Given() && d.Intn(100) < 6 {
		AnyVHeadDim(d, c)
	}
}

// AnyVHeadDim draws a head_dim of v other than q's, of no more than twice the work.
func AnyVHeadDim(d Dice, c *Case) {
	most := min(2*c.HeadDim+16, MaxHeadDim)
	pairs := []int{64, 96, 128, 256, 512, c.HeadDim * 2 / 3, c.HeadDim / 2, c.HeadDim * 8 / 9, c.HeadDim - 8, c.HeadDim + 8}
	n := 0
	switch d.Intn(4) {
	case 0:
		n = pairs[d.Intn(len(pairs))]
	case 1:
		n = c.HeadDim + d.Intn(17) - 8
	case 2:
		n = 8 * (1 + d.Intn(max(most/8, 1)))
	}
	if n < 1 || n > most {
		n = 1 + d.Intn(most)
	}
	if n == c.HeadDim {
		n = c.HeadDim%most + 1
	}
	if c.Quant.V.blocked() {
		if n = max(QuantBlock, n/QuantBlock*QuantBlock); n == c.HeadDim {
			n = c.HeadDim%most/QuantBlock*QuantBlock + QuantBlock
		}
	}
	old := *c
	c.VHeadDim = n
	c.DropStrides(&old)
}
