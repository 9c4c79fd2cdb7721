package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// shiftLogits: a constant c added to every logit of a row leaves its output and adds c to its logsumexp. Bounded; it
// applies to additive masks, whose entries carry the constant.
//
// Entries are rounded to the mask's format, so logits move by c + d_j with small d_j, and the true output moves a little.
// By how much the reference of the shifted case tells, and its own bound: errors grow with the size of the logits. The
// runs agree within both bounds and that move.
var shiftLogits = Law{
	Name:      "shift-logits",
	Statement: "a constant added to every logit of a row leaves its output and adds itself to its logsumexp",
	Runs:      1,
	applies: func(c *cases.Case, _ paths.Promises) bool {
		return c.Mask.Kind == cases.AdditiveMask && !c.MaskSharesMemory() && c.Sinks == "" // a sink stays where it is
	},
	check: func(a *application) error {
		t := a.copy()
		shifts, ok := a.shift(t.Mask)
		if !ok {
			a.skip("a shifted entry leaves the range of %s", t.Mask.Format)
			return nil
		}
		if err := a.attend(t); err != nil {
			return err
		}
		return a.judgeShift(t, shifts)
	},
}

// shift is what one row of the mask array was shifted by, and the largest deviation of its entries from that.
type shift struct{ by, delta float64 }

// shift adds a constant to each row of the array. It reports false where an entry overflows.
func (a *application) shift(m *cases.MaskArray) (func(place) shift, bool) {
	// The coarser the format, the smaller the constant: what is gained in force is lost in delta.
	sizes := map[precision.Format][]float64{precision.FP32: {1, 8, 64}, precision.FP16: {1, 2, 8}, precision.BF16: {1, 2}}[m.Format]
	var shifts []shift
	for b := range m.Shape[0] {
		for h := range m.Shape[1] {
			for r := range m.Shape[2] {
				s := shift{by: sizes[a.dice.below(len(sizes))]}
				if a.dice.below(2) == 1 {
					s.by = -s.by
				}
				for k := range m.Shape[3] {
					old := m.Bias(b, h, r, k)
					if math.IsInf(old, 0) || math.IsNaN(old) {
						continue
					}
					m.SetBias(b, h, r, k, old+s.by)
					s.delta = max(s.delta, math.Abs(m.Bias(b, h, r, k)-old-s.by))
				}
				if math.IsInf(s.delta, 0) {
					return nil, false
				}
				shifts = append(shifts, s)
			}
		}
	}
	return func(p place) shift {
		b, h, r := min(p.batch, m.Shape[0]-1), min(p.head, m.Shape[1]-1), min(p.row, m.Shape[2]-1)
		return shifts[(b*m.Shape[1]+h)*m.Shape[2]+r]
	}, true
}

func (a *application) judgeShift(got *cases.Tensors, shifts func(place) shift) error {
	return a.withinBounds("a constant added to every logit of the row", func(t *tally, known truths) {
		t.outputs(got, func(p place, row, d, i int) element {
			e := a.ofBoth(known, p, d, i)
			if e.demand != reference.Value && a.Truth.LSEDemand[row]&reference.Value != 0 {
				return leftOut // an Inf in v, which a weight may or may not reach once rounding differs
			}
			for _, shifted := range known {
				e.allowed += math.Abs(shifted.Output[i] - a.Truth.Output[i])
			}
			return e
		})
		t.logsumexps(got, func(p place, row int) element {
			e, by := a.lseOfBoth(known, p, row), shifts(p).by
			for _, shifted := range known {
				e.allowed += math.Abs(shifted.LSE[row] - a.Truth.LSE[row] - by)
			}
			e.want += by
			return e
		})
	}, derivedRun{a.Case, got})
}
