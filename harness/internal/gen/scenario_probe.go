package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// probeScenarios are cases in which little is rounded beside what they are about: v of the identity shows the weights
// themselves, q with one coordinate leaves a dot product nothing to add up, logits down to -80 show a wrong temperature,
// and a row of one or two keys of one sign shows the division.
var probeScenarios = []scenario{
	{name: "the weights themselves", weight: 1, size: probeSize, rest: probeRest},
	{name: "the weights themselves, stored narrow", weight: 1, size: probeSize,
		rest: func(d dice, t *draft) {
			t.narrowInput(d)
			t.Values.Q, t.Values.K, t.Values.V, t.Scale = cases.Normal, cases.Normal, cases.Identity, nil
		},
		narrow: true},
	{name: "one or two keys", weight: 1, sure: "two-keys",
		size: func(d dice, t *draft) { t.lengths(d.between(64, 128), d.between(1, 2)) },
		rest: func(d dice, t *draft) {
			t.input(precision.FP32)
			t.Output = 0
			t.Values.Q, t.Values.K, t.Scale = cases.Normal, cases.Normal, nil
			t.Values.V = pick(d, cases.Positive, cases.Negative, cases.Normal)
		}},
}

func probeSize(d dice, t *draft) {
	t.dim(pick(d, 16, 32, 64, 128))
	t.lengths(d.between(48, 80), d.between(8, t.HeadDim))
}

func probeRest(_ dice, t *draft) {
	t.Values.Q, t.Values.K, t.Values.V = cases.Ramp, cases.Ramp, cases.Identity
	t.Scale = new(float32)
	*t.Scale = 1
}

var probeRegions = []Region{
	{Name: "weights-shown", Summary: "v of the identity, logits of one coordinate down to -80",
		Holds: func(c *cases.Case) bool {
			return c.Values.V == cases.Identity && c.Values.Q == cases.Ramp && c.Values.K == cases.Ramp && c.EffectiveScale() == 1
		}},
	{Name: "weights-shown-narrow", Summary: "v of the identity, with weights or accumulators as narrow as the input",
		Holds: func(c *cases.Case) bool { return c.Values.V == cases.Identity && c.Intermediate != 0 }},
	{Name: "two-keys", Summary: "fp32, at most two keys of one sign",
		Holds: func(c *cases.Case) bool { return c.Input == precision.FP32 && c.KVLen <= 2 && leans(c.Values.V) }},
}
