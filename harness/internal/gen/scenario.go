package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// scenario is one kind of trouble to draw a case for. Everything that it does not fix is drawn freely.
type scenario struct {
	name   string
	weight int                                 // copies in the rotation
	size   func(d dice, t *draft)              // fixes sizes, before the cost is brought under its bound
	rest   func(d dice, t *draft)              // fixes what is not a size
	empty  func(d dice, t *draft)              // takes extents away, when all else has been drawn for a case that has them
	narrow bool                                // accumulators as narrow as the input
	before func(d dice, c cases.Case) sequence // the cases that run before it
	asks   bool                                // of a path for what most have not: a further draw leaves the scenario
	sure   string                              // regions, with spaces between, that the scenario's first copy promises
	keeps  []Region                            // of a copy in a rotation: what it promises
}

// free fixes nothing.
func free(weight int) scenario { return scenario{name: "free", weight: weight} }

// defaultRotation is that of the default preset. A free draw lies in a rare scenario's region once or twice in a hundred
// cases, so now and then in none of 500.
func defaultRotation() []scenario {
	rare := append(emptyScenarios, rareScenarios...)
	return append(append([]scenario{free(24 - len(rare))}, rare...), defaultScenarios()...)
}

// rareScenarios promise what no other scenario is about, such as each pair of formats.
var rareScenarios = func() []scenario {
	rare := []scenario{
		{name: "linear bias by head, v wider than q", weight: 1, sure: "alibi v-head-dim-more",
			size: severalRows,
			rest: func(d dice, t *draft) {
				t.arrayMask(d, cases.AdditiveMask, "bhqk", "1hqk")
				t.Mask.Fill, t.Mask.Density = cases.AlibiFill, 0
				t.giveV(d, t.HeadDim+1, min(2*t.HeadDim+16, cases.MaxHeadDim))
			}},
		{name: "capped under a bias, v narrower than q", weight: 1, sure: "softcap softcap-felt softcap-masked v-head-dim-less",
			size: severalRows,
			rest: func(d dice, t *draft) {
				t.arrayMask(d, cases.AdditiveMask, "bhqk", "b1qk", "11qk")
				t.Softcap = pick[float32](d, 0.5, 1, 1.5)
				t.giveV(d, 1, t.HeadDim-1)
			}},
		{name: "many batch entries, odd groups of heads", weight: 1, sure: "many-batches odd-groups",
			size: func(d dice, t *draft) {
				t.Batch, t.keepBatch = d.between(6, 9), true
				t.setHeads(pick(d, headCount{10, 2}, headCount{14, 2}, headCount{15, 3}))
				t.keepHeads = true
			}},
		{name: "few keys allowed, v of any head_dim", weight: 1, sure: "mask-sparse v-head-dim-ragged",
			rest: func(d dice, t *draft) {
				t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk")
				t.giveV(d, 1, min(t.HeadDim+40, cases.MaxHeadDim))
				t.Mask.Fill, t.Mask.Density = cases.RandomFill, d.between(1, 10)
			}},
	}
	for _, in := range precision.Formats() {
		for _, out := range precision.Formats() {
			if in != out {
				region := formatRegion(in, out)
				rare = append(rare, scenario{name: region, weight: 1, sure: region,
					rest: func(_ dice, t *draft) { t.Input, t.Output = in, out }})
			}
		}
	}
	return rare
}()

// severalRows is a size of more than one row, key and column.
func severalRows(_ dice, t *draft) {
	t.QLen, t.KVLen, t.HeadDim = max(t.QLen, 2), max(t.KVLen, 2), max(t.HeadDim, 2)
}

// giveV draws a head_dim for v alone, which its strides and those of the output, where they are given, may not fit.
func (t *draft) giveV(d dice, low, high int) {
	t.VHeadDim = d.between(low, max(low, high))
	t.Layout.V.Strides, t.Layout.Out.Strides = cases.Strides{}, cases.Strides{}
}

// defaultScenarios are all scenarios but the free and the rare ones.
func defaultScenarios() []scenario {
	var rotation []scenario
	for _, more := range [][]scenario{shapeScenarios, maskScenarios, memoryScenarios, farScenarios, serveScenarios, quantScenarios, valueScenarios, specialScenarios, sequenceScenarios, logitScenarios, leanScenarios, floorScenarios,
		edgeScenarios, singleScenarios, callScenarios, probeScenarios} {
		rotation = append(rotation, more...)
	}
	return rotation
}

func (t *draft) lengths(q, kv int) { t.QLen, t.KVLen, t.keepQ, t.keepKV = q, kv, true, true }
func (t *draft) dim(n int)         { t.HeadDim, t.keepDim = n, true }
func (t *draft) heads(heads, kv int) {
	t.setHeads(headCount{heads, kv})
	t.keepHeads = true
}
func (t *draft) atLeastTwoBatches() { t.Batch, t.keepBatch = max(t.Batch, 2), true }

func (t *draft) grouped(d dice, limit int) {
	h := headsUpTo(d, limit, true)
	t.heads(h.heads, h.kv)
}

func (t *draft) narrowInput(d dice) {
	if t.Input == precision.FP32 {
		if t.Output == t.Input {
			t.Output = 0
		}
		t.Input = pick(d, precision.FP16, precision.BF16)
	}
}

