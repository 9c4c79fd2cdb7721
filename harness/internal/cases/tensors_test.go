package cases

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/precision"
)

// Values are a promise: the same on every platform and release. A change here renames nothing and breaks every
// corpus, so the digest must not move.
func TestValuesAreStable(t *testing.T) {
	digest := func(regimes []Regime, masked MaskedFill, floor Floor) string {
		digest := sha256.New()
		for _, format := range precision.Formats() {
			for _, regime := range regimes {
				c := minimal()
				c.Batch, c.Heads, c.QLen, c.KVLen, c.HeadDim, c.Input = 2, 2, 9, 70, 33, format
				c.Values = Values{Seed: 7, Q: regime, K: regime, V: regime, Masked: masked}
				c.Mask = Mask{Kind: AdditiveMask, PlusInf: true, EmptyRows: 5, EmptyLead: 2, Floor: floor}
				for _, b := range Materialize(normalized(t, c)).Buffers() {
					if b.Name != "out" { // what stands there before a call is no promise
						digest.Write(b.Data)
					}
				}
			}
		}
		return hex.EncodeToString(digest.Sum(nil))[:32]
	}
	first := []Regime{Normal, Uniform, Constant, OneHot, Zero, Outliers, Sinks, Overflow, Subnormal, Huge, WithNaN, WithInf}
	require.Equal(t, "f26027eddc8517e3005d353475b6ee38", digest(first, MaskedNaN, ""))
	later := []Regime{Positive, Negative, WithSNaN}
	require.Equal(t, "95c29f7f93f3ef4da2f2eb12ae963408", digest(later, MaskedSNaN, LowestFloor))
}

func TestRegimesHaveTheirShape(t *testing.T) {
	draw := func(regime Regime) []float64 {
		c := minimal()
		c.Heads, c.QLen, c.HeadDim, c.Values.Q = 4, 256, 64, regime
		return Materialize(normalized(t, c)).Q.Dense()
	}
	moments := func(x []float64) (mean, variance, largest float64) {
		for _, v := range x {
			mean += v / float64(len(x))
			largest = max(largest, math.Abs(v))
		}
		for _, v := range x {
			variance += (v - mean) * (v - mean) / float64(len(x))
		}
		return mean, variance, largest
	}
	mean, variance, largest := moments(draw(Normal))
	require.InDelta(t, 0, mean, 0.01)
	require.InDelta(t, 1, variance, 0.02)
	require.Greater(t, largest, 3.5)
	mean, variance, largest = moments(draw(Uniform))
	require.InDelta(t, 0, mean, 0.01)
	require.InDelta(t, 1.0/3, variance, 0.01)
	require.Less(t, largest, 1.0)
	_, variance, largest = moments(draw(Outliers))
	require.Greater(t, variance, 3.0)
	require.Greater(t, largest, 60.0)
	_, variance, _ = moments(draw(Constant))
	require.Zero(t, variance)
	for i, x := range draw(OneHot) {
		require.True(t, x == 0 || x == 1, "%d: %g", i, x)
	}
	for _, regime := range []Regime{WithNaN, WithInf} {
		count := 0
		for _, x := range draw(regime) {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				count++
			}
		}
		require.Greater(t, count, 10)
		require.Less(t, count, 120)
	}
}

func TestLayoutMovesValuesAndChangesNone(t *testing.T) {
	base := minimal()
	base.Batch, base.Heads, base.QLen, base.KVLen, base.HeadDim = 2, 3, 5, 7, 6
	want := Materialize(normalized(t, base)).K.Dense()
	for _, operand := range []Operand{
		{Pad: 3}, {Offset: 5}, {Order: BSHD}, {Order: BSHD, Pad: 1, Offset: 2}, {Transpose: true}, {Transpose: true, Pad: 2},
	} {
		c := base
		c.Layout.K = operand
		c = normalized(t, c)
		tensors := Materialize(c)
		require.Equal(t, want, tensors.K.Dense(), "%+v", operand)

		// Everything that is no element is still poisoned, and there is as much of it as the layout holds.
		touched := map[int]bool{}
		tensors.K.each(func(index int) {
			require.False(t, touched[index], "%+v: elements overlap", operand)
			touched[index] = true
		})
		require.Len(t, tensors.K.Data, tensors.K.Elements*4)
		for index := range tensors.K.Elements {
			if !touched[index] {
				require.True(t, math.IsNaN(tensors.K.Format.Get(tensors.K.Data, index)), "%+v: slack %d", operand, index)
			}
		}
		slack := tensors.K.Elements - len(touched)
		if operand == (Operand{}) {
			require.Zero(t, slack)
		} else if operand.Pad > 0 || operand.Offset > 0 {
			require.Positive(t, slack)
		}
	}
}

