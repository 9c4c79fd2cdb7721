package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// zeroQ: with q = 0 all logits are 0, so the output is the mean of the allowed v and the logsumexp the logarithm of how
// many there are. It applies where no additive mask adds logits of its own, on sampled rows.
//
// The bound is the reference's with s = m = 0: the error of every weight is eps = exp error at 0 + rescaling +
// underflow of products, and with V the mean of |v|
//
//	eps*(V + |o|)*spread + ((g(n, u_acc) + u_p)*V + g(n, u_acc)*|o|)*spread + (u_o + 3*u_acc)*|o| + underflow
//	(eps + g(n, u_acc))*exp(2*eps) + 4*u_acc*(1 + log n) + underflow         of the logsumexp
var zeroQ = Law{
	Name:      "zero-q",
	Statement: "q = 0 gives the mean of the allowed v",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.Mask.Kind != cases.AdditiveMask },
	check: func(a *attempt) error {
		t := a.copy()
		for row := range a.rowCount() {
			p := a.placeOf(row)
			fillRow(&t.Q, p.batch, p.head, p.row, always(0))
		}
		if err := a.again(t); err != nil {
			return err
		}
		result, keys := a.tally("q is 0: the mean of the allowed v"), a.reader()
		for _, p := range a.sample(hullRows) {
			a.judgeMean(result, t, p, keys.allowed(p))
		}
		return result.err()
	},
}

func (a *attempt) judgeMean(result *tally, t *cases.Tensors, p place, keys []int) {
	kv, n := p.head/a.Case.Group(), float64(len(keys))
	normK := 0.0 // the largest sum of |k| of a key; NaN or Inf where 0*k is NaN
	for _, k := range keys {
		sum := 0.0
		for d := range a.Case.HeadDim {
			sum += math.Abs(t.K.At(p.batch, kv, k, d))
		}
		if !(sum <= math.MaxFloat64) {
			return
		}
		normK = max(normK, sum)
	}
	if len(keys) == 0 || n > a.Arithmetic.Acc.Max/2 {
		return
	}
	u := a.rounding()
	scale := math.Abs(float64(a.Case.EffectiveScale()))
	term := max(u.etaAcc, u.etaIn) * (1 + scale) * (normK + float64(a.Case.HeadDim) + 1)
	eps, g := u.expA+u.passes+term+u.etaScore, growth(len(keys), u.u)+alike(len(keys), u.u) // all weights are equal
	if eps > 0.5 {
		return
	}
	spread := u.spread(eps)
	for d := range a.Case.HeadDim {
		sum, size := 0.0, 0.0
		for _, k := range keys {
			x := t.V.At(p.batch, kv, k, d)
			sum += x
			size += math.Abs(x)
		}
		if !(size <= 0.5*a.Arithmetic.Acc.Max) {
			continue // NaN, Inf or a sum that accumulators may not hold
		}
		mean, V := sum/n, size/n
		o := math.Abs(mean)
		underflow := u.outputEta(len(keys), size, o) + u.roundedUp(a.Case.KVLen, a.columnOf(p, d))
		same := alike(len(keys), u.u) * a.columnOf(p, d).largest
		allowed := (eps*(V+o)+(g+u.uProb)*V+g*o+same)*spread + (u.uOut+3*u.u)*o + underflow + n*0x1p-53*V // the mean's own rounding
		if o+allowed >= a.Arithmetic.Out.Max {
			continue
		}
		result.hold(p, d, "", t.Out.At(p.batch, p.head, p.row, d), element{mean, allowed, reference.Value})
	}
	if t.LSE != nil {
		allowed := (eps+g)*math.Exp(2*eps) + 4*u.u*(1+math.Log(n)) + n*u.weightEta() + u.etaAcc
		result.hold(p, 0, "lse", t.LSE.At(p.batch, p.head, p.row, 0), element{math.Log(n), allowed, reference.Value})
	}
}
