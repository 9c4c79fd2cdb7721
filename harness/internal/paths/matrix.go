package paths

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// Support is something that a case may want, and why a path does not do it; nil: it does.
type Support struct {
	What string
	Why  error
}

// Matrix asks a path what it supports, one thing at a time: each is asked for by a small case that wants nothing else
// beside what the path does at all, which is the first format of fp32, fp16 and bf16 that it takes.
func Matrix(p Path) []Support {
	base := precision.FP32
	for _, f := range []precision.Format{precision.BF16, precision.FP16, precision.FP32} {
		if p.Supports(plainCase(f)) == nil {
			base = f
		}
	}
	var list []Support
	for _, w := range wants(base) {
		c := plainCase(base)
		w.change(&c)
		err := c.Normalize()
		if err == nil {
			err = Supports(p, c)
		}
		list = append(list, Support{w.what, err})
	}
	return list
}

func plainCase(f precision.Format) cases.Case {
	return cases.Case{Version: cases.Version, Batch: 1, Heads: 2, KVHeads: 2, QLen: 64, KVLen: 64, HeadDim: 64,
		Input: f, Output: f, Values: cases.Values{Seed: 1}}
}

type want struct {
	what   string
	change func(*cases.Case)
}

func wants(base precision.Format) []want {
	other := precision.FP16
	if base == precision.FP16 {
		other = precision.FP32
	}
	format := func(f precision.Format) func(*cases.Case) {
		return func(c *cases.Case) { c.Input, c.Output = f, f }
	}
	mask := func(m cases.Mask) func(*cases.Case) { return func(c *cases.Case) { c.Mask = m } }
	unlike := func(change func(*cases.Case)) func(*cases.Case) {
		return func(c *cases.Case) { change(c); c.KVLen = 128 }
	}
	layout := func(o cases.Operand) func(*cases.Case) {
		return func(c *cases.Case) { c.Layout = cases.Layout{Q: o, K: o, V: o, Out: o} }
	}
	none := func(*cases.Case) {}
	return []want{
		{"fp32", format(precision.FP32)}, {"fp16", format(precision.FP16)}, {"bf16", format(precision.BF16)},
		{base.String() + " to " + other.String(), func(c *cases.Case) { c.Output = other }},
		{"intermediate bf16", func(c *cases.Case) { c.Intermediate = precision.BF16 }},
		{"several batches", func(c *cases.Case) { c.Batch = 2 }},
		{"grouped heads", func(c *cases.Case) { c.KVHeads = 1 }},
		{"q_len unlike kv_len", unlike(none)}, {"odd sizes", func(c *cases.Case) { c.QLen, c.KVLen, c.HeadDim = 7, 7, 5 }},
		{"head_dim 256", func(c *cases.Case) { c.HeadDim = 256 }}, {"head_dim 576", func(c *cases.Case) { c.HeadDim = 576 }},
		{"causal top-left", unlike(mask(cases.Mask{Kind: cases.CausalMask, Align: cases.TopLeft}))},
		{"causal bottom-right", unlike(mask(cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight}))},
		{"window", mask(cases.Mask{Kind: cases.WindowMask, Left: 3, Align: cases.TopLeft})},
		{"bool mask", mask(cases.Mask{Kind: cases.BoolMask})},
		{"additive mask", mask(cases.Mask{Kind: cases.AdditiveMask, Format: base})},
		{"kv_offset", func(c *cases.Case) { c.Mask, c.KVOffset = cases.Mask{Kind: cases.CausalMask, Align: cases.TopLeft}, 9 }},
		{"sinks", func(c *cases.Case) { c.Sinks = cases.SinksAmong }},
		{"alibi", func(c *cases.Case) { c.Alibi = cases.StandardSlopes }},
		{"softcap", func(c *cases.Case) { c.Softcap = 8 }},
		{"logsumexp", func(c *cases.Case) { c.LSE = true }},
		{"logsumexp with a mask", func(c *cases.Case) { c.LSE, c.Mask = true, cases.Mask{Kind: cases.BoolMask} }},
		{"BHSD", layout(cases.Operand{})}, {"BSHD", layout(cases.Operand{Order: cases.BSHD})},
		{"transposed", layout(cases.Operand{Transpose: true})}, {"slack", layout(cases.Operand{Pad: 3})},
		{"offsets", layout(cases.Operand{Offset: 3})},
		{"free strides", layout(cases.Operand{Strides: cases.Strides{20000, 64, 130, 1}})},
		{"columns apart", layout(cases.Operand{Strides: cases.Strides{1 << 20, 1, 200, 3}})},
		{"k and v with a stride of 0", func(c *cases.Case) {
			shared := cases.Operand{Strides: cases.Strides{0, 0, 64, 1}}
			c.Layout = cases.Layout{K: shared, V: shared}
		}},
		{"a mask with strides", func(c *cases.Case) {
			c.Mask = cases.Mask{Kind: cases.BoolMask, Strides: cases.Strides{20000, 9000, 100, 1}}
		}},
		{"k and v in pages", func(c *cases.Case) { c.Paging = cases.Paging{Page: 16, Order: cases.ShuffledPages} }},
		{"offsets past 2^31 elements", func(c *cases.Case) {
			c.Layout.K = cases.Operand{Strides: cases.Strides{1 << 33, 1<<31 + 64, 64, 1}}
		}},
	}
}
