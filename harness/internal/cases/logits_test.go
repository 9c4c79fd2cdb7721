package cases_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

// TestLogits holds the quantities against those of all logits, one by one, with the tensors as they lie in memory.
func TestLogits(t *testing.T) {
	stream, err := gen.NewStream(gen.Default, 11, gen.Filter{MaxWork: 3e5})
	require.NoError(t, err)
	below, falls, endless := 0, 0, 0
	for i := range 300 {
		c, err := stream.Case(i)
		require.NoError(t, err)
		if c.Batch*c.QLen*c.KVLen == 0 {
			continue
		}
		got, want := c.Logits(), allLogits(&c)
		require.InEpsilon(t, 1, 1+relative(got.Highest, want.Highest), 1e-9, "%v, want %v: %s", got, want, cases.Describe(c))
		require.InEpsilon(t, 1, 1+relative(got.LowestRowMax, want.LowestRowMax), 1e-9, "%v, want %v: %s", got, want, cases.Describe(c))
		require.InEpsilon(t, 1, 1+relative(got.LargestFall, want.LargestFall), 1e-9, "%v, want %v: %s", got, want, cases.Describe(c))
		switch {
		case math.IsInf(want.LargestFall, 1):
			endless++
		case want.LargestFall > 0:
			falls++
		}
		if want.LowestRowMax < 0 {
			below++
		}
	}
	require.Greater(t, min(below, falls, endless), 20, "all kinds are there")
}

// relative is by how much two numbers differ, of the larger one.
func relative(x, y float64) float64 {
	if x == y {
		return 0
	}
	return math.Abs(x-y) / max(math.Abs(x), math.Abs(y), 1e-30)
}

func allLogits(c *cases.Case) cases.Logits {
	l := cases.Logits{Highest: math.Inf(-1), LowestRowMax: math.Inf(1)}
	t := cases.Materialize(*c)
	rows, bias := c.Rows(t), make([]float64, c.KVLen)
	for b := range c.Batch {
		parts := []cases.Entry{{QEnd: c.QLen}}
		if c.Lengths.Packed > 0 {
			parts = c.Entries(b)
		}
		for h := range c.Heads {
			for _, part := range parts {
				for r := part.QBegin; r < part.QEnd; r++ {
					group := part.QBegin + (r-part.QBegin)/32*32
					begin, end := c.KVLen, 0 // of the rows that go through the keys together
					for other := group; other < min(group+32, part.QEnd); other++ {
						if first, last := c.Span(b, other); first < last {
							begin, end = min(begin, first), max(end, last)
						}
					}
					most := math.Inf(-1)
					if t.Sinks != nil {
						most = t.Sinks.At(0, h, 0, 0)
					}
					clear(bias)
					first, last := 0, c.KVLen
					if rows != nil {
						first, last = rows.Row(b, h, r, bias)
					}
					highest, fall, special := math.Inf(-1), 0.0, false
					for block := begin / 32; block*32 < end; block++ {
						of := math.Inf(-1)
						for key := block * 32; key < block*32+32; key++ {
							if key < first || key >= last || math.IsInf(bias[key], -1) {
								continue
							}
							x := 0.0
							for d := range c.HeadDim {
								x += t.Q.At(b, h, r, d) * t.K.At(b, h/c.Group(), key, d)
							}
							x *= float64(c.EffectiveScale())
							if c.Softcap > 0 {
								x = float64(c.Softcap) * math.Tanh(x/float64(c.Softcap))
							}
							x += bias[key]
							special = special || math.IsNaN(x) || math.IsInf(x, 1)
							of = max(of, x)
						}
						if !math.IsInf(most, -1) {
							fall = max(fall, most-of)
						}
						most, highest = max(most, of), max(highest, of)
					}
					if special {
						continue
					}
					if !math.IsInf(most, -1) {
						l.LowestRowMax = min(l.LowestRowMax, most)
					}
					l.Highest, l.LargestFall = max(l.Highest, highest), max(l.LargestFall, fall)
				}
			}
		}
	}
	return l
}

// TestLogitsOfLargeCases: what would take long tells nothing, and a case without rows or keys neither.
func TestLogitsOfLargeCases(t *testing.T) {
	for _, c := range []cases.Case{
		{Batch: 1, Heads: 8, KVHeads: 8, QLen: 4096, KVLen: 4096, HeadDim: 128},
		{Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: 1 << 20, HeadDim: 64},
		{Batch: 1, Heads: 1, KVHeads: 1, QLen: 0, KVLen: 4, HeadDim: 64},
	} {
		c.Version = cases.Version
		require.NoError(t, cases.FieldNamed("input").Set(&c, "fp32"))
		require.NoError(t, c.Normalize())
		require.Equal(t, cases.Logits{Highest: math.Inf(-1), LowestRowMax: math.Inf(1)}, c.Logits())
	}
}
