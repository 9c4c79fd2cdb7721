package compare

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
	"gonum.org/v1/gonum/stat/combin"
)

// minPairs is the fewest pairs with which the sign test can reach alpha: two-sided, n equal signs have
// probability 2^(1-n).
func minPairs(alpha float64) int {
	n := 1
	for math.Ldexp(1, 1-n) > alpha {
		n++
	}
	return n
}

// signTest is the exact two-sided sign test of whether ratios have the median 1: the probability that a fair coin
// falls as unevenly as the ratios above and below 1 do. Ratios of exactly 1 are evidence for neither side and are left out.
func signTest(ratios []float64) float64 {
	above, below := 0, 0
	for _, r := range ratios {
		switch {
		case r > 1:
			above++
		case r < 1:
			below++
		}
	}
	n, few := above+below, min(above, below)
	if n == 0 {
		return 1
	}
	// 2 * sum_{k<=few} C(n,k) / 2^n
	p := 0.0
	for k := range few + 1 {
		p += math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
	}
	return min(1, 2*p)
}

// logChoose is the logarithm of n over k: the number itself overflows from n = 1030 on.
func logChoose(n, k int) float64 { return combin.LogGeneralizedBinomial(float64(n), float64(k)) }

// smallestU is the smallest p-value that the two-sided U test of n and m values can reach: that of two of all their orders.
func smallestU(n, m int) float64 {
	return min(1, 2*math.Exp(-logChoose(n+m, n)))
}

// holm adjusts p-values for their number: rejecting those whose adjusted value is below alpha keeps the probability
// of even one false rejection below alpha, however the tests depend on each other.
func holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	adjusted := make([]float64, len(p))
	most := 0.0
	for rank, i := range order {
		most = max(most, min(1, float64(len(p)-rank)*p[i]))
		adjusted[i] = most
	}
	return adjusted
}

func sample(values []float64, alpha float64) *benchmath.Sample {
	return benchmath.NewSample(slices.Clone(values), &benchmath.Thresholds{CompareAlpha: alpha})
}

func summarize(values []float64, alpha float64) benchmath.Summary {
	return benchmath.AssumeNothing.Summary(sample(values, alpha), 1-alpha)
}
