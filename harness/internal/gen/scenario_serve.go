package gen

import "attest.example/attest/harness/internal/cases"

// serveScenarios are about what a server asks of a kernel: queries that begin late in a cache, entries with lengths of their
// own, sinks and slopes of heads.
var serveScenarios = []scenario{
	{name: "decode late in a cache", weight: 2, sure: "kv-offset kv-offset-decode",
		size: func(d dice, t *draft) { t.lengths(d.between(1, 8), d.between(40, 300)) },
		rest: func(d dice, t *draft) {
			t.drawMask(d, cases.CausalMask)
			t.Mask.Align = cases.TopLeft
			t.KVOffset = d.between(1, max(1, t.KVLen-t.QLen-1))
		}},
	{name: "a window late in a cache", weight: 1, sure: "kv-offset kv-offset-window",
		size: func(d dice, t *draft) { t.lengths(d.between(1, 20), d.between(40, 300)) },
		rest: func(d dice, t *draft) {
			t.drawMask(d, cases.WindowMask)
			t.Mask.Align, t.Mask.Left, t.Mask.Right = cases.TopLeft, d.between(0, 40), pick(d, 0, 0, 3)
			t.KVOffset = d.between(min(t.Mask.Left+1, t.KVLen-1), t.KVLen-1)
		}},
	{name: "decode over a ragged cache", weight: 1, sure: "lengths-of-kv lengths-decode",
		size: func(d dice, t *draft) {
			t.atLeastTwoBatches()
			t.lengths(d.between(1, 8), d.between(20, 200))
		},
		rest: func(d dice, t *draft) {
			t.drawMask(d, cases.CausalMask)
			t.Mask.Align = cases.BottomRight
			t.Lengths = cases.Lengths{KV: cases.RandomLengths}
			t.Values.Masked = pick(d, cases.MaskedNaN, cases.MaskedHuge, "")
		}},
	{name: "padded on the left, an entry without keys", weight: 1, sure: "lengths-of-kv lengths-no-keys lengths-left",
		size: func(d dice, t *draft) { t.atLeastTwoBatches(); t.lengths(d.between(1, 40), d.between(9, 120)) },
		rest: func(d dice, t *draft) {
			t.Lengths = cases.Lengths{KV: cases.EmptyLengths, Side: cases.UpToLast}
			t.Values.Masked = pick(d, cases.MaskedNaN, cases.MaskedHuge, "")
		}},
	{name: "used rows", weight: 1, sure: "lengths-of-q",
		size: func(d dice, t *draft) { t.atLeastTwoBatches(); t.lengths(d.between(2, 70), d.between(2, 120)) },
		rest: func(d dice, t *draft) {
			t.Lengths = cases.Lengths{Q: pick(d, cases.RandomLengths, cases.EmptyLengths), KV: pick(d, "", cases.RandomLengths)}
		}},
	{name: "a packed batch", weight: 2, sure: "packed packed-causal",
		size: func(d dice, t *draft) { t.lengths(d.between(4, 150), d.between(4, 200)) },
		rest: func(d dice, t *draft) {
			t.drawMask(d, cases.CausalMask)
			t.Lengths = cases.Lengths{Packed: d.between(2, 9)}
		}},
	{name: "a packed batch, an entry without keys", weight: 1, sure: "packed packed-no-keys",
		size: func(d dice, t *draft) { t.lengths(d.between(4, 100), d.between(2, 100)) },
		rest: func(d dice, t *draft) { t.Lengths = cases.Lengths{Packed: d.between(3, 12)} }},
	{name: "sinks of grouped heads", weight: 1, sure: "sinks-of-heads sinks-above grouped-heads",
		size: func(d dice, t *draft) { t.grouped(d, 8) },
		rest: func(_ dice, t *draft) { t.Sinks = cases.SinksAbove }},
	{name: "sinks of rows without a key", weight: 1, sure: "sinks-empty-row logsumexp",
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk")
			t.Mask.Floor, t.Mask.EmptyRows = "", t.anyEmptyRows(d)
			t.Sinks, t.LSE = pick(d, cases.SinksAmong, cases.SinksBelow), true
		}},
	{name: "slopes late in a cache", weight: 1, sure: "slopes slopes-positioned",
		size: func(d dice, t *draft) { t.heads(4, pick(d, 1, 2, 4)); t.lengths(d.between(1, 12), d.between(20, 200)) },
		rest: func(d dice, t *draft) {
			t.drawMask(d, pick(d, cases.NoMask, cases.CausalMask))
			if t.Mask.Align != "" {
				t.Mask.Align = cases.TopLeft
			}
			t.Alibi, t.KVOffset = pick(d, cases.StandardSlopes, cases.RandomSlopes), t.KVLen-t.QLen
		}},
	{name: "slopes on top of an additive mask", weight: 1, sure: "slopes slopes-masked",
		size: func(d dice, t *draft) { t.heads(4, 2) },
		rest: func(d dice, t *draft) {
			t.arrayMask(d, cases.AdditiveMask, "bhqk", "b1qk", "11qk", "b11k")
			t.Mask.Floor, t.Alibi = "", pick(d, cases.RandomSlopes, cases.SteepSlopes)
		}},
}
