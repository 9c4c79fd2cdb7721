package bench

import (
	"cmp"
	"math"
	"slices"

	"attest.example/attest/harness/internal/stats"
)

// Stats describes samples of a time, in seconds.
type Stats struct {
	Samples int     `json:"samples"`
	Median  float64 `json:"median_seconds"`
	Min     float64 `json:"min_seconds"`
	// Spread is half the distance between the quartiles, by the median.
	Spread float64 `json:"spread"`
}

// StatsOf describes samples; of none, all is 0.
func StatsOf(samples []float64) Stats {
	if len(samples) == 0 {
		return Stats{}
	}
	sorted := slices.Sorted(slices.Values(samples))
	s := Stats{Samples: len(sorted), Median: stats.Quantile(sorted, 0.5), Min: sorted[0]}
	s.Spread = (stats.Quantile(sorted, 0.75) - stats.Quantile(sorted, 0.25)) / 2 / s.Median
	return s
}

// point is a measurement at a known size.
type point struct{ x, y float64 }

// line fits y = intercept + slope*x by Theil and Sen: the slope is the median of those between any two points with
// different x, so a third of the points may be anything. It needs two different x, else both are NaN.
func line(points []point) (intercept, slope float64) {
	var slopes []float64
	for i, a := range points {
		for _, b := range points[:i] {
			if a.x != b.x {
				slopes = append(slopes, (a.y-b.y)/(a.x-b.x))
			}
		}
	}
	slope = stats.Median(slopes)
	var rest []float64
	for _, p := range points {
		rest = append(rest, p.y-slope*p.x)
	}
	return stats.Median(rest), slope
}

// Exponent fits y = c * x^e through positive measurements, in logarithms, and returns e.
func Exponent(x, y []float64) float64 {
	var points []point
	for i := range min(len(x), len(y)) {
		if x[i] > 0 && y[i] > 0 {
			points = append(points, point{math.Log(x[i]), math.Log(y[i])})
		}
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	_, slope := line(points)
	return slope
}
