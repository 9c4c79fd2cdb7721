package cases

import (
	"math"
	"math/bits"
	"slices"

	"attest.example/attest/harness/internal/precision"
)

// place ranks a value by the list of simple ones; what that leaves out comes after it, in the order of all.
func place[T comparable](simple []T, x T, all []T) float64 {
	if i := slices.Index(simple, x); i >= 0 {
		return float64(i)
	}
	return float64(len(simple) + max(0, slices.Index(all, x)))
}

var simpleFormats = []precision.Format{0, precision.FP32, precision.FP16, precision.BF16}

func formatRank(f precision.Format) float64 { return place(simpleFormats, f, precision.Formats()) }

func truth(set bool) float64 {
	if set {
		return 1
	}
	return 0
}

func numberValue(x *float32) float64 {
	if x == nil {
		return 0
	}
	return float64(*x)
}

// numberRank puts absence first, then 1, 0, -1, and then the numbers with the fewest significant bits.
func numberRank(x *float32) float64 {
	if x == nil {
		return 0
	}
	switch *x {
	case 1:
		return 1
	case 0:
		return 2
	case -1:
		return 3
	}
	pattern := math.Float32bits(*x)
	significant := 23 - min(23, bits.TrailingZeros32(pattern))
	exponent := math.Abs(float64(int(pattern>>23&0xff) - 127))
	return 4 + 1000*float64(significant) + 2*exponent + float64(pattern>>31)
}
