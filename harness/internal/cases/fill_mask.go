package cases

import (
	"math"
	"slices"

	"attest.example/attest/harness/internal/precision"
)

// fillMask draws the entries of a mask array. An entry that forbids holds the mask's floor, by default -Inf, which a bool
// mask stores as 0.
func (c *Case) fillMask(m *MaskArray) {
	s := newStream(c.Values.Seed, streamMask)
	index := uint64(0)
	for b := range m.Shape[0] {
		for h := range m.Shape[1] {
			for r := range m.Shape[2] {
				for k := range m.Shape[3] {
					m.SetBias(b, h, r, k, c.maskEntry(s, b, h, r, k, index))
					index++
				}
			}
		}
	}
}

func (c *Case) maskEntry(s stream, b, h, r, k int, index uint64) float64 {
	const apart = 1 << 60
	m := &c.Mask
	forbidden := m.Floor.Value(m.Format)
	if m.EmptyRows > 0 && r%m.EmptyRows == m.EmptyRows-1 || k < m.EmptyLead {
		return forbidden
	}
	switch m.Fill {
	case PaddingFill:
		// Lengths from 1 to kv_len; the first of several batches is never padded, so that both kinds are there.
		padded := b > 0 || c.Batch == 1 || m.Shape[0] == '1'
		if padded && k > s.below(apart+uint64(b), c.KVLen) {
			return forbidden
		}
		return 0
	case OpenFill:
		return 0
	case AlibiFill:
		// slope(h) = 2^(-8*(h+1)/heads), rounded to a power of two, over the distance from the aligned diagonal.
		slope := math.Ldexp(1, -max(1, 8*(h+1)/c.Heads))
		return -slope * math.Abs(float64(r+c.KVLen-c.QLen-k))
	}
	if s.below(index, 100) >= m.Density {
		return forbidden
	}
	if m.Kind == BoolMask {
		return 0
	}
	if m.PlusInf && s.below(2*apart+index, 97) == 0 {
		return math.Inf(1)
	}
	return 2 * s.normal(apart+index)
}

// MaskRows holds the bias of every row of a case: its array, its causal part and its window together. It satisfies
// the reference's interface for masks.
type MaskRows struct {
	c     Case
	array *MaskArray
	slope *Tensor // nil: none
	// entries of each batch, as they stand in memory; nil: all rows and keys
	entries [][]Entry
}

// span is Case.Span by the lengths that lie in memory.
func (m *MaskRows) span(batch, row int) (first, last int) {
	if m.entries == nil {
		return m.c.Span(batch, row)
	}
	return m.c.spanIn(m.entries[batch], row)
}

// Rows returns the mask of a case whose tensors are t; nil where the case has none.
func (c *Case) Rows(t *Tensors) *MaskRows {
	if c.Mask.Kind == "" && c.Alibi == "" && !c.Ragged() {
		return nil
	}
	m := &MaskRows{*c, t.Mask, t.Slopes, nil}
	if c.Ragged() {
		for b := range c.Batch {
			list := t.EntriesIn(b)
			if list == nil {
				list = c.Entries(b)
			}
			m.entries = append(m.entries, list)
		}
	}
	return m
}

// Row fills bias[first:last) with what is added to the logits of a query row and returns that range; keys outside it
// are forbidden and left unwritten. bias has kv_len elements.
func (m *MaskRows) Row(batch, head, row int, bias []float64) (first, last int) {
	first, last = m.span(batch, row)
	if m.array == nil {
		clear(bias[first:last])
		m.addSlope(batch, head, row, bias[:last], first)
		return first, last
	}
	if first < last {
		b, h, r := m.array.at(batch, head, row)
		m.array.row(b, h, r, first, bias[first:last])
	}
	m.addSlope(batch, head, row, bias[:last], first)
	return first, last
}

