package drawn

import "math/bits"

// function is a function or operator of numbers: how its text is made, with T for the type, and what it is for one element.
type function struct {
	format string
	parts  int // how many of the type; -n: n of the type and two uints, which say where bits are
	f      func(k kind, x []uint64) uint64
	only   func(t typ) bool // the types that it is for; nil: all of its table
}

// of makes an expression of a function.
func (f *function) of(t typ, parts ...*expr) *expr {
	return lifted(t, named(f.format, t), func(x ...uint64) uint64 { return f.f(t.kind, x) }, parts...)
}

func isScalar(t typ) bool   { return t.n == 1 }
func isUnsigned(t typ) bool { return !t.signed() }
func isSigned(t typ) bool   { return t.signed() }
func isWord(t typ) bool     { return t.n == 1 && (t.kind == whole || t.kind == long) }

// integerFunctions are those of integers. T stands for the type, U for the one without a sign, W for that in which a product does
// not overflow, B for one bit less than it has.
//
// Numbers with a sign must not overflow: sums and products of theirs are computed without it, or of parts of the operands that
// are small. That is how a compiler comes to know that they do not wrap.
var integerFunctions = []function{
	{"T(U(%[1]s) + U(%[2]s))", 2, func(k kind, x []uint64) uint64 { return cut(k, x[0]+x[1]) }, nil},
	{"T(U(%[1]s) - U(%[2]s))", 2, func(k kind, x []uint64) uint64 { return cut(k, x[0]-x[1]) }, nil},
	{"T(W(%[1]s) * W(%[2]s))", 2, func(k kind, x []uint64) uint64 { return cut(k, x[0]*x[1]) }, nil},
	{"(%[1]s + %[2]s)", 2, func(k kind, x []uint64) uint64 { return cut(k, x[0]+x[1]) }, isWideUnsigned},
	{"(%[1]s - %[2]s)", 2, func(k kind, x []uint64) uint64 { return cut(k, x[0]-x[1]) }, isWideUnsigned},
	{"(%[1]s * %[2]s)", 2, func(k kind, x []uint64) uint64 { return cut(k, x[0]*x[1]) }, isWideUnsigned},
	{"((%[1]s & 0xffff) * (%[2]s & 0x7fff))", 2, func(k kind, x []uint64) uint64 { return (x[0] & 0xffff) * (x[1] & 0x7fff) }, isWord},
	{"((%[1]s >> 3) - (%[2]s >> 2))", 2, func(k kind, x []uint64) uint64 { return cut(k, uint64(integer(k, x[0])>>3-integer(k, x[1])>>2)) }, isWord},
	{"((%[1]s >> 17) * (%[2]s & 0x3fff))", 2, func(k kind, x []uint64) uint64 {
		return cut(k, uint64(integer(k, x[0])>>17*(integer(k, x[1])&0x3fff)))
	}, func(t typ) bool { return t == one(whole) }},
	{"T(%[1]s + %[2]s)", 2, func(k kind, x []uint64) uint64 { return cut(k, x[0]+x[1]) }, isNarrow},
	{"T(%[1]s - %[2]s)", 2, func(k kind, x []uint64) uint64 { return cut(k, x[0]-x[1]) }, isNarrow},
	{"T(-U(%[1]s))", 1, func(k kind, x []uint64) uint64 { return cut(k, -x[0]) }, nil},
	{"T(~%[1]s)", 1, func(k kind, x []uint64) uint64 { return cut(k, ^x[0]) }, nil},
	{"T(%[1]s & %[2]s)", 2, func(k kind, x []uint64) uint64 { return x[0] & x[1] }, nil},
	{"T(%[1]s | %[2]s)", 2, func(k kind, x []uint64) uint64 { return x[0] | x[1] }, nil},
	{"T(%[1]s ^ %[2]s)", 2, func(k kind, x []uint64) uint64 { return x[0] ^ x[1] }, nil},
	{"T(U(%[1]s) << (U(%[2]s) & U(B)))", 2, func(k kind, x []uint64) uint64 { return cut(k, x[0]<<(x[1]&uint64(k.bits()-1))) }, nil},
	{"T(%[1]s >> (%[2]s & T(B)))", 2, func(k kind, x []uint64) uint64 {
		return cut(k, uint64(shiftedRight(k, x[0], int(x[1]&uint64(k.bits()-1)))))
	}, nil},
	{"T(%[1]s >> T(3))", 1, func(k kind, x []uint64) uint64 { return cut(k, uint64(shiftedRight(k, x[0], 3))) }, nil},
	{"T(U(%[1]s) << U(5))", 1, func(k kind, x []uint64) uint64 { return cut(k, x[0]<<5) }, nil},
	{"T(%[1]s / T((%[2]s & T(63)) + T(2)))", 2, func(k kind, x []uint64) uint64 { return quotient(k, x[0], int64(x[1]&63)+2) }, nil},
	{"T(%[1]s %% T((%[2]s & T(31)) + T(1)))", 2, func(k kind, x []uint64) uint64 { return left(k, x[0], int64(x[1]&31)+1) }, nil},
	{"T(%[1]s / T(T(-2) - (%[2]s & T(63))))", 2, func(k kind, x []uint64) uint64 { return quotient(k, x[0], -2-int64(x[1]&63)) }, isSigned},
	{"T(%[1]s %% T(T(-2) - (%[2]s & T(63))))", 2, func(k kind, x []uint64) uint64 { return left(k, x[0], -2-int64(x[1]&63)) }, isSigned},
	{"T(%[1]s / T(%[2]s | T(1)))", 2, func(k kind, x []uint64) uint64 { return cut(k, x[0]/(x[1]|1)) }, isUnsigned},
	{"T(%[1]s %% T(%[2]s | T(1)))", 2, func(k kind, x []uint64) uint64 { return cut(k, x[0]%(x[1]|1)) }, isUnsigned},
	{"T(%[1]s / T(7))", 1, func(k kind, x []uint64) uint64 { return quotient(k, x[0], 7) }, nil},
	{"T(%[1]s %% T(10))", 1, func(k kind, x []uint64) uint64 { return left(k, x[0], 10) }, nil},
	{"T(%[1]s / T(8))", 1, func(k kind, x []uint64) uint64 { return quotient(k, x[0], 8) }, nil},
	// What is only defined where a test lets a thread come to it: elsewhere lanes compute with what is not.
	{"(U(%[2]s) < U(B) ? T(U(%[1]s) << U(%[2]s)) : T(%[1]s))", 2, func(k kind, x []uint64) uint64 {
		if x[1] >= uint64(k.bits()-1) {
			return x[0]
		}
		return cut(k, x[0]<<x[1])
	}, isScalar},
	{"(U(%[2]s) < U(B) ? T(%[1]s >> %[2]s) : T(%[2]s))", 2, func(k kind, x []uint64) uint64 {
		if x[1] >= uint64(k.bits()-1) {
			return x[1]
		}
		return cut(k, uint64(shiftedRight(k, x[0], int(x[1]))))
	}, isScalar},
	{"(%[2]s > T(0) ? T(%[1]s / %[2]s) : T(%[2]s))", 2, func(k kind, x []uint64) uint64 {
		if x[1] == 0 || integer(k, x[1]) < 0 && k.signed() {
			return x[1]
		}
		if !k.signed() {
			return x[0] / x[1]
		}
		return cut(k, uint64(integer(k, x[0])/integer(k, x[1])))
	}, isScalar},
	{"(%[2]s > T(2) ? T(%[1]s %% %[2]s) : T(%[1]s))", 2, func(k kind, x []uint64) uint64 {
		if !isLess(k, 2, x[1]) {
			return x[0]
		}
		if !k.signed() {
			return x[0] % x[1]
		}
		return cut(k, uint64(integer(k, x[0])%integer(k, x[1])))
	}, isScalar},
	{"min(%[1]s, %[2]s)", 2, func(k kind, x []uint64) uint64 { return least(k, x[0], x[1]) }, nil},
	{"max(%[1]s, %[2]s)", 2, func(k kind, x []uint64) uint64 { return greatest(k, x[0], x[1]) }, nil},
	{"clamp(%[1]s, min(%[2]s, %[3]s), max(%[2]s, %[3]s))", 3, func(k kind, x []uint64) uint64 {
		return within(k, x[0], least(k, x[1], x[2]), greatest(k, x[1], x[2]))
	}, nil},
	{"median3(%[1]s, %[2]s, %[3]s)", 3, func(k kind, x []uint64) uint64 {
		return greatest(k, least(k, x[0], x[1]), least(k, greatest(k, x[0], x[1]), x[2]))
	}, nil},
	{"abs(T(%[1]s | T(1)))", 1, func(k kind, x []uint64) uint64 {
		if integer(k, x[0]) < 0 && k.signed() {
			return cut(k, -(x[0] | 1))
		}
		return x[0] | 1
	}, nil},
	{"popcount(%[1]s)", 1, func(k kind, x []uint64) uint64 { return uint64(bits.OnesCount64(x[0])) }, nil},
	{"clz(%[1]s)", 1, func(k kind, x []uint64) uint64 { return uint64(bits.LeadingZeros64(x[0]) - 64 + k.bits()) }, nil},
	{"ctz(%[1]s)", 1, func(k kind, x []uint64) uint64 { return uint64(min(bits.TrailingZeros64(x[0]), k.bits())) }, nil},
	{"reverse_bits(%[1]s)", 1, func(k kind, x []uint64) uint64 { return bits.Reverse64(x[0]) >> (64 - k.bits()) }, nil},
	{"rotate(%[1]s, %[2]s)", 2, func(k kind, x []uint64) uint64 {
		by := int(x[1] & uint64(k.bits()-1))
		return cut(k, x[0]<<by|x[0]>>(k.bits()-by))
	}, nil},
	{"addsat(%[1]s, %[2]s)", 2, func(k kind, x []uint64) uint64 { return saturated(k, x[0], x[1], false) }, nil},
	{"subsat(%[1]s, %[2]s)", 2, func(k kind, x []uint64) uint64 { return saturated(k, x[0], x[1], true) }, nil},
	{"mulhi(%[1]s, %[2]s)", 2, func(k kind, x []uint64) uint64 { return highProduct(k, x[0], x[1]) }, nil},
	{"hadd(%[1]s, %[2]s)", 2, func(k kind, x []uint64) uint64 { return halved(k, x[0], x[1], 0) }, nil},
	{"rhadd(%[1]s, %[2]s)", 2, func(k kind, x []uint64) uint64 { return halved(k, x[0], x[1], 1) }, nil},
	{"T(absdiff(%[1]s, %[2]s))", 2, func(k kind, x []uint64) uint64 {
		if isLess(k, x[0], x[1]) {
			return cut(k, x[1]-x[0])
		}
		return cut(k, x[0]-x[1])
	}, nil},
	{"extract_bits(%[1]s, 3u, 4u)", 1, func(k kind, x []uint64) uint64 { return extracted(k, x[0], 3, 4) }, nil},
	{"extract_bits(%[1]s, (%[2]s & 3u), (%[3]s & 3u))", -1, func(k kind, x []uint64) uint64 { return extracted(k, x[0], int(x[1]&3), int(x[2]&3)) }, nil},
	{"insert_bits(%[1]s, %[2]s, (%[3]s & 3u), (%[4]s & 3u))", -2, func(k kind, x []uint64) uint64 {
		mask := (uint64(1)<<(x[3]&3) - 1) << (x[2] & 3)
		return cut(k, x[0]&^mask|x[1]<<(x[2]&3)&mask)
	}, nil},
	{"mul24(T(%[1]s & T(0x7ff)), T(%[2]s & T(0x7ff)))", 2, func(k kind, x []uint64) uint64 { return cut(k, (x[0]&0x7ff)*(x[1]&0x7ff)) },
		func(t typ) bool { return t.bits() == 32 }},
	{"madsat(%[1]s, %[2]s, %[3]s)", 3, func(k kind, x []uint64) uint64 {
		if !k.signed() {
			return min(x[0]*x[1]+x[2], cut(k, ^uint64(0)))
		}
		low, high := ends(k)
		return cut(k, uint64(min(max(integer(k, x[0])*integer(k, x[1])+integer(k, x[2]), integer(k, low)), integer(k, high))))
	}, func(t typ) bool { return t.bits() < 64 }},
}

