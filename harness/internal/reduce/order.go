package reduce

import (
	"math"
	"math/bits"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// Less reports whether a is simpler than b. It is a strict total order over normalized cases (notes aside). The
// first difference decides:
//
//  1. the number of cases that run before;
//  2. the work, 2*batch*heads*q_len*kv_len*head_dim, of the case and those before it together;
//  3. for the case itself and then for each before it, in order: batch, q_len, kv_len, head_dim, heads; plain heads
//     before grouped ones; the mask (none, causal, window, bool, additive, and what each of them adds); logsumexp;
//     scale; precisions (fp32, fp16, bf16); value regimes, with normal the simplest; layouts; the seed.
func Less(a, b cases.Case) bool { return newRank(a).less(newRank(b)) }

// rank is a case's place in the order: keys that are compared one after another. They hold every field of a case,
// so that two cases with the same keys are the same.
type rank []float64

func newRank(c cases.Case) rank {
	work := c.Work()
	for i := range c.After {
		work += c.After[i].Work()
	}
	r := rank{float64(len(c.After)), work}
	r = appendCase(r, &c)
	for i := range c.After {
		r = appendCase(r, &c.After[i])
	}
	return r
}

func (r rank) less(other rank) bool { return slices.Compare(r, other) < 0 }

func appendCase(keys rank, c *cases.Case) rank {
	keys = append(keys, float64(c.Batch), float64(c.QLen), float64(c.KVLen), float64(c.HeadDim), float64(c.Heads),
		flag(c.KVHeads != c.Heads), float64(c.KVHeads))
	keys = appendMask(keys, &c.Mask)
	keys = append(keys, flag(c.LSE), scaleRank(c.Scale), scaleValue(c.Scale),
		formatRank(c.Intermediate), flag(c.Output != c.Input), formatRank(c.Input), formatRank(c.Output))
	v := c.Values
	keys = append(keys, place(simpleRegimes, v.Q), place(simpleRegimes, v.K), place(simpleRegimes, v.V),
		place(simpleFills, v.Masked))
	for _, o := range []cases.Operand{c.Layout.Q, c.Layout.K, c.Layout.V, c.Layout.Out} {
		keys = append(keys, flag(o.Order == cases.BSHD), flag(o.Transpose), float64(o.Pad), float64(o.Offset))
	}
	// A float64 holds 53 bits of a seed.
	return append(keys, float64(v.Seed>>32), float64(v.Seed&math.MaxUint32))
}

func appendMask(keys rank, m *cases.Mask) rank {
	return append(keys, place(simpleKinds, m.Kind), place(simpleAligns, m.Align), place(simpleMaskFills, m.Fill),
		place(simpleShapes, m.Shape), flag(m.Window), flag(m.PlusInf), place(simpleFloors, m.Floor), float64(m.EmptyRows), float64(m.EmptyLead),
		densityRank(m), float64(m.Density), formatRank(m.Format), float64(m.Left), float64(m.Right), float64(m.Pad), float64(m.Offset))
}

// The enumerated fields, simplest value first.
var (
	simpleKinds  = []cases.MaskKind{"", cases.CausalMask, cases.WindowMask, cases.BoolMask, cases.AdditiveMask}
	simpleAligns = []cases.Align{"", cases.TopLeft, cases.BottomRight}
	simpleShapes = []string{"", "111k", "11q1", "11qk", "b11k", "1h1k", "bh1k", "bhq1", "b1qk", "1hqk", "bhqk",
		"1111", "b111", "bh11"}

	simpleFloors    = []cases.Floor{"", cases.TenThousand, cases.LowestOfFP16, cases.BillionsFloor, cases.LowestFloor}
	simpleMaskFills = []cases.Fill{"", cases.OpenFill, cases.RandomFill, cases.PaddingFill, cases.AlibiFill}
	simpleFills     = []cases.MaskedFill{"", cases.MaskedNaN, cases.MaskedHuge, cases.MaskedInf, cases.MaskedSNaN}
	simpleRegimes   = []cases.Regime{cases.Normal, cases.Uniform, cases.Constant, cases.OneHot, cases.Zero, cases.Sinks,
		cases.Positive, cases.Negative, cases.Outliers, cases.Huge, cases.Subnormal, cases.Overflow, cases.WithNaN,
		cases.WithSNaN, cases.WithInf}
	simpleFormats = []precision.Format{0, precision.FP32, precision.FP16, precision.BF16}
)

func place[T comparable](simple []T, x T) float64 { return float64(slices.Index(simple, x)) }

func formatRank(f precision.Format) float64 { return place(simpleFormats, f) }

func flag(set bool) float64 {
	if set {
		return 1
	}
	return 0
}

const defaultDensity = 70

// densityRank is 0 for the default, then grows with the distance from it.
func densityRank(m *cases.Mask) float64 {
	if m.Density == 0 || m.Density == defaultDensity {
		return 0
	}
	return 1 + math.Abs(float64(m.Density-defaultDensity))
}

func scaleValue(scale *float32) float64 {
	if scale == nil {
		return 0
	}
	return float64(*scale)
}

// scaleRank puts the default first, then 1, 0, -1, and then the numbers with the fewest significant bits.
func scaleRank(scale *float32) float64 {
	if scale == nil {
		return 0
	}
	switch *scale {
	case 1:
		return 1
	case 0:
		return 2
	case -1:
		return 3
	}
	pattern := math.Float32bits(*scale)
	significant := 23 - min(23, bits.TrailingZeros32(pattern))
	exponent := math.Abs(float64(int(pattern>>23&0xff) - 127))
	return 4 + 1000*float64(significant) + 2*exponent + float64(pattern>>31)
}
