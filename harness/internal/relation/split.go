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
		if first.t == nil || err != nil {
			return err
		}
		second, err := a.part(cut, a.Case.KVLen)
		if second.t == nil || err != nil {
			return err
		}
		return a.judgeMerge(first, second)
	},
}

// part runs the path on the keys [from, to); no tensors: it cannot be held to that.
func (a *application) part(from, to int) (derivedRun, error) {
	c, t := a.derive(func(c *cases.Case) {
		c.KVLen, c.LSE, c.Mask.EmptyLead = to-from, true, 0
		if from > 0 {
			c.Sinks = "" // the first part has it
		}
	})
	if t == nil {
		return derivedRun{}, nil
	}
	keys := identity(to - from)
	for i := range keys {
		keys[i] += from
	}
	a.rearranged(t, order{keys: keys})
	return derivedRun{c, t}, a.run(c, t)
}

func (a *application) judgeMerge(first, second derivedRun) error {
	infinite := a.infiniteKeys()
	return a.withinBounds("the outputs of two runs, each over a part of the keys, merged by logsumexp", func(t *tally, known truths) {
		for row := range a.rowCount() {
			p := a.placeOf(row)
			if a.Truth.LSEDemand[row] != reference.Value || infinite[[2]int{p.batch, p.head / a.Case.Group()}] {
				continue
			}
			m, ok := mergerOf(known, row)
			if !ok {
				continue
			}
			lse1, lse2 := a.partLSE(first.t, p), a.partLSE(second.t, p)
			top := max(lse1, lse2)
			w1, w2 := math.Exp(lse1-top), math.Exp(lse2-top)
			p1, p2 := w1/(w1+w2), w2/(w1+w2)
			if a.Tensors.LSE != nil {
				t.hold(p, 0, "lse", top+math.Log(w1+w2), element{a.baseLSE(p), a.Truth.LSEBound[row] + m.lse, reference.Value})
			}
			for d := range a.Case.VDim() {
				i := row*a.Case.VDim() + d
				more, ok := m.output(i)
				if a.Truth.OutputDemand[i] != reference.Value || !ok {
					continue
				}
				merged := p1*weighed(first.t, p, d, p1) + p2*weighed(second.t, p, d, p2)
				// The merge itself is done in float64.
				allowed := a.Truth.Bound[i] + more + 0x1p-50*math.Abs(a.Truth.Output[i])
				t.hold(p, d, "", merged, element{a.base(p, d), allowed, reference.Value})
			}
		}
	}, first, second)
}

// merger is what merging two parts adds to the bounds of one row; nothing where their truths are not known.
type merger struct {
	parts  []truthOfPart
	lse    float64
	moved  float64 // of the shares, by the errors of the logsumexps
	single bool    // one part has all the weight, however far apart its logsumexp puts the other
}

// truthOfPart is one part's truth of a row, and its true share of the row's weights.
type truthOfPart struct {
	truth *reference.Result
	empty bool // without a key
	share float64
}

// mergerOf is false where a part has no logsumexp that counts.
func mergerOf(known truths, row int) (m merger, ok bool) {
	if known == nil {
		return m, true
	}
	sum := 0.0
	for _, r := range known {
		p := truthOfPart{truth: r, empty: math.IsInf(r.LSE[row], -1)}
		if !p.empty {
			if r.LSEDemand[row] != reference.Value {
				return m, false
			}
			m.lse = max(m.lse, r.LSEBound[row])
			sum += r.LSEBound[row]
		}
		m.parts = append(m.parts, p)
	}
	ahead := known[0].LSE[row] - known[1].LSE[row]
	share1, share2 := 1/(1+math.Exp(-ahead)), 1/(1+math.Exp(ahead)) // the smaller one is lost in 1 minus the larger
	m.parts[0].share, m.parts[1].share = share1, share2
	if share1*share2 > 0 {
		m.moved = share1 * share2 * math.Expm1(sum)
	}
	m.single = share1 == 0 || share2 == 0
	return m, true
}

// output is what is added to the bound of an output; false where no number is to be judged.
func (m *merger) output(i int) (more float64, ok bool) {
	if m.parts == nil {
		return 0, true
	}
	for _, p := range m.parts {
		if p.empty {
			continue
		}
		if p.truth.OutputDemand[i] != reference.Value {
			return 0, false
		}
		more += (p.share + m.moved) * p.truth.Bound[i]
	}
	if !m.single {
		more += (m.moved + 0x1p-50) * math.Abs(m.parts[0].truth.Output[i]-m.parts[1].truth.Output[i])
	}
	return more, true
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
