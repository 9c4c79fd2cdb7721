package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// ones: with v = 1 everywhere, weights that add up to 1 give 1, and a row that sees no key gives what it always gives.
//
// The bound with v = 1 and o = 1, sum_j p_j*eps_j taken as at most eps and at most the bound of the logsumexp (which
// has it as a part, spread included):
//
//	(2*sum p*eps + 2*g(kv, u_acc) + u_p)*spread + u_o + 3*u_acc + underflow
//
// with g widened by kv*u_acc: ones under like weights are like terms.
var ones = Law{
	Name:      "ones",
	Statement: "v of ones gives ones",
	Runs:      1,
	applies:   func(*cases.Case, paths.Promises) bool { return true },
	check: func(a *attempt) error {
		t := a.copy()
		for b := range a.Case.Batch {
			for h := range a.Case.KVHeads {
				for k := range a.Case.KVLen {
					fillRow(&t.V, b, h, k, always(1))
				}
			}
		}
		if err := a.again(t); err != nil {
			return err
		}
		u, n := a.rounding(), a.Case.KVLen
		g, eta := growth(n, u.u)+alike(n, u.u), u.outputEta(n, float64(n), 1)
		result := a.tally("v is 1 everywhere")
		result.outputs(t, func(_ place, row, _, i int) element {
			if a.Truth.LSEDemand[row] != reference.Value {
				return element{0, 0, a.whatever(row, i)}
			}
			eps := a.Truth.MaxEps[row]
			weights := 2 * min(eps*math.Exp(2*eps), a.Truth.LSEBound[row]) * (1 + u.uOut)
			return element{1, weights + (2*g+u.uProb)*u.spread(eps) + u.uOut + 3*u.u + eta, reference.Value}
		})
		return result.err()
	},
}

// whatever gives what a row demands whatever v holds: the class of a row without a key, or with NaN or +Inf among its
// scores. Value stands for exactly 0.
func (a *attempt) whatever(row, index int) reference.Demand {
	if a.Truth.LSEDemand[row]&(reference.Value|reference.Anything) != 0 {
		return reference.Anything // a number, ill-conditioned or near the end of the range
	}
	return a.Truth.OutputDemand[index]
}
