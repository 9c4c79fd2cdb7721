package reference

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// The few fields of ONNX's protocol buffers that its attention vectors need.

// field is one field of a message: a varint or fixed number, or bytes.
type field struct {
	number int
	value  uint64
	bytes  []byte
}

// fields splits a message of the protocol-buffer wire format.
func fields(message []byte) (all []field, err error) {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return nil, fmt.Errorf("no tag %d bytes before the end", len(message))
		}
		message = message[n:]
		f := field{number: int(tag >> 3)}
		size := 0
		switch tag & 7 {
		case 0:
			f.value, size = binary.Uvarint(message)
		case 1:
			size = 8
		case 2:
			length, n := binary.Uvarint(message)
			if n <= 0 || length > uint64(len(message)-n) {
				return nil, fmt.Errorf("field %d is longer than its message", f.number)
			}
			f.bytes = message[n : n+int(length)]
			size = n + int(length)
		case 5:
			size = 4
		default:
			return nil, fmt.Errorf("field %d has wire type %d", f.number, tag&7)
		}
		if size <= 0 || size > len(message) {
			return nil, fmt.Errorf("field %d is cut short", f.number)
		}
		switch tag & 7 {
		case 1:
			f.value = binary.LittleEndian.Uint64(message)
		case 5:
			f.value = uint64(binary.LittleEndian.Uint32(message))
		}
		message = message[size:]
		all = append(all, f)
	}
	return all, nil
}

// onnxTensor is a TensorProto, widened to float64.
type onnxTensor struct {
	name string
	dims []int
	kind int // 1 fp32, 7 int64, 9 bool, 10 fp16
	data []float64
}

func readTensor(file string) (*onnxTensor, error) {
	message, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	all, err := fields(message)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	t := &onnxTensor{}
	var raw []byte
	for _, f := range all {
		switch f.number {
		case 1:
			if f.bytes == nil {
				t.dims = append(t.dims, int(f.value))
			}
			for b := f.bytes; len(b) > 0; {
				d, n := binary.Uvarint(b)
				t.dims = append(t.dims, int(d))
				b = b[max(n, 1):]
			}
		case 2:
			t.kind = int(f.value)
		case 8:
			t.name = string(f.bytes)
		case 9:
			raw = f.bytes
		}
	}
	size, ok := map[int]int{1: 4, 7: 8, 9: 1, 10: 2}[t.kind]
	if !ok {
		return nil, fmt.Errorf("%s: element type %d", file, t.kind)
	}
	for ; len(raw) >= size; raw = raw[size:] {
		switch t.kind {
		case 1:
			t.data = append(t.data, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw))))
		case 7:
			t.data = append(t.data, float64(int64(binary.LittleEndian.Uint64(raw))))
		case 9:
			t.data = append(t.data, float64(raw[0]))
		case 10:
			t.data = append(t.data, halfValue(binary.LittleEndian.Uint16(raw)))
		}
	}
	want := 1
	for _, d := range t.dims {
		want *= d
	}
	if want != len(t.data) {
		return nil, fmt.Errorf("%s: %d elements for shape %v", file, len(t.data), t.dims)
	}
	return t, nil
}

// halfValue is the value of an fp16 code.
func halfValue(bits uint16) float64 {
	sign, exp, frac := 1-2*float64(bits>>15), int(bits>>10&31), float64(bits&1023)
	switch {
	case exp == 31 && frac != 0:
		return math.NaN()
	case exp == 31:
		return math.Inf(int(sign))
	case exp == 0:
		return sign * frac * 0x1p-24
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

// onnxCase is one folder of ONNX's node tests: a model of one Attention node.
type onnxCase struct {
	ints    map[string]int
	floats  map[string]float64
	tensors map[string]*onnxTensor // by the operator's own name of the input or output
}

// The operator's inputs and outputs, in order.
var (
	onnxInputs  = []string{"Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen"}
	onnxOutputs = []string{"Y", "present_key", "present_value", "qk_matmul_output"}
)

func readCase(dir string) (*onnxCase, error) {
	model, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		return nil, err
	}
	c := &onnxCase{ints: map[string]int{}, floats: map[string]float64{}, tensors: map[string]*onnxTensor{}}
	var inputs, outputs []string // names the node uses
	err = walk(model, func(f field) error {
		if f.number != 7 { // ModelProto.graph
			return nil
		}
		return walk(f.bytes, func(f field) error {
			if f.number != 1 { // GraphProto.node
				return nil
			}
			return walk(f.bytes, func(f field) error {
				switch f.number {
				case 1:
					inputs = append(inputs, string(f.bytes))
				case 2:
					outputs = append(outputs, string(f.bytes))
				case 4:
					if string(f.bytes) != "Attention" {
						return fmt.Errorf("operator %s", f.bytes)
					}
				case 5:
					return c.attribute(f.bytes)
				}
				return nil
			})
		})
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	for pattern, names := range map[string][2][]string{"input_*.pb": {inputs, onnxInputs}, "output_*.pb": {outputs, onnxOutputs}} {
		files, err := filepath.Glob(filepath.Join(dir, "test_data_set_0", pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			t, err := readTensor(file)
			if err != nil {
				return nil, err
			}
			for i, name := range names[0] {
				if name != "" && name == t.name {
					c.tensors[names[1][i]] = t
				}
			}
		}
	}
	return c, nil
}

func (c *onnxCase) attribute(message []byte) error {
	var name string
	var f32, i64 *uint64
	err := walk(message, func(f field) error {
		switch f.number {
		case 1:
			name = string(f.bytes)
		case 2:
			f32 = &f.value
		case 3:
			i64 = &f.value
		}
		return nil
	})
	if f32 != nil {
		c.floats[name] = float64(math.Float32frombits(uint32(*f32)))
	}
	if i64 != nil {
		c.ints[name] = int(*i64)
	}
	return err
}

func walk(message []byte, visit func(field) error) error {
	all, err := fields(message)
	if err != nil {
		return err
	}
	for _, f := range all {
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}
