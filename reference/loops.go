package reference

import (
	"context"
	"math"
)

// Loops computes the output and the logsumexp of p by another route than
// Attend: plain loops over one row and one key at a time, the softmax in a
// single streaming pass with a running maximum, every sum compensated
// (Neumaier), no matrix product and no blocks. It shares with Attend only the
// Problem and its masks, so that a mistake in one shows against the other.
//
// It has no special paths: NaN and infinities travel by the rules of IEEE
// arithmetic, keys that are not allowed are not looked at, and a row without an
// allowed key is as empty demands.
func Loops(ctx context.Context, p *Problem, empty EmptyRow) (output, lse []float64, err error) {
	if err := p.Validate(); err != nil {
		return nil, nil, err
	}
	output = make([]float64, p.Batch*p.Heads*p.QLen*p.vDim())
	lse = make([]float64, p.Batch*p.Heads*p.QLen)
	bias := make([]float64, p.KVLen)
	acc := make([]compensated, p.vDim())
	for i := range lse {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		row, head, batch := i%p.QLen, i/p.QLen%p.Heads, i/p.QLen/p.Heads
		first, last, err := rowOf(p.Mask, batch, head, row, bias)
		if err != nil {
			return nil, nil, err
		}
		keys := (batch*p.KVHeads + head*p.KVHeads/p.Heads) * p.KVLen
		lse[i] = streamRow(output[i*len(acc):][:len(acc)], acc, p, p.Q[i*p.HeadDim:][:p.HeadDim],
			p.K[keys*p.HeadDim:], p.V[keys*len(acc):], bias, first, last, p.sinkOf(head), empty)
	}
	return output, lse, nil
}

// streamRow computes one row and returns its logsumexp.
func streamRow(out []float64, acc []compensated, p *Problem, q, k, v, bias []float64, first, last int, sink sink, empty EmptyRow) float64 {
	top := math.Inf(-1)
	var total compensated
	clear(acc)
	for j := first; j < last; j++ {
		if math.IsInf(bias[j], -1) {
			continue
		}
		kj, vj := k[j*len(q):][:len(q)], v[j*len(out):][:len(out)]
		var dot compensated
		for d := range q {
			dot.add(q[d] * kj[d])
		}
		x := p.Scale * dot.sum()
		if c := p.Softcap; c > 0 { // tanh by exponentials of negative numbers alone
			e := math.Expm1(-2 * math.Abs(x) / c)
			x = math.Copysign(-c*e/(e+2), x)
		}
		x += bias[j]
		before := top
		if x > top {
			top = x
		}
		weight, keep := 0.0, 1.0
		if !math.IsInf(top, -1) || math.IsNaN(x) {
			weight, keep = math.Exp(x-top), math.Exp(before-top)
		} // else only scores of -Inf so far, whose weight is 0 once there is another
		total.scale(keep)
		total.add(weight)
		for d := range acc {
			acc[d].scale(keep)
			acc[d].add(weight * vj[d])
		}
	}
	if sink.there && !math.IsNaN(total.sum()) { // a key whose v is 0
		before := top
		top = max(top, sink.logit)
		keep := math.Exp(before - top)
		total.scale(keep)
		total.add(math.Exp(sink.logit - top))
		for d := range acc {
			acc[d].scale(keep)
		}
	}
	l := total.sum()
	if l == 0 {
		fill := 0.0
		if empty == EmptyNaN {
			fill = math.NaN()
		}
		for d := range out {
			out[d] = fill
		}
		return math.Inf(-1)
	}
	for d := range out {
		out[d] = acc[d].sum() / l
	}
	return top + math.Log(l)
}

// compensated is a sum that carries its own rounding error (Neumaier 1974).
type compensated struct{ s, lost float64 }

func (c *compensated) add(x float64) {
	t := c.s + x
	switch {
	case math.IsInf(t, 0) || math.IsNaN(t):
		// The compensation would be Inf-Inf: IEEE's own sum is the answer.
	case math.Abs(c.s) >= math.Abs(x):
		c.lost += (c.s - t) + x
	default:
		c.lost += (x - t) + c.s
	}
	c.s = t
}

func (c *compensated) scale(f float64) {
	if f != 1 {
		c.s *= f
		c.lost *= f
	}
}

func (c *compensated) sum() float64 { return c.s + c.lost }
