package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
)

// expandGroups: grouped heads equal plain heads whose keys and values are repeated for every query head of the group.
// The truth is the same, so both runs agree within 2*bound.
var expandGroups = Law{
	Name:      "gqa-expand",
	Statement: "grouped heads equal plain heads with keys and values repeated",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.KVHeads < c.Heads },
	check: func(a *application) error {
		c, t := a.derive(func(c *cases.Case) { c.KVHeads = c.Heads })
		if t == nil {
			return nil
		}
		kvHeads := make([]int, a.Case.Heads)
		for h := range kvHeads {
			kvHeads[h] = h / a.Case.Group()
		}
		a.rearranged(t, order{kvHeads: kvHeads})
		if err := a.run(c, t); err != nil {
			return err
		}
		return a.agree(t, order{}, double, "keys and values repeated for every head of their group")
	},
}

// restateMask: a causal mask, a window or lengths of batch entries equal the bool array that forbids the same keys, and a bool array equals the
// additive one that holds 0 and -Inf. The truth is the same, so both runs agree within 2*bound.
var restateMask = Law{
	Name:      "restate-mask",
	Statement: "a mask equals another kind of mask that forbids the same keys",
	Runs:      1,
	applies: func(c *cases.Case, _ paths.Promises) bool {
		const entries = 1 << 24 // of the array that a causal mask or window becomes
		hides := c.Mask.Kind != "" || c.Ragged() && c.Alibi == ""
		return c.Mask.Kind == cases.BoolMask || hides && !c.Mask.IsArray() && !(c.Ragged() && c.Alibi != "") && c.Batch*c.QLen <= entries/max(c.KVLen, 1)
	},
	check: func(a *application) error {
		if a.Case.Mask.Kind == cases.BoolMask {
			return a.restate("the bool mask as an additive one of 0 and -Inf", func(c *cases.Case) {
				c.Mask.Kind, c.Mask.Format = cases.AdditiveMask, precision.FP32
			}, func(b, h, r, k int) bool { return a.Tensors.Mask.Bias(b, h, r, k) == 0 })
		}
		return a.restate("the mask as a bool array", func(c *cases.Case) {
			c.Mask = cases.Mask{Kind: cases.BoolMask, Shape: "11qk", Fill: cases.OpenFill}
			if c.Ragged() {
				c.Mask.Shape, c.Lengths = "b1qk", cases.Lengths{}
			}
			c.KVOffset = 0
			if c.Alibi != "" {
				c.KVOffset = a.Case.Diagonal(0)
			}
		}, func(b, _, r, k int) bool {
			first, last := a.Case.Span(b, r)
			return first <= k && k < last
		})
	},
}

func (a *application) restate(detail string, change func(*cases.Case), allowed func(b, h, r, k int) bool) error {
	c, t := a.derive(change)
	if t == nil {
		return nil
	}
	a.rearranged(t, order{})
	shape := t.Mask.Shape
	for b := range shape[0] {
		for h := range shape[1] {
			for r := range shape[2] {
				for k := range shape[3] {
					bias := math.Inf(-1)
					if allowed(b, h, r, k) {
						bias = 0
					}
					t.Mask.SetBias(b, h, r, k, bias)
				}
			}
		}
	}
	if err := a.run(c, t); err != nil {
		return err
	}
	return a.agree(t, order{}, double, detail)
}

// relayout: the value of an element does not depend on where it lies in memory. The truth is the same, so both runs agree
// within 2*bound; not bit for bit, since a path may well have another kernel for another layout.
var relayout = Law{
	Name:      "relayout",
	Statement: "the same values in another memory layout give the same output",
	Runs:      1,
	applies:   func(*cases.Case, paths.Promises) bool { return true },
	check: func(a *application) error {
		c, t := a.derive(func(c *cases.Case) {
			for _, o := range []*cases.Operand{&c.Layout.Q, &c.Layout.K, &c.Layout.V, &c.Layout.Out} {
				if *o != (cases.Operand{}) {
					*o = cases.Operand{}
				} else {
					*o = cases.Operand{Order: cases.BSHD, Pad: a.dice.below(5)}
					if c.Quant.Any() {
						o.Pad *= 2 // ggml's blocks begin at even bytes
					}
				}
			}
		})
		if t == nil {
			return nil
		}
		a.rearranged(t, order{})
		if err := a.run(c, t); err != nil {
			return err
		}
		return a.agree(t, order{}, double, "the same values in another memory layout")
	},
}
