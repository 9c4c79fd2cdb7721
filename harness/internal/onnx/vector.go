package onnx

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Vector is a node test of one Attention node.
type Vector struct {
	Name string // of its folder

	operator string // "Attention"; another, or more than one, where the model is something else
	nodes    int
	numbers  map[string]float64 // attributes
	tensors  map[string]*tensor // by the operator's own name of the input or output
}

// The operator's inputs and outputs, in order.
var (
	inputs  = []string{"Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen"}
	outputs = []string{"Y", "present_key", "present_value", "qk_matmul_output"}
)

// Find lists the folders at and directly below dir that hold a node test.
func Find(dir string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(dir, "model.onnx")); err == nil {
		return []string{dir}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		at := filepath.Join(dir, e.Name())
		if _, err := os.Stat(filepath.Join(at, "model.onnx")); err == nil {
			found = append(found, at)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: holds no node test; want folders with model.onnx and test_data_set_0", dir)
	}
	slices.Sort(found)
	return found, nil
}

// Read reads a node test's folder.
func Read(dir string) (*Vector, error) {
	model, err := readFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		return nil, err
	}
	v := &Vector{Name: filepath.Base(dir), numbers: map[string]float64{}, tensors: map[string]*tensor{}}
	var in, out []string // as the node names them
	err = walk(model, func(number protowire.Number, _ uint64, graph []byte) error {
		if number != 7 { // ModelProto.graph
			return nil
		}
		return walk(graph, func(number protowire.Number, _ uint64, node []byte) error {
			if number != 1 { // GraphProto.node
				return nil
			}
			v.nodes++
			return walk(node, func(number protowire.Number, _ uint64, bytes []byte) error {
				switch number {
				case 1:
					in = append(in, string(bytes))
				case 2:
					out = append(out, string(bytes))
				case 4:
					v.operator = string(bytes)
				case 5:
					return v.attribute(bytes)
				}
				return nil
			})
		})
	})
	if err != nil {
		return nil, fmt.Errorf("%s: model.onnx: %w", dir, err)
	}
	for pattern, names := range map[string][2][]string{"input_*.pb": {in, inputs}, "output_*.pb": {out, outputs}} {
		files, err := filepath.Glob(filepath.Join(dir, "test_data_set_0", pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			t, err := readTensor(file)
			if err != nil {
				return nil, err
			}
			if at := slices.Index(names[0], t.name); at >= 0 && at < len(names[1]) && t.name != "" {
				v.tensors[names[1][at]] = t
			}
		}
	}
	if v.operator == "Attention" && v.nodes == 1 {
		for _, name := range []string{"Q", "K", "V", "Y"} {
			if v.tensors[name] == nil {
				return nil, fmt.Errorf("%s: no tensor %s: %w", dir, name, fs.ErrNotExist)
			}
		}
	}
	return v, nil
}

func (v *Vector) attribute(message []byte) error {
	var name string
	var number float64
	err := walk(message, func(field protowire.Number, value uint64, bytes []byte) error {
		switch field {
		case 1:
			name = string(bytes)
		case 2:
			number = float64(math.Float32frombits(uint32(value)))
		case 3:
			number = float64(int64(value))
		}
		return nil
	})
	v.numbers[name] = number
	return err
}

var errLength = errors.New("shapes do not fit")
