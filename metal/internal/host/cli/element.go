package cli

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// element is how a scalar type of MSL lies in memory.
type element struct {
	bytes int
	put   func(b []byte, x float64)
	get   func(b []byte) float64
}

func integer(bytes int, signed bool) element {
	return element{bytes, func(b []byte, x float64) {
		var wide [8]byte
		binary.LittleEndian.PutUint64(wide[:], uint64(int64(x)))
		copy(b[:bytes], wide[:])
	}, func(b []byte) float64 {
		var wide [8]byte
		copy(wide[:], b[:bytes])
		u := binary.LittleEndian.Uint64(wide[:])
		if signed {
			return float64(int64(u<<(64-8*bytes)) >> (64 - 8*bytes))
		}
		return float64(u)
	}}
}

var elements = map[string]element{
	"float": {4, func(b []byte, x float64) { binary.LittleEndian.PutUint32(b, math.Float32bits(float32(x))) },
		func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }},
	"half": {2, func(b []byte, x float64) { binary.LittleEndian.PutUint16(b, toHalf(x)) },
		func(b []byte) float64 { return fromHalf(binary.LittleEndian.Uint16(b)) }},
	"bfloat": {2, func(b []byte, x float64) { binary.LittleEndian.PutUint16(b, toBFloat(x)) },
		func(b []byte) float64 {
			return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16))
		}},
	"bool": integer(1, false), "char": integer(1, true), "uchar": integer(1, false), "short": integer(2, true),
	"ushort": integer(2, false), "int": integer(4, true), "uint": integer(4, false), "long": integer(8, true),
	"ulong": integer(8, false),
}

// toHalf rounds to nearest, ties to even, from the exact value.
func toHalf(x float64) uint16 {
	sign := uint16(math.Float64bits(x) >> 48 & 0x8000)
	x = math.Abs(x)
	switch {
	case math.IsNaN(x):
		return sign | 0x7e00
	case x >= 65520:
		return sign | 0x7c00
	case x < 0x1p-14:
		return sign | uint16(math.RoundToEven(x*0x1p24))
	}
	fraction, exponent := math.Frexp(x) // x = fraction * 2^exponent, fraction in [0.5, 1)
	return sign | uint16(int(math.RoundToEven(fraction*0x1p11))-1024+(exponent+14)<<10)
}

func fromHalf(h uint16) float64 {
	sign := 1.0
	if h&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(h>>10&31), float64(h&1023)
	switch exponent {
	case 0:
		return sign * fraction * 0x1p-24
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// toBFloat rounds to nearest, ties to even; a float in between would round twice only where a float is too narrow.
func toBFloat(x float64) uint16 {
	b := math.Float32bits(float32(x))
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

func elementOf(name string) (element, error) {
	e, ok := elements[name]
	if !ok {
		return element{}, fmt.Errorf("type %q: one of float, half, bfloat, bool, char, uchar, short, ushort, int, uint, long, ulong is wanted", name)
	}
	return e, nil
}

// value reads "0.5", "-inf", "0x10" and the like as an element's bytes.
func value(typeName, text string) ([]byte, error) {
	e, err := elementOf(typeName)
	if err != nil {
		return nil, err
	}
	b := make([]byte, e.bytes)
	switch typeName {
	case "float", "half", "bfloat":
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%s %q: a number is wanted", typeName, text)
		}
		e.put(b, x)
		return b, nil
	}
	if text == "true" || text == "false" {
		text = map[string]string{"true": "1", "false": "0"}[text]
	}
	var wide [8]byte
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		binary.LittleEndian.PutUint64(wide[:], uint64(n))
	} else if u, err := strconv.ParseUint(text, 0, 64); err == nil {
		binary.LittleEndian.PutUint64(wide[:], u)
	} else {
		return nil, fmt.Errorf("%s %q: an integer is wanted", typeName, text)
	}
	copy(b, wide[:])
	return b, nil
}
