package drawn

import (
	"math"
	"strconv"
	"strings"
)

// named puts a type into a function's text.
func named(format string, t typ) string {
	product := t.of(t.kind.unsigned())
	if t.n == 1 && t.bits() < 32 {
		product = one(uwhole) // an int might overflow
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		c := format[i]
		alone := (i == 0 || !isLetter(format[i-1])) && (i+1 == len(format) || !isLetter(format[i+1]))
		switch {
		case alone && c == 'T':
			b.WriteString(t.String())
		case alone && c == 'U':
			b.WriteString(t.of(t.kind.unsigned()).String())
		case alone && c == 'W':
			b.WriteString(product.String())
		case alone && c == 'B':
			b.WriteString(strconv.Itoa(t.bits() - 1))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= '0' && c <= '9'
}

func isFloat(t typ) bool   { return t.kind == float }
func notBfloat(t typ) bool { return t.kind != bfloat }
func arithmetic(f func(a, b float32) float32) func(k kind, x []uint64) uint64 {
	return func(k kind, x []uint64) uint64 { return rounded(k, f(real(k, x[0]), real(k, x[1]))) }
}

func single(f func(a float64) float64) func(k kind, x []uint64) uint64 {
	return func(k kind, x []uint64) uint64 { return rounded(k, float32(f(float64(real(k, x[0]))))) }
}

// floatFunctions are those of halfs, bfloats and floats whose results Metal's safe math leaves no choice of.
var floatFunctions = []function{
	{"(%[1]s + %[2]s)", 2, arithmetic(func(a, b float32) float32 { return a + b }), nil},
	{"(%[1]s - %[2]s)", 2, arithmetic(func(a, b float32) float32 { return a - b }), nil},
	{"(%[1]s * %[2]s)", 2, arithmetic(func(a, b float32) float32 { return a * b }), nil},
	{"(%[1]s / %[2]s)", 2, arithmetic(func(a, b float32) float32 { return a / b }), nil},
	{"(-%[1]s)", 1, func(k kind, x []uint64) uint64 { return x[0] ^ 1<<(k.bits()-1) }, nil},
	{"min(%[1]s, %[2]s)", 2, func(k kind, x []uint64) uint64 { return least(k, x[0], x[1]) }, notBfloat},
	{"max(%[1]s, %[2]s)", 2, func(k kind, x []uint64) uint64 { return greatest(k, x[0], x[1]) }, notBfloat},
	{"fmin(%[1]s, T(2.0f))", 1, func(k kind, x []uint64) uint64 { return least(k, x[0], rounded(k, 2)) }, notBfloat},
	{"clamp(%[1]s, T(-8.0f), T(9.0f))", 1, func(k kind, x []uint64) uint64 { return within(k, x[0], rounded(k, -8), rounded(k, 9)) }, notBfloat},
	{"abs(%[1]s)", 1, func(k kind, x []uint64) uint64 { return x[0] &^ (1 << (k.bits() - 1)) }, notBfloat},
	{"copysign(%[1]s, plain(%[2]s))", 2, func(k kind, x []uint64) uint64 {
		sign := x[1]
		if isNaN(k, sign) {
			sign = 0 // that of 1
		}
		top := uint64(1) << (k.bits() - 1)
		return x[0]&^top | sign&top
	}, notBfloat},
	{"floor(%[1]s)", 1, single(math.Floor), notBfloat},
	{"ceil(%[1]s)", 1, single(math.Ceil), notBfloat},
	{"trunc(%[1]s)", 1, single(math.Trunc), notBfloat},
	{"rint(%[1]s)", 1, single(math.RoundToEven), notBfloat},
	{"round(%[1]s)", 1, single(math.Round), notBfloat},
	{"sqrt(abs(%[1]s))", 1, single(func(a float64) float64 { return math.Sqrt(math.Abs(a)) }), isFloat},
	{"fma(%[1]s, %[2]s, %[3]s)", 3, func(k kind, x []uint64) uint64 {
		return fused(k, real(k, x[0]), real(k, x[1]), real(k, x[2]))
	}, nil},
	{"step(%[1]s, %[2]s)", 2, func(k kind, x []uint64) uint64 {
		if isLess(k, x[1], x[0]) {
			return 0
		}
		return rounded(k, 1)
	}, notBfloat},
	{"saturate(%[1]s)", 1, func(k kind, x []uint64) uint64 { return within(k, x[0], 0, rounded(k, 1)) }, notBfloat},
	{"sign(%[1]s)", 1, func(k kind, x []uint64) uint64 {
		switch {
		case isLess(k, 0, x[0]):
			return rounded(k, 1)
		case isLess(k, x[0], 0):
			return rounded(k, -1)
		case isNaN(k, x[0]):
			return 0
		}
		return x[0]
	}, notBfloat},
	{"T(%[1]s * T(0.5f) + T(1.0f))", 1, func(k kind, x []uint64) uint64 {
		half := rounded(k, real(k, x[0])*0.5)
		return rounded(k, real(k, half)+1)
	}, nil},
}

// comparisons make bools of two numbers.
var comparisons = []struct {
	op string
	f  func(k kind, a, b uint64) bool
}{
	{"<", isLess},
	{">", func(k kind, a, b uint64) bool { return isLess(k, b, a) }},
	{"<=", func(k kind, a, b uint64) bool { return isLess(k, a, b) || isSame(k, a, b) }},
	{">=", func(k kind, a, b uint64) bool { return isLess(k, b, a) || isSame(k, a, b) }},
	{"==", isSame},
	{"!=", func(k kind, a, b uint64) bool { return !isSame(k, a, b) }},
}
