package reference

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFormatNearest: rounding is to nearest even, as the processor's own conversion does it where there is one.
func TestFormatNearest(t *testing.T) {
	for _, c := range []struct {
		f       Format
		x, want float64
	}{
		{BF16, 1 + 0x1p-8, 1}, {BF16, 1 + 3*0x1p-8, 1 + 0x1p-6}, {BF16, -1 - 0x1.1p-8, -1 - 0x1p-7}, {BF16, 2 - 0x1p-9, 2},
		{BF16, 0x1.8p-134, 0x1p-133}, {BF16, 0x1p-134, 0}, {FP16, 1.0 / 3, 1365.0 / 4096}, {FP16, 65519, 65504},
		{FP16, 0x1p-25, 0}, {FP16, 3 * 0x1p-25, 0x1p-23}, {FP16, 0x1.ff8p-15, 0x1.ff8p-15}, {Format{}, math.Pi, math.Pi}, {FP32, 0, 0},
	} {
		if got := c.f.nearest(c.x); got != c.want {
			t.Errorf("%s: %x becomes %x, want %x", c.f.Name, c.x, got, c.want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		x := math.Ldexp(rng.NormFloat64(), rng.IntN(270)-150)
		if want := float64(float32(x)); FP32.nearest(x) != want && !math.IsInf(want, 0) {
			t.Fatalf("fp32: %x becomes %x, want %x", x, FP32.nearest(x), want)
		}
	}
}
