package execpath

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/nlpodyssey/safetensors"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// How the tensors of a case reach a program.
const (
	dense  = "dense"  // contiguous, as safetensors in the stream, both ways
	shared = "shared" // as the case lays them out, in a file that both sides map
)

const boolType = "BOOL"

func dtypeOf(f precision.Format) string {
	switch f {
	case precision.FP16:
		return "F16"
	case precision.BF16:
		return "BF16"
	}
	return "F32"
}

// dtype is how safetensors call what a buffer holds.
func dtype(t *cases.Tensors, b cases.Buffer) string {
	switch {
	case b.Name == "mask" && t.Mask.Bool:
		return boolType
	case b.Name == "table", b.Name == "k_zeros", b.Name == "v_zeros":
		return "I32"
	case b.Tensor.QuantFormat() == cases.Int8:
		return "I8"
	case b.Tensor.Quantised():
		return "U8"
	}
	return dtypeOf(b.Tensor.Format)
}

// shapeOf is a tensor's shape; the columns of a quantised one are bytes.
func shapeOf(t *cases.Tensor) [4]int {
	return [4]int{t.Shape[0], t.Shape[1], t.Shape[2], t.RowPlaces()}
}

// told are the tensors that a program gets: the ranges of batch entries stand in the problem.
func told(t *cases.Tensors) []cases.Buffer {
	return slices.DeleteFunc(t.Buffers(), func(b cases.Buffer) bool { return b.Name == "ranges" || b.Name == "table" })
}

// contiguous describes a tensor as it stands in the stream.
func contiguous(t *cases.Tensor, dtype string) description {
	d := description{DType: dtype, Shape: shapeOf(t), Elements: 1}
	stride := 1
	for i := 3; i >= 0; i-- {
		d.Strides[i] = stride
		stride *= max(d.Shape[i], 1)
	}
	d.Elements = d.Shape[0] * d.Shape[1] * d.Shape[2] * d.Shape[3]
	return d
}

// pack writes the inputs without their layout: contiguous [batch, heads, rows, columns].
func pack(t *cases.Tensors, p *problem) ([]byte, error) {
	views := map[string]safetensors.TensorView{}
	for _, b := range told(t) {
		dtype := dtype(t, b)
		masked := dtype == boolType
		p.Tensors[b.Name] = contiguous(b.Tensor, dtype)
		if b.Name == "out" || b.Name == "lse" {
			continue
		}
		kind, err := safetensors.ParseDType(dtype)
		if err != nil {
			return nil, err
		}
		shape := make([]uint64, 4)
		for i, n := range shapeOf(b.Tensor) {
			shape[i] = uint64(n)
		}
		var data []byte
		if masked {
			data = gather(b.Tensor, 1)
			for i := range data {
				data[i] = min(data[i], 1)
			}
		} else {
			data = gather(b.Tensor, b.Tensor.Size())
		}
		if views[b.Name], err = safetensors.NewTensorView(kind, shape, data); err != nil {
			return nil, fmt.Errorf("tensor %s: %w", b.Name, err)
		}
	}
	return safetensors.Serialize(views, nil)
}

// gather copies the elements of a tensor, each of size bytes, into the order of their indices.
func gather(t *cases.Tensor, size int) []byte {
	out := make([]byte, 0, t.Shape[0]*t.Shape[1]*t.Shape[2]*t.RowPlaces()*size)
	eachRun(t, func(at, n, step int) {
		if step == 1 {
			out = append(out, t.Data[at*size:(at+n)*size]...)
			return
		}
		for range n {
			out = append(out, t.Data[at*size:(at+1)*size]...)
			at += step
		}
	})
	return out
}

// scatter is the way back.
func scatter(t *cases.Tensor, data []byte, size int) {
	eachRun(t, func(at, n, step int) {
		if step == 1 {
			data = data[copy(t.Data[at*size:(at+n)*size], data):]
			return
		}
		for range n {
			data = data[copy(t.Data[at*size:(at+1)*size], data[:size]):]
			at += step
		}
	})
}

// eachRun visits the rows of a tensor: n elements from element at, step elements apart.
func eachRun(t *cases.Tensor, visit func(at, n, step int)) {
	if t.RowPlaces() == 0 { // rows of nothing lie nowhere
		return
	}
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				visit(t.Index(b, h, r, 0), t.RowPlaces(), t.Strides[3])
			}
		}
	}
}

// unpack takes the outputs out of an answer. Whatever is wrong with them is the program's fault.
func unpack(payload []byte, t *cases.Tensors) error {
	if len(payload) == 0 {
		return fmt.Errorf("the answer holds no tensors; want out as safetensors, its length in \"bytes\"")
	}
	file, err := safetensors.Deserialize(payload)
	if err != nil {
		return fmt.Errorf("the answer's %d bytes are no safetensors: %w", len(payload), err)
	}
	// The library takes the last of two tensors of one name, which of them a program means nobody knows.
	header := jsontext.Value(payload[8 : 8+binary.LittleEndian.Uint64(payload)])
	if _, err := jsontext.NewDecoder(bytes.NewReader(header)).ReadValue(); err != nil {
		return fmt.Errorf("the answer's %d bytes are no safetensors: %w", len(payload), err)
	}
	wanted := map[string]*cases.Tensor{"out": &t.Out}
	if t.LSE != nil {
		wanted["lse"] = t.LSE
	}
	for _, name := range file.Names() {
		if name != "out" && name != "lse" {
			return fmt.Errorf("the answer holds a tensor %q; want out, and lse where the problem asks for it", name)
		}
	}
	for _, name := range []string{"out", "lse"} {
		tensor := wanted[name]
		if tensor == nil {
			continue
		}
		view, ok := file.Tensor(name)
		if !ok {
			return fmt.Errorf("the answer holds no tensor %s", name)
		}
		dtype := dtypeOf(tensor.Format)
		if got := view.DType().String(); got != dtype {
			return fmt.Errorf("%s is %s; want %s", name, got, dtype)
		}
		if !shapeIs(view.Shape(), tensor.Shape, name == "lse") {
			return fmt.Errorf("%s has the shape %v; want %v", name, view.Shape(), tensor.Shape)
		}
		scatter(tensor, bytes.Clone(view.Data()), tensor.Format.Size())
	}
	return nil
}

// shapeIs also takes a logsumexp without its last dimension, which is 1.
func shapeIs(got []uint64, want [4]int, lse bool) bool {
	if lse && len(got) == 3 {
		got = append(append([]uint64{}, got...), 1)
	}
	if len(got) != 4 {
		return false
	}
	for i, n := range want {
		if got[i] != uint64(n) {
			return false
		}
	}
	return true
}
