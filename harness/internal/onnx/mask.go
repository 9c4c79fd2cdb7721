package onnx

import (
	"math"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// mask is the operator's mask: causal from a cache's end, attn_mask broadcast from the right, keys past its end not
// allowed, and keys past nonpad_kv_seqlen, which are lengths of a case.
type mask struct {
	causal bool
	past   int
	array  *tensor   // nil: none
	valid  []float64 // keys of each batch entry that are no padding; nil: all
}

// mask sets the case's mask: a causal or aligned one where that is the same, else an array.
func (v *Vector) mask(c *cases.Case) *mask {
	m := &mask{causal: v.numbers["is_causal"] != 0, array: v.tensors["attn_mask"]}
	if past := v.tensors["past_key"]; past != nil {
		m.past = past.dims[2]
	}
	if t := v.tensors["nonpad_kv_seqlen"]; t != nil {
		m.valid = t.data
		c.Lengths.KV = cases.RandomLengths
		if slices.Contains(m.valid, 0) {
			c.Lengths.KV = cases.EmptyLengths
		}
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
		align = cases.BottomRight // of each entry: its last row stands at its last key
	}
	if m.array == nil {
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
	if m.array.kind == boolType {
		return cases.BoolMask
	}
	return cases.AdditiveMask
}

// shape names the dimensions that the stored array really has.
func (m *mask) shape() string {
	letters := []byte("1111")
	for i, d := range m.array.dims {
		if at := 4 - len(m.array.dims) + i; d > 1 && at >= 0 {
			letters[at] = "bhqk"[at]
		}
	}
	if m.array.dims[len(m.array.dims)-1] > 1 {
		letters[3] = 'k'
	}
	return string(letters)
}

// bias is what the stored array adds to a score.
func (m *mask) bias(b, h, i, j int) float64 {
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

// storeLengths stores how many keys each batch entry uses.
func (m *mask) storeLengths(t *cases.Tensors) {
	for b, n := range m.valid {
		t.SetEntry(b, 0, cases.Entry{QEnd: t.Q.Shape[2], KVEnd: min(int(n), t.K.Shape[2])})
	}
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
