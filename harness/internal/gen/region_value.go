package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

var valueRegions = append(rareValueRegions(), []Region{
	{Name: "large-scores", Bugs: []int{57, 58}, Summary: "fp16, products of q and k past its range",
		Holds: func(c *cases.Case) bool {
			v := c.Values
			return c.Input == precision.FP16 && (v.Q == cases.Huge || v.Q == cases.Overflow) && (v.K == cases.Huge || v.K == cases.Overflow)
		}},
	{Name: "outliers", Bugs: []int{54}, Summary: "fp16 with heavy-tailed q and k",
		Holds: func(c *cases.Case) bool {
			return c.Input == precision.FP16 && c.Values.Q == cases.Outliers && c.Values.K == cases.Outliers
		}},
	{Name: "outliers-256", Bugs: []int{69}, Summary: "heavy-tailed values, head_dim 256, two batches",
		Holds: func(c *cases.Case) bool {
			return c.HeadDim == 256 && c.Batch >= 2 && c.Values.K == cases.Outliers && c.Values.V == cases.Outliers
		}},
	{Name: "sinks", Summary: "a few keys that take nearly all the weight",
		Holds: func(c *cases.Case) bool { return c.Values.K == cases.Sinks }},
	{Name: "near-overflow", Bugs: []int{59}, Summary: "v near the largest fp16 value",
		Holds: func(c *cases.Case) bool { return c.Values.V == cases.Overflow }},
	{Name: "inf-v-both", Summary: "so many Inf in a column of v that both signs meet",
		Holds: func(c *cases.Case) bool {
			return c.Values.V == cases.WithInf && c.Mask.Kind == "" && c.HeadDim <= 2 && c.KVLen >= 150
		}},
	{Name: "masked-nan", Bugs: []int{3, 28, 50, 56, 67}, Summary: "NaN, Inf or huge numbers in keys that no row sees",
		Holds: func(c *cases.Case) bool {
			return c.Values.Masked != "" && (hidesKeys(c) || c.Mask.Floor == "" && (c.Mask.EmptyLead > 0 || shaped(c, "111k", "b11k")))
		}},
	{Name: "scale-zero", Summary: "scale 0",
		Holds: func(c *cases.Case) bool { return c.EffectiveScale() == 0 }},
	{Name: "scale-negative", Summary: "a negative scale",
		Holds: func(c *cases.Case) bool { return c.EffectiveScale() < 0 }},
	{Name: "cold", Bugs: []int{11}, Summary: "fp16 on a cold context, several heads",
		Holds: func(c *cases.Case) bool { return len(c.After) == 0 && c.Input == precision.FP16 && c.Heads >= 2 }},
}...)

// rareValueRegions are one for each operand and each regime that few draws have: a kernel that is wrong for one operand alone
// shows nothing where another holds the same values.
func rareValueRegions() (regions []Region) {
	for _, x := range rareRegimes {
		for i, operand := range []string{"q", "k", "v"} {
			regions = append(regions, Region{Name: string(x.regime) + "-" + operand, Bugs: x.bugs, Summary: x.words + " in " + operand,
				Holds: func(c *cases.Case) bool { return [...]cases.Regime{c.Values.Q, c.Values.K, c.Values.V}[i] == x.regime }})
		}
	}
	return regions
}

var rareRegimes = []struct {
	regime cases.Regime
	words  string
	bugs   []int
}{{cases.WithNaN, "NaN", []int{52}}, {cases.WithInf, "Inf", nil}, {cases.Subnormal, "subnormal values", []int{18}}}
