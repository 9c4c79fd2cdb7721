package relation

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// ones: with v = 1 everywhere, weights that add up to 1 give 1, and a row that sees no key is what it always is.
// Within the bound of the run with those v: of the error of the weights nothing is left, only what product and sum do
// not share.
var ones = Law{
	Name:      "ones",
	Statement: "v of ones gives ones",
	Runs:      1,
	applies: func(c *cases.Case, _ paths.Promises) bool {
		// Integers times a scale that all rows share are not 1, and integers that heads or batches share are not 1 with the zero
		// point of each.
		held := c.Quant.V == "" || c.Quant.Scales != cases.HeadScales && !c.SharesMemory()
		return c.Sinks == "" && held // with a sink weights add up to less
	},
	check: func(a *application) error {
		t := a.copy()
		for b := range a.Case.Batch {
			for h := range a.Case.KVHeads {
				for k := range a.Case.KVLen {
					fillRow(&t.V, b, h, k, always(1))
				}
			}
		}
		if err := a.attend(t); err != nil {
			return err
		}
		least := a.Arithmetic.LeastBound(1, 1)
		return a.withinBounds("v is 1 everywhere", func(result *tally, known truths) {
			result.outputs(t, func(_ place, row, _, i int) element {
				switch {
				case a.Truth.LSEDemand[row] != reference.Value:
					return element{0, 0, a.whatever(row, i)}
				case known == nil:
					return element{1, least, reference.Value}
				}
				return element{1, known[0].Bound[i], known[0].OutputDemand[i]}
			})
		}, derivedRun{a.Case, t})
	},
}

// whatever returns what a row demands whatever v holds: the class of a row without a key, or with NaN or +Inf among its
// scores. Value stands for exactly 0.
func (a *application) whatever(row, index int) reference.Demand {
	if a.Truth.LSEDemand[row]&(reference.Value|reference.Anything) != 0 {
		return reference.Anything // a number, ill-conditioned or near the end of the range
	}
	return a.Truth.OutputDemand[index]
}
