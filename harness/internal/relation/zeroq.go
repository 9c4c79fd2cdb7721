package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// zeroQ: with q = 0 all logits are 0, so the output is the mean of the allowed v and the logsumexp the logarithm of how
// many there are. It applies where no additive mask, slope or sink adds logits of its own, on sampled rows.
// Within the bound of the run with q = 0, whose logits have no error but that of the exponential at 0.
var zeroQ = Law{
	Name:      "zero-q",
	Statement: "q = 0 gives the mean of the allowed v",
	Runs:      1,
	applies: func(c *cases.Case, _ paths.Promises) bool {
		return c.Mask.Kind != cases.AdditiveMask && c.Alibi == "" && c.Sinks == ""
	},
	check: func(a *application) error {
		t := a.copy()
		for row := range a.rowCount() {
			p := a.placeOf(row)
			fillRow(&t.Q, p.batch, p.head, p.row, always(0))
		}
		if err := a.attend(t); err != nil {
			return err
		}
		rows, keys := a.sample(hullRows), a.reader()
		return a.withinBounds("q is 0: the mean of the allowed v", func(result *tally, known truths) {
			for _, p := range rows {
				a.judgeMean(result, known, t, p, keys.allowed(p))
			}
		}, derivedRun{a.Case, t})
	},
}

func (a *application) judgeMean(result *tally, known truths, t *cases.Tensors, p place, keys []int) {
	kv, n, row := p.head/a.Case.Group(), float64(len(keys)), a.row(p)
	if len(keys) == 0 || known != nil && known[0].LSEDemand[row] != reference.Value {
		return
	}
	for d := range a.Case.VDim() {
		i := row*a.Case.VDim() + d
		if known != nil && known[0].OutputDemand[i] != reference.Value {
			continue // NaN, Inf or a sum that accumulators may not hold
		}
		sum, size := 0.0, 0.0
		for _, k := range keys {
			x := t.V.At(p.batch, kv, k, d)
			sum += x
			size += math.Abs(x)
		}
		bound := a.Arithmetic.LeastBound(sum/n, size/n)
		if known != nil {
			bound = known[0].Bound[i]
		}
		allowed := bound + size*0x1p-53 // the mean's own rounding
		result.hold(p, d, "", t.Out.At(p.batch, p.head, p.row, d), element{sum / n, allowed, reference.Value})
	}
	if t.LSE != nil {
		bound := a.Arithmetic.LeastLSEBound(n)
		if known != nil {
			bound = known[0].LSEBound[row]
		}
		result.hold(p, 0, "lse", t.LSE.At(p.batch, p.head, p.row, 0), element{math.Log(n), bound, reference.Value})
	}
}
