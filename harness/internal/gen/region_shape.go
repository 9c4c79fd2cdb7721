package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

var shapeRegions = []Region{
	{Name: "heads", Bugs: []int{1, 66}, Summary: "two heads or more",
		Holds: func(c *cases.Case) bool { return c.Heads >= 2 }},
	{Name: "batches", Bugs: []int{5}, Summary: "two batches or more",
		Holds: func(c *cases.Case) bool { return c.Batch >= 2 }},
	{Name: "many-batches", Summary: "six batches or more",
		Holds: func(c *cases.Case) bool { return c.Batch >= 6 }},
	{Name: "one-head", Bugs: []int{6}, Summary: "one head",
		Holds: func(c *cases.Case) bool { return c.Heads == 1 }},
	{Name: "grouped-heads", Bugs: []int{7}, Summary: "fewer kv_heads than heads, and more than one",
		Holds: func(c *cases.Case) bool { return grouped(c) && c.KVHeads > 1 }},
	{Name: "one-kv-head", Bugs: []int{7}, Summary: "one kv head under several heads",
		Holds: func(c *cases.Case) bool { return grouped(c) && c.KVHeads == 1 }},
	{Name: "odd-groups", Bugs: []int{7}, Summary: "5 or 7 heads over each of several kv_heads",
		Holds: func(c *cases.Case) bool { return c.KVHeads > 1 && (c.Group() == 5 || c.Group() == 7) }},
	{Name: "lengths-differ", Bugs: []int{25, 44}, Summary: "q_len and kv_len differ",
		Holds: func(c *cases.Case) bool { return c.QLen != c.KVLen }},
	{Name: "one-row", Bugs: []int{26, 31}, Summary: "q_len 1",
		Holds: func(c *cases.Case) bool { return c.QLen == 1 }},
	{Name: "short-q-ragged-kv", Bugs: []int{46}, Summary: "q_len to 8, kv_len no multiple of 32, not causal",
		Holds: func(c *cases.Case) bool { return c.QLen <= 8 && c.KVLen > 32 && c.KVLen%32 != 0 && !c.Mask.IsCausal() }},
	{Name: "past-eight-rows", Bugs: []int{42, 43}, Summary: "q_len 9",
		Holds: func(c *cases.Case) bool { return c.QLen == 9 }},
	{Name: "q-block-less", Summary: "q_len one less than a multiple of 16",
		Holds: func(c *cases.Case) bool { return nearMultiple(c.QLen, 16, -1) }},
	{Name: "q-block-more", Summary: "q_len one more than a multiple of 16",
		Holds: func(c *cases.Case) bool { return nearMultiple(c.QLen, 16, 1) }},
	{Name: "kv-block-less", Summary: "kv_len one less than a multiple of 32",
		Holds: func(c *cases.Case) bool { return nearMultiple(c.KVLen, 32, -1) }},
	{Name: "kv-block", Summary: "kv_len a multiple of 32",
		Holds: func(c *cases.Case) bool { return nearMultiple(c.KVLen, 32, 0) }},
	{Name: "kv-block-more", Summary: "kv_len one more than a multiple of 32",
		Holds: func(c *cases.Case) bool { return nearMultiple(c.KVLen, 32, 1) }},
	{Name: "kv-one", Bugs: []int{32}, Summary: "one key, two batches, a mask for each",
		Holds: func(c *cases.Case) bool {
			return c.KVLen == 1 && c.Batch >= 2 && c.Mask.IsArray() && c.Mask.Shape[0] == 'b'
		}},
	{Name: "kv-past-1024", Bugs: []int{39}, Summary: "kv_len past 1024, no multiple of 32*32",
		Holds: func(c *cases.Case) bool { return c.KVLen > 1024 && (c.KVLen+31)/32%32 != 0 }},
	{Name: "two-passes", Bugs: []int{38, 65}, Summary: "q_len to 8, kv_len 1024 and more, narrow input",
		Holds: func(c *cases.Case) bool { return c.QLen <= 8 && c.KVLen >= 1024 && narrow(c) }},
	{Name: "long-grouped-narrow", Bugs: []int{47}, Summary: "kv_len past 1023, grouped heads, fp16 or bf16",
		Holds: func(c *cases.Case) bool { return c.KVLen > 1023 && grouped(c) && narrow(c) }},
	{Name: "long-large-groups", Bugs: []int{41}, Summary: "two batches, grouped, 8, 12 or 16 heads, kv_len past 1023",
		Holds: func(c *cases.Case) bool {
			return c.Batch >= 2 && grouped(c) && (c.Heads == 8 || c.Heads == 12 || c.Heads == 16) && c.KVLen > 1023
		}},
	{Name: "kv-past-2000", Summary: "kv_len of 2000 and more",
		Holds: func(c *cases.Case) bool { return c.KVLen >= 2000 }},
	{Name: "large-head-dim", Bugs: []int{40}, Summary: "head_dim past 128",
		Holds: func(c *cases.Case) bool { return c.HeadDim > 128 }},
	{Name: "head-dim-256", Bugs: []int{40}, Summary: "head_dim 256",
		Holds: func(c *cases.Case) bool { return c.HeadDim == 256 }},
	{Name: "head-dim-past-256", Bugs: []int{40}, Summary: "head_dim past 256",
		Holds: func(c *cases.Case) bool { return c.HeadDim > 256 }},
	{Name: "ragged-head-dim", Summary: "head_dim no multiple of 8",
		Holds: func(c *cases.Case) bool { return c.HeadDim%8 != 0 }},
	{Name: "tiny-head-dim", Summary: "head_dim to 3",
		Holds: func(c *cases.Case) bool { return c.HeadDim <= 3 }},
	{Name: "narrow-scale", Bugs: []int{37}, Summary: "fp16 or bf16 with a scale that is no power of two",
		Holds: func(c *cases.Case) bool { return narrow(c) && significant(c.EffectiveScale()) > 8 }},
}

var formatRegions = func() (all []Region) {
	for _, in := range precision.Formats() {
		for _, out := range precision.Formats() {
			all = append(all, Region{
				Name: formatRegion(in, out), Bugs: []int{8, 11},
				Summary: "input " + in.String() + ", output " + out.String(),
				Holds:   func(c *cases.Case) bool { return c.Input == in && c.Output == out },
			})
		}
	}
	return all
}()

func formatRegion(in, out precision.Format) string { return in.String() + "-to-" + out.String() }
