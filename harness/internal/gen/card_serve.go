package gen

import "attest.example/attest/harness/internal/cases"

// serveCards are about what a server asks of a kernel: queries that begin late in a cache.
var serveCards = []card{
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
}
