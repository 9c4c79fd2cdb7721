package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

var causalRegions = []Region{
	{Name: "causal-blocks", Bugs: []int{3}, Summary: "causal over more than 128 keys, some row not seeing the end",
		Holds: func(c *cases.Case) bool {
			_, last := c.Span(0, 0)
			return c.Mask.IsCausal() && c.KVLen > 128 && c.QLen > 1 && last < c.KVLen && ordinary(c)
		}},
	{Name: "causal-ragged-rows", Bugs: []int{28}, Summary: "causal, q_len past 8 and no multiple of it",
		Holds: func(c *cases.Case) bool { return c.Mask.IsCausal() && c.QLen > 8 && c.QLen%8 != 0 }},
	{Name: "causal-narrow-blocks", Bugs: []int{50}, Summary: "causal, fp16 or bf16, q_len 64 and more",
		Holds: func(c *cases.Case) bool { return c.Mask.IsCausal() && narrow(c) && c.QLen >= 64 }},
	{Name: "causal-top-left", Bugs: []int{44}, Summary: "causal top-left, q_len and kv_len differ",
		Holds: func(c *cases.Case) bool {
			return c.Mask.IsCausal() && c.Mask.Align == cases.TopLeft && c.QLen != c.KVLen
		}},
	{Name: "causal-bottom-right", Bugs: []int{44}, Summary: "causal bottom-right, q_len and kv_len differ",
		Holds: func(c *cases.Case) bool {
			return c.Mask.IsCausal() && c.Mask.Align == cases.BottomRight && c.QLen != c.KVLen
		}},
	{Name: "causal-more-rows", Bugs: []int{51, 67}, Summary: "causal bottom-right, more rows than keys: rows that see none",
		Holds: func(c *cases.Case) bool {
			return c.Mask.IsCausal() && c.Mask.Align == cases.BottomRight && c.QLen > c.KVLen
		}},
	{Name: "causal-heads", Bugs: []int{66}, Summary: "causal, two batches, two heads, q_len and kv_len differ",
		Holds: func(c *cases.Case) bool {
			return c.Mask.IsCausal() && c.Batch >= 2 && c.Heads >= 2 && c.QLen != c.KVLen
		}},
	{Name: "window", Summary: "a window bounded on both sides",
		Holds: func(c *cases.Case) bool {
			return c.Mask.Kind == cases.WindowMask && c.Mask.Left >= 0 && c.Mask.Right >= 0
		}},
	{Name: "window-late", Summary: "a window that leaves out the first 32 keys for some row",
		Holds: func(c *cases.Case) bool {
			first, _ := c.Span(0, c.QLen-1)
			return c.Mask.Kind == cases.WindowMask && first >= 32
		}},
	{Name: "causal-and-mask", Summary: "a causal mask on top of an array",
		Holds: func(c *cases.Case) bool { return c.Mask.IsArray() && c.Mask.IsCausal() }},
}

func shaped(c *cases.Case, shapes ...string) bool {
	for _, s := range shapes {
		if c.Mask.Shape == s {
			return true
		}
	}
	return false
}

