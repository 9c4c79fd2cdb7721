package drawn

import (
	"math"
	"math/bits"

	"attest.example/attest/metal/narrow"
)

// value is what a thread holds: the bits of each element, with zeros above.
type value [4]uint64

// cut is a number's lowest bits, as many as a kind has.
func cut(k kind, x uint64) uint64 {
	if k == boolean {
		return x & 1
	}
	return x << (64 - k.bits()) >> (64 - k.bits())
}

// integer is an integer's value.
func integer(k kind, x uint64) int64 {
	if k.signed() {
		return int64(x) << (64 - k.bits()) >> (64 - k.bits())
	}
	return int64(x)
}

// formats are those of kinds of floating-point numbers.
var formats = map[kind]*narrow.Format{half: &narrow.FP16, bfloat: &narrow.BF16, float: &narrow.FP32}

// real is the value of a half, bfloat or float.
func real(k kind, x uint64) float32 { return float32(formats[k].Decode(uint32(x))) }

// rounded are the bits of a half, bfloat or float that is nearest, the even one of two.
func rounded(k kind, x float32) uint64 { return uint64(formats[k].Encode(float64(x))) }

// fused is a * b + c rounded once. The product is exact in double precision; a sum that is not exact is given an odd last bit,
// so that it is rounded the right way.
func fused(k kind, a, b, c float32) uint64 {
	p, z := float64(a)*float64(b), float64(c)
	s := p + z
	t := s - p
	lost := (p - (s - t)) + (z - t)
	if (lost < 0 || lost > 0) && math.Float64bits(s)&1 == 0 { // a NaN where anything is infinite
		s = math.Nextafter(s, math.Inf(int(math.Copysign(1, lost))))
	}
	return uint64(formats[k].Encode(s))
}

// convert is a value of one kind as another. Of a number with a fraction that is made an integer the kernel has bounded it first.
func convert(to, from kind, x uint64) uint64 {
	switch {
	case to == boolean && from.floating():
		if real(from, x) != 0 {
			return 1
		}
		return 0
	case to == boolean:
		if x != 0 {
			return 1
		}
		return 0
	case from.floating() && to.floating():
		return rounded(to, real(from, x))
	case from.floating():
		return cut(to, uint64(int64(real(from, x))))
	case to.floating() && from == ulong:
		return rounded(to, float32(x))
	case to.floating():
		return rounded(to, float32(integer(from, x)))
	}
	return cut(to, uint64(integer(from, x)))
}

// isLess compares two numbers of a kind.
func isLess(k kind, a, b uint64) bool {
	switch {
	case k.floating():
		return real(k, a) < real(k, b)
	case k.signed():
		return integer(k, a) < integer(k, b)
	}
	return a < b
}

func isNaN(k kind, a uint64) bool {
	if !k.floating() {
		return false
	}
	x := real(k, a)
	return x != x
}

// isSame compares two numbers of a kind as == does.
func isSame(k kind, a, b uint64) bool {
	if k.floating() {
		return real(k, a) == real(k, b)
	}
	return a == b
}

// highProduct is the upper half of a product.
func highProduct(k kind, a, b uint64) uint64 {
	if k.bits() == 64 {
		high, _ := bits.Mul64(a, b)
		if k.signed() {
			if int64(a) < 0 {
				high -= b
			}
			if int64(b) < 0 {
				high -= a
			}
		}
		return high
	}
	if k.signed() {
		return cut(k, uint64(integer(k, a)*integer(k, b)>>k.bits()))
	}
	return cut(k, a*b>>k.bits())
}

// ends are the least and the largest integer of a kind.
func ends(k kind) (least, largest uint64) {
	if k.signed() {
		return uint64(1) << (k.bits() - 1), uint64(1)<<(k.bits()-1) - 1
	}
	return 0, cut(k, math.MaxUint64)
}

// saturated is a sum, or a difference, or the end that it is past.
func saturated(k kind, a, b uint64, minus bool) uint64 {
	least, largest := ends(k)
	if !k.signed() {
		switch {
		case minus && b > a:
			return 0
		case minus:
			return a - b
		case b > largest-a:
			return largest
		}
		return a + b
	}
	x, y := integer(k, a), integer(k, b)
	low, high := integer(k, least), integer(k, largest)
	if minus {
		switch {
		case y < 0 && x > high+y:
			return largest
		case y > 0 && x < low+y:
			return least
		}
		return cut(k, uint64(x-y))
	}
	switch {
	case y > 0 && x > high-y:
		return largest
	case y < 0 && x < low-y:
		return least
	}
	return cut(k, uint64(x+y))
}

var nan = float32(math.NaN())
