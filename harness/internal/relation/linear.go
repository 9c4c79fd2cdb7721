package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// scaleV: v times -2 gives the output times -2, and leaves the logsumexp. The factor rounds nothing, and every term of
// the bound is a multiple of |v| or an underflow that does not grow, so the second bound is at most twice the first:
// the runs agree within 4*bound. Where doubling may leave a range, the factor is -1 and the tolerance 2*bound. The
// logsumexp does not depend on v: bit for bit on a deterministic path, else within twice its bound.
var scaleV = Law{
	Name:      "scale-v",
	places:    true,
	Statement: "v times -2 gives the output times -2 and leaves the logsumexp",
	Runs:      1,
	applies:   func(*cases.Case, paths.Promises) bool { return true },
	check: func(a *application) error {
		by := -2.0
		if !a.roomToDouble() {
			by = -1
		}
		t := a.copy()
		a.scaleV(t, by)
		if err := a.attend(t); err != nil {
			return err
		}
		size := math.Abs(by)
		result := a.tally("v times a negative power of two")
		result.outputs(t, func(p place, _, d, i int) element {
			if size*(math.Abs(a.Truth.Output[i])+a.Truth.Bound[i]) >= a.Arithmetic.Out.Max {
				return leftOut // the base fits the output's format, and what it becomes may not
			}
			return element{by * a.base(p, d), 2 * size * a.Truth.Bound[i], mirrored(a.Truth.OutputDemand[i])}
		})
		result.logsumexps(t, func(p place, row int) element {
			allowed := 2 * a.Truth.LSEBound[row]
			if a.Promises.Deterministic {
				allowed = 0
			}
			return element{a.baseLSE(p), allowed, a.Truth.LSEDemand[row]}
		})
		return result.err()
	},
}

// scaleV multiplies v. Masked slots may hold what overflows, which stays; the others there are multiplied as well, since
// the bound looks at how alike the values of a whole column are.
func (a *application) scaleV(t *cases.Tensors, by float64) {
	old := &a.Tensors.V
	if t.V.Quantised() {
		t.V.MultiplyScales(by)
		return
	}
	for b := range a.Case.Batch {
		for h := range a.Case.KVHeads {
			for key := range a.Case.KVLen {
				for d := range a.Case.VDim() {
					if x := by * old.At(b, h, key, d); math.Abs(x) <= old.Format.Max() {
						t.V.Set(b, h, key, d, x)
					}
				}
			}
		}
	}
	a.eachVisible(func(b, h, key int) { // Inf too
		for d := range a.Case.VDim() {
			t.V.Set(b, h, key, d, by*old.At(b, h, key, d))
		}
	})
}

// roomToDouble reports whether v, what accumulators hold of it and the output stay in range with v doubled. Masked
// slots are data that may be anything and overflow as they like.
func (a *application) roomToDouble() bool {
	top := 0.0
	for _, c := range a.columns() {
		top = max(top, c.largest)
	}
	sums := 4 * top * float64(a.Case.KVLen)
	most := 0.0
	if v := &a.Tensors.V; v.Quantised() {
		most = v.MostScale()
	} else {
		most = v.Format.Max()
	}
	return 2*top <= most && 4*top <= a.Arithmetic.Out.Max && sums <= 0.9*a.Arithmetic.Acc.Max
}

// mirrored returns the demand on -x for that on x.
func mirrored(d reference.Demand) reference.Demand {
	switch d {
	case reference.PosInf:
		return reference.NegInf
	case reference.NegInf:
		return reference.PosInf
	}
	return d
}

// splitV: with v1 = v on some keys and 0 on the others, and v2 = v - v1, the outputs add up: o1 + o2 = o. Each of the
// three runs is within its own bound, so they agree within the sum of those: what the weights share cancels within a
// run, in proportion to how far its v spread, and nothing follows from that for v that are spread otherwise.
var splitV = Law{
	Name:      "split-v",
	places:    true,
	Statement: "v split over two runs, zeros elsewhere, gives outputs that add up",
	Runs:      2,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.KVLen > 1 },
	check: func(a *application) error {
		first, second := a.copy(), a.copy()
		a.eachVisible(func(b, h, key int) {
			zeroed := first
			if a.dice.below(2) == 1 {
				zeroed = second
			}
			fillRow(&zeroed.V, b, h, key, always(0))
		})
		if err := a.attend(first); err != nil {
			return err
		}
		if err := a.attend(second); err != nil {
			return err
		}
		return a.judgeSum(first, second)
	},
}

func (a *application) judgeSum(first, second *cases.Tensors) error {
	values1, values2 := make([]float64, a.Case.VDim()), make([]float64, a.Case.VDim())
	return a.withinBounds("the sum of two outputs whose v add up to the base's", func(t *tally, known truths) {
		for row := range a.rowCount() {
			p := a.placeOf(row)
			first.Out.Row(p.batch, p.head, p.row, values1)
			second.Out.Row(p.batch, p.head, p.row, values2)
			for d := range a.Case.VDim() {
				if e := a.ofBoth(known, p, d, row*a.Case.VDim()+d); e.demand == reference.Value {
					t.hold(p, d, "", values1[d]+values2[d], e)
				}
			}
		}
	}, derivedRun{a.Case, first}, derivedRun{a.Case, second})
}
