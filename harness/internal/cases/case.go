package cases

import "math"

// Version is the case format's version.
const Version = 1

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

// Clone returns a copy that shares nothing with c.
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

// WithScale returns a copy with another scale.
func (c Case) WithScale(scale float32) Case {
	c.Scale = &scale
	return c
}

// Work is the number of multiply-adds of both products over every key, masked or not:
// batch * heads * q_len * kv_len * (head_dim + v_head_dim). It orders cases by cost.
func (c *Case) Work() float64 {
	return float64(c.Batch) * float64(c.Heads) * float64(c.QLen) * float64(c.KVLen) * float64(c.HeadDim+c.VDim())
}
