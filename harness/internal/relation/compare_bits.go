package relation

import (
	"bytes"
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// keepBits holds the rows that keep names to the bits that the base gave them, out and lse. nil: every row.
func (a *application) keepBits(got *cases.Tensors, keep func(place) bool, detail string) error {
	v := Violation{Law: a.law.Name, Kind: a.law.kind(), Detail: detail}
	a.compareBits(&a.Tensors.Out, &got.Out, "", keep, &v)
	if a.Tensors.LSE != nil && got.LSE != nil {
		a.compareBits(a.Tensors.LSE, got.LSE, "lse", keep, &v)
	}
	if v.Elements > 0 {
		return &v
	}
	return nil
}

// compareBits adds the elements that differ to v, which names the first.
func (a *application) compareBits(base, got *cases.Tensor, output string, keep func(place) bool, v *Violation) {
	size := base.Format.Size()
	for row := range a.rowCount() {
		p := a.placeOf(row)
		if keep != nil && !keep(p) {
			continue
		}
		at, other := base.Index(p.batch, p.head, p.row, 0), got.Index(p.batch, p.head, p.row, 0)
		for d := range base.Shape[3] {
			i, j := at+d*base.Strides[3], other+d*got.Strides[3]
			a.Compared++
			if bytes.Equal(base.Data[i*size:(i+1)*size], got.Data[j*size:(j+1)*size]) {
				continue
			}
			want, x := base.Format.Get(base.Data, i), got.Format.Get(got.Data, j)
			if math.IsNaN(want) && math.IsNaN(x) {
				continue
			}
			where := verdict.Place{Batch: p.batch, Head: p.head, Row: p.row, Column: d, Output: output}
			if v.Elements == 0 {
				v.Where, v.Got, v.Want = where, x, want
			}
			v.add(where)
		}
	}
}
