package compare

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchmath"

	"attest.example/attest/harness/internal/stats"
	"gonum.org/v1/gonum/stat"
)

func ratios(above, below, equal int) []float64 {
	var list []float64
	for range above {
		list = append(list, 1.5)
	}
	for range below {
		list = append(list, 0.5)
	}
	for range equal {
		list = append(list, 1)
	}
	return list
}

func TestSignTestIsExact(t *testing.T) {
	for _, row := range []struct {
		above, below, equal int
		want                float64
	}{
		{0, 0, 0, 1},
		{0, 0, 9, 1},
		{1, 0, 0, 1},
		{5, 0, 0, 2. / 32},
		{6, 0, 0, 2. / 64},
		{0, 6, 3, 2. / 64},
		{7, 1, 0, 2 * 9. / 256},
		{9, 1, 0, 2 * 11. / 1024},
		{5, 5, 0, 1},
		{6, 4, 0, 2 * (1 + 10 + 45 + 120 + 210) / 1024.},
	} {
		require.InDelta(t, row.want, signTest(ratios(row.above, row.below, row.equal)), 1e-12, row)
	}
	many := signTest(ratios(20000, 0, 0))
	require.True(t, many >= 0 && many < 1e-300)
	require.InDelta(t, 1, signTest(ratios(10000, 10000, 0)), 0.02)
}

func TestWhereTheSignTestRejectsBenchmathsIntervalLeavesOutOne(t *testing.T) {
	// Both rest on the order statistics. The converse does not hold: benchmath's interval may be lopsided and narrower.
	for n := 6; n <= 20; n++ {
		for above := range n + 1 {
			list := ratios(above, n-above, 0)
			s := summarize(list, 0.05)
			if signTest(list) < 0.05 {
				require.True(t, s.Lo > 1 || s.Hi < 1, "%d of %d", above, n)
			}
		}
	}
}

func TestMinPairsIsWhereTheTestCanReachAlpha(t *testing.T) {
	for alpha, want := range map[float64]int{0.05: 6, 0.01: 8, 0.5: 2, 0.9: 2, 0.03125: 6} {
		require.Equal(t, want, minPairs(alpha), alpha)
	}
}

func TestHolmAdjustsByRank(t *testing.T) {
	require.InDeltaSlice(t, []float64{0.03, 0.06, 0.06, 0.02}, holm([]float64{0.01, 0.04, 0.03, 0.005}), 1e-12)
	require.InDeltaSlice(t, []float64{1, 1}, holm([]float64{0.9, 0.7}), 1e-12)
	require.Equal(t, []float64{0.04}, holm([]float64{0.04}))
	require.Empty(t, holm(nil))
}

func TestSmallestUIsWhatBenchmathGivesForSeparatedSamples(t *testing.T) {
	for n := 1; n < 9; n++ {
		for m := 1; m < 9; m++ {
			var low, high []float64
			for i := range n {
				low = append(low, float64(i))
			}
			for i := range m {
				high = append(high, float64(100+i))
			}
			c := benchmath.AssumeNothing.Compare(sample(low, 0.05), sample(high, 0.05))
			require.InDelta(t, c.P, smallestU(n, m), 1e-9)
		}
	}
}

func TestMedianAndGeometricMean(t *testing.T) {
	require.Equal(t, 2.0, stats.Median([]float64{3, 1, 2}))
	require.Equal(t, 2.5, stats.Median([]float64{4, 1, 2, 3}))
	require.InDelta(t, 1, stat.GeometricMean([]float64{2, 0.5}, nil), 1e-15)
	require.False(t, math.IsInf(stat.GeometricMean([]float64{1e200, 1e200, 1e200}, nil), 0))
}
