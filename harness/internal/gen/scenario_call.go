package gen

import (
	"attest.example/attest/harness/internal/cases"
)

// callScenarios are about the call itself: what a caller does with handles, descriptors and buffers between calls.
var callScenarios = []scenario{
	{name: "the same call again", weight: 2, size: small,
		rest: func(d dice, t *draft) { t.Call.Repeat = pick(d, 1, 2, 3) }},
	{name: "the same buffers with other contents", weight: 2, size: small,
		rest: func(d dice, t *draft) { t.Call = cases.Call{Repeat: pick(d, 1, 1, 2), Refill: true} }},
	{name: "several dispatches in one call", asks: true, weight: 2, size: small,
		rest: func(d dice, t *draft) { t.Call.Dispatches = pick(d, 2, 3, 5, 64) }},
	{name: "handles destroyed and remade", asks: true, weight: 2, size: small, sure: "call-handles",
		rest: func(d dice, t *draft) {
			t.Call.Handles = pick(d, 100, 300, 700)
			if d.chance(50) {
				t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk")
			}
		}},
	{name: "q, k and v in one buffer", asks: true, weight: 2, size: small, sure: "call-fused",
		rest: func(_ dice, t *draft) { t.Call.Fused = true }},
	{name: "nothing optional given", asks: true, weight: 2, size: small, sure: "call-bare",
		rest: func(d dice, t *draft) {
			t.Call.Bare = true
			if d.chance(80) { // a mask's dimensions and strides are most of what is optional
				t.arrayMask(d, anyArrayKind(d), "11qk", "1hqk", "111k", "11q1", "1h1k", "bhqk", "1111")
				if d.chance(50) {
					t.Mask.Pad = 0
				}
			}
			t.Call.Dispatches = pick(d, 0, 0, 2)
		}},
	{name: "a mask without strides that broadcasts rows or keys", asks: true, weight: 2,
		size: func(d dice, t *draft) { small(d, t); t.QLen, t.KVLen = max(t.QLen, 2), max(t.KVLen, 2) },
		rest: func(d dice, t *draft) {
			t.Call.Bare = true
			t.arrayMask(d, anyArrayKind(d), "1h1k", "bh1k", "11q1", "bhq1")
			t.Mask.Pad, t.Mask.Fill, t.Mask.Density = 0, cases.RandomFill, pick(d, 50, 70)
		}},
}

// small keeps what is computed several times to a few blocks.
func small(d dice, t *draft) { t.QLen, t.KVLen = clampDraw(d, t.QLen, 40), clampDraw(d, t.KVLen, 150) }

var callRegions = []Region{
	{Name: "call-again", Bugs: []int{23, 46}, Summary: "the same call in the same buffers before",
		Holds: func(c *cases.Case) bool { return c.Call.Repeat > 0 && !c.Call.Refill }},
	{Name: "call-refilled", Summary: "a call with other contents in the same buffers before",
		Holds: func(c *cases.Case) bool { return c.Call.Refill }},
	{Name: "call-dispatches", Summary: "several dispatches in one call",
		Holds: func(c *cases.Case) bool { return c.Call.Dispatches > 1 }},
	{Name: "call-handles", Bugs: []int{24}, Summary: "hundreds of handles made and destroyed before the call",
		Holds: func(c *cases.Case) bool { return c.Call.Handles >= 300 }},
	{Name: "call-bare", Summary: "optional pointers and leading dimensions left out, with a mask",
		Holds: func(c *cases.Case) bool { return c.Call.Bare && c.Mask.IsArray() && c.Mask.Shape[0] == '1' }},
	{Name: "call-bare-broadcast", Bugs: []int{32}, Summary: "a mask whose strides are left out and that broadcasts rows or keys",
		Holds: func(c *cases.Case) bool {
			return c.Call.Bare && shaped(c, "1h1k", "bh1k", "11q1", "bhq1") && c.Mask.Pad == 0 && c.QLen > 1 && c.KVLen > 1
		}},
}
