package cases

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/precision"
)

// A floor stands wherever -Inf stood, hides nothing, and leaves every other entry as it was.
func TestFloorStandsForMinusInfinity(t *testing.T) {
	for _, format := range precision.Formats() {
		for _, floor := range Floors()[1:] {
			c := minimal()
			c.QLen, c.KVLen = 9, 40
			c.Mask = Mask{Kind: AdditiveMask, Format: format, EmptyRows: 4, EmptyLead: 3}
			plain := Materialize(normalized(t, c))
			c.Mask.Floor = floor
			c.Values.Masked = MaskedNaN
			if format == precision.FP16 && floor == BillionsFloor {
				require.Error(t, c.Normalize())
				continue
			}
			c = normalized(t, c)
			with, forbidden := Materialize(c), 0
			for i := range c.Heads * c.QLen * c.KVLen {
				h, r, k := i/c.KVLen/c.QLen, i/c.KVLen%c.QLen, i%c.KVLen
				want := plain.Mask.Bias(0, h, r, k)
				if math.IsInf(want, -1) {
					want = format.Round(floor.Value(format))
					forbidden++
				}
				if got := with.Mask.Bias(0, h, r, k); got != want || math.IsInf(got, 0) {
					t.Fatalf("%s %s: [%d,%d,%d] is %g; want %g", format, floor, h, r, k, got, want)
				}
			}
			if forbidden < c.KVLen {
				t.Errorf("%s %s: %d entries forbidden", format, floor, forbidden)
			}
			c.EachMaskedSlot(with, func(b, h, key int) { t.Errorf("%s: slot [%d,%d,%d] counts as masked", floor, b, h, key) })
		}
	}
}

// A window on top of an array forbids what a window alone forbids, and what the array forbids.
func TestWindowOverAnArray(t *testing.T) {
	c := minimal()
	c.QLen, c.KVLen = 7, 12
	c.Mask = Mask{Kind: BoolMask, Density: 60, Window: true, Left: 2, Right: 1, Align: BottomRight}
	c = normalized(t, c)
	alone := c
	alone.Mask = Mask{Kind: WindowMask, Left: 2, Right: 1, Align: BottomRight}
	tensors := Materialize(c)
	both, bias := c.Rows(tensors), make([]float64, c.KVLen)
	hidden := 0
	for r := range c.QLen {
		first, last := both.Row(0, 1, r, bias)
		wantFirst, wantLast := alone.Span(0, r)
		require.Equal(t, [2]int{wantFirst, wantLast}, [2]int{first, last}, "row %d", r)
		for k := first; k < last; k++ {
			require.Equal(t, tensors.Mask.Bias(0, 1, r, k), bias[k])
			if math.IsInf(bias[k], -1) {
				hidden++
			}
		}
	}
	require.Positive(t, hidden)
	require.Contains(t, Describe(c), "window left 2 right 1 bottom-right too")
}

// A scalar mask is one number for the whole problem.
func TestScalarMask(t *testing.T) {
	for shape, want := range map[string][4]int{"1111": {1, 1, 1, 1}, "b111": {1, 1, 1, 1}, "bh11": {1, 2, 1, 1}} {
		c := minimal()
		c.Mask = Mask{Kind: AdditiveMask, Shape: shape, Density: 100}
		c = normalized(t, c)
		tensors := Materialize(c)
		require.Equal(t, want, tensors.Mask.Shape, shape)
		bias := make([]float64, c.KVLen)
		for h := range c.Heads {
			for r := range c.QLen {
				c.Rows(tensors).Row(0, h, r, bias)
				for k := range bias {
					require.Equal(t, tensors.Mask.Bias(0, min(h, want[1]-1), 0, 0), bias[k])
				}
			}
		}
	}
}

// Logits of operands that lean have one sign whatever the seed; a signalling NaN keeps its quiet bit clear.
func TestRegimesThatLean(t *testing.T) {
	for seed := range uint64(20) {
		for _, format := range precision.Formats() {
			c := minimal()
			c.Input, c.Values = format, Values{Seed: seed, Q: Positive, K: Negative, V: WithSNaN}
			c = normalized(t, c)
			tensors := Materialize(c)
			distinct := map[float64]bool{}
			for _, x := range tensors.Q.Dense() {
				distinct[x] = true
				if x < 0.5 || x > 1.5 {
					t.Fatalf("positive: %g", x)
				}
			}
			require.Greater(t, len(distinct), 5, "one number for all is what constant is for")
			for _, x := range tensors.K.Dense() {
				if x > -0.5 || x < -1.5 {
					t.Fatalf("negative: %g", x)
				}
			}
			signalling := 0
			for _, bits := range tensors.V.Bits() {
				if math.IsNaN(format.Value(bits)) {
					require.Equal(t, format.SignallingNaN(), bits)
					require.NotEqual(t, format.Bits(math.NaN()), bits)
					signalling++
				}
			}
			require.Positive(t, signalling)
		}
	}
	require.Equal(t, uint32(0x7d00), precision.FP16.SignallingNaN())
	require.Equal(t, uint32(0x7fa0), precision.BF16.SignallingNaN())
	require.Equal(t, uint32(0x7fa00000), precision.FP32.SignallingNaN())
}

func TestMaskedSlotsOfSignallingNaN(t *testing.T) {
	c := minimal()
	c.Mask, c.Values.Masked = Mask{Kind: CausalMask}, MaskedSNaN
	c = normalized(t, c)
	tensors := Materialize(c)
	for _, operand := range []*Tensor{&tensors.K, &tensors.V} {
		require.Equal(t, precision.FP32.SignallingNaN(), operand.Bits()[4*c.HeadDim])
		require.NotEqual(t, precision.FP32.SignallingNaN(), operand.Bits()[2*c.HeadDim])
	}
}
