package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/metal/plainfile"
)

// The few fields of ONNX's protocol buffers that a node test needs; the numbers are those of onnx.proto.

// maxFileBytes bounds a file of a node test; real ones have a few kilobytes.
const maxFileBytes = 256 << 20

// walk visits the fields of a message: number and kind of each, and its value as a number or as bytes.
func walk(message []byte, visit func(number protowire.Number, value uint64, bytes []byte) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		var value uint64
		var bytes []byte
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(message)
			value = uint64(v)
		case protowire.Fixed64Type:
			value, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			bytes, n = protowire.ConsumeBytes(message)
			if bytes == nil {
				bytes = []byte{}
			}
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return fmt.Errorf("field %d: %w", number, protowire.ParseError(n))
		}
		message = message[n:]
		if err := visit(number, value, bytes); err != nil {
			return err
		}
	}
	return nil
}

// tensor is a TensorProto, its elements widened to float64.
type tensor struct {
	name string
	dims []int
	kind elementType
	data []float64
}

// elementType is TensorProto.DataType.
type elementType int

const (
	float32Type  elementType = 1
	int64Type    elementType = 7
	boolType     elementType = 9
	float16Type  elementType = 10
	float64Type  elementType = 11
	bfloat16Type elementType = 16
)

func (t elementType) size() int {
	switch t {
	case float32Type:
		return 4
	case int64Type, float64Type:
		return 8
	case boolType:
		return 1
	case float16Type, bfloat16Type:
		return 2
	}
	return 0
}

// format is the precision that holds the type's values exactly; 0: none does.
func (t elementType) format() precision.Format {
	switch t {
	case float32Type:
		return precision.FP32
	case float16Type:
		return precision.FP16
	case bfloat16Type:
		return precision.BF16
	}
	return 0
}

func (t elementType) value(b []byte) float64 {
	switch t {
	case float32Type:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case float64Type:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case int64Type:
		return float64(int64(binary.LittleEndian.Uint64(b)))
	case float16Type:
		return precision.FP16.Value(uint32(binary.LittleEndian.Uint16(b)))
	case bfloat16Type:
		return precision.BF16.Value(uint32(binary.LittleEndian.Uint16(b)))
	}
	return float64(b[0])
}

func readFile(file string) ([]byte, error) { return plainfile.Read(file, maxFileBytes) }

func readTensor(file string) (*tensor, error) {
	message, err := readFile(file)
	if err != nil {
		return nil, err
	}
	t := &tensor{}
	var raw []byte
	err = walk(message, func(number protowire.Number, value uint64, bytes []byte) error {
		switch number {
		case 1: // dims, packed or not
			if bytes == nil {
				t.dims = append(t.dims, int(value))
			}
			for len(bytes) > 0 {
				d, n := protowire.ConsumeVarint(bytes)
				if n < 0 {
					return fmt.Errorf("dims: %w", protowire.ParseError(n))
				}
				t.dims, bytes = append(t.dims, int(d)), bytes[n:]
			}
		case 2:
			t.kind = elementType(value)
		case 8:
			t.name = string(bytes)
		case 9:
			raw = bytes
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	size := t.kind.size()
	if size == 0 {
		return nil, fmt.Errorf("%s: element type %d; want float, float16, bfloat16, double, int64 or bool", file, t.kind)
	}
	want := 1
	for _, d := range t.dims {
		if d < 0 || d > 0 && want > maxFileBytes/d {
			return nil, fmt.Errorf("%s: shape %v", file, t.dims)
		}
		want *= d
	}
	if len(raw) != want*size {
		return nil, fmt.Errorf("%s: %d bytes of raw data; want %d for shape %v", file, len(raw), want*size, t.dims)
	}
	for ; len(raw) > 0; raw = raw[size:] {
		t.data = append(t.data, t.kind.value(raw))
	}
	return t, nil
}
