package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// sizeScenarios are about sizes past 16 and 31 bits. Everything else about such a case is small.
var sizeScenarios = []scenario{
	{name: "rows past 32,768", weight: 3,
		size: func(d dice, t *draft) {
			t.lengths(pick(d, 32767, 32768, 32769, 32800, 33000, d.between(32769, 40000)), d.between(1, 8))
			t.one()
		}},
	{name: "rows past 65,536", weight: 3,
		size: func(d dice, t *draft) {
			t.lengths(pick(d, 65536, 65537, 65568, 66000, d.between(65537, 70000)), d.between(1, 6))
			t.one()
		}},
	{name: "masked keys past 65,536", weight: 3,
		size: func(d dice, t *draft) {
			t.lengths(d.between(1, 2), pick(d, 65537, 65568, 65600, d.between(65537, 70000)))
			t.one()
			t.dim(d.between(1, 8))
		},
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "bhqk", "11qk", "b11k", "111k")
			t.Mask.Floor = ""
		}},
	{name: "batch*heads past 256", weight: 3,
		size: func(d dice, t *draft) {
			t.lengths(d.between(1, 3), d.between(1, 20))
			t.Batch, t.keepBatch = d.between(16, 24), true
			h := pick(d, headCount{17, 17}, headCount{18, 6}, headCount{32, 8}, headCount{257, 257}, headCount{300, 100})
			t.heads(h.heads, h.kv)
			t.dim(d.between(1, 8))
		}},
	{name: "batch*heads past 65,535", weight: 2,
		size: func(d dice, t *draft) {
			t.lengths(1, d.between(1, 3))
			h := pick(d, headCount{17, 17}, headCount{24, 8}, headCount{16, 16})
			t.Batch, t.keepBatch = 4096, true
			t.heads(h.heads, h.kv)
			if d.chance(40) {
				t.Batch = 20
				t.heads(4096, pick(d, 4096, 1024))
			}
			t.dim(d.between(1, 2))
		}},
	{name: "batch or heads past 65,535", weight: 2, sure: "one-past-65535",
		size: func(d dice, t *draft) {
			t.lengths(1, d.between(1, 2))
			t.dim(d.between(1, 2))
			n := pick(d, 65536, 65537, 70000, cases.MaxBatch)
			t.Batch, t.keepBatch = n, true
			t.heads(1, 1)
			if d.chance(50) {
				t.Batch = 1
				t.heads(n, pick(d, n, 1))
			}
		}},
	{name: "an operand past 2 GiB", weight: 1,
		size: func(d dice, t *draft) {
			t.lengths(1, d.between(262200, 262300))
			t.one()
			t.dim(d.between(1, 3))
		},
		rest: func(d dice, t *draft) {
			// Every row has slack for the most part of a page's worth: few numbers to compute, far apart.
			*pick(d, &t.Layout.K, &t.Layout.V) = cases.Operand{Pad: cases.MaxPad}
			t.input(pick(d, precision.FP16, precision.BF16))
			t.drawMask(d, cases.NoMask)
		}},
}

// one is a single batch and head of head_dim 1, where lengths are all that is large.
func (t *draft) one() {
	t.Batch, t.keepBatch = 1, true
	t.heads(1, 1)
	t.dim(1)
}

// operandBytes is the size of q, k, v and the mask in memory, slack included.
func operandBytes(c *cases.Case) (largest float64) {
	t, err := cases.Layouts(*c)
	if err != nil {
		return 0
	}
	for _, b := range t.Buffers() {
		largest = max(largest, float64(b.Bytes))
	}
	return largest
}

var sizeRegions = []Region{
	{Name: "q-past-32768", Summary: "more than 32,768 rows", Reach: string(Sizes),
		Holds: func(c *cases.Case) bool { return c.QLen > 32768 }},
	{Name: "q-past-65536", Summary: "more than 65,536 rows", Reach: string(Sizes),
		Holds: func(c *cases.Case) bool { return c.QLen > 65536 }},
	{Name: "kv-past-65536-masked", Bugs: []int{36, 92}, Summary: "a mask over more than 65,536 keys", Reach: string(Sizes),
		Holds: func(c *cases.Case) bool { return c.KVLen > 65536 && keys(&c.Mask) }},
	{Name: "groups-past-256", Summary: "batch*heads past 256", Reach: string(Sizes),
		Holds: func(c *cases.Case) bool { return c.Batch*c.Heads > 256 }},
	{Name: "groups-past-65535", Bugs: []int{75}, Summary: "batch*heads past 65,535", Reach: string(Sizes),
		Holds: func(c *cases.Case) bool { return c.Batch*c.Heads > 65535 }},
	{Name: "one-past-65535", Bugs: []int{75}, Summary: "batch or heads past 65,535", Reach: string(Sizes),
		Holds: func(c *cases.Case) bool { return c.Batch > 65535 || c.Heads > 65535 }},
	{Name: "operand-past-2gib", Bugs: []int{35, 91}, Summary: "an operand of more than 2 GiB", Reach: string(Sizes),
		Holds: func(c *cases.Case) bool { return operandBytes(c) > 1<<31 }},
}
