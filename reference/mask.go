package reference

import (
	"fmt"
	"math"
)

// Mask holds the bias of a row's keys.
type Mask interface {
	// Row writes the bias of every key in [first, last) to bias, which has
	// kv_len elements and holds what an earlier row left there, and returns
	// first and last. Keys outside are not allowed, and so is a key whose bias
	// is -Inf; any other value is added to the scaled score, 0 for a key that
	// is allowed and nothing else. An empty row returns first = last.
	//
	// head counts query heads and row counts queries. Row is called from
	// several goroutines at once, each with its own bias.
	Row(batch, head, row int, bias []float64) (first, last int)
}

// Sloped is a mask with a linear bias in it (ALiBi), which an implementation
// computes for itself and so rounds: -slope*|place - j| of key j, already in what
// Row writes.
type Sloped interface {
	// Slope is that of a head, 0 for none, and the key at which a row stands.
	Slope(batch, head, row int) (slope float64, place int)
}

// Window allows row i the keys from i+Offset-Left to i+Offset+Right, both
// included. A negative Left or Right sets no limit on its side.
//
// A causal mask has Left -1 and Right 0: aligned top-left where Offset is 0,
// bottom-right where it is kv_len-q_len.
type Window struct{ Offset, Left, Right int }

// Causal is the mask that allows row i the keys 0 to i+offset.
func Causal(offset int) Window { return Window{Offset: offset, Left: -1, Right: 0} }

// Row implements Mask.
func (w Window) Row(_, _, row int, bias []float64) (first, last int) {
	first, last = 0, len(bias)
	if w.Left >= 0 {
		first = min(max(row+w.Offset-w.Left, 0), len(bias))
	}
	if w.Right >= 0 {
		last = max(min(row+w.Offset+w.Right+1, len(bias)), first)
	}
	clear(bias[first:last])
	return first, last
}

// Additive is a dense bias of shape [Batch, Heads, QLen, KVLen], each of the
// first three either the problem's size or 1, which every index then shares.
type Additive struct {
	Batch, Heads, QLen, KVLen int
	Bias                      []float64
}

// Row implements Mask. It panics where Bias is shorter than its shape.
func (m Additive) Row(batch, head, row int, bias []float64) (first, last int) {
	if m.Batch == 1 {
		batch = 0
	}
	if m.Heads == 1 {
		head = 0
	}
	if m.QLen == 1 {
		row = 0
	}
	at := ((batch*m.Heads+head)*m.QLen + row) * m.KVLen
	copy(bias, m.Bias[at:at+m.KVLen])
	return 0, m.KVLen
}

// Both applies two masks: a key must be allowed by both, and their biases add.
type Both struct{ A, B Mask }

// Row implements Mask.
func (m Both) Row(batch, head, row int, bias []float64) (first, last int) {
	first, last = m.A.Row(batch, head, row, bias)
	other := make([]float64, len(bias))
	f, l := m.B.Row(batch, head, row, other)
	first = max(first, f)
	last = max(min(last, l), first)
	for j := first; j < last; j++ {
		// Not a plain sum: -Inf means "not allowed" and must win over +Inf
		// and NaN, which a sum would not let it.
		if math.IsInf(bias[j], -1) || math.IsInf(other[j], -1) {
			bias[j] = math.Inf(-1)
		} else {
			bias[j] += other[j]
		}
	}
	return first, last
}

// rowOf asks a mask for a row and checks its answer. A nil mask leaves bias as
// it is, which must be all zero.
func rowOf(m Mask, batch, head, row int, bias []float64) (first, last int, err error) {
	if m == nil {
		return 0, len(bias), nil
	}
	first, last = m.Row(batch, head, row, bias)
	if first < 0 || last < first || last > len(bias) {
		return 0, 0, fmt.Errorf("reference: problem: mask returned keys [%d, %d) for batch %d, head %d, row %d: want a range within [0, %d)",
			first, last, batch, head, row, len(bias))
	}
	return first, last, nil
}
