package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
)

// place is one row of the problem.
type place struct{ batch, head, row int }

// row returns the row's index in [batch, heads, q_len], the order of the reference's slices.
func (s *Subject) row(p place) int { return (p.batch*s.Case.Heads+p.head)*s.Case.QLen + p.row }

func (s *Subject) placeOf(row int) place {
	return place{row / s.Case.QLen / s.Case.Heads, row / s.Case.QLen % s.Case.Heads, row % s.Case.QLen}
}

func (s *Subject) rowCount() int { return s.Case.Batch * s.Case.Heads * s.Case.QLen }

// sample returns at most n different rows, the first and the last among them.
func (a *application) sample(n int) []place {
	total := a.rowCount()
	var picked []place
	seen := map[int]bool{}
	pick := func(row int) {
		if !seen[row] {
			seen[row] = true
			picked = append(picked, a.placeOf(row))
		}
	}
	pick(0)
	pick(total - 1)
	if total <= n {
		for row := range total {
			pick(row)
		}
		return picked
	}
	for tries := 0; len(picked) < n && tries < 4*n; tries++ {
		pick(a.dice.below(total))
	}
	return picked
}

// allowed lists the keys that each of some rows may see, through one reader of the mask.
type reader struct {
	mask *cases.MaskRows
	bias []float64
	keys []int
}

func (s *Subject) reader() *reader {
	return &reader{mask: s.Case.Rows(s.Tensors), bias: make([]float64, s.Case.KVLen)}
}

// allowed returns the keys that a row may see; the slice is reused by the next call.
func (r *reader) allowed(p place) []int {
	r.keys = r.keys[:0]
	first, last := 0, len(r.bias)
	if r.mask != nil {
		first, last = r.mask.Row(p.batch, p.head, p.row, r.bias)
	}
	for k := first; k < last; k++ {
		if r.mask == nil || !math.IsInf(r.bias[k], -1) {
			r.keys = append(r.keys, k)
		}
	}
	return r.keys
}

// column is what one column of v of one (batch, kv head) holds, NaN and Inf left out: a row whose output is a number
// sees none of those in that column.
type column struct {
	largest float64 // |v| in the slots that some row sees
}

// columns returns one entry for each [batch, kv_heads, head_dim].
func (s *Subject) columns() []column {
	if s.columnsOnce != nil {
		return s.columnsOnce
	}
	c, v := &s.Case, &s.Tensors.V
	s.columnsOnce = make([]column, c.Batch*c.KVHeads*c.VDim())
	values := make([]float64, c.VDim())
	s.eachVisible(func(b, h, key int) {
		v.Row(b, h, key, values)
		columns := s.columnsOnce[(b*c.KVHeads+h)*c.VDim():]
		for d, x := range values {
			if x := math.Abs(x); x <= math.MaxFloat64 {
				columns[d].largest = max(columns[d].largest, x)
			}
		}
	})
	return s.columnsOnce
}

// eachVisible visits every (batch, kv head, key) that some row sees.
func (s *Subject) eachVisible(visit func(b, h, key int)) {
	s.eachSlot(func(b, h, key int, visible bool) {
		if visible {
			visit(b, h, key)
		}
	})
}

// eachSlot visits every (batch, kv head, key) in order.
func (s *Subject) eachSlot(visit func(b, h, key int, visible bool)) {
	c := &s.Case
	hidden := make([]bool, c.Batch*c.KVHeads*c.KVLen)
	c.EachMaskedSlot(s.Tensors, func(b, h, key int) { hidden[(b*c.KVHeads+h)*c.KVLen+key] = true })
	for i, h := range hidden {
		visit(i/c.KVLen/c.KVHeads, i/c.KVLen%c.KVHeads, i%c.KVLen, !h)
	}
}
