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

func plain(o cases.Operand) bool { return o == cases.Operand{} }

// sameStrides compares two operands apart from their offsets.
func sameStrides(a, b cases.Operand) bool {
	a.Offset, b.Offset = 0, 0
	return a == b
}

var memoryRegions = append([]Region{
	{Name: "strided", Bugs: []int{12, 64}, Words: "none of q, k and v plain, two batches, two heads",
		Holds: func(c *cases.Case) bool {
			return !plain(c.Layout.Q) && !plain(c.Layout.K) && !plain(c.Layout.V) && c.Batch >= 2 && c.Heads >= 2
		}},
	{Name: "strides-differ", Bugs: []int{14}, Words: "k and v with different strides",
		Holds: func(c *cases.Case) bool { return !sameStrides(c.Layout.K, c.Layout.V) }},
	{Name: "strides-differ-one-row", Bugs: []int{26}, Words: "q_len 1, k and v with different strides",
		Holds: func(c *cases.Case) bool { return c.QLen == 1 && !sameStrides(c.Layout.K, c.Layout.V) }},
	{Name: "strided-with-mask", Bugs: []int{34}, Words: "q, k, v and the mask all with slack",
		Holds: func(c *cases.Case) bool {
			return !plain(c.Layout.Q) && !plain(c.Layout.K) && !plain(c.Layout.V) && c.Mask.Pad > 0
		}},
	{Name: "transposed-q", Bugs: []int{45}, Words: "q_len to 8, head_dim 64, 96 or 128, q transposed",
		Holds: func(c *cases.Case) bool {
			d := c.HeadDim
			return c.QLen <= 8 && (d == 64 || d == 96 || d == 128) && (c.Layout.Q.Transpose || c.Layout.Q.Order == cases.BSHD)
		}},
	{Name: "bshd", Bugs: []int{12}, Words: "rows before heads in memory, two heads",
		Holds: func(c *cases.Case) bool {
			return c.Layout.K.Order == cases.BSHD && c.Layout.V.Order == cases.BSHD && c.Heads >= 2
		}},
	{Name: "out-strided", Words: "the output with slack or another order",
		Holds: func(c *cases.Case) bool { return !plain(c.Layout.Out) }},
	{Name: "offset", Words: "an operand that starts inside a buffer",
		Holds: func(c *cases.Case) bool {
			return c.Layout.Q.Offset > 0 || c.Layout.K.Offset > 0 || c.Layout.V.Offset > 0
		}},
	{Name: "mask-unaligned", Bugs: []int{9}, Words: "a mask at an odd offset",
		Holds: func(c *cases.Case) bool { return c.Mask.Offset%2 == 1 }},
	{Name: "logsumexp", Bugs: []int{16, 23}, Words: "the logsumexp is asked for, two heads",
		Holds: func(c *cases.Case) bool { return c.LSE && c.Heads >= 2 }},
	{Name: "narrow-accumulators", Words: "accumulators as narrow as the input",
		Holds: func(c *cases.Case) bool { return c.Intermediate != 0 }},
}, formatRegions...)
