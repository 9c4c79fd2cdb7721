package mslpath

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/metal"
)

// scalarType is a type of the Metal Shading Language by which bytes or a function constant are passed: a scalar, or a
// vector of them.
type scalarType struct {
	name  string
	size  int          // of a scalar, in bytes
	kind  reflect.Kind // Bool, Int, Uint, Float64
	of    string       // the scalar's own name
	lanes int          // of a vector; 0: a scalar
	whole int          // bytes of a vector, padding included
	align int
}

func (t scalarType) isVector() bool { return t.lanes > 0 }

// numbers is how many numbers make one value.
func (t scalarType) numbers() int { return max(t.lanes, 1) }

var scalarTypes = func() map[string]scalarType {
	table := map[string]scalarType{}
	for _, t := range []scalarType{
		{name: "bool", size: 1, kind: reflect.Bool},
		{name: "char", size: 1, kind: reflect.Int}, {name: "short", size: 2, kind: reflect.Int},
		{name: "int", size: 4, kind: reflect.Int}, {name: "long", size: 8, kind: reflect.Int},
		{name: "uchar", size: 1, kind: reflect.Uint}, {name: "ushort", size: 2, kind: reflect.Uint},
		{name: "uint", size: 4, kind: reflect.Uint}, {name: "ulong", size: 8, kind: reflect.Uint},
		{name: "half", size: 2, kind: reflect.Float64}, {name: "bfloat", size: 2, kind: reflect.Float64},
		{name: "float", size: 4, kind: reflect.Float64},
	} {
		t.align, t.of = t.size, t.name
		table[t.name] = t
		for lanes := 2; lanes <= 4; lanes++ {
			v := t
			v.name, v.lanes = fmt.Sprintf("%s%d", t.name, lanes), lanes
			v.whole = t.size * (lanes + lanes%2) // a vector of three takes the room of four
			v.align = v.whole
			table[v.name] = v
			v.name, v.whole, v.align = "packed_"+v.name, t.size*lanes, t.size
			table[v.name] = v
		}
	}
	for name, plain := range typedefs {
		t := table[plain]
		t.name = name
		table[name] = t
	}
	return table
}()

// typedefs are further names of scalars.
var typedefs = map[string]string{
	"int8_t": "char", "int16_t": "short", "int32_t": "int", "int64_t": "long",
	"uint8_t": "uchar", "uint16_t": "ushort", "uint32_t": "uint", "uint64_t": "ulong",
	"size_t": "ulong", "ptrdiff_t": "long",
}

// plainName is a scalar's own name: int of int32_t.
func plainName(name string) string {
	if plain, ok := typedefs[name]; ok {
		return plain
	}
	return name
}

