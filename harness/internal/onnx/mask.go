package onnx

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// mask is the operator's mask: causal from a cache's end, attn_mask broadcast from the right, keys past its end or past
// nonpad_kv_seqlen not allowed.
type mask struct {
	causal bool
	past   int
	qLen   int
	array  *tensor   // nil: none
	valid  []float64 // keys of each batch entry that are no padding; nil: all
	folded bool      // the causal part is in the stored array, since no alignment says it
}

// mask sets the case's mask. What causal and aligned masks can say they do; the rest is an array.
func (v *Vector) mask(c *cases.Case) *mask {
	m := &mask{causal: v.numbers["is_causal"] != 0, qLen: c.QLen, array: v.tensors["attn_mask"]}
	if past := v.tensors["past_key"]; past != nil {
		m.past = past.dims[2]
	}
	if t := v.tensors["nonpad_kv_seqlen"]; t != nil {
		m.valid = t.data
	}
	align := cases.Align("")
	switch {
	case !m.causal:
	case m.valid == nil && m.past == 0:
		align = cases.TopLeft
	case m.valid == nil && m.past == c.KVLen-c.QLen:
		align = cases.BottomRight
	case m.valid == nil:
		align, c.KVOffset = cases.TopLeft, m.past
	default:
		m.folded = true
	}
	if m.array == nil && m.valid == nil && !m.folded {
		if m.causal {
			c.Mask = cases.Mask{Kind: cases.CausalMask, Align: align}
		}
		return m
	}
	c.Mask = cases.Mask{Kind: m.kind(), Align: align, Shape: m.shape()}
	if c.Mask.Kind == cases.AdditiveMask {
		c.Mask.Format = m.array.kind.format()
		if c.Mask.Format == 0 {
			c.Mask.Format = precision.FP32
		}
	}
	return m
}

// kind is that of the stored array.
func (m *mask) kind() cases.MaskKind {
	if m.array == nil || m.array.kind == boolType {
		return cases.BoolMask
	}
	return cases.AdditiveMask
}

// shape names the dimensions that the stored array really has.
func (m *mask) shape() string {
	letters := []byte("1111")
	if m.array != nil {
		for i, d := range m.array.dims {
			if at := 4 - len(m.array.dims) + i; d > 1 && at >= 0 {
				letters[at] = "bhqk"[at]
			}
		}
	}
	if m.valid != nil {
		letters[0], letters[3] = 'b', 'k'
	}
	if m.folded {
		letters[2], letters[3] = 'q', 'k'
	}
	if m.array != nil && m.array.dims[len(m.array.dims)-1] > 1 {
		letters[3] = 'k'
	}
	return string(letters)
}

// bias is what the stored array adds to a score.
func (m *mask) bias(b, h, i, j int) float64 {
	if m.valid != nil && b < len(m.valid) && j >= int(m.valid[b]) {
		return math.Inf(-1)
	}
	if m.folded {
		offset := m.past
		if m.valid != nil && b < len(m.valid) {
			offset = int(m.valid[b]) - m.qLen
		}
		if j > i+offset {
			return math.Inf(-1)
		}
	}
	if m.array == nil {
		return 0
	}
	index, at := [4]int{b, h, i, j}, 0
	for n, d := range m.array.dims {
		x := index[4-len(m.array.dims)+n]
		if d == 1 {
			x = 0
		}
		if x >= d {
			return math.Inf(-1) // a key past the array's end
		}
		at = at*d + x
	}
	value := m.array.data[at]
	if m.array.kind == boolType {
		if value != 0 {
			return 0
		}
		return math.Inf(-1)
	}
	return value
}

// store writes the array.
func (m *mask) store(t *cases.MaskArray) {
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				for k := range t.Shape[3] {
					t.SetBias(b, h, r, k, m.bias(b, h, r, k))
				}
			}
		}
	}
}
