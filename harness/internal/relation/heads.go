package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
)

// sinkNone: a sink to minus infinity is none, so a case without sinks equals itself with one of -Inf for every head. The
// truth is the same; each run is within its own bound.
var sinkNone = Law{
	Name:      "sink-none",
	Statement: "a sink of -Inf for every head is none",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.Sinks == "" },
	check: func(a *application) error {
		c, t := a.derive(func(c *cases.Case) { c.Sinks = cases.SinksSome })
		if t == nil {
			return nil
		}
		a.rearranged(t, order{})
		for h := range c.Heads {
			t.Sinks.Set(0, h, 0, 0, math.Inf(-1))
		}
		if err := a.run(c, t); err != nil {
			return err
		}
		return a.agreeWithin(c, t, "with a sink of -Inf for every head")
	},
}

// slopesAsMask: a linear bias equals the additive mask that holds its products, which are fp32 numbers where distances have
// 16 bits. The truth is the same; each run is within its own bound. A causal mask or window stays one.
var slopesAsMask = Law{
	Name:      "slopes-as-mask",
	Statement: "a linear bias equals the additive mask of its products",
	Runs:      1,
	applies: func(c *cases.Case, _ paths.Promises) bool {
		return c.Alibi != "" && !c.Mask.IsArray() && !c.Ragged() && c.KVLen+c.QLen+c.KVOffset < 1<<16 && c.Heads*c.QLen <= 1<<20/max(c.KVLen, 1)
	},
	check: func(a *application) error {
		old := a.Case.Mask
		c, t := a.derive(func(c *cases.Case) {
			c.Alibi = ""
			c.Mask = cases.Mask{Kind: cases.AdditiveMask, Format: precision.FP32, Shape: "1hqk", Fill: cases.OpenFill,
				Align: old.Align, Window: old.IsWindow(), Left: old.Left, Right: old.Right}
			if old.Kind == "" {
				c.KVOffset = 0
			}
		})
		if t == nil {
			return nil
		}
		a.rearranged(t, order{})
		for h := range c.Heads {
			slope := a.Tensors.Slopes.At(0, h, 0, 0)
			for r := range c.QLen {
				for k := range c.KVLen {
					t.Mask.SetBias(0, h, r, k, -slope*math.Abs(float64(r+a.Case.Diagonal(0)-k)))
				}
			}
		}
		if err := a.run(c, t); err != nil {
			return err
		}
		return a.agreeWithin(c, t, "the linear bias as an additive mask")
	},
}
