package worker

import (
	"bytes"
	"fmt"
	"os"

	"attest/harness/cases"
)

var page = os.Getpagesize()

const (
	// guardBytes is the distance between two buffers. The pages cost address space and no memory, so it is wide enough
	// for a stray row or block, not only for a stray element.
	guardBytes = 1 << 20
	// alignment of every buffer: no vector type of MSL wants more.
	alignment = 16
)

// extent is a range of bytes of a region.
type extent struct{ Start, End int }

// placed is a buffer's place in a region: its bytes, and the pages that hold them.
type placed struct {
	name string
	extent
	pages extent
}

// layout is where the buffers of a case lie in a region. Everything outside their pages is guard.
type layout struct {
	buffers []placed
	guards  []extent
	total   int
}

// place lays out buffers by their sizes. Each ends where its pages end, but for the alignment, or starts where they
// start.
func place(list []cases.Buffer, atEnd bool) *layout {
	l := &layout{}
	cursor := 0
	guard := func() {
		l.guards = append(l.guards, extent{cursor, cursor + guardBytes})
		cursor += guardBytes
	}
	guard()
	for _, b := range list {
		pages := extent{cursor, cursor + (b.Bytes+page-1)/page*page}
		start := pages.Start
		if atEnd {
			start = (pages.End - b.Bytes) / alignment * alignment
		}
		l.buffers = append(l.buffers, placed{b.Name, extent{start, start + b.Bytes}, pages})
		cursor = pages.End
		guard()
	}
	l.total = cursor
	return l
}

// atEnd chooses on which side a case's buffers touch a guard page. Half of the cases get each.
func atEnd(c cases.Case) bool {
	c.After = nil
	name := cases.Name(c)
	return (name[0]^name[len(name)-1])&1 == 1
}

// bandPattern is what the bytes between a buffer and its pages' ends hold. It differs from byte to byte, so that no
// constant passes for it.
var bandPattern = func() []byte {
	pattern := make([]byte, page)
	for i := range pattern {
		pattern[i] = byte(i*167 + 13)
	}
	return pattern
}()

// bands are the bytes of a buffer's pages before and after it; each is shorter than a page.
func (p *placed) bands() (before, after extent) {
	return extent{p.pages.Start, p.Start}, extent{p.End, p.pages.End}
}

func (l *layout) paintBands(memory []byte) {
	for i := range l.buffers {
		before, after := l.buffers[i].bands()
		copy(memory[before.Start:before.End], bandPattern)
		copy(memory[after.Start:after.End], bandPattern)
	}
}

// checkBands says which buffer was overrun and how far.
func (l *layout) checkBands(memory []byte) error {
	for i := range l.buffers {
		b := &l.buffers[i]
		before, after := b.bands()
		if band := memory[before.Start:before.End]; !bytes.Equal(band, bandPattern[:len(band)]) {
			first, last, count := strays(band)
			return guardError(fmt.Sprintf("wrote %d bytes before the start of %s: bytes -%d to -%d", count, b.name,
				len(band)-first, len(band)-last))
		}
		if band := memory[after.Start:after.End]; !bytes.Equal(band, bandPattern[:len(band)]) {
			first, last, count := strays(band)
			return guardError(fmt.Sprintf("wrote %d bytes past the end of %s: bytes +%d to +%d", count, b.name, first, last))
		}
	}
	return nil
}

// strays gives the first and the last byte of a band that changed, and how many did.
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

// locate tells a byte of the region that lies in a guard by the buffer it is nearest to. Empty: it lies in no guard.
func (l *layout) locate(at int) string {
	for i, g := range l.guards {
		if at < g.Start || at >= g.End {
			continue
		}
		var past, before *placed
		if i > 0 {
			past = &l.buffers[i-1]
		}
		if i < len(l.buffers) {
			before = &l.buffers[i]
		}
		if before == nil || past != nil && at-past.End <= before.Start-at {
			return fmt.Sprintf("%d bytes past the end of %s", at-past.End, past.name)
		}
		return fmt.Sprintf("%d bytes before the start of %s", before.Start-at, before.name)
	}
	return ""
}