// row reads what entries of one row add to the logits, from a key on. One entry for all keys stands for each.
func (m *MaskArray) row(b, h, r, first int, bias []float64) {
	if m.Shape[3] == 1 {
		x := m.Bias(b, h, r, 0)
		for k := range bias {
			bias[k] = x
		}
		return
	}
	index, stride := m.Index(b, h, r, first), m.Strides[3]
	if !m.Bool {
		precision.Decode(m.Format, bias, m.Data, index, stride)
		return
	}
	for k := range bias {
		bias[k] = 0
		if m.Data[index+k*stride] == 0 {
			bias[k] = math.Inf(-1)
		}
	}
}

// addSlope adds the linear bias to the keys from first on.
func (m *MaskRows) addSlope(batch, head, row int, bias []float64, first int) {
	slope, place := m.Slope(batch, head, row)
	if slope == 0 {
		return
	}
	for k := first; k < len(bias); k++ {
		bias[k] -= slope * math.Abs(float64(place-k))
	}
}

// Slope is the slope of the linear bias of a head, 0 for none, and the key at which a row stands: see reference.Sloped.
func (m *MaskRows) Slope(batch, head, row int) (slope float64, place int) {
	if m.slope == nil {
		return 0, 0
	}
	slope = m.slope.At(0, head, 0, 0)
	if m.entries == nil {
		return slope, row + m.c.Diagonal(batch)
	}
	e, ok := entryOf(m.entries[batch], row)
	if !ok {
		return 0, 0
	}
	return slope, m.c.placeIn(e, row)
}

// at maps a row of the problem to the array's own index: 0 in the dimensions that broadcast.
func (m *MaskArray) at(b, h, r int) (int, int, int) {
	return min(b, m.Shape[0]-1), min(h, m.Shape[1]-1), min(r, m.Shape[2]-1)
}

// fillMaskedSlots overwrites the k and v rows that no query row of any head may see.
func (c *Case) fillMaskedSlots(t *Tensors) {
	x := map[MaskedFill]float64{MaskedNaN: math.NaN(), MaskedInf: math.Inf(1), MaskedHuge: c.Input.Max()}[c.Values.Masked]
	columns := slices.Repeat([]float64{x}, max(t.K.Shape[3], t.V.Shape[3]))
	c.EachMaskedSlot(t, func(b, h, key int) {
		for _, operand := range []*Tensor{&t.K, &t.V} {
			switch {
			case operand.quant != nil:
				operand.fillMaskedRow(b, h, key, c.Values.Masked)
			case c.Values.Masked == MaskedSNaN:
				for d := range operand.Shape[3] {
					operand.setSignallingNaN(b, h, key, d)
				}
			default:
				operand.SetColumns(b, h, key, columns[:operand.Shape[3]])
			}
		}
	})
}

// EachMaskedSlot visits every (batch, kv head, key) that the mask hides from all rows of all heads of the group.
func (c *Case) EachMaskedSlot(t *Tensors, visit func(b, h, key int)) {
	rows := c.Rows(t)
	if rows == nil {
		return
	}
	bias := make([]float64, c.KVLen)
	seen := make([]bool, c.KVLen)
	for b := range c.Batch {
		for kv := range c.KVHeads {
			clear(seen)
			rows.markSeen(b, kv*c.Group(), (kv+1)*c.Group(), seen, bias)
			for key, s := range seen {
				if !s {
					visit(b, kv, key)
				}
			}
		}
	}
}

// markSeen notes the keys that some row of the heads from first to last sees, and ends when all are. bias is room for as many
// numbers. It begins with the last row, for under a causal mask that one sees the most.
func (m *MaskRows) markSeen(batch, first, last int, seen []bool, bias []float64) {
	left := len(seen)
	for head := first; head < last; head++ {
		for row := m.c.QLen - 1; row >= 0 && left > 0; row-- {
			from, to := m.span(batch, row)
			if from >= to {
				continue
			}
			if m.array != nil { // nothing else forbids a key within the span: slopes are finite
				b, h, r := m.array.at(batch, head, row)
				m.array.row(b, h, r, from, bias[from:to])
			}
			for k, x := range bias[from:to] {
				if !seen[from+k] && !math.IsInf(x, -1) {
					seen[from+k] = true
					left--
				}
			}
		}
	}
}
