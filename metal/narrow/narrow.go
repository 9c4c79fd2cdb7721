// Package narrow converts between float64 and the bits of narrower IEEE formats, with one rounding: to nearest, ties to
// even. Whoever stores half, bfloat or float anywhere in the module converts here, for going through float32 first would
// round twice. It never computes.
package narrow

import "math"

// Format is a binary format with a sign, an exponent and a significand, subnormals, infinities and NaN.
type Format struct {
	Bits     uint // of the whole
	Mantissa uint // stored bits of the significand
	Bias     int

	MinNormal float64 // 2^(1-bias)
	Steps     float64 // smallest values in 1: 2^(bias-1+mantissa)
}

// The formats.
var (
	FP16 = Format{16, 10, 15, 0x1p-14, 0x1p24}
	BF16 = Format{16, 7, 127, 0x1p-126, 0x1p133}
	FP32 = Format{32, 23, 127, 0x1p-126, 0x1p149}
)

// Encode rounds x to the format, to nearest with ties to even, and returns the bit pattern in the low bits.
// Values past the largest finite one by half a step or more become infinite; a NaN stays a quiet NaN.
func (f *Format) Encode(x float64) uint32 {
	switch f.Mantissa {
	case FP16.Mantissa:
		if code, ok := Half(x); ok {
			return uint32(code)
		}
	case BF16.Mantissa:
		if code, ok := BFloat(x); ok {
			return uint32(code)
		}
	}
	return f.anyBits(x)
}

// Half is FP16.Encode for numbers that are normal in the format and for 0, which nearly all are; false: it is none of them.
// It is small enough to stand in a loop without a call.
func Half(x float64) (code uint16, ok bool) {
	const least, most = 0x3f10_0000_0000_0000, 0x40ef_fc00_0000_0000 // the bits of 2^-14 and 65504
	wide := math.Float64bits(x)
	magnitude := wide &^ (1 << 63)
	rounded := (up(magnitude, 42)-least)>>42 + 1<<10
	if magnitude == 0 {
		rounded = 0
	}
	return uint16(wide>>63<<15 | rounded), magnitude-least <= most-least || magnitude == 0
}

// BFloat is the same for BF16.
func BFloat(x float64) (code uint16, ok bool) {
	const least, most = 0x3810_0000_0000_0000, 0x47ef_e000_0000_0000 // the bits of 2^-126 and 0x1.fep127
	wide := math.Float64bits(x)
	magnitude := wide &^ (1 << 63)
	rounded := (up(magnitude, 45)-least)>>45 + 1<<7
	if magnitude == 0 {
		rounded = 0
	}
	return uint16(wide>>63<<15 | rounded), magnitude-least <= most-least || magnitude == 0
}

// Round returns the number that the format stores for x: what Decode makes of Encode.
func (f *Format) Round(x float64) float64 {
	wide := math.Float64bits(x)
	switch f.quick(x) {
	case 42:
		return math.Float64frombits(up(wide, 42) &^ (1<<42 - 1))
	case 45:
		return math.Float64frombits(up(wide, 45) &^ (1<<45 - 1))
	}
	return f.Decode(f.Encode(x))
}

// quick returns how many bits of a float64's significand half or bfloat drop; 0 where a number is not normal there, or past
// the largest, and for other formats.
func (f *Format) quick(x float64) uint {
	magnitude := math.Abs(x)
	switch {
	case f.Mantissa == 10 && magnitude >= 0x1p-14 && magnitude <= 65504:
		return 42
	case f.Mantissa == 7 && magnitude >= 0x1p-126 && magnitude <= 0x1.fep127:
		return 45
	}
	return 0
}

// up adds what makes the cutting off of the last bits a rounding to nearest, ties to even.
func up(wide uint64, last uint) uint64 { return wide + 1<<(last-1) - 1 + wide>>last&1 }

// anyBits is Encode for every value, by the definition.
func (f *Format) anyBits(x float64) uint32 {
	sign := uint32(math.Float64bits(x)>>63) << (f.Bits - 1)
	infinity := uint32(1<<(f.Bits-1-f.Mantissa)-1) << f.Mantissa
	switch {
	case math.IsNaN(x):
		return sign | infinity | 1<<(f.Mantissa-1)
	case math.IsInf(x, 0):
		return sign | infinity
	}
	magnitude := math.Abs(x)
	if magnitude < f.MinNormal {
		// Subnormal: a whole number of smallest steps. A carry into the first normal is the right encoding too.
		return sign | uint32(math.RoundToEven(magnitude*f.Steps))
	}
	// Normal: keep mantissa bits of the float64 significand; a carry walks into the exponent by itself.
	wide := math.Float64bits(magnitude)
	drop := 52 - f.Mantissa
	kept := wide >> drop
	rest, half := wide&(1<<drop-1), uint64(1)<<(drop-1)
	if rest > half || rest == half && kept&1 == 1 {
		kept++
	}
	kept -= uint64(1023-f.Bias) << f.Mantissa
	if kept >= uint64(infinity) {
		return sign | infinity
	}
	return sign | uint32(kept)
}

// Decode returns the number that a bit pattern of the format stands for, exactly.
func (f *Format) Decode(bits uint32) float64 {
	sign := 1.0
	if bits>>(f.Bits-1)&1 == 1 {
		sign = -1
	}
	exponentBits := f.Bits - 1 - f.Mantissa
	exponent := int(bits >> f.Mantissa & (1<<exponentBits - 1))
	fraction := bits & (1<<f.Mantissa - 1)
	switch {
	case exponent == 1<<exponentBits-1 && fraction != 0:
		return math.NaN()
	case exponent == 1<<exponentBits-1:
		return math.Inf(int(sign))
	case exponent == 0:
		return sign * math.Ldexp(float64(fraction), 1-f.Bias-int(f.Mantissa))
	}
	wide := uint64(exponent-f.Bias+1023)<<52 | uint64(fraction)<<(52-f.Mantissa)
	return sign * math.Float64frombits(wide)
}
