package reference

import "math"

// Format is a floating-point format in the terms that error analysis needs.
// The zero Format means that a value is not rounded on its own: it stays in the
// format of the accumulators.
type Format struct {
	Name string
	// Unit is the unit roundoff of round-to-nearest: a stored value x differs
	// from the exact one by at most Unit*|x|.
	Unit float64
	// Max is the largest finite value, MinNormal the least positive normal
	// one, MinSubnormal the least positive one.
	Max, MinNormal, MinSubnormal float64
}

// The formats that attention kernels store and accumulate in. FP64 serves to
// judge one float64 implementation by another.
var (
	FP16 = Format{Name: "fp16", Unit: 0x1p-11, Max: 65504, MinNormal: 0x1p-14, MinSubnormal: 0x1p-24}
	BF16 = Format{Name: "bf16", Unit: 0x1p-8, Max: 0x1.fep127, MinNormal: 0x1p-126, MinSubnormal: 0x1p-133}
	FP32 = Format{Name: "fp32", Unit: 0x1p-24, Max: math.MaxFloat32, MinNormal: 0x1p-126, MinSubnormal: 0x1p-149}
	FP64 = Format{Name: "fp64", Unit: 0x1p-53, Max: math.MaxFloat64, MinNormal: 0x1p-1022, MinSubnormal: 0x1p-1074}
)

// nearest is what the format stores for x, rounding to nearest even; the zero Format
// keeps x. Past Max it goes on as if exponents had no end, and it flushes nothing.
func (f Format) nearest(x float64) float64 {
	if f.Unit == 0 || x == 0 || !finite(x) {
		return x
	}
	_, exp := math.Frexp(x) // |x| in [2^(exp-1), 2^exp)
	quantum := max(math.Ldexp(f.Unit, exp), f.MinSubnormal)
	return math.RoundToEven(x/quantum) * quantum
}

// underflow is the largest absolute error of a stored value that comes from the
// end of the exponent range. Hardware that flushes subnormals does so to fp32
// and to bf16, which shares its exponents; those of fp16 are normal numbers once
// they are in a register, so nobody flushes them.
func (f Format) underflow(flush bool) float64 {
	if flush && f.MinNormal < 0x1p-100 {
		return f.MinNormal
	}
	return f.MinSubnormal / 2
}
