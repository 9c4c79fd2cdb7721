package naive

import (
	"math"

	"attest.example/attest/harness/internal/precision"
)

// narrowing rounds fp32 results to the intermediate format. Go rounds fp32 operations itself, and may fuse a product into
// a sum, which only ever helps.
type narrowing struct {
	format      precision.Format
	drop        uint   // last bits of an fp32 number's significand that the format does not have
	least, most uint32 // the bits of its smallest normal number and of its largest
}

func narrowTo(f precision.Format) narrowing {
	n := narrowing{format: f, least: math.Float32bits(float32(f.MinNormal())), most: math.Float32bits(float32(f.Max()))}
	switch f {
	case precision.FP16:
		n.drop = 13
	case precision.BF16:
		n.drop = 16
	}
	return n
}

// round is to nearest, ties to even. Nearly all numbers are normal in the format: of their bits the last are cut off, after
// what makes that a rounding has been added.
func (n *narrowing) round(x float32) float32 {
	bits := math.Float32bits(x)
	if magnitude := bits &^ (1 << 31); n.drop > 0 && magnitude-n.least <= n.most-n.least {
		bits += 1<<(n.drop-1) - 1 + bits>>n.drop&1
		return math.Float32frombits(bits &^ (1<<n.drop - 1))
	}
	return float32(n.format.Round(float64(x)))
}
