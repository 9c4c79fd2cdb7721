package reference

import "math"

// Who only asks whether an output is within its bound need not have the bound where the output is as close as these: they
// take no reference.

// LeastBound is what the bound of an output is never below: of one rounding of the sum over v, whose sizes under the weights
// add up to weighted, of the division, and of the store.
func (a Arithmetic) LeastBound(output, weighted float64) float64 {
	return a.Acc.Unit*weighted + a.stored()*math.Abs(output)
}

// LeastLSEBound is the same of the logsumexp of a row whose exponentials, over the largest, add up to sum.
func (a Arithmetic) LeastLSEBound(sum float64) float64 {
	return 4 * a.Acc.Unit * (1 + math.Abs(math.Log(sum)))
}

// stored is the relative error of the division and of the store.
func (a Arithmetic) stored() float64 { return a.Out.Unit + 3*a.Acc.Unit }
