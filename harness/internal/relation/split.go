package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// splitMerge: the outputs of two runs on parts of the keys, merged with weights exp(logsumexp), are the whole. Bounded; it
// applies where no causal part or window counts by a key's place, and to paths that have a logsumexp.
//
// Let P_i be the share of part i in the whole's weights, o_i and L_i its true output and logsumexp bound, B_i its
// bound. Merging in float64, errors f_i of the logsumexps move the share by at most P1*P2*(exp(|f1|+|f2|) - 1), so
//
//	|merged - o| <= (P1+x)*B1 + (P2+x)*B2 + x*|o1 - o2|,   x = P1*P2*(exp(L1+L2) - 1)
//
// and the logsumexp by at most the larger of L1 and L2. The bounds of the parts are those that the reference draws for
// them, shares and outputs the true ones. The base is within its own bound.
var splitMerge = Law{
	Name:      "split-merge",
	Statement: "keys split in two runs, merged by logsumexp, give the whole",
	Runs:      1, // two of about half the size
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.KVLen > 1 && placeless(c) },
	check: func(a *application) error {
		cut := 1 + a.dice.below(a.Case.KVLen-1)
		first, err := a.part(0, cut)
		if first.got == nil || err != nil {
			return err
		}
		second, err := a.part(cut, a.Case.KVLen)
		if second.got == nil || err != nil {
			return err
		}
		return a.judgeMerge(first, second)
	},
}

// part is a run over some of the keys, and its truth.
type part struct {
	got   *cases.Tensors
	truth *reference.Result
}

// part runs the path on the keys [from, to).
func (a *application) part(from, to int) (part, error) {
	c, t := a.derive(func(c *cases.Case) {
		c.KVLen, c.LSE, c.Mask.EmptyLead = to-from, true, 0
		if from > 0 {
			c.Sinks = "" // the first part has it
		}
	})
	if t == nil {
		return part{}, nil
	}
	keys := identity(to - from)
	for i := range keys {
		keys[i] += from
	}
	a.rearranged(t, order{keys: keys})
	if err := a.run(c, t); err != nil {
		return part{}, err
	}
	truth, err := a.truth(c, t)
	return part{t, truth}, err
}

// lseBound is the bound of a part's logsumexp; 0 where there is no key.
func (p part) lseBound(row int) float64 {
	if math.IsInf(p.truth.LSE[row], -1) {
		return 0
	}
	return p.truth.LSEBound[row]
}

// outBound is the bound of a part's output; false where no number is to be judged.
func (p part) outBound(row, i int) (float64, bool) {
	if math.IsInf(p.truth.LSE[row], -1) {
		return 0, true
	}
	return p.truth.Bound[i], p.truth.OutputDemand[i] == reference.Value
}

// judged reports whether a row of a part has a logsumexp that counts.
func (p part) judged(row int) bool {
	return p.truth.LSEDemand[row] == reference.Value || math.IsInf(p.truth.LSE[row], -1)
}

func (a *application) judgeMerge(first, second part) error {
	t := a.tally("the outputs of two runs, each over a part of the keys, merged by logsumexp")
	infinite := a.infiniteKeys()
	for row := range a.rowCount() {
		p := a.placeOf(row)
		if a.Truth.LSEDemand[row] != reference.Value || infinite[[2]int{p.batch, p.head / a.Case.Group()}] || !first.judged(row) || !second.judged(row) {
			continue
		}
		lse1, lse2 := a.partLSE(first.got, p), a.partLSE(second.got, p)
		top := max(lse1, lse2)
		w1, w2 := math.Exp(lse1-top), math.Exp(lse2-top)
		p1, p2 := w1/(w1+w2), w2/(w1+w2)
		if a.Tensors.LSE != nil {
			off := max(first.lseBound(row), second.lseBound(row))
			t.hold(p, 0, "lse", top+math.Log(w1+w2), element{a.baseLSE(p), a.Truth.LSEBound[row] + off, reference.Value})
		}
		ahead := first.truth.LSE[row] - second.truth.LSE[row]
		share1, share2 := 1/(1+math.Exp(-ahead)), 1/(1+math.Exp(ahead)) // the smaller one is lost in 1 minus the larger
		moved := 0.0                                                    // 0 where one part has all the weight, however far apart its logsumexp puts the other
		if share1*share2 > 0 {
			moved = share1 * share2 * math.Expm1(first.lseBound(row)+second.lseBound(row))
		}
		for d := range a.Case.VDim() {
			i := row*a.Case.VDim() + d
			bound1, ok1 := first.outBound(row, i)
			bound2, ok2 := second.outBound(row, i)
			if a.Truth.OutputDemand[i] != reference.Value || !ok1 || !ok2 {
				continue
			}
			apart := math.Abs(first.truth.Output[i] - second.truth.Output[i])
			if share1 == 0 || share2 == 0 {
				apart = 0
			}
			merged := p1*weighed(first.got, p, d, p1) + p2*weighed(second.got, p, d, p2)
			allowed := a.Truth.Bound[i] + (share1+moved)*bound1 + (share2+moved)*bound2 + moved*apart
			// The merge itself is done in float64.
			allowed += 0x1p-50 * (math.Abs(a.Truth.Output[i]) + apart)
			t.hold(p, d, "", merged, element{a.base(p, d), allowed, reference.Value})
		}
	}
	return t.err()
}

// infiniteKeys finds the (batch, kv head) pairs with an infinity in a visible key. Its score may be -Inf, which the
// whole takes as a weight of 0, but a part with no other key may be NaN.
func (a *application) infiniteKeys() map[[2]int]bool {
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

// partLSE returns a part's logsumexp. A part without an allowed key may be NaN where the path declares so; where there
// was a key after all, its missing weight shows.
func (a *application) partLSE(t *cases.Tensors, p place) float64 {
	lse := t.LSE.At(p.batch, p.head, p.row, 0)
	if math.IsNaN(lse) && a.Arithmetic.Empty == reference.EmptyNaN {
		return math.Inf(-1)
	}
	return lse
}

// weighed returns an output, 0 where it has no weight: a part without an allowed key may declare NaN.
func weighed(t *cases.Tensors, p place, d int, weight float64) float64 {
	if weight == 0 {
		return 0
	}
	return t.Out.At(p.batch, p.head, p.row, d)
}
