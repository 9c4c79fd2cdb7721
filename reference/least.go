package reference

import "math"

// What no bound is below, for those who only ask whether an output is within its bound: where it is as close as this, nobody
// needs the reference.

// LeastBound is what the bound of an output that is a number is never below: the errors of one rounding of the sum over v, whose
// sizes under the weights add up to weighted, of the division, and of the store.
func (a Arithmetic) LeastBound(output, weighted float64) float64 {
	return a.Acc.Unit*weighted + a.stored()*math.Abs(output)
}

// LeastLSEBound is the same of the logsumexp of a row whose exponentials, over the largest, add up to sum.
func (a Arithmetic) LeastLSEBound(sum float64) float64 {
	return 4 * a.Acc.Unit * (1 + math.Abs(math.Log(sum)))
}

// stored is the relative error of the division and of the store.
func (a Arithmetic) stored() float64 { return a.Out.Unit + 3*a.Acc.Unit }
