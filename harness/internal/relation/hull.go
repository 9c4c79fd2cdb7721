package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// hullRows is how many rows a law looks at that reads all keys of each.
const hullRows = 24

// hull: an output is an average, so it lies between the least and the largest allowed v of its column, widened by the
// bound. No second run. It applies to every case, on sampled rows.
var hull = Law{
	Name:      "hull",
	Statement: "an output lies between the least and the largest v that its row may see",
	applies:   func(*cases.Case, paths.Promises) bool { return true },
	check: func(a *application) error {
		t, keys, dim := a.tally("outside the values that the row averages"), a.reader(), a.Case.VDim()
		low, high, values := make([]float64, dim), make([]float64, dim), make([]float64, dim)
		for _, p := range a.sample(hullRows) {
			for d := range dim {
				low[d], high[d] = math.Inf(1), math.Inf(-1)
				if a.Case.Sinks != "" { // a key whose v is 0
					low[d], high[d] = 0, 0
				}
			}
			kv := p.head / a.Case.Group()
			for _, k := range keys.allowed(p) {
				a.Tensors.V.Row(p.batch, kv, k, values)
				for d, x := range values {
					low[d], high[d] = min(low[d], x), max(high[d], x)
				}
			}
			for d := range dim {
				i := a.row(p)*dim + d
				if a.Truth.OutputDemand[i] != reference.Value || low[d] > high[d] {
					continue // not a number, or a row that sees nothing
				}
				got := a.base(p, d)
				nearest := min(max(got, low[d]), high[d])
				t.hold(p, d, "", got, element{nearest, a.Truth.Bound[i], reference.Value})
			}
		}
		return t.err()
	},
}