var typeNames = func() string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(scalarTypes)) {
		if !scalarTypes[name].isVector() {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ") + ", and vectors of 2 to 4 such as float4 and packed_half2"
}()

// put appends a scalar in the type's bytes.
func (t scalarType) put(into []byte, value any) ([]byte, error) {
	bits, err := t.bits(value)
	if err != nil {
		return nil, err
	}
	var buffer [8]byte
	binary.LittleEndian.PutUint64(buffer[:], bits)
	return append(into, buffer[:t.size]...), nil
}

// bits is a value's bit pattern, zero-extended. What the type cannot hold is an error, never cut off.
func (t scalarType) bits(value any) (uint64, error) {
	v := reflect.ValueOf(value)
	wrong := func() (uint64, error) { return 0, fmt.Errorf("%v does not fit %s", value, t.name) }
	width := 8 * t.size
	switch {
	case !v.IsValid():
		return wrong()
	case t.kind == reflect.Bool && v.Kind() == reflect.Bool:
		if v.Bool() {
			return 1, nil
		}
		return 0, nil
	case t.kind == reflect.Float64 && (v.CanFloat() || v.CanInt()):
		var x float64
		if v.CanFloat() {
			x = v.Float()
		} else {
			x = float64(v.Int())
		}
		format := map[string]precision.Format{"half": precision.FP16, "bfloat": precision.BF16, "float": precision.FP32}[t.of]
		if !math.IsInf(x, 0) && math.IsInf(format.Round(x), 0) {
			return wrong()
		}
		return uint64(format.Bits(x)), nil
	case t.kind == reflect.Int && v.CanInt():
		if n := v.Int(); width < 64 && (n < -1<<(width-1) || n > 1<<(width-1)-1) {
			return wrong()
		} else {
			return uint64(n) & (math.MaxUint64 >> (64 - width)), nil
		}
	case t.kind == reflect.Uint && v.CanUint():
		if n := v.Uint(); width < 64 && n>>width != 0 {
			return wrong()
		} else {
			return n, nil
		}
	case t.kind == reflect.Uint && v.CanInt():
		if n := v.Int(); n < 0 || width < 64 && n>>width != 0 {
			return wrong()
		} else {
			return uint64(n), nil
		}
	}
	return wrong()
}

// anyCount is the count of a binding's value: one number, or as many as the list has.
const anyCount = -1

// pack lays scalars out as C does: each aligned as its type is, the whole to its largest alignment.
func pack(scalars []scalar, values predicate.Values, isStruct bool) ([]byte, error) {
	var out []byte
	largest := 1
	for _, s := range scalars {
		value, err := s.value.Eval(values)
		if err != nil {
			return nil, err
		}
		if isStruct {
			largest = max(largest, s.kind.align)
			for len(out)%s.kind.align != 0 {
				out = append(out, 0)
			}
		}
		if out, err = s.put(out, value); err != nil {
			return nil, fmt.Errorf("%s%q: %w", label(s), s.value, err)
		}
	}
	for isStruct && len(out)%largest != 0 {
		out = append(out, 0)
	}
	return out, nil
}

// put appends a value: a number, or a list of them for a vector or an array.
func (s scalar) put(out []byte, value any) ([]byte, error) {
	elements := []any{value}
	if v := reflect.ValueOf(value); v.IsValid() && v.Kind() == reflect.Slice && (s.count != 0 || s.kind.isVector()) {
		elements = elements[:0]
		for i := range v.Len() {
			elements = append(elements, v.Index(i).Interface())
		}
	}
	each := s.kind.numbers()
	switch want := max(s.count, 1) * each; {
	case s.count == anyCount && (len(elements) == 0 || len(elements)%each != 0):
		return nil, fmt.Errorf("has %d numbers; want a multiple of %d", len(elements), each)
	case s.count != anyCount && len(elements) != want:
		return nil, fmt.Errorf("has %d numbers; want %d", len(elements), want)
	}
	var err error
	for i, e := range elements {
		if out, err = s.kind.put(out, e); err != nil {
			return nil, err
		}
		if s.kind.isVector() && i%each == each-1 {
			out = append(out, make([]byte, s.kind.whole-each*s.kind.size)...)
		}
	}
	return out, nil
}

func label(s scalar) string {
	if s.name == "" {
		return ""
	}
	return s.name + ": "
}

// typed is a value as package metal takes function constants.
func (t scalarType) typed(value any) (any, error) {
	bits, err := t.bits(value)
	if err != nil {
		return nil, err
	}
	switch t.of {
	case "bool":
		return bits != 0, nil
	case "char":
		return int8(bits), nil
	case "short":
		return int16(bits), nil
	case "int":
		return int32(bits), nil
	case "long":
		return int64(bits), nil
	case "uchar":
		return uint8(bits), nil
	case "ushort":
		return uint16(bits), nil
	case "uint":
		return uint32(bits), nil
	case "ulong":
		return bits, nil
	case "half":
		return metal.Half(bits), nil
	case "bfloat":
		return metal.BFloat(bits), nil
	case "float":
		return math.Float32frombits(uint32(bits)), nil
	}
	return nil, fmt.Errorf("a function constant of type %s; want a scalar", t.name)
}
