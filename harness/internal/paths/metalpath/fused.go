package metalpath

import (
	"bytes"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal"
)

// fused is one buffer that q, k and v are copied into before a call, one behind the other: for cases that ask for one handle
// at three offsets. Tensors of their own stay where they are, so that what a trial knows of them holds; what a call changed
// in the copy is found here.
type fused struct {
	buffer *metal.Buffer
	memory []byte
	from   []*cases.Tensor
	at     []int // where each begins, in bytes
}

// fuse makes room for some tensors in one buffer.
func (w *wrapper) fuse(tensors ...*cases.Tensor) (*fused, error) {
	step := max(smallAlignment, w.wrapping.alignment())
	f, n := &fused{from: tensors}, 0
	for _, t := range tensors {
		f.at = append(f.at, n)
		n += (len(t.Data) + step - 1) / step * step
	}
	f.memory = cases.Pages(max(n, step))
	var err error
	if f.buffer, err = w.wrap(f.memory); err != nil {
		return nil, fmt.Errorf("wrap q, k and v as one: %w", err)
	}
	return f, nil
}

// tensor is the i-th of them in a call.
func (f *fused) tensor(i int) metal.Tensor {
	t := f.from[i]
	return metal.Tensor{Buffer: f.buffer, Offset: f.at[i] + t.Offset*t.Size(), Strides: strides64(t.Strides)}
}

// fill copies the tensors, as they are now. What lies between them is NaN in every format.
func (f *fused) fill() {
	if f == nil {
		return
	}
	for i := range f.memory {
		f.memory[i] = 0xff
	}
	for i, t := range f.from {
		copy(f.memory[f.at[i]:], t.Data)
	}
}

// check is an error where a call changed the buffer.
func (f *fused) check() error {
	if f == nil {
		return nil
	}
	seen, end := f.memory, 0
	for i, t := range f.from {
		begin := f.at[i]
		if !blank(seen[end:begin]) {
			return &fusedError{"memory before " + fusedNames[i]}
		}
		end = begin + len(t.Data)
		if !bytes.Equal(seen[begin:end], t.Data) {
			return &fusedError{fusedNames[i]}
		}
	}
	if !blank(seen[end:]) {
		return &fusedError{"memory behind v"}
	}
	return nil
}

var fusedNames = []string{"q", "k", "v"}

func blank(memory []byte) bool {
	for _, x := range memory {
		if x != 0xff {
			return false
		}
	}
	return true
}

// fusedError is that a call wrote to the buffer of its inputs.
type fusedError struct{ what string }

func (e *fusedError) Error() string { return e.what + " was changed, in the one buffer of q, k and v" }

// Verdict is guard.
func (e *fusedError) Verdict() verdict.Verdict {
	return verdict.Verdict{Kind: verdict.Guard, Reason: e.Error()}
}
