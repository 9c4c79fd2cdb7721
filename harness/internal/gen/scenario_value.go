package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// valueScenarios are about what the operands hold.
var valueScenarios = append(rareValueScenarios(), []scenario{
	{name: "large scores in fp16", weight: 2,
		rest: func(d dice, t *draft) {
			t.input(precision.FP16)
			t.Values.Q = pick(d, cases.Huge, cases.Overflow)
			t.Values.K = pick(d, cases.Huge, cases.Overflow)
			t.Scale = nil
		}},
	{name: "outliers in fp16", weight: 2,
		rest: func(d dice, t *draft) {
			t.input(precision.FP16)
			t.Values.Q, t.Values.K = cases.Outliers, cases.Outliers
			t.Values.V = pick(d, cases.Outliers, cases.Normal)
			t.Scale = nil
		}},
	{name: "outliers, head_dim 256, two batches", weight: 2,
		size: func(d dice, t *draft) { t.dim(256); t.atLeastTwoBatches() },
		rest: func(d dice, t *draft) {
			t.Values.Q, t.Values.K, t.Values.V = cases.Outliers, cases.Outliers, cases.Outliers
			t.Scale = nil
		}},
	{name: "sinks", weight: 2,
		rest: func(d dice, t *draft) { t.Values.K, t.Values.V = cases.Sinks, pick(d, cases.Sinks, cases.Normal) }},
	{name: "near the end of fp16", weight: 1,
		rest: func(d dice, t *draft) {
			t.Values.V = cases.Overflow
			if d.chance(60) {
				t.Output = precision.FP16
			}
		}},
	{name: "scale", weight: 2, sure: "scale-zero",
		rest: func(d dice, t *draft) {
			t.drawScale(d, &recipe{scaled: 100})
			if s := t.EffectiveScale(); d.chance(40) && s > 0 {
				t.Scale = pick(d, new(float32), negative(s))
			}
		}},
	{name: "masked slots of NaN", weight: 2,
		size: func(d dice, t *draft) { t.KVLen, t.keepKV = max(t.KVLen, d.between(9, 80)), true },
		rest: func(d dice, t *draft) {
			switch d.Intn(3) {
			case 0:
				t.drawMask(d, cases.CausalMask)
				t.Mask.Align = cases.TopLeft
			case 1:
				t.drawMask(d, cases.WindowMask)
				t.Mask.Left, t.Mask.Right = d.Intn(8), d.Intn(4)
			default:
				t.arrayMask(d, anyArrayKind(d), "b11k", "111k")
				t.Mask.Fill, t.Mask.Density, t.Mask.Floor = pick(d, cases.PaddingFill, cases.RandomFill), 0, ""
			}
			t.Values.Masked = pick(d, cases.MaskedNaN, cases.MaskedNaN, cases.MaskedInf, cases.MaskedHuge, cases.MaskedSNaN)
		}},
	{name: "accumulators as narrow as the input", weight: 1,
		size: func(d dice, t *draft) {
			t.lengths(d.between(1, 33), d.between(1, 65))
			t.dim(pick(d, 8, 16, 32, 40, 64))
		},
		rest: func(d dice, t *draft) {
			t.narrowInput(d)
			t.Values.Q, t.Values.K, t.Scale = pick(d, cases.Normal, cases.Uniform), cases.Normal, nil
		},
		narrow: true},
	{name: "Inf of both signs in v", weight: 1, sure: "inf-v-both",
		size: func(d dice, t *draft) { t.lengths(d.between(1, 9), d.between(150, 220)); t.dim(d.between(1, 2)) },
		rest: func(d dice, t *draft) {
			t.drawMask(d, "")
			t.Values.Q, t.Values.K, t.Values.V, t.Scale = cases.Normal, cases.Normal, cases.WithInf, nil
		}},
}...)

func negative(x float32) *float32 { x = -x; return &x }

// rareValueScenarios draw what rareValueRegions ask for. The other operands are quiet: beside them no weight underflows, which would
// excuse NaN for Inf.
func rareValueScenarios() (scenarios []scenario) {
	for _, x := range rareRegimes {
		for i, operand := range []string{"q", "k", "v"} {
			scenarios = append(scenarios, scenario{name: x.words + " in " + operand, weight: 1, sure: string(x.regime) + "-" + operand,
				rest: func(d dice, t *draft) {
					v := []*cases.Regime{&t.Values.Q, &t.Values.K, &t.Values.V}
					for _, other := range v {
						*other = pick(d, cases.Normal, cases.Uniform)
					}
					*v[i], t.Scale = x.regime, nil
				}})
		}
	}
	return scenarios
}
