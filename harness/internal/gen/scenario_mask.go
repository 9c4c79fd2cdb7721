package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// maskScenarios are about what a mask holds and how it lies in memory.
var maskScenarios = []scenario{
	{name: "one pass, bool mask", weight: 2,
		size: func(d dice, t *draft) { t.lengths(8, 512) },
		rest: func(d dice, t *draft) { t.arrayMask(d, cases.BoolMask, "bhqk", "b1qk", "11qk", "b11k") }},
	{name: "one pass, head_dim 64, mask", weight: 1,
		size: func(d dice, t *draft) { t.lengths(8, 512); t.dim(64) },
		rest: func(d dice, t *draft) { t.arrayMask(d, cases.AdditiveMask, "bhqk", "b1qk", "11qk") }},
	{name: "per-example mask, grouped heads", weight: 2,
		size: func(d dice, t *draft) { t.atLeastTwoBatches(); t.grouped(d, 8) },
		rest: func(d dice, t *draft) { t.arrayMask(d, anyArrayKind(d), "b1qk", "b11k", "bhqk") }},
	{name: "first block empty", weight: 2, sure: "mask-first-64",
		size: func(d dice, t *draft) { t.KVLen, t.keepKV = nearBlock(d, 300)+pick(d, 65, 129), true },
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk", "b11k", "111k")
			t.Mask.Floor = ""
			t.Mask.EmptyLead = pick(d, 32, 64, 64)
			if t.KVLen > 128 {
				t.Mask.EmptyLead = pick(d, 32, 64, 65, 128)
			}
		}},
	{name: "empty rows", weight: 2,
		size: func(d dice, t *draft) { t.QLen, t.keepQ = max(t.QLen, 2), true },
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk", "1hqk")
			t.Mask.EmptyRows, t.Mask.Floor = t.anyEmptyRows(d), ""
		}},
	{name: "padded batch", weight: 2, sure: "padding",
		size: func(d dice, t *draft) { t.atLeastTwoBatches() },
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "b11k", "b1qk", "bhqk", "bh1k")
			t.Mask.Fill, t.Mask.Density = cases.PaddingFill, 0
		}},
	{name: "fp16 mask with -Inf", weight: 2,
		rest: func(d dice, t *draft) {
			t.arrayMask(d, cases.AdditiveMask, "bhqk", "b1qk", "11qk")
			t.input(precision.FP16)
			t.Mask.Format, t.Mask.Fill, t.Mask.Density = precision.FP16, cases.RandomFill, pick(d, 10, 50, 70)
			t.Mask.Floor = ""
		}},
	{name: "scalar or row-wise mask", weight: 2,
		rest: func(d dice, t *draft) { t.arrayMask(d, anyArrayKind(d), "111k", "11q1", "bhq1", "1h1k") }},
	{name: "+Inf in the mask", weight: 1,
		rest: func(d dice, t *draft) {
			t.arrayMask(d, cases.AdditiveMask, "bhqk", "11qk")
			t.Mask.PlusInf, t.Mask.Fill, t.Mask.Density = true, cases.RandomFill, 70
		}},
	{name: "mask and causal at once", weight: 2,
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk", "b11k")
			t.Mask.Align, t.Mask.Window, t.Mask.Left, t.Mask.Right = anyAlign(d), false, 0, 0
		}},
	{name: "narrow window", weight: 2, sure: "window-late",
		size: func(d dice, t *draft) { t.KVLen, t.keepKV = nearBlock(d, 300)+d.between(16, 64), true },
		rest: func(d dice, t *draft) {
			t.drawMask(d, cases.WindowMask)
			t.Mask.Left, t.Mask.Right = d.between(0, 15), pick(d, 0, 0, 1, 7)
		}},
}

