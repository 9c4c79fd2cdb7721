package execpath

import (
	"attest.example/attest/harness/internal/cases"
)

// problem is a case spelt out, so that a program need not know the case format, its defaults or its layouts.
type problem struct {
	Batch   int `json:"batch"`
	Heads   int `json:"heads"`
	KVHeads int `json:"kv_heads"`
	QLen    int `json:"q_len"`
	KVLen   int `json:"kv_len"`
	HeadDim int `json:"head_dim"`
	// VHeadDim is the head_dim of v and out, that of q and k unless the program's hello knows v_head_dim.
	VHeadDim int     `json:"v_head_dim"`
	Scale    float32 `json:"scale"`
	// Softcap c: scores are c*tanh(scale*q.k/c) before the mask; 0: scale*q.k. Only for a program whose hello knows it.
	Softcap float32 `json:"softcap"`
	Input   string  `json:"input"`
	Output  string  `json:"output"`
	// Intermediate is the format of the accumulators that the case asks for.
	Intermediate string `json:"intermediate"`
	LSE          bool   `json:"lse"` // wants the natural logarithm of the softmax's normaliser as well

	// Key j is allowed to row i iff i+diagonal-left <= j <= i+diagonal+right; null is no bound on that side. A causal
	// mask is right 0. Both null: every key.
	Causal   bool `json:"causal"`
	Diagonal int  `json:"diagonal"`
	Left     *int `json:"left"`
	Right    *int `json:"right"`

	// Ranges are q_begin, q_end, kv_begin and kv_end of each entry of each batch; absent: all rows and keys. Only for a program
	// whose hello knows lengths. Diagonal then is kv_offset, and Align decides whether it moves with the lengths.
	Ranges [][][4]int `json:"ranges,omitzero"`
	// Align is "bottom-right" where the last row stands at the last key, of each entry where there are ranges.
	Align string `json:"align"`

	Mask string `json:"mask"` // "none", "bool" (non-zero: allowed) or "additive", on top of the above

	// Deadline is how long the answer may take, in seconds; 0: no limit.
	Deadline float64                `json:"deadline"`
	Tensors  map[string]description `json:"tensors"` // q, k, v, mask, sinks, slopes, table, k_scales, k_zeros, v_scales, v_zeros, out, lse
	// Page is how many rows a page of k and v has, Pages how many there are; 0, and for all programs that get their
	// tensors in the stream: they are not paged.
	Page  int `json:"page,omitzero"`
	Pages int `json:"pages,omitzero"`
	// Quant is how k and v are stored as integers with scales; absent: they are not. Only for a program whose hello
	// knows quant.
	Quant *quant `json:"quant,omitempty"`
}

// quant is how the integers of k and v are stored: "none", "int8", "int4", "q8_0" or "q4_0". Block is the columns that share
// a scale of int8 and int4; 0: all of a row.
type quant struct {
	K     string `json:"k"`
	V     string `json:"v"`
	Block int    `json:"block"`
}

// description is where a tensor's elements are: [b, h, r, c] is element offset + the sum of index times stride, from
// byte start of the shared memory, or from the start of the safetensors entry of that name.
type description struct {
	DType    string `json:"dtype"`
	Shape    [4]int `json:"shape"`   // batch, heads, rows, columns
	Strides  [4]int `json:"strides"` // in elements; 0 where it broadcasts
	Offset   int    `json:"offset"`  // in elements
	Elements int    `json:"elements"`
	Start    int    `json:"start"` // in bytes
}

func problemOf(c cases.Case, t *cases.Tensors) *problem {
	p := &problem{
		Batch: c.Batch, Heads: c.Heads, KVHeads: c.KVHeads, QLen: c.QLen, KVLen: c.KVLen, HeadDim: c.HeadDim, VHeadDim: c.VDim(),
		Scale: c.EffectiveScale(), Softcap: c.Softcap, Input: c.Input.String(), Output: c.Output.String(), Intermediate: "fp32", LSE: c.LSE,
		Mask: "none", Tensors: map[string]description{},
	}
	if c.Intermediate != 0 {
		p.Intermediate = c.Intermediate.String()
	}
	if c.Mask.IsArray() {
		p.Mask = string(c.Mask.Kind)
	}
	p.Diagonal, p.Align = c.Diagonal(0), "top-left"
	if c.Mask.Align == cases.BottomRight {
		p.Align = string(cases.BottomRight)
	}
	if c.Quant.Any() {
		p.Quant = &quant{K: string(cases.NotQuantised), V: string(cases.NotQuantised)}
		if c.Quant.K != "" {
			p.Quant.K = string(c.Quant.K)
		}
		if c.Quant.V != "" {
			p.Quant.V = string(c.Quant.V)
		}
		if c.Quant.Scales == cases.BlockScales {
			p.Quant.Block = cases.QuantBlock
		}
	}
	if c.Ragged() {
		for b := range c.Batch {
			list := [][4]int{}
			for _, e := range t.EntriesIn(b) {
				list = append(list, [4]int{e.QBegin, e.QEnd, e.KVBegin, e.KVEnd})
			}
			p.Ranges = append(p.Ranges, list)
		}
	}
	bound := func(keys int) *int {
		if keys < 0 {
			return nil
		}
		return &keys
	}
	switch {
	case c.Mask.IsCausal():
		p.Causal, p.Right = true, bound(0)
	case c.Mask.IsWindow():
		p.Left, p.Right = bound(c.Mask.Left), bound(c.Mask.Right)
	}
	return p
}
