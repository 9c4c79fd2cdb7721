package gen

import (
	"math"
	"math/bits"

	"attest.example/attest/harness/internal/cases"
)

// significant counts the bits of a number's significand that are needed.
func significant(x float32) int {
	if x == 0 {
		return 0
	}
	return 24 - min(23, bits.TrailingZeros32(math.Float32bits(x)))
}

// anyOf asks of each operand with its shape.
func anyOf(c *cases.Case, holds func(cases.Operand, [4]int) bool) bool {
	for _, name := range cases.OperandNames() {
		if holds(*c.Layout.Operand(name), c.OperandShape(name)) {
			return true
		}
	}
	return false
}

// give lets an operand lie by strides, which a stride of 0 or of its sizes does not forbid.
func (t *draft) give(d dice, name string, draw func(cases.Dice, [4]int) cases.Strides) {
	*t.Layout.Operand(name) = cases.Operand{Strides: draw(d, t.OperandShape(name))}
}

func plain(o cases.Operand) bool { return o == cases.Operand{} }

// sameStrides compares two operands apart from their offsets.
func sameStrides(a, b cases.Operand) bool {
	a.Offset, b.Offset = 0, 0
	return a == b
}

var memoryRegions = append([]Region{
	{Name: "strided", Bugs: []int{12, 64}, Summary: "none of q, k and v plain, two batches, two heads",
		Holds: func(c *cases.Case) bool {
			return !plain(c.Layout.Q) && !plain(c.Layout.K) && !plain(c.Layout.V) && c.Batch >= 2 && c.Heads >= 2
		}},
	{Name: "strides-differ", Bugs: []int{14}, Summary: "k and v with different strides",
		Holds: func(c *cases.Case) bool { return !sameStrides(c.Layout.K, c.Layout.V) }},
	{Name: "strides-differ-one-row", Bugs: []int{26}, Summary: "q_len 1, k and v with different strides",
		Holds: func(c *cases.Case) bool { return c.QLen == 1 && !sameStrides(c.Layout.K, c.Layout.V) }},
	{Name: "strided-with-mask", Bugs: []int{34}, Summary: "q, k, v and the mask all with slack",
		Holds: func(c *cases.Case) bool {
			return !plain(c.Layout.Q) && !plain(c.Layout.K) && !plain(c.Layout.V) && c.Mask.Pad > 0
		}},
	{Name: "transposed-q", Bugs: []int{45}, Summary: "q_len to 8, head_dim 64, 96 or 128, q transposed",
		Holds: func(c *cases.Case) bool {
			d := c.HeadDim
			return c.QLen <= 8 && (d == 64 || d == 96 || d == 128) && (c.Layout.Q.Transpose || c.Layout.Q.Order == cases.BSHD)
		}},
	{Name: "bshd", Bugs: []int{12}, Summary: "rows before heads in memory, two heads",
		Holds: func(c *cases.Case) bool {
			return c.Layout.K.Order == cases.BSHD && c.Layout.V.Order == cases.BSHD && c.Heads >= 2
		}},
	{Name: "strides-free", Bugs: []int{14, 64}, Summary: "strides given one by one",
		Holds: func(c *cases.Case) bool {
			return anyOf(c, func(o cases.Operand, _ [4]int) bool { return o.Strides.Given() })
		}},
	{Name: "strides-longer", Bugs: []int{70}, Summary: "heads of k or v further apart than their rows reach, rows in order",
		Holds: func(c *cases.Case) bool {
			longer := func(name string) bool {
				s := c.Layout.Operand(name).Strides
				return s.Given() && c.KVHeads > 1 && s[1] > s[2]*c.KVLen && s[2] >= c.HeadDim && s[3] == 1
			}
			return longer("k") || longer("v")
		}},
	{Name: "strides-heads", Bugs: []int{14}, Summary: "two batches and heads, the head strides of q, k and v given",
		Holds: func(c *cases.Case) bool {
			return c.Batch > 1 && c.KVHeads > 1 && c.Layout.Q.Strides.Given() && c.Layout.K.Strides.Given() && c.Layout.V.Strides.Given()
		}},
	{Name: "strides-fused", Bugs: []int{71}, Summary: "rows of q, k and v longer than all of their heads",
		Holds: func(c *cases.Case) bool {
			fused := func(name string, heads, rows int) bool {
				s := c.Layout.Operand(name).Strides
				return s.Given() && rows > 1 && s[3] == 1 && s[2] > heads*c.HeadDim && (heads == 1 || s[1] < s[2])
			}
			return fused("q", c.Heads, c.QLen) && fused("k", c.KVHeads, c.KVLen) && fused("v", c.KVHeads, c.KVLen)
		}},
	{Name: "strides-permuted", Bugs: []int{64}, Summary: "axes of an operand in memory neither batch, head, row nor batch, row, head",
		Holds: func(c *cases.Case) bool {
			return anyOf(c, func(o cases.Operand, shape [4]int) bool {
				s := o.Strides
				return s.Given() && shape[0] > 1 && (shape[1] > 1 && s[0] < s[1] || shape[2] > 1 && s[0] < s[2])
			})
		}},
	{Name: "strides-zero", Bugs: []int{83}, Summary: "k or v with a stride of 0: one memory for several batches or heads",
		Holds: func(c *cases.Case) bool { return c.SharesMemory() }},
	{Name: "strides-columns", Summary: "the last stride of an operand other than 1",
		Holds: func(c *cases.Case) bool {
			return c.HeadDim > 1 && anyOf(c, func(o cases.Operand, _ [4]int) bool { return o.Strides.Given() && o.Strides[3] > 1 })
		}},
	{Name: "strides-mask", Bugs: []int{32, 34}, Summary: "a mask with strides of its own",
		Holds: func(c *cases.Case) bool { return c.Mask.Strides.Given() }},
	{Name: "strides-past-2^31", Bugs: []int{35, 91}, Summary: "an element at an offset past 2^31 elements or 4 GiB",
		Holds: func(c *cases.Case) bool { return operandBytes(c) > 1<<32 }},
	{Name: "out-strided", Summary: "the output with slack or another order",
		Holds: func(c *cases.Case) bool { return !plain(c.Layout.Out) }},
	{Name: "offset", Summary: "an operand that starts inside a buffer",
		Holds: func(c *cases.Case) bool {
			return c.Layout.Q.Offset > 0 || c.Layout.K.Offset > 0 || c.Layout.V.Offset > 0
		}},
	{Name: "mask-unaligned", Bugs: []int{9}, Summary: "a mask at an odd offset",
		Holds: func(c *cases.Case) bool { return c.Mask.Offset%2 == 1 }},
	{Name: "logsumexp", Bugs: []int{16, 23}, Summary: "the logsumexp is asked for, two heads",
		Holds: func(c *cases.Case) bool { return c.LSE && c.Heads >= 2 }},
	{Name: "narrow-accumulators", Summary: "accumulators as narrow as the input",
		Holds: func(c *cases.Case) bool { return c.Intermediate != 0 }},
}, formatRegions...)
