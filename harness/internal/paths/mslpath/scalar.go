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
)

// scalarType is a type of the Metal Shading Language by which bytes or a function constant are passed.
type scalarType struct {
	name string
	size int
	kind reflect.Kind // Bool, Int, Uint, Float64
}

var scalarTypes = func() map[string]scalarType {
	table := map[string]scalarType{}
	for _, t := range []scalarType{
		{"bool", 1, reflect.Bool},
		{"char", 1, reflect.Int}, {"short", 2, reflect.Int}, {"int", 4, reflect.Int}, {"long", 8, reflect.Int},
		{"uchar", 1, reflect.Uint}, {"ushort", 2, reflect.Uint}, {"uint", 4, reflect.Uint}, {"ulong", 8, reflect.Uint},
		{"half", 2, reflect.Float64}, {"bfloat", 2, reflect.Float64}, {"float", 4, reflect.Float64},
	} {
		table[t.name] = t
	}
	table["size_t"] = scalarType{"size_t", 8, reflect.Uint}
	for _, width := range []string{"8", "16", "32", "64"} {
		size := map[string]int{"8": 1, "16": 2, "32": 4, "64": 8}[width]
		table["int"+width+"_t"] = scalarType{"int" + width + "_t", size, reflect.Int}
		table["uint"+width+"_t"] = scalarType{"uint" + width + "_t", size, reflect.Uint}
	}
	return table
}()

var typeNames = strings.Join(slices.Sorted(maps.Keys(scalarTypes)), ", ")

// put appends a value in the type's bytes.
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
		switch t.name {
		case "half":
			return uint64(precision.FP16.Bits(x)), nil
		case "bfloat":
			return uint64(precision.BF16.Bits(x)), nil
		}
		return uint64(math.Float32bits(float32(x))), nil
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

// pack lays scalars out as C does: each aligned to its size, the whole to its largest member.
func pack(scalars []scalar, values predicate.Values, isStruct bool) ([]byte, error) {
	var out []byte
	largest := 1
	for _, s := range scalars {
		value, err := s.value.Eval(values)
		if err != nil {
			return nil, err
		}
		elements := []any{value}
		if v := reflect.ValueOf(value); v.IsValid() && v.Kind() == reflect.Slice && s.count != 0 {
			elements = elements[:0]
			for i := range v.Len() {
				elements = append(elements, v.Index(i).Interface())
			}
		}
		if s.count > 0 && len(elements) != s.count {
			return nil, fmt.Errorf("%s%q has %d numbers; want %d", label(s), s.value, len(elements), s.count)
		}
		if isStruct {
			largest = max(largest, s.kind.size)
			for len(out)%s.kind.size != 0 {
				out = append(out, 0)
			}
		}
		for _, e := range elements {
			if out, err = s.kind.put(out, e); err != nil {
				return nil, fmt.Errorf("%s%q: %w", label(s), s.value, err)
			}
		}
	}
	for isStruct && len(out)%largest != 0 {
		out = append(out, 0)
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
	switch t.name {
	case "bool":
		return bits != 0, nil
	case "int", "int32_t":
		return int32(bits), nil
	case "uint", "uint32_t":
		return uint32(bits), nil
	case "ushort", "uint16_t":
		return uint16(bits), nil
	case "float":
		return math.Float32frombits(uint32(bits)), nil
	}
	return nil, fmt.Errorf("a function constant of type %s; want bool, int, uint, ushort or float", t.name)
}
