package reference

import (
	"fmt"
	"math"
	"math/big"
	"testing"
)

// exact is attention in 300-bit arithmetic, for small problems of ordinary
// numbers: a third route, which shares no rounding with the others.
type exact struct{}

const precision = 300

func (exact) num(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

func (e exact) mul(a, b *big.Float) *big.Float { return e.num(0).Mul(a, b) }

// exp halves its argument until the series converges fast, then squares back.
func (e exact) exp(x *big.Float) *big.Float {
	const halvings = 40
	small := new(big.Float).SetMantExp(x, -halvings)
	sum, term := e.num(1), e.num(1)
	for i := 1; i < 40; i++ {
		term.Quo(e.mul(term, small), e.num(float64(i)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum = e.mul(sum, sum)
	}
	return sum
}

// row returns output and sum of exp(score) of one row.
func (e exact) row(p *Problem, q, k, v, bias []float64, first, last int, sink sink) (out []*big.Float, total *big.Float) {
	out = make([]*big.Float, p.HeadDim)
	for d := range out {
		out[d] = e.num(0)
	}
	total = e.num(0)
	for j := first; j < last; j++ {
		if math.IsInf(bias[j], -1) {
			continue
		}
		s := e.num(0)
		for d, x := range q {
			s.Add(s, e.mul(e.num(x), e.num(k[j*p.HeadDim+d])))
		}
		w := e.exp(s.Add(e.mul(s, e.num(p.Scale)), e.num(bias[j])))
		total.Add(total, w)
		for d := range out {
			out[d].Add(out[d], e.mul(w, e.num(v[j*p.HeadDim+d])))
		}
	}
	if sink.there {
		total.Add(total, e.exp(e.num(sink.logit)))
	}
	for d := range out {
		out[d].Quo(out[d], total)
	}
	return out, total
}

func TestAgainstBigFloat(t *testing.T) {
	for seed, mask := range []Mask{nil, Causal(3), Window{2, 3, 1}, Additive{1, 1, 1, 12, []float64{0, negInf, 1, -2, 3, 0, 0, -7, negInf, 0, 0, 1}}} {
		for _, scale := range []float64{0.5, -1, 0, 3} {
			p := randomProblem(uint64(seed), 1, 2, 1, 6, 12, 5, mask)
			p.Scale = scale
			if seed%2 == 1 {
				p.Sinks = []float64{1.5, -3}
			}
			r := attend(t, p, inFP32, Options{})
			out, lse, err := Loops(ctx, p, EmptyZero)
			if err != nil {
				t.Fatal(err)
			}
			bias := make([]float64, p.KVLen)
			for i := range r.LSE {
				first, last, err := rowOf(mask, 0, i/p.QLen, i%p.QLen, bias)
				if err != nil {
					t.Fatal(err)
				}
				want, total := exact{}.row(p, of(p.Q, i, p.HeadDim), p.K, p.V, bias, first, last, p.sinkOf(i/p.QLen))
				for name, got := range map[string]struct {
					out []float64
					lse float64
				}{"Attend": {of(r.Output, i, p.HeadDim), r.LSE[i]}, "Loops": {of(out, i, p.HeadDim), lse[i]}} {
					if err := nearExact(got.out, got.lse, want, total); err != nil {
						t.Errorf("mask %d, scale %v: %s: row %d: %v", seed, scale, name, i, err)
					}
				}
			}
		}
	}
}

// nearExact holds a row against its exact values and the exact sum of its weights.
func nearExact(out []float64, lse float64, want []*big.Float, total *big.Float) error {
	for d, w := range want {
		if x, _ := w.Float64(); !(math.Abs(out[d]-x) <= 2e-14) {
			return fmt.Errorf("column %d is %v, want %v", d, out[d], x)
		}
	}
	// exp(lse) against the sum itself: big has no logarithm.
	off, _ := exact{}.num(0).Quo(exact{}.exp(exact{}.num(lse)), total).Float64()
	if !(math.Abs(off-1) <= 1e-13) {
		return fmt.Errorf("exp(logsumexp) is off by a factor %v", off)
	}
	return nil
}
