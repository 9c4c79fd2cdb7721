package gen

import (
	"attest.example/attest/harness/internal/cases"
)

// leanScenarios are about sums whose terms have one sign, so that nothing cancels and every rounding may lean the same way,
// and about NaN of the signalling kind, which code that copies bits passes on and arithmetic does not.
var leanScenarios = []scenario{
	{name: "narrow accumulators, values that lean", weight: 2,
		size: func(d dice, t *draft) {
			t.lengths(d.between(1, 33), d.between(1, 65))
			t.dim(pick(d, 4, 8, 16, 24, 32))
		},
		rest: func(d dice, t *draft) {
			t.narrowInput(d)
			t.Values.Q, t.Values.K, t.Scale = pick(d, cases.Normal, cases.Positive), pick(d, cases.Normal, cases.Uniform), nil
			t.Values.V = pick(d, cases.Positive, cases.Negative, cases.Constant)
		},
		narrow: true},
	{name: "signalling NaN", weight: 1,
		rest: func(d dice, t *draft) { *pick(d, &t.Values.Q, &t.Values.K, &t.Values.V) = cases.WithSNaN }},
	{name: "masked slots of signalling NaN", weight: 1, sure: "masked-signalling-nan",
		size: func(d dice, t *draft) { t.KVLen, t.keepKV = max(t.KVLen, d.between(9, 80)), true },
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "b11k", "111k")
			t.Mask.Fill, t.Mask.Density, t.Mask.Floor = cases.RandomFill, pick(d, 30, 50), ""
			t.Values.Masked = cases.MaskedSNaN
		}},
}

func leans(r cases.Regime) bool {
	return r == cases.Positive || r == cases.Negative || r == cases.Constant
}

var leanRegions = []Region{
	{Name: "narrow-leaning", Summary: "accumulators as narrow as the input, v leaning one way",
		Holds: func(c *cases.Case) bool { return c.Intermediate != 0 && leans(c.Values.V) }},
	{Name: "signalling-nan", Bugs: []int{52}, Summary: "a signalling NaN in q, k or v",
		Holds: func(c *cases.Case) bool {
			return c.Values.Q == cases.WithSNaN || c.Values.K == cases.WithSNaN || c.Values.V == cases.WithSNaN
		}},
	{Name: "masked-signalling-nan", Summary: "signalling NaN in keys that no row sees",
		Holds: func(c *cases.Case) bool {
			return c.Values.Masked == cases.MaskedSNaN && (hidesKeys(c) || c.Mask.Floor == "" && shaped(c, "111k", "b11k"))
		}},
}
