package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// negateScale: (-q).k * (-scale) = q.k * scale, exactly. Signs are not rounded and the bound knows only magnitudes, so
// both runs are under the same bound and agree within 2*bound. Not bit for bit: a kernel that looks for the maximum
// before it scales must treat a negative scale by another route.
var negateScale = Law{
	Name:      "negate-scale",
	Statement: "q and scale both negated give the same output",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.EffectiveScale() != 0 },
	check: func(a *application) error {
		_, t, err := a.rescaled(-1)
		if t == nil || err != nil {
			return err
		}
		return a.agree(t, order{}, double, "q and scale both negated")
	},
}

// foldScale: (2q).k * (scale/2) = q.k * scale, exactly, since powers of two round nothing. The truth is the same, and the
// bound but for the share of products that underflow: each run is within its own. It applies where nothing leaves its
// range by doubling.
var foldScale = Law{
	Name:      "fold-scale",
	Statement: "q doubled and scale halved give the same output",
	Runs:      1,
	applies: func(c *cases.Case, _ paths.Promises) bool {
		return math.Abs(float64(c.EffectiveScale())) > 0x1p-100
	},
	check: func(a *application) error {
		if q, k := largest(&a.Tensors.Q), a.largestKey(); 2*q > a.Tensors.Q.Format.Max() ||
			8*q*k*float64(a.Case.HeadDim)*max(1, math.Abs(float64(a.Case.EffectiveScale()))) > a.scoreRange() {
			a.skip("q doubled may leave its range")
			return nil
		}
		c, t, err := a.rescaled(2)
		if t == nil || err != nil {
			return err
		}
		return a.agreeWithin(c, t, "q doubled and scale halved")
	},
}

// rescaled runs the path with q multiplied and scale divided by a power of two; nil tensors where that case cannot be.
func (a *application) rescaled(by float64) (cases.Case, *cases.Tensors, error) {
	c, t := a.derive(func(c *cases.Case) { *c = c.WithScale(c.EffectiveScale() / float32(by)) })
	if t == nil {
		return c, nil, nil
	}
	a.rearranged(t, order{})
	multiply(&t.Q, by)
	return c, t, a.run(c, t)
}

// farCap is a softcap that no score feels: what it changes of one is below its square over 1e60.
const farCap = 0x1p100

// softcapFar: a softcap to infinity is none, so a case without one equals itself under a cap far above every score. The
// truth is the same within float64's rounding; the derived run is within its own bound, which has the rounding of the
// way through tanh. It applies to accumulators in which the cap and a score over it are ordinary numbers.
var softcapFar = Law{
	Name:      "softcap-far",
	Statement: "a softcap far above every score is none",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.Softcap == 0 },
	check: func(a *application) error {
		top := largest(&a.Tensors.Q) * a.largestKey() * float64(a.Case.HeadDim) * math.Abs(float64(a.Case.EffectiveScale()))
		if a.Arithmetic.Acc.Max < 0x1p120 || a.Arithmetic.Scores.Unit > 0 && a.Arithmetic.Scores.Max < 0x1p120 || top > 0x1p70 {
			a.skip("a softcap of 2^100 is not far above every score, or the accumulators do not hold it")
			return nil
		}
		c, t := a.derive(func(c *cases.Case) { c.Softcap = farCap })
		if t == nil {
			return nil
		}
		a.rearranged(t, order{})
		if err := a.run(c, t); err != nil {
			return err
		}
		return a.agreeWithin(c, t, "with a softcap far above every score")
	},
}

// agreeWithin holds a derived run of the same truth to the base: each is within its own bound.
func (a *application) agreeWithin(c cases.Case, t *cases.Tensors, detail string) error {
	return a.agreeWhere(c, t, detail, func(place) bool { return true })
}

// agreeWhere is agreeWithin for the rows whose truth is the same.
func (a *application) agreeWhere(c cases.Case, t *cases.Tensors, detail string, same func(place) bool) error {
	return a.withinBounds(detail, func(result *tally, known truths) {
		result.outputs(t, func(p place, _, d, i int) element {
			if !same(p) {
				return leftOut
			}
			return a.ofBoth(known, p, d, i)
		})
		result.logsumexps(t, func(p place, row int) element {
			if !same(p) {
				return leftOut
			}
			return a.lseOfBoth(known, p, row)
		})
	}, derivedRun{c, t})
}

// multiply multiplies every element of a tensor.
func multiply(t *cases.Tensor, by float64) {
	visit(t, func(_, _, _, _, index int) {
		t.Format.Put(t.Data, index, by*t.Format.Get(t.Data, index))
	})
}

// largest returns the largest finite magnitude in a tensor.
func largest(t *cases.Tensor) float64 {
	top := 0.0
	for _, x := range t.Dense() {
		if x := math.Abs(x); x > top && x <= math.MaxFloat64 {
			top = x
		}
	}
	return top
}

// largestKey returns the largest finite |k| in a slot that some row sees.
func (a *application) largestKey() float64 {
	top := 0.0
	values := make([]float64, a.Case.HeadDim)
	a.eachVisible(func(b, h, key int) {
		a.Tensors.K.Row(b, h, key, values)
		for _, x := range values {
			if x := math.Abs(x); x > top && x <= math.MaxFloat64 {
				top = x
			}
		}
	})
	return top
}

// scoreRange is the largest number that both accumulators and stored scores hold.
func (a *application) scoreRange() float64 {
	top := a.Arithmetic.Acc.Max
	if a.Arithmetic.Scores.Unit > 0 {
		top = min(top, a.Arithmetic.Scores.Max)
	}
	return top
}
