package relation

import "math"

// conditioned tells rows apart in which the reference may have left keys out of the largest error of a weight, MaxEps.
// It leaves out those whose weight underflows whatever its rounding: with scores a little different they may count, and
// the row may be ill-conditioned. The row's scores are bounded without computing them: by Cauchy and Schwarz, |q|.|k_j|
// is at most the product of the norms, and so |s_j| <= scale*|q|*|k_j| + |bias|.
type conditioned struct {
	a     *attempt
	u     rounding
	keys  []float64 // the largest norm of a visible key of each [batch, kv_heads]; NaN and Inf in k left out
	bias  float64   // the largest finite |bias|
	scale float64
}

func (a *attempt) conditioned() *conditioned {
	c := &a.Case
	out := &conditioned{a: a, u: a.rounding(), keys: make([]float64, c.Batch*c.KVHeads), scale: math.Abs(float64(c.EffectiveScale()))}
	a.eachVisible(func(b, h, key int) {
		norm := 0.0
		for d := range c.HeadDim {
			norm = math.Hypot(norm, a.Tensors.K.At(b, h, key, d))
		}
		if at := &out.keys[b*c.KVHeads+h]; norm > *at && !math.IsInf(norm, 0) {
			*at = norm
		}
	})
	if m := a.Tensors.Mask; m != nil && !m.Bool {
		out.bias = largest(&m.Tensor)
	}
	return out
}

// row reports whether MaxEps of a row has every key: because the error of each weight is below the 1/2 from which keys
// are left out, or because no weight of the row can underflow.
func (r *conditioned) row(p place) bool {
	c := &r.a.Case
	norm := 0.0
	for d := range c.HeadDim {
		norm = math.Hypot(norm, r.a.Tensors.Q.At(p.batch, p.head, p.row, d))
	}
	dot := r.scale * norm * r.keys[p.batch*c.KVHeads+p.head/c.Group()]
	score := dot + r.bias
	eps := growth(c.HeadDim+2, r.u.u)*dot + (2*r.u.uScore+6*r.u.u+2*r.u.expB)*score + r.u.expA + r.u.passes
	return eps < 0.4 || 2*score < -math.Log(r.u.etaAcc)-1
}