func isNarrow(t typ) bool       { return t.n == 1 && t.bits() < 32 }
func isWideUnsigned(t typ) bool { return t.bits() >= 32 && !t.signed() }

func shiftedRight(k kind, x uint64, by int) int64 {
	if k == ulong {
		return int64(x >> by)
	}
	return integer(k, x) >> by
}

func quotient(k kind, x uint64, by int64) uint64 {
	if k == ulong {
		return x / uint64(by)
	}
	return cut(k, uint64(integer(k, x)/by))
}

func left(k kind, x uint64, by int64) uint64 {
	if k == ulong {
		return x % uint64(by)
	}
	return cut(k, uint64(integer(k, x)%by))
}

func halved(k kind, a, b uint64, up uint64) uint64 {
	carry := a & b & 1
	if up == 1 {
		carry = (a | b) & 1
	}
	return cut(k, uint64(shiftedRight(k, a, 1))+uint64(shiftedRight(k, b, 1))+carry)
}

// extracted are some bits of a number; of one with a sign the highest of them is the sign.
func extracted(k kind, x uint64, from, n int) uint64 {
	x = x >> from & (1<<n - 1)
	if k.signed() && n > 0 {
		x = uint64(int64(x) << (64 - n) >> (64 - n))
	}
	return cut(k, x)
}
