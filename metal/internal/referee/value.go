package referee

import (
	"math"
	"strconv"
)

const lanes = 32

// value is what a lane holds: the bits of a uint or of a float.
type value struct {
	bits  uint32
	float bool
}

type values = [lanes]value

func number(x uint32) value { return value{bits: x} }

func real(x float32) value { return value{math.Float32bits(x), true} }

func (v value) asFloat() float32 {
	if v.float {
		return math.Float32frombits(v.bits)
	}
	return float32(v.bits)
}

func (v value) asUint() uint32 {
	if v.float {
		return uint32(math.Float32frombits(v.bits))
	}
	return v.bits
}

func (v value) isTrue() bool { return v.asFloat() != 0 }

func each(mask uint32, f func(lane int)) {
	for lane := range lanes {
		if mask>>lane&1 == 1 {
			f(lane)
		}
	}
}

// where is the part of mask whose lanes hold something other than 0.
func where(v *values, mask uint32) uint32 {
	yes := uint32(0)
	each(mask, func(lane int) {
		if v[lane].isTrue() {
			yes |= 1 << lane
		}
	})
	return yes
}

func convert(typ string, v value) value {
	if typ == "float" {
		return real(v.asFloat())
	}
	return number(v.asUint())
}

func literal(text string) value {
	if n, err := strconv.ParseUint(text, 0, 32); err == nil {
		return number(uint32(n))
	}
	f, err := strconv.ParseFloat(text, 32)
	if err != nil {
		panic("the number " + text)
	}
	return real(float32(f))
}

func truth(b bool) value {
	if b {
		return number(1)
	}
	return number(0)
}

func operate(op string, a, b value) value {
	if a.float || b.float {
		x, y := a.asFloat(), b.asFloat()
		switch op {
		case "+":
			return real(x + y)
		case "-":
			return real(x - y)
		case "*":
			return real(x * y)
		case "<":
			return truth(x < y)
		case ">":
			return truth(x > y)
		}
		panic("floats and the operator " + op)
	}
	x, y := a.bits, b.bits
	switch op {
	case "+":
		return number(x + y)
	case "-":
		return number(x - y)
	case "*":
		return number(x * y)
	case "/":
		return number(x / y)
	case "%":
		return number(x % y)
	case "&":
		return number(x & y)
	case "|":
		return number(x | y)
	case "^":
		return number(x ^ y)
	case "<<":
		return number(x << (y & 31))
	case ">>":
		return number(x >> (y & 31))
	case "==":
		return truth(x == y)
	case "!=":
		return truth(x != y)
	case "<":
		return truth(x < y)
	case ">":
		return truth(x > y)
	case "<=":
		return truth(x <= y)
	case ">=":
		return truth(x >= y)
	}
	panic("the operator " + op)
}
