package metal_test

import "math"

// element is one stored number: what encode rounds a value to, and what decode reads back.
type element struct {
	encode func(float64) uint32
	decode func(uint32) float64
}

var elements = map[int]element{
	0: {encodeHalf, decodeHalf},
	1: {encodeBrain, func(b uint32) float64 { return float64(math.Float32frombits(b << 16)) }},
	2: {func(x float64) uint32 { return math.Float32bits(float32(x)) }, func(b uint32) float64 { return float64(math.Float32frombits(b)) }},
}

// encodeHalf rounds to nearest even by scaling to units of the last place.
func encodeHalf(x float64) uint32 {
	var sign uint32
	if math.Signbit(x) {
		sign, x = 0x8000, -x
	}
	switch {
	case x != x:
		return 0x7e00
	case x == 0:
		return sign
	case x >= 65520:
		return sign | 0x7c00
	}
	_, exp := math.Frexp(x)
	exp = max(exp-11, -24)
	units := uint32(math.RoundToEven(math.Ldexp(x, -exp)))
	return sign | (uint32(exp+24)<<10 + units)
}

func decodeHalf(b uint32) float64 {
	sign, exp, frac := 1.0, int(b>>10&31), float64(b&1023)
	if b&0x8000 != 0 {
		sign = -1
	}
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

func encodeBrain(x float64) uint32 {
	b := math.Float32bits(float32(x))
	if x != x {
		return 0x7fc0
	}
	return (b + 0x7fff + b>>16&1) >> 16
}
