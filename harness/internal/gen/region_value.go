package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

var valueRegions = []Region{
	{Name: "large-scores", Bugs: []int{57, 58}, Words: "fp16, products of q and k past its range",
		Holds: func(c *cases.Case) bool {
			v := c.Values
			return c.Input == precision.FP16 && (v.Q == cases.Huge || v.Q == cases.Overflow) && (v.K == cases.Huge || v.K == cases.Overflow)
		}},
	{Name: "outliers", Bugs: []int{54}, Words: "fp16 with heavy-tailed q and k",
		Holds: func(c *cases.Case) bool {
			return c.Input == precision.FP16 && c.Values.Q == cases.Outliers && c.Values.K == cases.Outliers
		}},
	{Name: "outliers-256", Bugs: []int{69}, Words: "heavy-tailed values, head_dim 256, two batches",
		Holds: func(c *cases.Case) bool {
			return c.HeadDim == 256 && c.Batch >= 2 && c.Values.K == cases.Outliers && c.Values.V == cases.Outliers
		}},
	{Name: "sinks", Words: "a few keys that take nearly all the weight",
		Holds: func(c *cases.Case) bool { return c.Values.K == cases.Sinks }},
	{Name: "near-overflow", Bugs: []int{59}, Words: "v near the largest fp16 value",
		Holds: func(c *cases.Case) bool { return c.Values.V == cases.Overflow }},
	{Name: "subnormal", Bugs: []int{18}, Words: "subnormal values",
		Holds: func(c *cases.Case) bool {
			return c.Values.Q == cases.Subnormal || c.Values.K == cases.Subnormal || c.Values.V == cases.Subnormal
		}},
	{Name: "nan", Bugs: []int{52}, Words: "NaN in q",
		Holds: func(c *cases.Case) bool { return c.Values.Q == cases.WithNaN }},
	{Name: "nan-kv", Words: "NaN in k or v",
		Holds: func(c *cases.Case) bool { return c.Values.K == cases.WithNaN || c.Values.V == cases.WithNaN }},
	{Name: "inf", Words: "Inf in q, k or v",
		Holds: func(c *cases.Case) bool {
			return c.Values.Q == cases.WithInf || c.Values.K == cases.WithInf || c.Values.V == cases.WithInf
		}},
	{Name: "masked-nan", Bugs: []int{3, 28, 50, 56, 67}, Words: "NaN, Inf or huge numbers in keys that no row sees",
		Holds: func(c *cases.Case) bool {
			return c.Values.Masked != "" && (hidesKeys(c) || c.Mask.Floor == "" && (c.Mask.EmptyLead > 0 || shaped(c, "111k", "b11k")))
		}},
	{Name: "scale-zero", Words: "scale 0",
		Holds: func(c *cases.Case) bool { return c.EffectiveScale() == 0 }},
	{Name: "scale-negative", Words: "a negative scale",
		Holds: func(c *cases.Case) bool { return c.EffectiveScale() < 0 }},
	{Name: "cold", Bugs: []int{11}, Words: "fp16 on a cold context, several heads",
		Holds: func(c *cases.Case) bool { return len(c.After) == 0 && c.Input == precision.FP16 && c.Heads >= 2 }},
}
