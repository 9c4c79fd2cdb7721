package narrow

import (
	"math"
	"testing"
)

// The quick way of Encode against the definition: around every code, and past both ends.
func TestTheQuickWayRoundsAlike(t *testing.T) {
	for _, f := range []*Format{&FP16, &BF16} {
		for code := uint32(0); code < 1<<16; code++ {
			x := f.Decode(code)
			if math.IsNaN(x) || math.IsInf(x, 0) {
				continue
			}
			next := f.Decode(code + 1)
			if math.IsInf(next, 0) || math.IsNaN(next) {
				next = 2 * x
			}
			middle := x + (next-x)/2
			for _, y := range []float64{x, middle, math.Nextafter(middle, x), math.Nextafter(middle, next), math.Nextafter(x, next), x + (next-x)/3} {
				if f.Encode(y) != f.anyBits(y) {
					t.Fatalf("%v of %x: %#x, want %#x", f, y, f.Encode(y), f.anyBits(y))
				}
			}
		}
	}
}
