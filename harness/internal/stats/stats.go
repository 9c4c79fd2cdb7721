// Package stats has the one definition of a median and of quantiles that measurements are described with.
package stats

import (
	"math"
	"slices"
)

// Quantile of sorted values, which interpolates between neighbours (type 7 of Hyndman and Fan, 1996, which R and NumPy
// have by default; gonum's stat.Quantile has types 1 and 4 only). NaN of none.
func Quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := p * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

// Median of values in any order; NaN of none.
func Median(values []float64) float64 {
	return Quantile(slices.Sorted(slices.Values(values)), 0.5)
}
