package gen

import "attest.example/attest/harness/internal/cases"

// decodeScenarios are steps of a server's decoding: a few queries of grouped heads that stand at the end of a long cache, which
// lies in pages, is of small integers, or both.
var decodeScenarios = []scenario{
	{name: "over pages", weight: 3, sure: "paged paged-decode paged-shuffled",
		size: decodeSize,
		rest: func(d dice, t *draft) { t.atTheEnd(d); t.pages(d) }},
	{name: "over pages that batches share", weight: 1, sure: "paged-shared paged-decode",
		size: decodeSize,
		rest: func(d dice, t *draft) {
			t.atTheEnd(d)
			t.pages(d)
			t.Paging.Shared = 1
			t.Values.Masked = ""
		}},
	{name: "over integers", weight: 3, sure: "quant-k quant-v quant-decode",
		size: decodeSize,
		rest: func(d dice, t *draft) { t.atTheEnd(d); t.integers(d) }},
	{name: "over ggml's blocks", weight: 2, sure: "quant-q8_0 quant-decode",
		size: func(d dice, t *draft) { decodeSize(d, t); t.dim(pick(d, 64, 96, 128)) },
		rest: func(d dice, t *draft) {
			t.atTheEnd(d)
			t.quantise(d, cases.Quant{K: cases.Q8_0, V: pick(d, cases.Q8_0, cases.Q4_0), Fill: pick(d, "", cases.ScalesApart, cases.SubnormalScales)})
		}},
	{name: "over integers in pages", weight: 3, sure: "quant-paged quant-decode paged-decode",
		size: decodeSize,
		rest: func(d dice, t *draft) { t.atTheEnd(d); t.pages(d); t.integers(d) }},
	{name: "over integers with sinks", weight: 1, sure: "sinks-of-heads quant-decode kv-offset-decode",
		size: decodeSize,
		rest: func(d dice, t *draft) {
			t.atTheEnd(d)
			t.Mask.Align, t.KVOffset = cases.TopLeft, max(0, t.KVLen-t.QLen)
			t.KVOffset -= d.Intn(max(1, t.KVOffset/4))
			t.integers(d)
			t.Sinks = pick(d, cases.SinksAmong, cases.SinksAbove)
		}},
	{name: "over integers, capped", weight: 1, sure: "softcap quant-decode",
		size: decodeSize,
		rest: func(d dice, t *draft) { t.atTheEnd(d); t.integers(d); t.Softcap = pick[float32](d, 8, 20, 30, 50) }},
	{name: "over a ragged cache in pages", weight: 2, sure: "lengths-of-kv lengths-decode paged-decode",
		size: decodeSize,
		rest: func(d dice, t *draft) {
			t.atTheEnd(d)
			t.Mask.Align, t.KVOffset = cases.BottomRight, 0
			t.pages(d)
			if d.chance(60) {
				t.integers(d)
			}
			t.Lengths = cases.Lengths{KV: cases.RandomLengths}
			t.Values.Masked = pick(d, cases.MaskedNaN, cases.MaskedHuge, "")
		}},
}

func decodeSize(d dice, t *draft) {
	t.atLeastTwoBatches()
	t.grouped(d, 12)
	t.lengths(pick(d, 1, 1, 1, 2, 4, d.between(1, 8)), pick(d, d.between(100, 600), d.between(600, 2200)))
	t.dim(pick(d, 32, 64, 64, 80, 96, 128))
}

// atTheEnd puts the queries at the last places of the cache, or at a few earlier ones.
func (t *draft) atTheEnd(d dice) {
	t.drawMask(d, cases.CausalMask)
	t.Mask.Align, t.KVOffset = cases.BottomRight, 0
	if d.chance(40) {
		t.Mask.Align, t.KVOffset = cases.TopLeft, max(0, t.KVLen-t.QLen-d.Intn(max(1, t.KVLen/4)))
	}
	for _, o := range []*cases.Operand{&t.Layout.K, &t.Layout.V} {
		o.Transpose = false
	}
}

// pages puts the cache into pages as servers have them.
func (t *draft) pages(d dice) {
	t.Paging = cases.Paging{Page: pick(d, 16, 16, 32, 64), Order: cases.ShuffledPages}
	for _, o := range []*cases.Operand{&t.Layout.K, &t.Layout.V} {
		o.Strides = cases.Strides{}
	}
}

// integers makes the cache one of integers.
func (t *draft) integers(d dice) {
	q := cases.Quant{K: pick(d, cases.Int8, cases.Int8, cases.Int4), Scales: pick(d, "", cases.BlockScales, cases.HeadScales),
		ZeroPoints: d.chance(40), Fill: pick(d, "", "", cases.ScalesApart, cases.EndScales, cases.SomeZeroScales)}
	q.V = pick(d, q.K, q.K, cases.Int8)
	t.quantise(d, q)
}
