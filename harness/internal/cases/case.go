package cases

import (
	"math"

	"attest.example/attest/harness/internal/precision"
)

// Version is the case format's version.
const Version = 1

// Case is one attention problem. Build it by hand, by Decode, or with the generators, then call Normalize, which
// fills in defaults and refuses what is impossible.
type Case struct {
	Version int `json:"version"`
	Batch   int `json:"batch"`
	Heads   int `json:"heads"`
	KVHeads int `json:"kv_heads,omitzero"` // default: heads
	QLen    int `json:"q_len"`
	KVLen   int `json:"kv_len"`
	HeadDim int `json:"head_dim"`

	Input        precision.Format `json:"input"`                 // of q, k and v
	Output       precision.Format `json:"output,omitzero"`       // default: input
	Intermediate precision.Format `json:"intermediate,omitzero"` // of the accumulators; default: fp32

	// Scale multiplies q.k before the mask is added. nil: 1/sqrt(head_dim). Kernels take it as fp32, so a case
	// holds nothing finer.
	Scale *float32 `json:"scale,omitempty"`
	LSE   bool     `json:"lse,omitzero"` // also asks for the logsumexp of every row

	Mask   Mask   `json:"mask,omitzero"`
	Layout Layout `json:"layout,omitzero"`
	Values Values `json:"values,omitzero"`

	// After holds cases that run before this one, in order, in the same context. Only this one is judged.
	After []Case `json:"after,omitempty"`
	Notes string `json:"notes,omitzero"` // for people; no part of the case's name
}

// DefaultScale is 1/sqrt(head_dim), rounded to fp32.
func DefaultScale(headDim int) float32 { return float32(1 / math.Sqrt(float64(headDim))) }

// EffectiveScale is the scale that the kernel gets.
func (c *Case) EffectiveScale() float32 {
	if c.Scale != nil {
		return *c.Scale
	}
	return DefaultScale(c.HeadDim)
}

// Group is the number of query heads that share one kv head.
func (c *Case) Group() int { return c.Heads / c.KVHeads }

// Clone gives a copy that shares nothing with c.
func (c *Case) Clone() Case {
	out := *c
	if c.Scale != nil {
		scale := *c.Scale
		out.Scale = &scale
	}
	out.After = nil
	for i := range c.After {
		out.After = append(out.After, c.After[i].Clone())
	}
	return out
}

// WithScale gives a copy with another scale.
func (c Case) WithScale(scale float32) Case {
	c.Scale = &scale
	return c
}

// Work is the number of multiply-adds of both products over every key, masked or not:
// 2 * batch * heads * q_len * kv_len * head_dim. It orders cases by cost.
func (c *Case) Work() float64 {
	return 2 * float64(c.Batch) * float64(c.Heads) * float64(c.QLen) * float64(c.KVLen) * float64(c.HeadDim)
}
