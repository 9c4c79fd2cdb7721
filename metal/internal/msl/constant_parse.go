package msl

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"attest.example/attest/metal/internal/device"
)

// ConstantSyntax is how a function constant is written on a command line.
const ConstantSyntax = "INDEX:TYPE=VALUE or NAME:TYPE=VALUE"

// ParseConstant reads INDEX:TYPE=VALUE or NAME:TYPE=VALUE, as 3:bool=true or window:uint=128, and the same with the
// value's bits, 3:bool:0x1. INDEX=TYPE:VALUE is understood too: that is how attest msl run and check once wrote it.
func ParseConstant(s string) (Constant, error) {
	var c Constant
	at := strings.IndexAny(s, ":=")
	if at <= 0 {
		return c, fmt.Errorf("constant %q: %s, or :0xBITS for =VALUE, expected", s, ConstantSyntax)
	}
	key, rest := s[:at], s[at+1:]
	if s[at] == '=' {
		typeName, value, ok := strings.Cut(rest, ":")
		if !ok {
			return c, fmt.Errorf("constant %q: %s expected", s, ConstantSyntax)
		}
		rest = typeName + "=" + value
	}
	if index, err := strconv.ParseUint(key, 10, 16); err == nil {
		c.Index = int(index)
	} else if c.Name = key; !isName(key) {
		return c, fmt.Errorf("constant %q: %q is neither an index of 0 to 65535 nor a name", s, key)
	}
	typeName, value, isValue := strings.Cut(rest, "=")
	bits := ""
	if !isValue {
		var ok bool
		if typeName, bits, ok = strings.Cut(rest, ":"); !ok {
			return c, fmt.Errorf("constant %q: it has no value, as in %s:%s=1", s, key, rest)
		}
	}
	var err error
	if c.Type, err = ParseScalar(typeName); err != nil {
		return c, fmt.Errorf("constant %q: %w", s, err)
	}
	if isValue {
		if c.Bits, err = bitsOf(c.Type, value); err != nil {
			return c, fmt.Errorf("constant %q: %q is not a value of type %s; want %s", s, value, c.Type, valuesOf(c.Type))
		}
		return c, nil
	}
	c.Bits, err = strconv.ParseUint(bits, 0, c.Type.Bits())
	if err != nil || c.Type == device.Bool && c.Bits > 1 {
		return c, fmt.Errorf("constant %q: %q are not the bits of a %s; want %s", s, bits, c.Type, bitsWanted(c.Type))
	}
	return c, nil
}

// AddConstant reads a constant as ParseConstant does and adds it to those that were given, none of which may be the same.
func AddConstant(given []Constant, s string) ([]Constant, error) {
	c, err := ParseConstant(s)
	if err != nil {
		return given, err
	}
	if slices.ContainsFunc(given, func(other Constant) bool { return other.Name == c.Name && other.Index == c.Index }) {
		return given, fmt.Errorf("constant %q: it is given a value before; one value is wanted", s)
	}
	return append(given, c), nil
}

func isName(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}

// valuesOf says which values a type takes.
func valuesOf(t Scalar) string {
	switch t {
	case device.Bool:
		return "true or false"
	case device.Half, device.BFloat, device.Float:
		return "a number that it holds, inf or nan"
	case device.UChar, device.UShort, device.UInt, device.ULong:
		return fmt.Sprintf("an integer of 0 to %d", uint64(math.MaxUint64)>>(64-t.Bits()))
	}
	return fmt.Sprintf("an integer of %d to %d", int64(-1)<<(t.Bits()-1), int64(math.MaxInt64)>>(64-t.Bits()))
}

func bitsWanted(t Scalar) string {
	if t == device.Bool {
		return "0x0 or 0x1"
	}
	return fmt.Sprintf("0x0 to %#x", uint64(math.MaxUint64)>>(64-t.Bits()))
}

// bitsOf is the bit pattern of a value in decimal, hexadecimal, or true and false.
func bitsOf(t Scalar, value string) (uint64, error) {
	switch t {
	case device.Bool:
		truth, err := strconv.ParseBool(value)
		if truth {
			return 1, err
		}
		return 0, err
	case device.Float:
		f, err := strconv.ParseFloat(value, 32)
		return uint64(math.Float32bits(float32(f))), err
	case device.Half:
		f, err := strconv.ParseFloat(value, 64)
		return uint64(halfBits(f)), err
	case device.BFloat:
		f, err := strconv.ParseFloat(value, 64)
		return uint64(roundedBits(f, 8, -126, 127)), err
	case device.UChar, device.UShort, device.UInt, device.ULong:
		return strconv.ParseUint(value, 0, t.Bits())
	}
	i, err := strconv.ParseInt(value, 0, t.Bits())
	return uint64(i), err
}

func halfBits(f float64) uint16 { return roundedBits(f, 11, -14, 15) }

// roundedBits rounds f once, to nearest even, to a 16-bit format with `digits` significant bits and normal exponents
// from low to high.
func roundedBits(f float64, digits, low, high int) uint16 {
	sign := uint16(0)
	if math.Signbit(f) {
		sign, f = 0x8000, -f
	}
	infinity := uint16(high-low+2) << (digits - 1)
	switch {
	case math.IsNaN(f):
		return sign | infinity | 1<<(digits-2)
	case f == 0:
		return sign
	case math.IsInf(f, 0):
		return sign | infinity
	}
	_, exponent := math.Frexp(f)
	exponent = max(exponent-1, low)
	units := math.RoundToEven(math.Ldexp(f, digits-1-exponent)) // in units of the last place
	bits := math.Ldexp(float64(exponent-low), digits-1) + units // a carry moves into the exponent by itself
	if bits >= float64(infinity) {
		return sign | infinity
	}
	return sign | uint16(bits)
}