// memoryScenarios are about where things lie.
var memoryScenarios = []scenario{
	{name: "another stride on each operand", weight: 2,
		size: func(d dice, t *draft) { t.Batch, t.keepBatch = max(t.Batch, 2), true },
		rest: func(d dice, t *draft) {
			if d.chance(50) {
				t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk")
				t.Mask.Pad = d.between(1, 9)
			}
			for i, o := range t.operands() {
				*o = anyOperand(d)
				o.Pad = 1 + 4*i + d.Intn(4) // no two alike
			}
		}},
	{name: "decode, v strided otherwise than k", weight: 2,
		size: func(d dice, t *draft) { t.QLen, t.keepQ = 1, true },
		rest: func(d dice, t *draft) {
			t.Layout.K = anyOperand(d)
			t.Layout.V = anyOperand(d)
			t.Layout.V.Pad = t.Layout.K.Pad + d.between(1, 9)
		}},
	{name: "short transposed q", weight: 2,
		size: func(d dice, t *draft) { t.QLen, t.keepQ = d.between(1, 8), true; t.dim(pick(d, 64, 96, 128)) },
		rest: func(d dice, t *draft) {
			t.Layout.Q = cases.Operand{Transpose: true}
			if d.chance(30) {
				t.Layout.Q = cases.Operand{Order: cases.BSHD}
			}
		}},
	{name: "unaligned mask", weight: 2,
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk", "b11k")
			t.Mask.Offset = pick(d, 1, 2, 3, 5, 7)
		}},
	{name: "views into larger buffers", weight: 1,
		rest: func(d dice, t *draft) {
			for _, o := range t.operands() {
				o.Offset = anyOffset(d)
			}
		}},
	{name: "strides of a larger tensor", weight: 1, sure: "strides-free strides-longer strides-heads strides-permuted",
		size: func(d dice, t *draft) {
			t.Batch, t.keepBatch = max(t.Batch, 2), true
			t.heads(pick(d, 2, 4, 6), 2)
			t.QLen, t.KVLen = max(t.QLen, 2), max(t.KVLen, 2)
			t.HeadDim = max(t.HeadDim, 2)
		},
		rest: func(d dice, t *draft) {
			draw := pick(d, cases.LongerCache, cases.Interleaved)
			t.give(d, "k", draw)
			t.give(d, "v", draw)
			t.give(d, "q", cases.Scattered)
			t.give(d, "out", cases.Scattered)
			if d.chance(30) {
				t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk")
				t.repairMask()
				t.Mask.Pad = 0
				cases.FieldNamed("mask.strides").Impose(d, &t.Case)
			}
		}},
	{name: "cut from a fused projection", weight: 1, sure: "strides-fused strides-mask",
		size: func(d dice, t *draft) { t.QLen, t.KVLen = max(t.QLen, 2), max(t.KVLen, 2) },
		rest: func(d dice, t *draft) {
			for _, name := range []string{"q", "k", "v"} {
				t.give(d, name, cases.Fused)
			}
			t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk")
			t.repairMask()
			t.Mask.Pad = 0
			cases.FieldNamed("mask.strides").Impose(d, &t.Case)
		}},
	{name: "keys shared by batches or heads", weight: 1, sure: "strides-zero",
		size: func(d dice, t *draft) { t.atLeastTwoBatches() },
		rest: func(d dice, t *draft) {
			t.give(d, "k", cases.Shared)
			t.give(d, "v", cases.Shared)
		}},
	{name: "columns apart", weight: 1, sure: "strides-columns",
		size: func(d dice, t *draft) { t.dim(max(t.HeadDim, 2)) },
		rest: func(d dice, t *draft) {
			for _, name := range cases.OperandNames() {
				t.give(d, name, cases.Scattered)
			}
		}},
	{name: "pages of a cache", weight: 2, sure: "paged paged-ragged paged-shuffled",
		size: func(d dice, t *draft) {
			t.atLeastTwoBatches()
			t.KVLen, t.keepKV = max(t.KVLen, 5)|1, true
		},
		rest: func(d dice, t *draft) {
			cases.AnyPaging(d, &t.Case)
			t.Paging.Page = min(t.KVLen/2, pick(d, 2, 4, 8, 16, 32))
			t.Paging.Order, t.Paging.Shared = cases.ShuffledPages, 0
		}},
	{name: "a prefix that batches share, decode", weight: 1, sure: "paged-shared paged-decode",
		size: func(d dice, t *draft) {
			t.atLeastTwoBatches()
			t.grouped(d, 8)
			t.QLen, t.keepQ = d.between(1, 8), true
			t.KVLen, t.keepKV = max(t.KVLen, 4), true
		},
		rest: func(d dice, t *draft) {
			cases.AnyPaging(d, &t.Case)
			t.Paging.Shared = 1
		}},
	{name: "wider or narrower output", weight: 1,
		rest: func(d dice, t *draft) {
			if t.Input == precision.FP32 {
				t.Output = pick(d, precision.FP16, precision.BF16)
			} else {
				t.Output = pick(d, precision.FP32, precision.FP32, precision.FP16, precision.BF16)
			}
		}},
}
