package worker

import (
	"fmt"
	"os"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/posix"
)

// generousRegion is the size from which a region is given back that is four times larger than a case needs.
var generousRegion = 256 << 20

// region is memory that a parent and its children map: a file without a name. It grows with the cases.
type region struct {
	file       *os.File
	memory     []byte // the parent's view, guards included
	slots      *slots // nil: none yet
	buffers    []placed
	generation int // changes with the slots
}

func newRegion() (*region, error) {
	file, err := sharedFile()
	if err != nil {
		return nil, fmt.Errorf("shared memory: %w", err)
	}
	return &region{file: file}, nil
}

// fit places buffers, with memory for all of them, and paints the bands.
func (r *region) fit(list []cases.Buffer, atEnd bool) error {
	sizes, err := sizesOf(list)
	if err != nil {
		return err
	}
	switch {
	case r.slots != nil && slices.ContainsFunc(list, func(b cases.Buffer) bool { return b.Sparse() }):
		err = r.resize(sizes) // no page of another case stays where this one has none
	case r.slots == nil || !r.slots.hold(sizes):
		err = r.resize(r.grown(sizes))
	case r.slots.memory > generousRegion && slotsFor(sizes).memory <= r.slots.memory/4:
		err = r.resize(sizes)
	}
	if err != nil {
		return err
	}
	r.buffers = r.slots.place(list, atEnd)
	paintBands(r.memory, r.buffers)
	return nil
}

// grown keeps the slots that are large enough as they are.
func (r *region) grown(sizes []int) []int {
	if r.slots == nil {
		return sizes
	}
	for i, p := range r.slots.places {
		sizes[i] = max(sizes[i], p.End-p.Start)
	}
	return sizes
}

func (r *region) resize(sizes []int) error {
	s := slotsFor(sizes)
	r.unmap()
	// Truncating to nothing first frees the pages.
	for _, n := range []int{0, s.total} {
		if err := r.file.Truncate(int64(n)); err != nil {
			return fmt.Errorf("shared memory, %d bytes: %w", s.total, err)
		}
	}
	memory, err := posix.Map(int(r.file.Fd()), s.total)
	if err != nil {
		return fmt.Errorf("map shared memory, %d bytes: %w", s.total, err)
	}
	r.memory, r.slots = memory, s
	r.generation++
	return nil
}

func (r *region) unmap() {
	if r.memory != nil {
		posix.Unmap(r.memory)
		r.memory, r.slots, r.buffers = nil, nil, nil
	}
}

// bytes is the memory of the i-th buffer.
func (r *region) bytes(i int) []byte {
	b := &r.buffers[i]
	return r.memory[b.Start:b.End:b.End]
}

// allocator hands out the buffers by their names.
func (r *region) allocator() cases.Allocator {
	return func(buffer string, bytes int) ([]byte, error) {
		for i, b := range r.buffers {
			if b.name == buffer && b.End-b.Start == bytes {
				return r.bytes(i), nil
			}
		}
		return nil, fmt.Errorf("no room was laid out for it")
	}
}

// holds reports whether tensors lie in the region where they were placed.
func (r *region) holds(list []cases.Buffer) bool {
	if len(list) != len(r.buffers) {
		return false
	}
	for i, b := range list {
		mine := r.bytes(i)
		if b.Name != r.buffers[i].name || len(b.Data) != len(mine) || len(mine) > 0 && &b.Data[0] != &mine[0] {
			return false
		}
	}
	return true
}

func (r *region) close() {
	r.unmap()
	r.file.Close()
}
