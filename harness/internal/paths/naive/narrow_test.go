package naive

import (
	"math"
	"testing"

	"attest.example/attest/harness/internal/precision"
)

// Around every number of a narrow format, and half way to the next, rounding is that of the format.
func TestRoundingIsThatOfTheFormat(t *testing.T) {
	for _, f := range precision.Formats() {
		n := narrowTo(f)
		for code := range uint32(1 << 16) {
			x := float32(precision.BF16.Value(code))
			if f == precision.FP16 {
				x = float32(precision.FP16.Value(code))
			}
			next := math.Float32frombits(math.Float32bits(x) + 1<<12) // half a step of fp16
			if f == precision.BF16 {
				next = math.Float32frombits(math.Float32bits(x) + 1<<15)
			}
			for _, y := range []float32{x, next, math.Nextafter32(next, 0), math.Nextafter32(next, 2*next), math.Nextafter32(x, 0), math.Nextafter32(x, 2*x)} {
				got, want := n.round(y), float32(f.Round(float64(y)))
				if math.Float32bits(got) != math.Float32bits(want) && !(got != got && want != want) {
					t.Fatalf("%s %g: %g, want %g", f, y, got, want)
				}
			}
		}
	}
}
