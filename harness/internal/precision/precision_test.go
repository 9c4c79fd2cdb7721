package precision

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryNarrowCodeSurvivesTheRoundTrip(t *testing.T) {
	for _, f := range []Format{FP16, BF16} {
		for code := uint32(0); code < 1<<16; code++ {
			x := f.Value(code)
			got := f.Bits(x)
			if math.IsNaN(x) {
				require.True(t, math.IsNaN(f.Value(got)), "%s %#x", f, code)
				continue
			}
			require.Equal(t, code, got, "%s %#x = %g", f, code, x)
		}
	}
}

// nearest is the definition of rounding, by search over all codes: the closest value, on a tie the even code.
func nearest(f Format, x float64) uint32 {
	best, bestCode := new(big.Float).SetInf(false), uint32(0)
	for code := uint32(0); code < 1<<15; code++ {
		v := f.Value(code)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			break
		}
		d := new(big.Float).Abs(new(big.Float).Sub(big.NewFloat(x), big.NewFloat(v)))
		if c := d.Cmp(best); c < 0 || c == 0 && code&1 == 0 {
			best, bestCode = d, code
		}
	}
	return bestCode
}

func TestRoundingIsToNearestTiesToEven(t *testing.T) {
	for _, f := range []Format{FP16, BF16} {
		for _, code := range []uint32{0, 1, 2, 3, 0x3ff, 0x400, 0x401, 0x3c00, 0x3f80, 0x4248, 0x7bfe} {
			low, high := f.Value(code), f.Value(code+1)
			middle := low + (high-low)/2
			for _, x := range []float64{middle, math.Nextafter(middle, low), math.Nextafter(middle, high), low + (high-low)/8} {
				require.Equal(t, nearest(f, x), f.Bits(x), "%s between %g and %g: %g", f, low, high, x)
			}
		}
	}
}

func TestRoundIsTheValueOfTheBits(t *testing.T) {
	for _, f := range []Format{FP16, BF16} {
		for code := uint32(0); code < 1<<16; code++ {
			x, next := f.Value(code), f.Value(code^1)
			for _, y := range []float64{x, (x + next) / 2, math.Nextafter((x+next)/2, x), math.Nextafter((x+next)/2, next), 1.5 * x} {
				got, want := f.Round(y), f.Value(f.Bits(y))
				if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Fatalf("%s %g: got %g, want %g", f, y, got, want)
				}
			}
		}
	}
}

func TestDecodeIsGet(t *testing.T) {
	for _, f := range Formats() {
		data := make([]byte, 20*f.Size())
		for i := range 20 {
			f.Put(data, i, float64(i)-7.25)
		}
		for _, stride := range []int{1, 3} {
			into, narrow := make([]float64, 6), make([]float32, 6)
			Decode(f, into, data, 2, stride)
			Decode(f, narrow, data, 2, stride)
			for i, x := range into {
				require.Equal(t, f.Get(data, 2+i*stride), x)
				require.Equal(t, x, float64(narrow[i]))
			}
			again := make([]byte, len(data))
			Encode(f, again, 2, stride, into)
			for i, x := range into {
				require.Equal(t, x, f.Get(again, 2+i*stride))
			}
		}
	}
}

func TestGetIsTheValueOfEveryNarrowCode(t *testing.T) {
	for _, f := range []Format{FP16, BF16} {
		for code := range uint32(1 << 16) {
			got, want := f.Get([]byte{byte(code), byte(code >> 8)}, 0), f.Value(code)
			if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Fatalf("%s %#x: got %g, want %g", f, code, got, want)
			}
			// In a row, at every place of a group of four that is read at once and in what is left over.
			var data []byte
			for n := range uint32(6) {
				data = append(data, byte(code+n), byte((code+n)>>8))
			}
			var row [6]float64
			var narrow [6]float32
			Decode(f, row[:], data, 0, 1)
			Decode(f, narrow[:], data, 0, 1)
			for i, x := range row {
				if want := f.Get(data, i); math.Float64bits(x) != math.Float64bits(want) || float64(narrow[i]) != want && !math.IsNaN(want) || math.IsNaN(want) != math.IsNaN(float64(narrow[i])) {
					t.Fatalf("%s %#x, element %d: a row has %g and %g, the element is %g", f, code, i, x, narrow[i], want)
				}
			}
		}
	}
}

func BenchmarkBits(b *testing.B) {
	for _, f := range Formats() {
		b.Run(f.String(), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				sink += f.Bits(float64(i&1023) / 64)
			}
		})
	}
}

var sink uint32

func TestDoubleRoundingDoesNotHappen(t *testing.T) {
	// Just above the tie between 1 and 1+2^-10; float32 first would land on the tie and then on even.
	x := 1 + math.Ldexp(1, -11) + math.Ldexp(1, -40)
	require.Equal(t, 1+math.Ldexp(1, -10), FP16.Round(x))
}

func TestEdges(t *testing.T) {
	tests := []struct {
		f    Format
		x    float64
		want float64
	}{
		{FP16, 65504, 65504},
		{FP16, 65519.999, 65504},
		{FP16, 65520, math.Inf(1)},
		{FP16, -70000, math.Inf(-1)},
		{FP16, math.Ldexp(1, -25), 0},
		{FP16, math.Ldexp(1.0001, -25), math.Ldexp(1, -24)},
		{BF16, 3.3895313892515355e38, 3.3895313892515355e38},
		{BF16, 3.4e38, math.Inf(1)},
		{FP32, math.MaxFloat32, math.MaxFloat32},
		{FP32, 1e39, math.Inf(1)},
	}
	for _, test := range tests {
		require.Equal(t, test.want, test.f.Round(test.x), "%s %g", test.f, test.x)
	}
	require.Equal(t, 65504.0, FP16.Max())
	require.Equal(t, math.MaxFloat32, FP32.Max())
	require.Equal(t, math.Ldexp(1, -14), FP16.MinNormal())
	require.Equal(t, math.Ldexp(1, -24), FP16.MinSubnormal())
	require.True(t, math.Signbit(FP16.Round(math.Copysign(0, -1))))
}

func TestWideBitsAreThoseOfTheHardware(t *testing.T) {
	for _, x := range []float64{0, 1, -1, 0.1, 1e-40, -3e-45, 1e-46, 3.4e38, math.Pi, math.Inf(-1)} {
		require.Equal(t, math.Float32bits(float32(x)), FP32.Bits(x), "%g", x)
	}
}

func TestPutGet(t *testing.T) {
	for _, f := range Formats() {
		data := make([]byte, 3*f.Size())
		f.Put(data, 1, -1.5)
		f.Put(data, 2, math.Inf(1))
		require.Equal(t, []float64{0, -1.5, math.Inf(1)}, []float64{f.Get(data, 0), f.Get(data, 1), f.Get(data, 2)})
	}
}

func TestParse(t *testing.T) {
	for _, f := range Formats() {
		got, err := Parse(f.String())
		require.NoError(t, err)
		require.Equal(t, f, got)
	}
	_, err := Parse("fp8")
	require.ErrorContains(t, err, `precision "fp8": want fp16, bf16 or fp32`)
}

func BenchmarkPutFP16(b *testing.B) {
	data := make([]byte, 2)
	for b.Loop() {
		FP16.Put(data, 0, 0.333)
	}
}