func (t *draft) input(f precision.Format) {
	if t.Output == t.Input {
		t.Output = 0 // follows the input
	}
	t.Input = f
}

// shapeScenarios fix sizes that send a kernel down another way.
var shapeScenarios = []scenario{
	{name: "decode", weight: 2,
		size: func(d dice, t *draft) { t.QLen, t.keepQ = 1, true }},
	{name: "decode with a float mask", weight: 2,
		size: func(d dice, t *draft) { t.QLen, t.keepQ = 1, true },
		rest: func(d dice, t *draft) { t.arrayMask(d, cases.AdditiveMask, "bhqk", "b11k", "11qk", "1hqk") }},
	{name: "short q, ragged kv, no causal", weight: 2,
		size: func(d dice, t *draft) { t.lengths(d.between(1, 8), 32*d.between(1, 12)+d.between(1, 31)) },
		rest: func(d dice, t *draft) {
			if t.Mask.IsCausal() {
				t.drawMask(d, cases.NoMask)
			}
		}},
	{name: "two passes: short q, long kv, narrow input", weight: 2, sure: "two-passes",
		size: func(d dice, t *draft) {
			t.lengths(pick(d, 1, 1, 2, 4, 8), pick(d, 1023, 1024, 1025, 1056, 1100, 2047, 2048, 2049)+d.Intn(2))
			t.grouped(d, 8)
		},
		rest: func(d dice, t *draft) { t.narrowInput(d) }},
	{name: "two batches, large groups, long kv", weight: 2,
		size: func(d dice, t *draft) {
			h := pick(d, headCount{8, 1}, headCount{8, 2}, headCount{12, 1}, headCount{12, 3}, headCount{16, 1}, headCount{16, 2})
			t.heads(h.heads, h.kv)
			t.lengths(pick(d, 1, 1, 2), pick(d, 1024, 1025, 1100, 1280, 1281))
			t.Batch, t.keepBatch = 2, true
		}},
	{name: "prompt over a long cache, grouped, fp16 mask", weight: 1,
		size: func(d dice, t *draft) {
			t.lengths(pick(d, 9, 17, 33, 98), pick(d, 1100, 1748, 1749))
			t.heads(4, 1)
			if t.QLen < 98 && d.chance(50) {
				t.heads(8, 2)
			}
			t.Batch, t.keepBatch = 1, true
		},
		rest: func(d dice, t *draft) {
			t.input(precision.FP16)
			t.arrayMask(d, cases.AdditiveMask, "11qk", "b1qk")
			t.Mask.Format = precision.FP16
		}},
	{name: "very long kv", weight: 1,
		size: func(d dice, t *draft) { t.lengths(d.between(1, 3), pick(d, 2048, 3000, 4096, 4097, 4224, 5000)) }},
	{name: "one key", weight: 2,
		size: func(d dice, t *draft) {
			t.KVLen, t.keepKV = 1, true
			t.atLeastTwoBatches()
		},
		rest: func(d dice, t *draft) { t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "b11k", "bh1k") }},
	{name: "tiny, grouped, masked", weight: 2,
		size: func(d dice, t *draft) {
			t.lengths(d.between(2, 4), d.between(2, 5))
			t.dim(pick(d, 4, 8))
			t.grouped(d, 6)
		},
		rest: func(d dice, t *draft) { t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk") }},
	{name: "large head_dim", weight: 2,
		size: func(d dice, t *draft) { t.dim(pick(d, 144, 160, 192, 200, 224, 255, 256, 256)) }},
	{name: "head_dim past 256", weight: 1, sure: "head-dim-past-256",
		size: func(d dice, t *draft) { t.dim(pick(d, 257, 288, 320, 384, 500, 512, 512, 513, 575, 576, 576)) }},
	{name: "several blocks of keys under a causal mask", weight: 2,
		size: func(d dice, t *draft) {
			n := pick(d, 129, 160, 192, 255, 256, 257, 300)
			t.lengths(max(1, n-pick(d, 0, 0, 1, 9, 64)), n)
		},
		rest: func(d dice, t *draft) { t.drawMask(d, cases.CausalMask) }},
	{name: "causal, ragged rows", weight: 2,
		size: func(d dice, t *draft) {
			t.lengths(8*d.between(1, 12)+d.between(1, 7), 8*d.between(1, 16)+d.between(0, 7))
		},
		rest: func(d dice, t *draft) { t.drawMask(d, cases.CausalMask) }},
	{name: "causal, bottom-right, more rows than keys", weight: 2,
		size: func(d dice, t *draft) { kv := nearBlock(d, 80); t.lengths(kv+d.between(1, 40), kv) },
		rest: func(d dice, t *draft) {
			t.drawMask(d, cases.CausalMask)
			t.Mask.Align = cases.BottomRight
		}},
	{name: "causal, narrow, whole blocks", weight: 2,
		size: func(d dice, t *draft) { n := pick(d, 64, 64, 128); t.lengths(n, n) },
		rest: func(d dice, t *draft) { t.drawMask(d, cases.CausalMask); t.narrowInput(d) }},
}
