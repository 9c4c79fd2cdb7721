package mutate

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/precision"
)

// samePrecision computes a case as a framework does without a fused kernel: scores, weights and output are each stored
// in the input's format, the sums behind them are wider. Rules that measure their tolerance take its error.
func samePrecision(c cases.Case, t *cases.Tensors) []float64 {
	p := oracle.Problem(c, t)
	out := make([]float64, 0, p.Batch*p.Heads*p.QLen*c.VDim())
	scores, bias := make([]float64, p.KVLen), make([]float64, p.KVLen)
	group, vDim := p.Heads/p.KVHeads, c.VDim()
	for b := range p.Batch {
		for h := range p.Heads {
			at := (b*p.KVHeads + h/group) * p.KVLen
			k, v := p.K[at*p.HeadDim:(at+p.KVLen)*p.HeadDim], p.V[at*vDim:(at+p.KVLen)*vDim]
			for i := range p.QLen {
				first, last := 0, p.KVLen
				clear(bias)
				if p.Mask != nil {
					first, last = p.Mask.Row(b, h, i, bias)
				}
				row := ((b*p.Heads+h)*p.QLen + i) * p.HeadDim
				q := p.Q[row : row+p.HeadDim]
				top, sink := math.Inf(-1), math.Inf(-1)
				if p.Sinks != nil {
					sink = p.Sinks[h]
				}
				for j := first; j < last; j++ {
					var s float64
					for d, x := range q {
						s += x * k[j*p.HeadDim+d]
					}
					s = c.Input.Round(s * p.Scale)
					if p.Softcap > 0 {
						s = c.Input.Round(p.Softcap * math.Tanh(s/p.Softcap))
					}
					scores[j] = c.Input.Round(s + bias[j])
					top = max(top, scores[j])
				}
				out = append(out, weighted(scores[first:last], v[first*vDim:last*vDim], top, sink, vDim, c.Input, c.Output)...)
			}
		}
	}
	return out
}

// weighted is the softmax of scores, and of a sink beside them, times v. It is 0 for a row without a key.
func weighted(scores, v []float64, top, sink float64, dim int, in, format precision.Format) []float64 {
	out := make([]float64, dim)
	if math.IsInf(top, -1) {
		return out
	}
	top = max(top, sink)
	sum := math.Exp(sink - top)
	for _, s := range scores {
		sum += math.Exp(s - top)
	}
	for j, s := range scores {
		weight := in.Round(math.Exp(s-top) / sum)
		if weight == 0 {
			continue // what a masked slot holds is not this reference's trouble
		}
		for d := range out {
			out[d] += weight * v[j*dim+d]
		}
	}
	for d, x := range out {
		out[d] = format.Round(x)
	}
	return out
}
