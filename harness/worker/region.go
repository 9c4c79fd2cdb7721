package worker

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"attest/harness/cases"
)

const (
	smallestRegion = 16 << 20
	// A region that is larger than this and four times larger than a case needs is given back.
	generousRegion = 256 << 20
)

// region is memory that a parent and its children map: a file without a name. It grows with the cases.
type region struct {
	file   *os.File
	memory []byte // the parent's view, guards included
	layout *layout
}

func newRegion() (*region, error) {
	file, err := sharedFile()
	if err != nil {
		return nil, fmt.Errorf("shared memory: %w", err)
	}
	return &region{file: file}, nil
}

// fit lays out buffers, with memory for all of them, and paints the bands.
func (r *region) fit(buffers []cases.Buffer, atEnd bool) error {
	l := place(buffers, atEnd)
	if wasteful := len(r.memory) > generousRegion && len(r.memory)/4 > l.total; len(r.memory) < l.total || wasteful {
		if err := r.resize(l.total); err != nil {
			return err
		}
	}
	r.layout = l
	l.paintBands(r.memory)
	return nil
}

func (r *region) resize(total int) error {
	size := smallestRegion
	for size < total {
		size *= 2
	}
	r.unmap()
	// Truncating to nothing first gives back the pages.
	for _, n := range []int{0, size} {
		if err := r.file.Truncate(int64(n)); err != nil {
			return fmt.Errorf("shared memory, %d bytes: %w", size, err)
		}
	}
	memory, err := unix.Mmap(int(r.file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map shared memory, %d bytes: %w", size, err)
	}
	r.memory = memory
	return nil
}

func (r *region) unmap() {
	if r.memory != nil {
		unix.Munmap(r.memory)
		r.memory, r.layout = nil, nil
	}
}

// bytes is the memory of the layout's i-th buffer.
func (r *region) bytes(i int) []byte {
	b := &r.layout.buffers[i]
	return r.memory[b.Start:b.End:b.End]
}

// allocator hands out the buffers of the layout by their names.
func (r *region) allocator() cases.Allocator {
	l := r.layout
	return func(buffer string, bytes int) ([]byte, error) {
		if r.layout != l {
			return nil, fmt.Errorf("the memory has gone to another case")
		}
		for i, b := range l.buffers {
			if b.name == buffer && b.End-b.Start == bytes {
				return r.bytes(i), nil
			}
		}
		return nil, fmt.Errorf("no room was laid out for it")
	}
}

// holds reports whether tensors lie in the region where its layout has them.
func (r *region) holds(buffers []cases.Buffer) bool {
	if r.layout == nil || len(buffers) != len(r.layout.buffers) {
		return false
	}
	for i, b := range buffers {
		mine := r.bytes(i)
		if b.Name != r.layout.buffers[i].name || len(b.Data) != len(mine) || len(mine) > 0 && &b.Data[0] != &mine[0] {
			return false
		}
	}
	return true
}

func (r *region) close() {
	r.unmap()
	r.file.Close()
}
