package msl

import (
	"fmt"
	"math"
	"strconv"
	"strings"

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
	} else {
		c.Name = key
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
		c.Bits, err = bitsOf(c.Type, value)
	} else {
		c.Bits, err = strconv.ParseUint(bits, 0, c.Type.Bits())
	}
	if err != nil {
		return c, fmt.Errorf("constant %q: not a value of type %s: %w", s, c.Type, err)
	}
	return c, nil
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
