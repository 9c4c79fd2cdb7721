package gen

import (
	"math"

	"attest.example/attest/harness/internal/cases"
)

// logitScenarios put every logit of a row far from 0, below or above: there a running maximum that starts at 0 or that an
// empty block sets to 0, a finite "minus infinity", and an exponential without a maximum all fail.
var logitScenarios = []scenario{
	{name: "logits far below 0", weight: 3, sure: "logits-below-5e4",
		size: func(d dice, t *draft) { t.dim(pick(d, 1, 2, 4, 8, 12, 12)) },
		rest: func(d dice, t *draft) { t.drawFarLogits(d, -1) }},
	{name: "logits far above 0", weight: 3, sure: "logits-above-1e4",
		size: func(d dice, t *draft) { t.dim(pick(d, 1, 3, 8, 12, 32, 64)) },
		rest: func(d dice, t *draft) { t.drawFarLogits(d, 1) }},
	{name: "empty first block, then logits far below 0", weight: 4,
		size: func(d dice, t *draft) {
			t.dim(pick(d, 1, 4, 8, 16, 16, 32))
			t.KVLen, t.keepKV = nearBlock(d, 200)+pick(d, 33, 65), true
		},
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk", "b11k", "111k")
			t.Mask.Floor, t.Mask.PlusInf = "", false
			t.Mask.EmptyLead = pick(d, 32, 32, 64)
			if t.KVLen <= 64 {
				t.Mask.EmptyLead = 32
			}
			t.drawFarLogits(d, -1)
		}},
}

// farLevels are sizes that every logit of a row can have at least: past where fp32's exponential underflows or
// overflows, past the numbers that kernels take for infinite.
var farLevels = []float64{100, 300, 1.05e4, 5.2e4}

// drawFarLogits lets q, k and the scale lean so that every product q.k*scale has a sign and at least one of the
// levels as its size. The factors are between 1/2 and 3/2, so a product of head_dim terms is at least a quarter of
// head_dim. The level is bounded where rounding, which grows with it and with head_dim, would leave nothing to judge.
func (t *draft) drawFarLogits(d dice, sign int) {
	var levels []float64
	for _, level := range farLevels {
		if 4*level*float64(t.HeadDim+2) <= 3e6 {
			levels = append(levels, level)
		}
	}
	t.Values.Q, t.Values.K = pick(d, cases.Positive, cases.Negative), pick(d, cases.Positive, cases.Negative)
	if t.Values.Q != t.Values.K {
		sign = -sign
	}
	level := levels[len(levels)-1]
	if d.chance(50) {
		level = pick(d, levels...)
	}
	scale := float32(float64(sign) * level * 4 / float64(t.HeadDim))
	t.Scale = &scale
}

// leastLogit is a number that every product scale*q.k of a case reaches or passes, with its sign; 0 where q or k
// leans no way that the case tells.
func leastLogit(c *cases.Case) float64 {
	sign := 1.0
	for _, r := range []cases.Regime{c.Values.Q, c.Values.K} {
		switch r {
		case cases.Positive:
		case cases.Negative:
			sign = -sign
		default:
			return 0
		}
	}
	return sign * float64(c.EffectiveScale()) * float64(c.HeadDim) / 4
}

// logitsPast reports whether every logit of the case lies past a level: below it where it is negative.
func logitsPast(level float64) func(*cases.Case) bool {
	return func(c *cases.Case) bool {
		x := leastLogit(c)
		return x*level > 0 && math.Abs(x) > math.Abs(level)
	}
}

var logitRegions = []Region{
	{Name: "logits-below-88", Bugs: []int{73, 74}, Summary: "every logit below -88", Holds: logitsPast(-88)},
	{Name: "logits-below-1e4", Bugs: []int{74}, Summary: "every logit below -1e4", Holds: logitsPast(-1e4)},
	{Name: "logits-below-5e4", Bugs: []int{74}, Summary: "every logit below -5e4", Holds: logitsPast(-5e4)},
	{Name: "logits-above-88", Summary: "every logit above 88", Holds: logitsPast(88)},
	{Name: "logits-above-1e4", Summary: "every logit above 1e4", Holds: logitsPast(1e4)},
	{Name: "hidden-then-low", Bugs: []int{73}, Summary: "the first 32 keys hidden from every row, every later logit below -88",
		Holds: func(c *cases.Case) bool { return hidesFirst(c, 32) && logitsPast(-88)(c) }},
}

// hidesFirst reports whether the mask's array hides the first n keys from every row, and not all keys.
func hidesFirst(c *cases.Case, n int) bool {
	return c.Mask.EmptyLead >= n && c.Mask.EmptyLead < c.KVLen && c.Mask.Floor == ""
}