var maskRegions = []Region{
	{Name: "mask-rows", Bugs: []int{2}, Summary: "a mask with rows of its own, q_len past 8",
		Holds: func(c *cases.Case) bool { return rows(&c.Mask) && c.QLen > 8 }},
	{Name: "bool-mask", Bugs: []int{4}, Summary: "a bool mask over more than 8 keys",
		Holds: func(c *cases.Case) bool { return c.Mask.Kind == cases.BoolMask && keys(&c.Mask) && c.KVLen > 8 }},
	{Name: "additive-mask", Bugs: []int{4}, Summary: "an additive mask over more than 8 keys",
		Holds: func(c *cases.Case) bool { return c.Mask.Kind == cases.AdditiveMask && keys(&c.Mask) && c.KVLen > 8 }},
	{Name: "mask-one-row", Bugs: []int{31}, Summary: "q_len 1 with an additive mask",
		Holds: func(c *cases.Case) bool { return c.QLen == 1 && c.Mask.Kind == cases.AdditiveMask }},
	{Name: "mask-broadcast", Bugs: []int{29}, Summary: "a mask that is one row, or one number a row",
		Holds: func(c *cases.Case) bool { return shaped(c, "111k", "11q1", "bhq1", "1h1k") }},
	{Name: "mask-by-batch", Bugs: []int{49}, Summary: "a mask [B,1,q,kv] over two batches and two heads",
		Holds: func(c *cases.Case) bool { return shaped(c, "b1qk", "b11k") && c.Batch >= 2 && c.Heads >= 2 }},
	{Name: "mask-by-batch-grouped", Bugs: []int{27}, Summary: "a mask for each batch, grouped heads",
		Holds: func(c *cases.Case) bool {
			return c.Mask.IsArray() && c.Mask.Shape[0] == 'b' && c.Batch >= 2 && grouped(c)
		}},
	{Name: "mask-tiny-grouped", Bugs: []int{55}, Summary: "a mask, grouped heads, q_len to 4, head_dim to 8",
		Holds: func(c *cases.Case) bool { return c.Mask.IsArray() && grouped(c) && c.QLen <= 4 && c.HeadDim <= 8 }},
	{Name: "mask-one-pass", Bugs: []int{48}, Summary: "a bool mask, q_len 8, kv_len 512",
		Holds: func(c *cases.Case) bool { return c.Mask.Kind == cases.BoolMask && c.QLen == 8 && c.KVLen == 512 }},
	{Name: "mask-one-pass-64", Bugs: []int{61}, Summary: "a mask, q_len 8, kv_len 512, head_dim 64",
		Holds: func(c *cases.Case) bool { return c.Mask.IsArray() && c.QLen == 8 && c.KVLen == 512 && c.HeadDim == 64 }},
	{Name: "mask-long-grouped", Bugs: []int{63}, Summary: "an fp16 mask over more than 1023 keys, q_len past 8, four heads a group",
		Holds: func(c *cases.Case) bool {
			return c.Mask.Format == precision.FP16 && c.KVLen > 1023 && c.QLen > 8 && c.Group() >= 4 && c.Input == precision.FP16
		}},
	{Name: "mask-fp16-inf", Bugs: []int{56}, Summary: "an fp16 mask with -Inf entries, fp16 input",
		Holds: func(c *cases.Case) bool {
			m := &c.Mask
			return m.Format == precision.FP16 && c.Input == precision.FP16 && m.Fill == cases.RandomFill && m.Density < 90 && m.Floor == ""
		}},
	{Name: "mask-first-block", Bugs: []int{60, 68}, Summary: "the first 32 keys hidden from every row, later ones not",
		Holds: func(c *cases.Case) bool { return hidesFirst(c, 32) }},
	{Name: "mask-first-64", Bugs: []int{60, 68}, Summary: "the first 64 keys hidden from every row, later ones not",
		Holds: func(c *cases.Case) bool { return hidesFirst(c, 64) }},
	{Name: "empty-rows", Bugs: []int{33, 51, 67}, Summary: "a row that sees no key",
		Holds: emptyRow},
	{Name: "padding", Summary: "batches of different length",
		Holds: func(c *cases.Case) bool {
			return c.Mask.Fill == cases.PaddingFill && c.Mask.Shape[0] == 'b' && c.Batch >= 2 && c.KVLen > 8
		}},
	{Name: "alibi", Summary: "a linear bias that differs by head",
		Holds: func(c *cases.Case) bool { return c.Mask.Fill == cases.AlibiFill }},
	{Name: "mask-plus-inf", Summary: "+Inf entries in a mask",
		Holds: func(c *cases.Case) bool { return c.Mask.PlusInf }},
	{Name: "mask-sparse", Bugs: []int{18}, Summary: "few keys allowed to each row",
		Holds: func(c *cases.Case) bool { return c.Mask.Fill == cases.RandomFill && c.Mask.Density <= 10 }},
}
