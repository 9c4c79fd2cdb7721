package cases

import "math"

// Logits are what softmax works on, of a case's own numbers: natural units, after scale, softcap, mask and linear bias. A
// row whose logits are NaN or +Inf somewhere has no weights to be wrong, and is left out.
type Logits struct {
	// Highest is the largest logit that a row sees.
	Highest float64
	// LowestRowMax is the least over rows of the largest logit that the row sees, the sink of its head among them: where a
	// kernel's running maximum ends.
	LowestRowMax float64
	// LargestFall is the most by which a row's logits fall: from the largest so far to the largest of a later block of 32
	// keys. It is +Inf where a row sees none of a block that other rows of its 32 see keys of, or of a later one.
	LargestFall float64
}

// Bounds of what is drawn and multiplied for the logits of a case.
const (
	mostDraws    = 1 << 23
	mostProducts = 1 << 27
)

// Logits draws q, k and the mask of a normalized case. Of one that takes more than a tenth of a second or so it tells nothing:
// as if no row saw a key.
func (c *Case) Logits() Logits {
	w := &logitsWalk{of: Logits{Highest: math.Inf(-1), LowestRowMax: math.Inf(1)}}
	drawn := float64(c.Batch) * float64(c.HeadDim) * (float64(c.Heads)*float64(c.QLen) + float64(c.KVHeads)*float64(c.KVLen))
	if c.Mask.IsArray() {
		d := c.maskDims()
		drawn += float64(d[0]) * float64(d[1]) * float64(d[2]) * float64(d[3])
	}
	products := float64(c.Batch) * float64(c.Heads) * float64(c.QLen) * float64(c.KVLen) * float64(c.HeadDim)
	if products == 0 || products > mostProducts || drawn > mostDraws {
		return w.of
	}
	w.c = c.InScores()
	w.t = Materialize(w.c)
	w.rows = w.c.Rows(w.t)
	w.bias, w.query, w.keys = make([]float64, c.KVLen), make([]float64, c.HeadDim), make([]float64, c.KVLen*c.HeadDim)
	for b := range c.Batch {
		for kv := range c.KVHeads {
			w.keyHead(b, kv)
		}
	}
	return w.of
}

// keysPerBlock is how many keys, and how many rows, kernels take at once as a rule.
const keysPerBlock = 32

// InScores is a case with the same logits that takes little memory, and the same for all cases that differ in nothing that the
// logits come of: v has one column, and nothing lies apart. What shares
// memory, by a page of several entries or by a stride of 0, does so still: the last one written is read for all.
func (c *Case) InScores() Case {
	lean := c.Clone()
	lean.After, lean.Notes, lean.Call, lean.Output, lean.Intermediate = nil, "", Call{}, c.Input, 0
	lean.VHeadDim, lean.Values.V, lean.Quant.V, lean.LSE = 1, Zero, "", false
	lean.Layout = Layout{
		Q: Operand{Strides: c.Layout.Q.Strides.close(c.OperandShape("q"))},
		K: Operand{Strides: c.Layout.K.Strides.close(c.OperandShape("k"))},
	}
	lean.Mask.Offset, lean.Mask.Pad, lean.Mask.Strides = 0, 0, c.Mask.Strides.close(c.maskDims())
	return lean
}

// close are strides with nothing between the elements, those of 0 as they are; none where none are given.
func (s Strides) close(shape [4]int) Strides {
	if !s.Given() {
		return s
	}
	step := 1
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] != 0 {
			s[i] = step
			step *= max(shape[i], 1)
		}
	}
	return s
}

// logitsWalk goes through the rows of a case.
type logitsWalk struct {
	c    Case
	t    *Tensors
	rows *MaskRows
	of   Logits

	bias, query, keys []float64 // of one row, and of all keys of a head
}

// keyHead looks at the rows of the query heads that share a key head.
func (w *logitsWalk) keyHead(b, kv int) {
	c := &w.c
	for key := range c.KVLen {
		decodeRow(&w.t.K, b, kv, key, w.keys[key*c.HeadDim:(key+1)*c.HeadDim])
	}
	span := c.spanOfRows(b)
	for h := kv * c.Group(); h < (kv+1)*c.Group(); h++ {
		sink := math.Inf(-1)
		if w.t.Sinks != nil {
			sink = w.t.Sinks.At(0, h, 0, 0)
		}
		for first, past := range c.rowGroups(b, keysPerBlock) {
			begin, end := seenBy(span, first, past, c.KVLen)
			for r := first; r < past; r++ {
				w.row(b, h, r, begin/keysPerBlock*keysPerBlock, end, sink)
			}
		}
	}
}

// row looks at one row, which walks from the key begin to end with the other rows of its group.
func (w *logitsWalk) row(b, h, r, begin, end int, sink float64) {
	c := &w.c
	clear(w.bias)
	first, last := 0, c.KVLen
	if w.rows != nil {
		first, last = w.rows.Row(b, h, r, w.bias)
	}
	decodeRow(&w.t.Q, b, h, r, w.query)
	scale, cap := float64(c.EffectiveScale()), float64(c.Softcap)
	highest, most, fall := math.Inf(-1), sink, 0.0
	for k0 := begin; k0 < end; k0 += keysPerBlock {
		block := math.Inf(-1)
		for k := max(first, k0); k < min(last, k0+keysPerBlock); k++ {
			if math.IsInf(w.bias[k], -1) {
				continue
			}
			x := scale * dot(w.query, w.keys[k*c.HeadDim:(k+1)*c.HeadDim])
			if cap > 0 {
				x = cap * math.Tanh(x/cap)
			}
			x += w.bias[k]
			if math.IsNaN(x) || math.IsInf(x, 1) {
				return
			}
			block = max(block, x)
		}
		if most > math.Inf(-1) {
			fall = max(fall, most-block)
		}
		highest, most = max(highest, block), max(most, block)
	}
	if most > math.Inf(-1) {
		w.of.LowestRowMax = min(w.of.LowestRowMax, most)
	}
	w.of.Highest, w.of.LargestFall = max(w.of.Highest, highest), max(w.of.LargestFall, fall)
}

func dot(x, y []float64) (sum float64) {
	y = y[:len(x)]
	var s [4]float64
	n := len(x) &^ 3
	for i := 0; i < n; i += 4 {
		s[0] += x[i] * y[i]
		s[1] += x[i+1] * y[i+1]
		s[2] += x[i+2] * y[i+2]
		s[3] += x[i+3] * y[i+3]
	}
	for i := n; i < len(x); i++ {
		sum += x[i] * y[i]
	}
	return sum + s[0] + s[1] + s[2] + s[3]
}
