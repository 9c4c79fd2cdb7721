package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// sequence is what runs before a case in the same context, where it meets the caches and the scratch memory that
// they left.
type sequence []cases.Case

// sequenceScenarios are about what a context remembers.
var sequenceScenarios = []scenario{
	{name: "plain, then causal", weight: 2,
		rest: func(d dice, t *draft) { t.drawMask(d, cases.CausalMask) },
		before: func(d dice, c cases.Case) sequence {
			c.Mask, c.Values.Masked = cases.Mask{}, ""
			return sequence{c}
		}},
	{name: "causal, then plain", weight: 1,
		rest: func(d dice, t *draft) { t.drawMask(d, cases.NoMask) },
		before: func(d dice, c cases.Case) sequence {
			c.Mask = cases.Mask{Kind: cases.CausalMask, Align: anyAlign(d)}
			return sequence{c}
		}},
	{name: "again", weight: 2, before: repeated},
	{name: "again with one head", weight: 1,
		size:   func(d dice, t *draft) { t.heads(1, 1) },
		before: repeated},
	{name: "another shape first", weight: 2,
		before: func(d dice, c cases.Case) sequence { return sequence{otherShape(d, c)} }},
	{name: "a larger shape first", weight: 1, sure: "then-smaller", before: func(d dice, c cases.Case) sequence { return sequence{larger(d, c)} }},
	{name: "another precision first", weight: 2,
		before: func(d dice, c cases.Case) sequence { return sequence{otherPrecision(d, c)} }},
	{name: "eight rows, then nine", weight: 3, sure: "eight-then-nine",
		size: func(d dice, t *draft) { t.QLen, t.keepQ = pick(d, 9, 9, 9, 9, 17, 33), true },
		before: func(d dice, c cases.Case) sequence {
			c.QLen--
			return sequence{c}
		}},
	{name: "several others first", weight: 2, before: several},
}

// anyBefore returns what may run before any case.
func anyBefore(d dice, c cases.Case) sequence {
	return pick(d, repeated, several, one(otherShape), one(larger), one(otherPrecision), one(otherMask), one(otherLayout))(d, c)
}

func one(other func(dice, cases.Case) cases.Case) func(dice, cases.Case) sequence {
	return func(d dice, c cases.Case) sequence { return sequence{other(d, c)} }
}

// repeated repeats the case, with the same values or, as a call in a loop would, with others.
func repeated(d dice, c cases.Case) (s sequence) {
	for range pick(d, 1, 1, 2, 3) {
		before := c.Clone()
		if d.chance(50) {
			before.Values.Seed++
		}
		s = append(s, before)
	}
	return s
}

func several(d dice, c cases.Case) (s sequence) {
	for range d.between(2, 3) {
		s = append(s, pick(d, otherShape, larger, otherPrecision, otherMask, otherLayout)(d, c.Clone()))
	}
	return s
}

// otherShape changes one dimension, so that caches keyed by anything less than the shape are found out.
func otherShape(d dice, c cases.Case) cases.Case {
	switch d.Intn(5) {
	case 0:
		c.QLen = neighbour(d, c.QLen)
	case 1:
		c.KVLen = neighbour(d, c.KVLen)
	case 2:
		c.HeadDim = min(neighbour(d, c.HeadDim), cases.MaxHeadDim)
	case 3:
		c.KVHeads, c.Heads = c.KVHeads+1, c.Heads+c.Group()
	default:
		c.Batch++
	}
	repair(&c)
	return c
}

func neighbour(d dice, n int) int {
	if m := pick(d, n-8, n-1, n/2, 2*n); m >= 1 && m != n {
		return m
	}
	return n + pick(d, 1, 8)
}

func larger(d dice, c cases.Case) cases.Case {
	c.QLen += pick(d, 0, 1, 8)
	c.KVLen += pick(d, 1, 8, 32)
	repair(&c)
	return c
}

func otherPrecision(d dice, c cases.Case) cases.Case {
	old := c.Input
	for c.Input == old {
		c.Input = pick(d, precision.Formats()...)
	}
	c.Output, c.Intermediate = c.Input, 0
	return c
}

func otherMask(d dice, c cases.Case) cases.Case {
	t := draft{Case: c}
	t.drawMask(d, weigh(d, commonMasks))
	return t.Case
}

func otherLayout(d dice, c cases.Case) cases.Case {
	t := draft{Case: c}
	t.drawLayout(d, &recipe{strided: 100})
	return t.Case
}
