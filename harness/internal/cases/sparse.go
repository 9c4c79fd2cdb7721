package cases

import (
	"fmt"
	"runtime"
	"slices"

	"attest.example/attest/harness/internal/posix"
	"attest.example/attest/metal/page"
)

// sparseBytes is the size from which a buffer holds slack near its elements only: the rest is mapped and never touched, so
// that a stride of 2^31 elements costs addresses and no memory.
const sparseBytes = 64 << 20

// sparsePage is the grain: whole pages of elements hold slack.
const sparsePage = page.Largest

// Span is a range of bytes of a buffer.
type Span struct{ Start, End int }

// Spans lists the bytes of the buffer that are used, in order: all of it, or of a large one the pages that elements lie
// in. What lies between them is never read, written or compared: it holds zeros.
func (t *Tensor) Spans() []Span { return t.spansOf(len(t.Data)) }

func (t *Tensor) spansOf(bytes int) []Span {
	if bytes < sparseBytes || t.Elements == 0 {
		return []Span{{0, bytes}}
	}
	size := bytes / t.Elements
	var list []Span
	add := func(first, last int) { // elements
		start := first * size / sparsePage * sparsePage
		end := min(bytes, ((last+1)*size+sparsePage-1)/sparsePage*sparsePage)
		if n := len(list); n > 0 && list[n-1].Start <= start && start <= list[n-1].End {
			list[n-1].End = max(list[n-1].End, end)
			return
		}
		list = append(list, Span{start, end})
	}
	shape := t.Stored()
	axes := bySize(t.Strides, shape)
	slices.Reverse(axes) // the largest stride outermost, so that addresses rise
	var walk func(at int, axes []int)
	walk = func(at int, axes []int) {
		width := 0
		for _, axis := range axes {
			width += t.Strides[axis] * (shape[axis] - 1)
		}
		if len(axes) == 0 || t.Strides[axes[0]]*size <= sparsePage {
			add(at, at+width)
			return
		}
		for i := range shape[axes[0]] {
			walk(at+i*t.Strides[axes[0]], axes[1:])
		}
	}
	walk(t.Offset, axes)
	slices.SortFunc(list, func(a, b Span) int { return a.Start - b.Start })
	merged := list[:1]
	for _, s := range list[1:] {
		if last := &merged[len(merged)-1]; s.Start <= last.End {
			last.End = max(last.End, s.End)
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}

// Sparse reports whether some of the buffer is never touched.
func (b *Buffer) Sparse() bool { return b.Bytes >= sparseBytes }

// Resident is how many bytes of the buffer are used.
func (b *Buffer) Resident() (sum int) {
	for _, s := range b.Tensor.spansOf(b.Bytes) {
		sum += s.End - s.Start
	}
	return sum
}

// CopyUsed copies the used bytes of a buffer from one place of its memory to another.
func (t *Tensor) CopyUsed(to, from []byte) {
	for _, s := range t.spansOf(min(len(to), len(from))) {
		copy(to[s.Start:s.End], from[s.Start:s.End])
	}
}

// EqualUsed reports whether two memories of a buffer hold the same in its used bytes.
func (t *Tensor) EqualUsed(a, b []byte) bool {
	for _, s := range t.spansOf(min(len(a), len(b))) {
		if string(a[s.Start:s.End]) != string(b[s.Start:s.End]) {
			return false
		}
	}
	return true
}

// mapping is memory that is mapped for a large tensor, and given back when nobody holds the tensor.
type mapping struct{ memory []byte }

// Allocate makes memory of its own for the tensor, zeroed: of a large one, pages are there when they are first written.
func (t *Tensor) Allocate(bytes int) error {
	t.held = nil
	if bytes < sparseBytes {
		t.Data = Pages(bytes)
		return nil
	}
	whole := (bytes + pageBytes - 1) / pageBytes * pageBytes
	memory, err := posix.Reserve(whole)
	if err != nil {
		return fmt.Errorf("map %d bytes: %w", bytes, err)
	}
	t.held = &mapping{memory}
	runtime.AddCleanup(t.held, func(memory []byte) { posix.Unmap(memory) }, memory)
	t.Data = memory[:bytes:whole]
	return nil
}
