package relation

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// slackContent: what memory holds between the elements of q, k, v and the mask changes no bit. Bit for bit, on paths that
// are deterministic. The base has NaN there; the derived run has ordinary numbers, which a sum takes in silently.
var slackContent = Law{
	Name:      "slack",
	Statement: "what lies between the elements of an operand changes no bit",
	Bits:      true,
	Runs:      1,
	applies:   func(c *cases.Case, p paths.Promises) bool { return p.Deterministic && c.HasSlack() },
	check: func(a *application) error {
		t := a.copy()
		for _, b := range t.Buffers() {
			if b.Name != "out" && b.Name != "lse" {
				a.refillSlack(b)
			}
		}
		if err := a.attend(t); err != nil {
			return err
		}
		return a.keepBits(t, nil, "memory that belongs to no element of q, k, v or the mask was filled with other numbers")
	},
}

// refillSlack puts numbers where the buffer has slack, and leaves its elements.
func (a *application) refillSlack(b cases.Buffer) {
	if b.Bytes == 0 { // of an empty tensor
		return
	}
	size := b.Bytes / max(b.Tensor.Elements, 1) // of a quantised operand bytes
	fill := make([]byte, 4)
	if size == 1 {
		fill[0] = 1
	} else {
		b.Tensor.Format.Put(fill, 0, 1.5)
	}
	filled := *b.Tensor
	filled.Data = nil
	if filled.Allocate(b.Bytes) != nil {
		return
	}
	for _, s := range b.Tensor.Spans() {
		for at := s.Start; at < s.End; at++ {
			filled.Data[at] = fill[at%size]
		}
	}
	b.Tensor.EachPlace(func(index int) {
		copy(filled.Data[index*size:(index+1)*size], b.Data[index*size:])
	})
	b.Tensor.CopyUsed(b.Data, filled.Data)
}
