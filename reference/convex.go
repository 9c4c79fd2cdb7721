package reference

import "math"

// convex is the bound of a row whose weights nothing is known of: rounding may
// have moved its scores by more than they differ, as where a bias of -1e9
// stands on every key. Whatever the weights came to, they are the same in the
// sum over v and in the sum that divides it, and none is negative. So the
// quotient lies between the least and the largest v of the keys that the row may
// see. What the two sums do not share is added as in every other row, with the
// largest |v| for the weighted mean.
//
// It does not hold where weights are computed twice (RecomputedWeights), where
// most of a sum may be lost, and where all weights may underflow together.
type convex struct {
	holds     bool
	low, high []float64 // [head_dim of v], of the allowed keys
	unshared  float64   // relative, of the largest |v|
	absolute  float64   // by underflow, not of v ...
	ofV       float64   // ... and in proportion to the largest |v|
}

func (e *element) convex(i int) (h convex) {
	l, r, k := e.l, e.r, e.b.keys
	// A multiply-add of s*log2(e) - m*log2(e) leaves the rounding of the second
	// product in the exponent, so the largest weight may be that far from 1.
	largest := l.u * math.Abs(r.m)
	if e.cond <= 0.5 || l.a.RecomputedWeights || 1-e.sum < 1-least || r.wild || largest > 64 {
		return convex{}
	}
	small := math.Exp(largest) // one over the largest weight
	h = convex{holds: true, low: make([]float64, k.vDim), high: make([]float64, k.vDim)}
	bias := e.b.biasOf(i)
	for d := range h.low {
		v := k.vt[d*k.n:][e.b.lo:e.b.hi]
		low, high := math.Inf(1), math.Inf(-1)
		for j := r.first; j < r.last; j++ {
			if bias == nil || !math.IsInf(bias[j], -1) {
				low, high = min(low, v[j]), max(high, v[j])
			}
		}
		if r.sink.there { // a key whose v is 0
			low, high = min(low, 0), max(high, 0)
		}
		h.low[d], h.high[d] = low, high
	}
	product, _ := l.sums(r.allowed, r.alike.lost, float64(r.allowed)*l.u, 0)
	h.unshared = (product + l.inProd + e.sum) / (1 - min(e.sum, least))
	h.absolute = l.etaOut + l.etaIn + (e.n+float64(2*l.blocks)+3)*l.etaAcc*small
	h.ofV = e.n * (l.etaAcc + l.etaProb) * small
	return h
}

// bound of column d, where the output is o.
func (h *convex) bound(e *element, d int, o float64) float64 {
	low, high := h.low[d], h.high[d]
	top := max(math.Abs(low), math.Abs(high))
	reach := max(high-o, o-low) + (h.unshared+h.ofV)*top
	return reach*(1+e.stored) + e.stored*math.Abs(o) + h.absolute
}
