package metalpath

import (
	"fmt"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/metal"
)

// descriptors is the way of a backend that takes whole descriptors: it can be asked for every case.
type descriptors struct {
	math     metal.Math
	keyParts int
	wrap     wrapping
}

func (descriptors) Supports(c cases.Case) error {
	if c.Call.Fused && c.FusedBytes() > cases.MostFused {
		return paths.Unsupported("call.fused: q, k and v have %d MB, and %d are copied into one buffer at most", c.FusedBytes()>>20, cases.MostFused>>20)
	}
	return nil
}
func (descriptors) Knows(what string) bool { return slices.Contains(expressed, what) }
func (descriptors) Finish(*cases.Tensors)  {}
func (d descriptors) WholePages() bool     { return d.wrap.aligned() }

// Express returns every operand by offset and strides into a buffer over all of its memory.
func (d descriptors) Express(w *wrapper, c cases.Case, t *cases.Tensors) (*metal.AttentionOptions, error) {
	w.wrapping, w.bare = d.wrap, c.Call.Bare
	o := optionsOf(c)
	o.Math, o.KeyParts = d.math, d.keyParts
	if c.Call.Fused {
		var err error
		if w.fused, err = w.fuse(&t.Q, &t.K, &t.V); err != nil {
			return nil, err
		}
	}
	for i, operand := range operandsOf(o, c, t) {
		if w.fused != nil && i < len(w.fused.from) && !w.leavesOut(operand.from) {
			*operand.to = w.fused.tensor(i)
			continue
		}
		b, err := w.wrapTensor(operand.from)
		if err != nil {
			return nil, fmt.Errorf("wrap %s: %w", operand.name, err)
		}
		if b == nil {
			*operand.to = metal.Tensor{Strides: strides64(operand.from.Strides)}
			continue
		}
		*operand.to = metal.Tensor{Buffer: b, Offset: operand.from.Offset * operand.from.Size(), Strides: strides64(operand.from.Strides)}
	}
	if err := w.wrapVectors(o, t); err != nil {
		return nil, err
	}
	for _, q := range []*metal.Quantised{o.KQuantised, o.VQuantised} {
		if q != nil && q.Scales != nil {
			q.Span = scaleSpans[c.Quant.Scales]
		}
	}
	if err := w.wrapLSE(o, t); err != nil || t.Mask == nil {
		return o, err
	}
	mask, memory := maskOf(t.Mask)
	if w.leavesOut(&t.Mask.Tensor) {
		o.Mask = mask
		return o, nil
	}
	if d.wrap.aligned() {
		mask.Memory = memory
	} else {
		var err error
		if mask.Buffer, err = w.wrap(memory); err != nil {
			return nil, fmt.Errorf("wrap mask: %w", err)
		}
	}
	o.Mask = mask
	return o, nil
}

// expressed are the fields, and values of fields, that came after the first version of a case and that a descriptor has
// a member for: see paths.Knower. What is missing here, optionsOf need not express.
var expressed = []string{"softcap", "kv_offset", "sinks", "alibi", "lengths.packed", "lengths.q", "lengths.kv", "lengths.side",
	"paging.page", "paging.order", "paging.shared", "quant.k", "quant.v", "quant.scales", "quant.zero_points", "quant.fill",
	"v_head_dim", "batch=0", "q_len=0", "kv_len=0", "call.fused"}

var scaleSpans = map[cases.ScaleSpan]metal.ScaleSpan{
	"": metal.RowScales, cases.BlockScales: metal.BlockScales, cases.HeadScales: metal.HeadScales,
}

// optionsOf is a case without its tensors.
func optionsOf(c cases.Case) *metal.AttentionOptions {
	o := &metal.AttentionOptions{
		Batch: c.Batch, Heads: c.Heads, KVHeads: c.KVHeads, QLen: c.QLen, KVLen: c.KVLen, HeadDim: c.HeadDim, VHeadDim: c.VHeadDim,
		Scores: metal.Scores{Scale: c.EffectiveScale(), Softcap: c.Softcap}, Input: precisionOf(c.Input), Output: precisionOf(c.Output),
		Intermediate: metal.FP32, Causal: c.Mask.IsCausal(), KVOffset: c.KVOffset, PackedEntries: c.Lengths.Packed,
	}
	if c.Intermediate != 0 {
		o.Intermediate = precisionOf(c.Intermediate)
	}
	if c.Mask.Align == cases.BottomRight && (c.QLen != c.KVLen || c.Ragged()) { // both alignments are one where the lengths are
		o.Align = metal.BottomRight
	}
	if c.Mask.IsWindow() {
		o.Window = &metal.Window{Left: side(c.Mask.Left), Right: side(c.Mask.Right)}
	}
	return o
}

// operand is a tensor of a case and its place in a call.
type operand struct {
	name   string
	layout cases.Operand
	from   *cases.Tensor
	to     *metal.Tensor
}

func operandsOf(o *metal.AttentionOptions, c cases.Case, t *cases.Tensors) []operand {
	return []operand{{"q", c.Layout.Q, &t.Q, &o.Q}, {"k", c.Layout.K, &t.K, &o.K}, {"v", c.Layout.V, &t.V, &o.V}, {"out", c.Layout.Out, &t.Out, &o.Out}}
}

func strides64(s [4]int) [4]int64 {
	return [4]int64{int64(s[0]), int64(s[1]), int64(s[2]), int64(s[3])}
}

// maskOf returns a mask without its memory, which starts at the first entry, wherever that lies: an unaligned pointer is
// part of what is tested.
func maskOf(m *cases.MaskArray) (mask *metal.Mask, memory []byte) {
	mask = &metal.Mask{Type: metal.MaskBool, Scalar: metal.MaskByte}
	size := 1
	if !m.Bool {
		size = m.Format.Size()
		mask.Type = metal.MaskAdditive
		mask.Scalar = map[precision.Format]metal.MaskScalar{
			precision.FP16: metal.MaskFP16, precision.BF16: metal.MaskBF16, precision.FP32: metal.MaskFP32,
		}[m.Format]
	}
	for i := range m.Shape {
		mask.Shape = append(mask.Shape, int64(m.Shape[i]))
		mask.Strides = append(mask.Strides, int64(m.Strides[i]))
	}
	return mask, m.Data[m.Offset*size:]
}

func precisionOf(f precision.Format) metal.Precision {
	switch f {
	case precision.FP16:
		return metal.FP16
	case precision.BF16:
		return metal.BF16
	}
	return metal.FP32
}

func side(bound int) uint32 {
	if bound < 0 {
		return metal.Unbounded
	}
	return uint32(bound)
}
