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
// Entries are rounded to the mask's format, so logits move by c + d_j with |d_j| <= delta, the largest deviation of
// the row, computed exactly. Then
//
//   - a weight changes by a factor within exp(+-2*delta), and with V the largest visible |v| of the column the true
//     output moves by at most move = (exp(2*delta) - 1)*V;
//   - the error of a weight, eps_j, has parts that grow with the logits: 3*u_acc*(|s_j| + |m|), u_s*|s_j| and expB*(m -
//     s_j). Together they grow by at most more = (6*u_acc + u_s)*(|c| + delta) + 2*expB*delta;
//   - so the second bound is at most exp(2*(delta+more))*(bound + 2*more*V*exp(2*eps)*(1+u_o)) for the weights, and
//     those of its terms that have |o| as a factor grow by (u_o + 3*u_acc + (eps+more+g)*spread)*move.
//
// That holds for rows whose largest error of a weight, eps, has every key and stays below 1/2; the others are left out.
//
// The runs agree within the first bound, the second and move. The logsumexp likewise: its second bound is at most
// exp(2*(delta+more))*(bound + more*exp(2*eps)) + 3*u_acc*(|c|+delta) + 8*u_acc*delta, and the truth moves by c within
// delta.
var shiftLogits = Law{
	Name:      "shift-logits",
	Statement: "a constant added to every logit of a row leaves its output and adds itself to its logsumexp",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.Mask.Kind == cases.AdditiveMask },
	check: func(a *attempt) error {
		t := a.copy()
		shifts, ok := a.shift(t.Mask)
		if !ok {
			a.skip("a shifted entry leaves the range of %s", t.Mask.Format)
			return nil
		}
		if err := a.again(t); err != nil {
			return err
		}
		return a.judgeShift(t, shifts)
	},
}

// shift is what one row of the mask array was shifted by, and the largest deviation of its entries from that.
type shift struct{ by, delta float64 }

// shift adds a constant to each row of the array. It reports false where an entry overflows.
func (a *attempt) shift(m *cases.MaskArray) (func(place) shift, bool) {
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

func (a *attempt) judgeShift(got *cases.Tensors, shifts func(place) shift) error {
	u, g, same := a.rounding(), growth(a.Case.KVLen, a.Arithmetic.Acc.Unit), alike(a.Case.KVLen, a.Arithmetic.Acc.Unit)
	t, whole := a.tally("a constant added to every logit of the row"), make([]bool, a.rowCount())
	for row, rows := 0, a.conditioned(); row < len(whole); row++ {
		whole[row] = rows.row(a.placeOf(row))
	}
	// terms gives a row's eps, more, and the factor of second bounds; false where the shifted row cannot be judged.
	terms := func(row int, s shift) (eps, more, grown float64, ok bool) {
		eps = a.Truth.MaxEps[row]
		more = (6*u.u+u.uScore)*(math.Abs(s.by)+s.delta) + 2*u.expB*s.delta
		return eps, more, math.Exp(2 * (s.delta + more)), whole[row] && eps+more <= 0.5
	}
	t.outputs(got, func(p place, row, d, index int) element {
		demand := a.Truth.OutputDemand[index]
		if demand != reference.Value {
			if a.Truth.LSEDemand[row]&reference.Value != 0 {
				return leftOut // an Inf in v, which a weight may or may not reach once rounding differs
			}
			return element{demand: demand}
		}
		s := shifts(p)
		eps, more, grown, ok := terms(row, s)
		bound, largest := a.Truth.Bound[index], a.columnOf(p, d).largest
		move := math.Expm1(2*s.delta) * largest
		second := grown*(bound+2*(more+same)*largest*u.spread(eps)) + (u.uOut+3*u.u+(eps+more+g)*u.spread(eps+more))*move
		// An output that the shift may carry past its format's range may be infinite.
		if want := math.Abs(a.Truth.Output[index]); !ok || want+move+second >= a.Arithmetic.Out.Max {
			return leftOut
		}
		return element{a.base(p, d), bound + second + move, demand}
	})
	t.logsumexps(got, func(p place, row int) element {
		demand := a.Truth.LSEDemand[row]
		if demand != reference.Value {
			return element{demand: demand}
		}
		s := shifts(p)
		eps, more, grown, ok := terms(row, s)
		if !ok {
			return leftOut
		}
		bound := a.Truth.LSEBound[row]
		second := grown*(bound+(more+same)*math.Exp(2*eps)) + 3*u.u*(math.Abs(s.by)+s.delta) + 8*u.u*s.delta
		return element{a.baseLSE(p) + s.by, bound + second + s.delta, demand}
	})
	return t.err()
}