func TestMaskArrays(t *testing.T) {
	for _, shape := range maskShapes {
		for _, kind := range []MaskKind{BoolMask, AdditiveMask} {
			c := minimal()
			c.Batch, c.Heads, c.QLen, c.KVLen = 2, 4, 6, 10
			c.Mask = Mask{Kind: kind, Shape: shape, Pad: 2, Offset: 1}
			c = normalized(t, c)
			tensors := Materialize(c)
			rows := c.Rows(tensors)
			bias := make([]float64, c.KVLen)
			seen := map[string]bool{}
			for b := range c.Batch {
				for h := range c.Heads {
					for r := range c.QLen {
						first, last := rows.Row(b, h, r, bias)
						require.Equal(t, [2]int{0, c.KVLen}, [2]int{first, last})
						seen[fmt.Sprint(bias)] = true
					}
				}
			}
			different := 1
			for i, letter := range shape[:3] {
				if letter != '1' {
					different *= []int{c.Batch, c.Heads, c.QLen}[i]
				}
			}
			if shape[3] == 'k' {
				// Rows of ten entries may agree by chance, rows that broadcast must.
				require.LessOrEqual(t, len(seen), different, "%s %s", kind, shape)
				require.Greater(t, len(seen), different*3/4, "%s %s", kind, shape)
			}
		}
	}
}

func TestEmptyRowsLeadAndCausalOnTop(t *testing.T) {
	c := minimal()
	c.QLen, c.KVLen = 6, 9
	c.Mask = Mask{Kind: BoolMask, Fill: OpenFill, EmptyRows: 3, EmptyLead: 2, Align: BottomRight}
	c = normalized(t, c)
	rows := c.Rows(Materialize(c))
	bias := make([]float64, c.KVLen)
	for r := range c.QLen {
		first, last := rows.Row(0, 1, r, bias)
		require.Equal(t, [2]int{0, r + 4}, [2]int{first, last})
		for k := range last {
			forbidden := k < 2 || r%3 == 2
			require.Equal(t, forbidden, math.IsInf(bias[k], -1), "row %d key %d", r, k)
		}
	}
}

func TestMaskedSlotsAreThoseNoRowSees(t *testing.T) {
	c := minimal()
	c.Heads, c.QLen, c.KVLen = 4, 3, 8
	c.KVHeads = 2
	c.Mask = Mask{Kind: CausalMask, Align: TopLeft}
	c.Values.Masked = MaskedNaN
	c = normalized(t, c)
	tensors := Materialize(c)
	for h := range 2 {
		for key := range c.KVLen {
			require.Equal(t, key >= 3, math.IsNaN(tensors.K.At(0, h, key, 1)), "key %d", key)
			require.Equal(t, key >= 3, math.IsNaN(tensors.V.At(0, h, key, 3)), "key %d", key)
		}
	}
}

func TestAllocatorIsUsedAndItsErrorsNameTheBuffer(t *testing.T) {
	c := normalized(t, minimal())
	_, err := MaterializeIn(c, func(buffer string, bytes int) ([]byte, error) {
		if buffer == "v" {
			return make([]byte, 1), nil
		}
		return make([]byte, bytes), nil
	})
	require.ErrorContains(t, err, "memory for v, 160 bytes: 1 bytes")
}

func BenchmarkMaterialize(b *testing.B) {
	c := minimal()
	c.Heads, c.QLen, c.KVLen, c.HeadDim, c.Input = 8, 256, 256, 64, precision.FP16
	c = normalized(b, c)
	b.SetBytes(int64(3 * 8 * 256 * 64))
	for b.Loop() {
		Materialize(c)
	}
}
