package worker

import (
	"bytes"
	"fmt"
	"math/bits"
	"os"
	"slices"

	"attest.example/attest/harness/internal/cases"
)

var page = os.Getpagesize()

const (
	// guardBytes is the distance between two slots. The pages cost address space and no memory, so it is wide enough
	// for a stray row or block, not only for a stray element.
	guardBytes = 1 << 20
	// alignment of every buffer: no vector type of MSL wants more.
	alignment = 16
)

// smallestSlot is what a slot holds at least, so that the layout stays as it is from case to case.
var smallestSlot = 1 << 20

// bandBytes is how many bytes beside a buffer hold a pattern, as far as its slot reaches.
var bandBytes = page

// extent is a range of bytes of a region.
type extent struct{ Start, End int }

// slots are where buffers may lie: one for each name, with guards between them. They change only when a buffer does not
// fit, for protecting pages is slow.
type slots struct {
	names  []string
	places []extent
	guards []extent
	total  int // bytes, guards included
	memory int // without them
}

// bufferNames are those of cases.Tensors.Buffers.
var bufferNames = []string{"q", "k", "v", "mask", "sinks", "slopes", "ranges", "table", "k_scales", "k_zeros", "v_scales", "v_zeros", "out", "lse"}

// slotsFor makes slots of at least these sizes, in the order of bufferNames.
func slotsFor(sizes []int) *slots {
	s := &slots{names: bufferNames}
	cursor := 0
	guard := func() {
		s.guards = append(s.guards, extent{cursor, cursor + guardBytes})
		cursor += guardBytes
	}
	guard()
	for _, size := range sizes {
		end := cursor + 1<<bits.Len(uint(max(size, smallestSlot)-1))
		s.places = append(s.places, extent{cursor, end})
		s.memory += end - cursor
		cursor = end
		guard()
	}
	s.total = cursor
	return s
}

// sizesOf returns the bytes of the buffers in the order of bufferNames, 0 where there is none.
func sizesOf(list []cases.Buffer) ([]int, error) {
	sizes := make([]int, len(bufferNames))
	for _, b := range list {
		i := slices.Index(bufferNames, b.Name)
		if i < 0 {
			return nil, fmt.Errorf("shared memory: buffer %q: want one of %v", b.Name, bufferNames)
		}
		sizes[i] = b.Bytes
	}
	return sizes, nil
}

func (s *slots) hold(sizes []int) bool {
	for i, size := range sizes {
		if size > s.places[i].End-s.places[i].Start {
			return false
		}
	}
	return true
}

// placed is a buffer's place in its slot.
type placed struct {
	name string
	extent
	slot extent
}

// place puts buffers into their slots, each at its slot's end, but for the alignment, or at its start.
func (s *slots) place(list []cases.Buffer, atEnd bool) []placed {
	var out []placed
	for _, b := range list {
		slot := s.places[slices.Index(s.names, b.Name)]
		start := slot.Start
		if atEnd {
			start = (slot.End - b.Bytes) / alignment * alignment
		}
		out = append(out, placed{b.Name, extent{start, start + b.Bytes}, slot})
	}
	return out
}

// bandPattern is what bands hold. It differs from byte to byte, so that no constant passes for it.
var bandPattern = func() []byte {
	pattern := make([]byte, bandBytes)
	for i := range pattern {
		pattern[i] = byte(i*167 + 13)
	}
	return pattern
}()

// bands are the bytes of a slot next to its buffer, before and after it.
func (p *placed) bands() (before, after extent) {
	return extent{max(p.slot.Start, p.Start-bandBytes), p.Start}, extent{p.End, min(p.slot.End, p.End+bandBytes)}
}

func paintBands(memory []byte, list []placed) {
	for i := range list {
		before, after := list[i].bands()
		copy(memory[before.Start:before.End], bandPattern)
		copy(memory[after.Start:after.End], bandPattern)
	}
}

// checkBands names the buffer that was overrun, and how far.
func checkBands(memory []byte, list []placed) error {
	for i := range list {
		p := &list[i]
		before, after := p.bands()
		if band := memory[before.Start:before.End]; !bytes.Equal(band, bandPattern[:len(band)]) {
			first, last, count := strays(band)
			return guardError(fmt.Sprintf("wrote %d bytes before the start of %s: bytes -%d to -%d", count, p.name,
				len(band)-first, len(band)-last))
		}
		if band := memory[after.Start:after.End]; !bytes.Equal(band, bandPattern[:len(band)]) {
			first, last, count := strays(band)
			return guardError(fmt.Sprintf("wrote %d bytes past the end of %s: bytes +%d to +%d", count, p.name, first, last))
		}
	}
	return nil
}

// strays returns the first and the last byte of a band that changed, and how many did.
func strays(band []byte) (first, last, count int) {
	for i, b := range band {
		if b == bandPattern[i] {
			continue
		}
		if count == 0 {
			first = i
		}
		last = i
		count++
	}
	return first, last, count
}

// locate tells a byte in a guard by the buffer it is nearest to. Empty: it lies in no guard.
func (s *slots) locate(at int, list []placed) string {
	inside := func(g extent) bool { return g.Start <= at && at < g.End }
	if !slices.ContainsFunc(s.guards, inside) {
		return ""
	}
	distance, words := 0, ""
	for i := range list {
		p := &list[i]
		d, w := at-p.End, fmt.Sprintf("%d bytes past the end of %s", at-p.End, p.name)
		if at < p.Start {
			d, w = p.Start-at, fmt.Sprintf("%d bytes before the start of %s", p.Start-at, p.name)
		}
		if words == "" || d < distance {
			distance, words = d, w
		}
	}
	return words
}

// AtEnd reports whether a case's tensors end, and do not begin, at a page that the path cannot touch. It is for those
// who test what happens past an end.
func AtEnd(c cases.Case) bool { return c.EndsGuarded() }
