package gen

import "attest.example/attest/harness/internal/cases"

// quantScenarios are about k and v of integers with scales.
var quantScenarios = []scenario{
	{name: "a cache of ggml's blocks", weight: 1, sure: "quant-k quant-v quant-differs quant-q8_0 quant-q4_0 quant-scale-subnormal",
		size: func(d dice, t *draft) { t.dim(pick(d, 64, 96, 128)) },
		rest: func(d dice, t *draft) {
			t.quantise(d, cases.Quant{K: cases.Q8_0, V: cases.Q4_0, Fill: cases.SubnormalScales})
		}},
	{name: "decode over a cache of int4", weight: 1, sure: "quant-int4-heads quant-int4-odd quant-scales-of-blocks quant-zero-points-at-ends quant-ends quant-decode",
		size: func(d dice, t *draft) {
			t.dim(pick(d, 33, 47, 65, 95))
			t.heads(pick(d, 4, 6), 2)
			t.lengths(d.between(1, 8), d.between(20, 150))
		},
		rest: func(d dice, t *draft) {
			t.quantise(d, cases.Quant{K: pick(d, cases.Int4, cases.Int8), V: cases.Int4, Scales: cases.BlockScales, ZeroPoints: true, Fill: cases.EndScales})
		}},
	{name: "a quantised cache in pages", weight: 1, sure: "quant-paged quant-scales-of-heads quant-zero-points quant-scales-apart",
		size: func(d dice, t *draft) {
			t.heads(pick(d, 2, 4, 6), 2)
			t.KVLen, t.keepKV = max(t.KVLen, 5), true
		},
		rest: func(d dice, t *draft) {
			cases.AnyPaging(d, &t.Case)
			t.quantise(d, cases.Quant{K: cases.Int8, V: cases.Int8, Scales: cases.HeadScales, ZeroPoints: true, Fill: cases.ScalesApart})
		}},
	{name: "a scale for each key", weight: 1, sure: "quant-scales-of-rows quant-scale-zero",
		size: func(d dice, t *draft) { t.KVLen, t.keepKV = max(t.KVLen, 2), true },
		rest: func(d dice, t *draft) {
			q := cases.Quant{K: pick(d, cases.Int8, cases.Int4), Fill: cases.SomeZeroScales}
			q.V = pick(d, cases.NotQuantised, q.K, cases.Int8)
			t.quantise(d, q)
		}},
}

// quantise makes k and v ones of integers, drawn from values that are neither NaN nor Inf.
func (t *draft) quantise(d dice, q cases.Quant) {
	if q.V == cases.NotQuantised {
		q.V = ""
	}
	if t.HeadDim%cases.QuantBlock != 0 || t.VDim()%cases.QuantBlock != 0 { // a filter has another head_dim than the scenario
		for _, f := range []*cases.QuantFormat{&q.K, &q.V} {
			if *f == cases.Q8_0 || *f == cases.Q4_0 {
				*f = cases.Int8
			}
		}
	}
	t.Quant = q
	for _, r := range []*cases.Regime{&t.Values.K, &t.Values.V} {
		if *r == cases.WithInf || *r == cases.WithNaN || *r == cases.WithSNaN || *r == cases.Subnormal {
			*r = cases.Normal
		}
	}
	for _, o := range []*cases.Operand{&t.Layout.K, &t.Layout.V} {
		o.Transpose, o.Strides = false, cases.Strides{}
		o.Pad, o.Offset = o.Pad&^1, o.Offset&^1
	}
}

// quantGroups are cases whose predecessors differ in how k and v are quantised, and in nothing else.
func quantGroups() []singleGroup {
	scaled := func(d dice, t *draft) {
		t.quantise(d, cases.Quant{K: cases.Int8, V: cases.Int8, Scales: pick(d, "", cases.BlockScales), ZeroPoints: d.chance(50)})
	}
	group := func(fields ...single) singleGroup { return singleGroup{size: twoKeys, rest: scaled, fields: fields} }
	return []singleGroup{
		group(single{"quant.k", func(d dice, c *cases.Case) { c.Quant.K = pick(d, "", cases.Int4) }},
			single{"quant.v", func(d dice, c *cases.Case) { c.Quant.V = pick(d, "", cases.Int4) }}),
		group(single{"quant.scales", func(d dice, c *cases.Case) { c.Quant.Scales = cases.HeadScales }},
			single{"quant.zero_points", func(d dice, c *cases.Case) { c.Quant.ZeroPoints = !c.Quant.ZeroPoints }}),
		group(single{"quant.fill", func(d dice, c *cases.Case) { c.Quant.Fill = pick(d, cases.ScalesApart, cases.EndScales) }}),
	}
}

func twoKeys(_ dice, t *draft) {
	t.KVLen, t.keepKV = max(t.KVLen, 2), true
}
