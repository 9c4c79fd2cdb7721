package precision

import "math"

// Bits rounds x to the format, to nearest with ties to even, and gives the bit pattern in the low bits.
// Values past the largest finite one by half a step or more become infinite; a NaN stays a quiet NaN.
func (f Format) Bits(x float64) uint32 {
	// What nearly all values are, without a look at the format's shape: adding half a step, less one on an even
	// significand, and cutting off rounds to nearest, ties to even.
	wide := math.Float64bits(x)
	if magnitude := math.Abs(x); f == FP16 && magnitude >= 0x1p-14 && magnitude <= 65504 {
		wide &^= 1 << 63
		return uint32(math.Float64bits(x)>>63)<<15 | (uint32((wide+1<<41-1+wide>>42&1)>>42) - (1023-15)<<10)
	} else if f == BF16 && magnitude >= 0x1p-126 && magnitude <= 0x1.fep127 {
		wide &^= 1 << 63
		return uint32(math.Float64bits(x)>>63)<<15 | (uint32((wide+1<<44-1+wide>>45&1)>>45) - (1023-127)<<7)
	}
	return f.anyBits(x)
}

// anyBits is Bits for every value, by the definition.
func (f Format) anyBits(x float64) uint32 {
	s := f.shape()
	sign := uint32(math.Float64bits(x)>>63) << (s.bits - 1)
	infinity := uint32(1<<(s.bits-1-s.mantissa)-1) << s.mantissa
	switch {
	case math.IsNaN(x):
		return sign | infinity | 1<<(s.mantissa-1)
	case math.IsInf(x, 0):
		return sign | infinity
	}
	magnitude := math.Abs(x)
	if magnitude < s.minNormal {
		// Subnormal: a whole number of smallest steps. A carry into the first normal is the right encoding too.
		return sign | uint32(math.RoundToEven(magnitude*s.steps))
	}
	// Normal: keep mantissa bits of the float64 significand; a carry walks into the exponent by itself.
	wide := math.Float64bits(magnitude)
	drop := 52 - s.mantissa
	kept := wide >> drop
	rest, half := wide&(1<<drop-1), uint64(1)<<(drop-1)
	if rest > half || rest == half && kept&1 == 1 {
		kept++
	}
	kept -= uint64(1023-s.bias) << s.mantissa
	if kept >= uint64(infinity) {
		return sign | infinity
	}
	return sign | uint32(kept)
}

// SignallingNaN is the bit pattern of a NaN whose quiet bit is clear. Arithmetic makes it quiet, so no conversion from a
// number gives it: it has to be stored as bits.
func (f Format) SignallingNaN() uint32 {
	s := f.shape()
	return uint32(1<<(s.bits-1-s.mantissa)-1)<<s.mantissa | 1<<(s.mantissa-2)
}

// Value gives the number that a bit pattern of the format stands for, exactly.
func (f Format) Value(bits uint32) float64 {
	s := f.shape()
	sign := 1.0
	if bits>>(s.bits-1)&1 == 1 {
		sign = -1
	}
	exponentBits := s.bits - 1 - s.mantissa
	exponent := int(bits >> s.mantissa & (1<<exponentBits - 1))
	fraction := bits & (1<<s.mantissa - 1)
	switch {
	case exponent == 1<<exponentBits-1 && fraction != 0:
		return math.NaN()
	case exponent == 1<<exponentBits-1:
		return math.Inf(int(sign))
	case exponent == 0:
		return sign * math.Ldexp(float64(fraction), 1-s.bias-int(s.mantissa))
	}
	wide := uint64(exponent-s.bias+1023)<<52 | uint64(fraction)<<(52-s.mantissa)
	return sign * math.Float64frombits(wide)
}

// Round gives x as the format stores it.
func (f Format) Round(x float64) float64 {
	if f == FP32 {
		return float64(float32(x))
	}
	return f.Value(f.Bits(x))
}
