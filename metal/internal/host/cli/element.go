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

func narrowElement(f *narrow.Format) element {
	return element{2, func(b []byte, x float64) { binary.LittleEndian.PutUint16(b, uint16(f.Encode(x))) },
		func(b []byte) float64 { return f.Decode(uint32(binary.LittleEndian.Uint16(b))) }}
}

var elements = map[string]element{
	"float": {4, func(b []byte, x float64) { binary.LittleEndian.PutUint32(b, math.Float32bits(float32(x))) },
		func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }},
	"half": narrowElement(&narrow.FP16), "bfloat": narrowElement(&narrow.BF16),
	"bool": integer(1, false), "char": integer(1, true), "uchar": integer(1, false), "short": integer(2, true),
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
