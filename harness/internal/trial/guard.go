package trial

import (
	"fmt"
	"hash/maphash"
	"sort"

	"attest.example/attest/harness/internal/cases"
)

var guardSeed = maphash.MakeSeed()

// guard remembers what a call may not change: every byte of the inputs, and the slack of the outputs.
type guard struct{ inputs map[string]uint64 }

func snapshot(t *cases.Tensors) guard {
	g := guard{map[string]uint64{}}
	for _, b := range t.Buffers() {
		if isInput(b.Name) {
			g.inputs[b.Name] = hashOf(&b)
		}
	}
	return g
}

// hashOf is of the bytes that the buffer uses.
func hashOf(b *cases.Buffer) uint64 {
	var h maphash.Hash
	h.SetSeed(guardSeed)
	for _, s := range b.Tensor.Spans() {
		h.Write(b.Data[s.Start:s.End])
	}
	return h.Sum64()
}

func isInput(buffer string) bool { return buffer != "out" && buffer != "lse" }

// compare names the input that changed, or where an output was written outside its elements.
func (g guard) compare(t *cases.Tensors) error {
	for _, b := range t.Buffers() {
		if isInput(b.Name) {
			if hashOf(&b) != g.inputs[b.Name] {
				return fmt.Errorf("changed its input %s", b.Name)
			}
			continue
		}
		if index := strayWrite(b.Tensor); index >= 0 {
			return fmt.Errorf("wrote outside %s: element %d of the buffer, which belongs to no row", b.Name, index)
		}
	}
	return nil
}

// strayWrite returns the first slack element of an output that no longer holds slack, or -1.
func strayWrite(t *cases.Tensor) int {
	if t.Elements == t.Len() {
		return -1
	}
	size := t.Format.Size()
	spans := t.Spans()
	owned := map[int][]bool{} // by the number of the span
	for i, s := range spans {
		owned[i] = make([]bool, (s.End-s.Start)/size)
	}
	at := 0 // the span of the element before: the next one's is the same, as a rule
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				index := t.Index(b, h, r, 0)
				for range t.Shape[3] {
					if s := spans[at]; index*size < s.Start || index*size >= s.End {
						at = sort.Search(len(spans), func(i int) bool { return index*size < spans[i].End })
					}
					owned[at][index-spans[at].Start/size] = true
					index += t.Strides[3]
				}
			}
		}
	}
	for i, s := range spans {
		for n, o := range owned[i] {
			if at := s.Start + n*size; !o && !cases.IsSlack(t.Data[at:at+size], at) {
				return at / size
			}
		}
	}
	return -1
}

// unwritten names an output element that still holds the poison, whatever the reference wants there: a NaN that is computed
// has other bits.
func unwritten(t *cases.Tensors) error {
	if err := unwrittenIn("out", &t.Out); err != nil {
		return err
	}
	if t.LSE == nil {
		return nil
	}
	return unwrittenIn("lse", t.LSE)
}

func unwrittenIn(name string, t *cases.Tensor) error {
	size, count := t.Format.Size(), 0
	var first [4]int
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				for d := range t.Shape[3] {
					at := t.Index(b, h, r, d) * size
					if cases.IsPoison(t.Data[at : at+size]) {
						if count == 0 {
							first = [4]int{b, h, r, d}
						}
						count++
					}
				}
			}
		}
	}
	if count == 0 {
		return nil
	}
	return fmt.Errorf("left %d of %d elements of %s unwritten, the first at [%d,%d,%d,%d]",
		count, t.Len(), name, first[0], first[1], first[2], first[3])
}
