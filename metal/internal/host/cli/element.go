package cli

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"attest.example/attest/metal/narrow"
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

// boolean is 0 or 1: what a bool of other bits is, no compiler says.
var boolean = element{1, func(b []byte, x float64) {
	b[0] = 0
	if x != 0 {
		b[0] = 1
	}
}, func(b []byte) float64 { return float64(b[0]) }}

func isFloating(typeName string) bool {
	return typeName == "float" || typeName == "half" || typeName == "bfloat"
}

func narrowElement(f *narrow.Format) element {
	return element{2, func(b []byte, x float64) { binary.LittleEndian.PutUint16(b, uint16(f.Encode(x))) },
		func(b []byte) float64 { return f.Decode(uint32(binary.LittleEndian.Uint16(b))) }}
}

var elements = map[string]element{
	"float": {4, func(b []byte, x float64) { binary.LittleEndian.PutUint32(b, math.Float32bits(float32(x))) },
		func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }},
	"half": narrowElement(&narrow.FP16), "bfloat": narrowElement(&narrow.BF16),
	"bool": boolean, "char": integer(1, true), "uchar": integer(1, false), "short": integer(2, true),
	"ushort": integer(2, false), "int": integer(4, true), "uint": integer(4, false), "long": integer(8, true),
	"ulong": integer(8, false),
}

func elementOf(name string) (element, error) {
	e, ok := elements[name]
	if !ok {
		return element{}, fmt.Errorf("type %q: one of float, half, bfloat, bool, char, uchar, short, ushort, int, uint, long, ulong is wanted", name)
	}
	return e, nil
}

// value reads "0.5", "-inf", "0x10" and the like as an element's bytes. A type without a sign takes -1 too, as all its bits.
func value(typeName, text string) ([]byte, error) {
	e, err := elementOf(typeName)
	if err != nil {
		return nil, err
	}
	b := make([]byte, e.bytes)
	if isFloating(typeName) {
		precision := 64
		if typeName == "float" {
			precision = 32 // past its largest number is an error
		}
		x, err := strconv.ParseFloat(text, precision)
		if err != nil {
			return nil, fmt.Errorf("%s %q: a number that it holds, inf or nan is wanted", typeName, text)
		}
		e.put(b, x)
		return b, nil
	}
	if text == "true" || text == "false" {
		text = map[string]string{"true": "1", "false": "0"}[text]
	}
	bits := 8 * e.bytes
	least, most := int64(-1)<<(bits-1), uint64(math.MaxUint64)>>(64-bits)
	switch typeName {
	case "bool":
		least, most = 0, 1
	case "char", "short", "int", "long":
		most >>= 1
	}
	var wide [8]byte
	if n, err := strconv.ParseInt(text, 0, 64); err == nil && n >= least && (n < 0 || uint64(n) <= most) {
		binary.LittleEndian.PutUint64(wide[:], uint64(n))
	} else if u, err := strconv.ParseUint(text, 0, 64); err == nil && u <= most {
		binary.LittleEndian.PutUint64(wide[:], u)
	} else {
		return nil, fmt.Errorf("%s %q: an integer of %d to %d is wanted", typeName, text, least, most)
	}
	copy(b, wide[:])
	return b, nil
}
