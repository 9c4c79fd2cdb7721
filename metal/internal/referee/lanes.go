package referee

import (
	"math"
	"math/bits"
)

// together carries out a function of MSL for the lanes of mask. Of a lane that is asked for and does
// not take part all bits are one.
func together(name string, arguments []values, mask uint32) values {
	var out, x, y values
	if len(arguments) > 0 {
		x = arguments[0]
	}
	if len(arguments) > 1 {
		y = arguments[1]
	}
	gather := func(from func(lane int) uint32) {
		each(mask, func(lane int) {
			if i := from(lane); i < lanes && mask>>i&1 == 1 {
				out[lane] = x[i]
			} else {
				out[lane] = value{math.MaxUint32, x[lane].float}
			}
		})
	}
	all := func(v value) { each(mask, func(lane int) { out[lane] = v }) }
	fold := func(join func(a, b value) value) {
		var so value
		first := true
		each(mask, func(lane int) {
			if first {
				so, first = x[lane], false
			} else {
				so = join(so, x[lane])
			}
		})
		all(so)
	}
	switch name {
	case "uint", "ushort", "float", "as_typeuint", "simd_vote::vote_t":
		each(mask, func(lane int) { out[lane] = cast(name, x[lane]) })
	case "simd_sum":
		fold(func(a, b value) value { return operate("+", a, b) })
	case "simd_xor":
		fold(func(a, b value) value { return operate("^", a, b) })
	case "simd_or":
		fold(func(a, b value) value { return operate("|", a, b) })
	case "simd_max":
		fold(func(a, b value) value { return choose(">", a, b) })
	case "simd_min":
		fold(func(a, b value) value { return choose("<", a, b) })
	case "simd_prefix_inclusive_sum", "simd_prefix_exclusive_sum":
		var so value
		each(mask, func(lane int) {
			so.float = x[lane].float
			next := operate("+", so, x[lane])
			out[lane] = so
			if name == "simd_prefix_inclusive_sum" {
				out[lane] = next
			}
			so = next
		})
	case "simd_shuffle":
		gather(func(lane int) uint32 { return y[lane].asUint() })
	case "simd_shuffle_xor":
		gather(func(lane int) uint32 { return uint32(lane) ^ y[lane].asUint() })
	case "simd_shuffle_down":
		gather(func(lane int) uint32 {
			if at := uint32(lane) + y[lane].asUint(); at < lanes {
				return at
			}
			return uint32(lane)
		})
	case "simd_broadcast_first":
		if mask != 0 {
			all(x[bits.TrailingZeros32(mask)])
		}
	case "simd_ballot":
		all(number(where(&x, mask)))
	case "simd_active_threads_mask":
		all(number(mask))
	case "simd_any":
		all(truth(where(&x, mask) != 0))
	case "simd_all":
		all(truth(where(&x, mask) == mask))
	case "simd_is_first":
		first := mask & -mask
		each(first, func(lane int) { out[lane] = number(1) })
	default:
		panic("the function " + name)
	}
	return out
}

// cast is what MSL's functions make of a value that are named after a type.
func cast(name string, v value) value {
	switch name {
	case "ushort":
		return number(v.asUint() & 0xffff)
	case "as_typeuint":
		return number(v.bits)
	default:
		return convert(name, v)
	}
}

// choose is b where it compares so with a, else a.
func choose(compare string, a, b value) value {
	if operate(compare, b, a).isTrue() {
		return b
	}
	return a
}
