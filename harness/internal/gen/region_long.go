package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

var longRegions = []Region{
	{Name: "kv-past-32768", Bugs: []int{59}, Summary: "more than 32,768 keys", Reach: string(Long),
		Holds: func(c *cases.Case) bool { return c.KVLen > 32768 }},
	{Name: "kv-past-32768-masked", Bugs: []int{36}, Summary: "a mask over more than 32,768 keys", Reach: string(Long),
		Holds: func(c *cases.Case) bool { return c.KVLen > 32768 && keys(&c.Mask) }},
	{Name: "kv-past-32768-causal", Bugs: []int{36}, Summary: "causal bottom-right over more than 32,768 keys", Reach: string(Long),
		Holds: func(c *cases.Case) bool {
			return c.KVLen > 32768 && c.Mask.IsCausal() && c.Mask.Align == cases.BottomRight
		}},
	{Name: "kv-past-32768-fp16", Bugs: []int{59}, Summary: "more than 32,768 keys in fp16, v leaning one way", Reach: string(Long),
		Holds: func(c *cases.Case) bool {
			v := c.Values.V
			return c.KVLen > 32768 && c.Input == precision.FP16 && (v == cases.Constant || v == cases.Positive || v == cases.Overflow)
		}},
	{Name: "kv-past-32768-bf16", Bugs: []int{38}, Summary: "more than 32,768 keys in bf16", Reach: string(Long),
		Holds: func(c *cases.Case) bool { return c.KVLen > 32768 && c.Input == precision.BF16 }},
}
