package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// splitMerge: keys split in two runs, whose outputs are merged with weights exp(logsumexp), give the whole. Bounded; it
// applies where no causal part or window gives keys a place, and to paths that give a logsumexp.
//
// Let P_i be the share of part i in the whole's weights, o_i and L_i its true output and logsumexp bound, B_i its
// bound. Merging in float64, errors f_i of the logsumexps move the share by at most P1*P2*(exp(|f1|+|f2|) - 1), so
//
//	|merged - o| <= P1*B1 + P2*B2 + P1*P2*(exp(L1+L2) - 1)*|o1 - o2|.
//
// What the parts' bounds are, from the whole's bound B and largest error of a weight eps:
//
//   - the maximum m_i of a part lies between each of its s_j and m, so |m_i| <= max(|m|, |s_j|), and the error of a weight
//     in a part is at most twice that in the whole;
//   - terms in |v_j|, multiplied by P_i, add up over the parts to at most twice the whole's, times exp(2*eps) for a
//     spread of exp(4*eps) instead of exp(2*eps); P_i/l_i <= 1/l makes underflow no larger than the whole's;
//   - terms in |o_i| add up to at most ((2*eps + g)*exp(4*eps)*(1+u_o) + u_o + 3*u_acc)*A, A = P1*|o1| + P2*|o2|;
//   - L_i <= (2*eps + g)*exp(4*eps) + 4*u_acc*(1 + log n) + 3*u_acc*|m_i| + underflow, |m_i| <= |lse_i| + log n.
//
// So merged and the base's output agree within B + 4*exp(2*eps)*B and the two other terms. Keys of a weight that
// underflows in the whole carry at most that absolute weight into a part's share, which B has already. A row must have
// eps <= 1/4, for its parts to be well-conditioned. Outputs and shares are those that the runs gave, with
// room for their own errors.
var splitMerge = Law{
	Name:      "split-merge",
	Statement: "keys split in two runs, merged by logsumexp, give the whole",
	Runs:      1, // two of about half the size
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.KVLen > 1 && placeless(c) },
	check: func(a *attempt) error {
		cut := 1 + a.dice.below(a.Case.KVLen-1)
		first, err := a.part(0, cut)
		if first == nil || err != nil {
			return err
		}
		second, err := a.part(cut, a.Case.KVLen)
		if second == nil || err != nil {
			return err
		}
		return a.judgeMerge(first, second)
	},
}

// part runs the path on the keys [from, to).
func (a *attempt) part(from, to int) (*cases.Tensors, error) {
	c, t := a.derive(func(c *cases.Case) {
		c.KVLen, c.LSE, c.Mask.EmptyLead = to-from, true, 0
	})
	if t == nil {
		return nil, nil
	}
	keys := identity(to - from)
	for i := range keys {
		keys[i] += from
	}
	a.rearranged(t, order{keys: keys})
	return t, a.run(c, t)
}

func (a *attempt) judgeMerge(first, second *cases.Tensors) error {
	t := a.tally("the outputs of two runs, each over a part of the keys, merged by logsumexp")
	u, n := a.rounding(), a.Case.KVLen
	same := alike(n, u.u)
	g, logN := growth(n, u.u)+same, math.Log(float64(n))
	infinite := a.infiniteKeys()
	for row := range a.rowCount() {
		p, eps := a.placeOf(row), a.Truth.MaxEps[row]
		if a.Truth.LSEDemand[row] != reference.Value || eps > 0.25 || infinite[[2]int{p.batch, p.head / a.Case.Group()}] {
			continue
		}
		lse1, lse2 := a.partLSE(first, p), a.partLSE(second, p)
		top := max(lse1, lse2)
		w1, w2 := math.Exp(lse1-top), math.Exp(lse2-top)
		lseBound := func(lse float64) float64 {
			if math.IsInf(lse, -1) {
				return 0
			}
			return (2*eps+g)*math.Exp(4*eps) + u.u*(4+7*logN+3*math.Abs(lse)) + float64(n)*u.weightEta() + u.etaAcc
		}
		off := lseBound(lse1) + lseBound(lse2)
		if a.Tensors.LSE != nil {
			merged := top + math.Log(w1+w2)
			t.hold(p, 0, "lse", merged, element{a.baseLSE(p), a.Truth.LSEBound[row] + off, reference.Value})
		}
		p1, p2 := w1/(w1+w2), w2/(w1+w2)
		inO := (2*eps+g)*math.Exp(4*eps)*(1+u.uOut) + u.uOut + 3*u.u
		for d := range a.Case.HeadDim {
			i := row*a.Case.HeadDim + d
			bound, column := a.Truth.Bound[i], a.columnOf(p, d)
			if a.Truth.OutputDemand[i] != reference.Value || !a.roomInParts(column.largest, bound) {
				continue
			}
			o1, o2 := weighed(first, p, d, p1), weighed(second, p, d, p2)
			bounds := bound + 4*math.Exp(2*eps)*bound + 2*u.roundedUp(n, column) + 2*same*column.largest*u.spread(2*eps)
			between := 0.0 // 0 where one part has all the weight, however far apart its logsumexp puts the other
			if p1*p2 > 0 {
				between = p1 * p2 * math.Expm1(off)
			}
			// The true |o_i| and shares exceed those of the runs by errors of first order; 1.1 has room for the product.
			inParts := 1.1 * (inO*(p1*math.Abs(o1)+p2*math.Abs(o2)+bounds) + between*(math.Abs(o1-o2)+4*bounds))
			t.hold(p, d, "", p1*o1+p2*o2, element{a.base(p, d), bounds + inParts, reference.Value})
		}
	}
	return t.err()
}

// infiniteKeys finds the (batch, kv head) pairs with an infinity in a visible key. Its score may be -Inf, which the
// whole takes as a weight of 0, but a part with no other key may give NaN.
func (a *attempt) infiniteKeys() map[[2]int]bool {
	found := map[[2]int]bool{}
	a.eachVisible(func(b, h, key int) {
		for d := range a.Case.HeadDim {
			if math.IsInf(a.Tensors.K.At(b, h, key, d), 0) {
				found[[2]int{b, h}] = true
			}
		}
	})
	return found
}

// partLSE gives a part's logsumexp. A part without an allowed key may give NaN where the path declares so; where there
// was a key after all, its missing weight shows.
func (a *attempt) partLSE(t *cases.Tensors, p place) float64 {
	lse := t.LSE.At(p.batch, p.head, p.row, 0)
	if math.IsNaN(lse) && a.Arithmetic.Empty == reference.EmptyNaN {
		return math.Inf(-1)
	}
	return lse
}

// weighed gives an output, 0 where it has no weight: a part without an allowed key may declare NaN.
func weighed(t *cases.Tensors, p place, d int, weight float64) float64 {
	if weight == 0 {
		return 0
	}
	return t.Out.At(p.batch, p.head, p.row, d)
}

// roomInParts reports whether an average of v, and the sum it comes from, stay in range for any weights.
func (a *attempt) roomInParts(largest, bound float64) bool {
	sum := largest
	if !a.Arithmetic.NormalizedProbs {
		sum *= float64(a.Case.KVLen)
	}
	return 1.1*largest+8*bound < a.Arithmetic.Out.Max && sum < 0.5*a.Arithmetic.Acc.Max && float64(a.Case.KVLen) < 0.5*a.Arithmetic.Acc.Max
}
