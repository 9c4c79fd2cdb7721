package metal_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"attest.example/attest/metal"
)

// Each spoiled argument is refused by an error that names it, and the output stays as it was.
func TestRefusalsNameTheArgument(t *testing.T) {
	c := newContext(t)
	mask := func(o *metal.AttentionOptions, change func(*metal.Mask)) {
		b, err := c.NewBuffer(81)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		o.Mask = &metal.Mask{Type: metal.MaskBool, Buffer: b, Shape: []int64{9, 9}}
		change(o.Mask)
	}
	tests := []struct {
		word  string
		spoil func(o *metal.AttentionOptions)
	}{
		{"heads: 0, expected 1 to", func(o *metal.AttentionOptions) { o.Heads = 0 }},
		{"head_dim: 0, expected 1 to 576", func(o *metal.AttentionOptions) { o.HeadDim = 0 }},
		{"batch", func(o *metal.AttentionOptions) { o.Batch = 1<<20 + 1 }},
		{"q: the buffer has 576 bytes", func(o *metal.AttentionOptions) { o.QLen = 10 }},
		{"k: the buffer has 576 bytes", func(o *metal.AttentionOptions) { o.KVLen = 10 }},
		{"q: not a live buffer handle", func(o *metal.AttentionOptions) { o.KVLen, o.Q = 0, metal.Tensor{} }},
		{"k: not a live buffer handle", func(o *metal.AttentionOptions) { o.QLen, o.K = 0, metal.Tensor{} }},
		{"out: not a live buffer handle", func(o *metal.AttentionOptions) { o.KVLen, o.Out = 0, metal.Tensor{} }},
		{"mask_shape[1]: 9, expected 1 or 0", func(o *metal.AttentionOptions) { o.KVLen = 0; mask(o, func(*metal.Mask) {}) }},
		{"mask_shape[1]: 0, expected 1 or 9", func(o *metal.AttentionOptions) { mask(o, func(m *metal.Mask) { m.Shape[1] = 0 }) }},
		{"v: stride 1 is -8", func(o *metal.AttentionOptions) { o.KVLen, o.V.Strides = 0, [4]int64{144, -8, 8, 1} }},
		{"kv_len", func(o *metal.AttentionOptions) { o.KVLen = math.MaxInt32 }},
		{"kv_heads", func(o *metal.AttentionOptions) { o.Heads, o.KVHeads = 3, 2 }},
		{"head_dim: 577, expected 1 to 576", func(o *metal.AttentionOptions) { o.HeadDim = 577 }},
		{"softmax_scale", func(o *metal.AttentionOptions) { o.Scale = float32(math.Inf(1)) }},
		{"input_precision: 7", func(o *metal.AttentionOptions) { o.Input = 7 }},
		{"output_precision: -1", func(o *metal.AttentionOptions) { o.Output = -1 }},
		{"intermediate_precision", func(o *metal.AttentionOptions) { o.Intermediate = 9 }},
		{"math", func(o *metal.AttentionOptions) { o.Math = 2 }},
		{"kv_offset", func(o *metal.AttentionOptions) { o.Causal, o.Align, o.KVOffset = true, metal.BottomRight, 3 }},
		{"align", func(o *metal.AttentionOptions) { o.Align = 2 }},
		{"dispatches", func(o *metal.AttentionOptions) { o.Dispatches = 1 << 21 }},
		{"q: the data starts", func(o *metal.AttentionOptions) { o.Q.Offset = 2 }},
		{"v: stride 1 is -8", func(o *metal.AttentionOptions) { o.V.Strides = [4]int64{144, -8, 8, 1} }},
		{"k: shape and strides reach past 2^64", func(o *metal.AttentionOptions) { o.K.Strides = [4]int64{1, 1, math.MaxInt64, 1} }},
		{"k: give strides or transposed", func(o *metal.AttentionOptions) { o.K.Strides, o.K.Transposed = [4]int64{144, 72, 8, 1}, true }},
		{"out: its strides", func(o *metal.AttentionOptions) { o.Out.Strides = [4]int64{144, 72, 4, 1} }},
		{"out overlaps v", func(o *metal.AttentionOptions) { o.Out = o.V }},
		{"lse overlaps q", func(o *metal.AttentionOptions) { o.LSE = &o.Q }},
		{"mask_type: 5", func(o *metal.AttentionOptions) { mask(o, func(m *metal.Mask) { m.Type = 5 }) }},
		{"mask_scalar: 2", func(o *metal.AttentionOptions) { mask(o, func(m *metal.Mask) { m.Scalar = metal.MaskBF16 }) }},
		{"mask_scalar: 0", func(o *metal.AttentionOptions) { mask(o, func(m *metal.Mask) { m.Type = metal.MaskAdditive }) }},
		{"mask: given, but", func(o *metal.AttentionOptions) { mask(o, func(m *metal.Mask) { m.Type = metal.MaskNone }) }},
		{"mask: expected", func(o *metal.AttentionOptions) { mask(o, func(m *metal.Mask) { m.Buffer = nil }) }},
		{"mask_ndim: 0", func(o *metal.AttentionOptions) { mask(o, func(m *metal.Mask) { m.Shape = nil }) }},
		{"mask_shape[1]: 8", func(o *metal.AttentionOptions) { mask(o, func(m *metal.Mask) { m.Shape[1] = 8 }) }},
		{"mask_strides[0]: -9", func(o *metal.AttentionOptions) { mask(o, func(m *metal.Mask) { m.Strides = []int64{-9, 1} }) }},
		{"mask: the buffer has 81 bytes", func(o *metal.AttentionOptions) { mask(o, func(m *metal.Mask) { m.Strides = []int64{10, 1} }) }},
	}
	for _, test := range tests {
		o, buffers := smallCall(t, c)
		for i := range buffers[3].Float32s() {
			buffers[3].Float32s()[i] = 3
		}
		test.spoil(o)
		err := forward(c, o)
		if !errors.Is(err, metal.ErrInvalidArgs) || !strings.Contains(err.Error(), test.word) {
			t.Errorf("want invalid arguments with %q, got %v", test.word, err)
		}
		for _, x := range buffers[3].Float32s() {
			if x != 3 {
				t.Errorf("%s: refused, and yet the output was written", test.word)
				break
			}
		}
	}
	// All but the number of dispatches, for which Go makes room before C is asked.
	if n, _ := c.Counters(); n.Calls != 0 || n.Refused != uint64(len(tests)-1) || n.Pipelines != 0 {
		t.Errorf("counters %+v, want %d refusals and nothing else", n, len(tests)-1)
	}
}

func TestQuantisedInputsAreUnsupported(t *testing.T) {
	c := newContext(t)
	o, _ := smallCall(t, c)
	o.Input = 3
	if err := forward(c, o); !errors.Is(err, metal.ErrDeviceNotSupported) || !strings.Contains(err.Error(), "int8") {
		t.Errorf("int8: %v, want that it is not supported", err)
	}
}
