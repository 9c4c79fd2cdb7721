package bench

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// machine is a clock and a library on it: what dispatches really take, and what the library reports.
type machine struct {
	overhead, each float64
	noise          float64                                                  // largest share by which a dispatch takes longer
	runs           func(asked int) int                                      // how many dispatches it makes of those asked for
	says           func(asked int, real []float64, total float64) []float64 // what it reports of each
}

func (m machine) call(r *rand.Rand, asked int) call {
	ran := asked
	if m.runs != nil {
		ran = m.runs(asked)
	}
	total, real := 0.0, []float64(nil)
	for range ran {
		real = append(real, m.each*(1+m.noise*r.Float64()))
		total += real[len(real)-1]
	}
	device := real
	if m.says != nil {
		device = m.says(asked, real, total)
	}
	return call{asked, m.overhead + total, device}
}

func repeated(seconds float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = seconds
	}
	return out
}

func once(int) int { return 1 }

func TestCount(t *testing.T) {
	noClock := func(int, []float64, float64) []float64 { return nil }
	for _, row := range []struct {
		name string
		m    machine
		want CountVerdict
	}{
		{"honest", machine{overhead: 1e-4, each: 1e-3}, CountVerified},
		{"honest on a busy machine", machine{overhead: 1e-4, each: 1e-3, noise: 3}, CountVerified},
		{"honest and tiny", machine{overhead: 1e-3, each: 1e-6}, CountVerified},
		{"honest without a clock", machine{overhead: 1e-4, each: 1e-3, says: noClock}, CountVerified},
		{"tiny without a clock", machine{overhead: 1e-3, each: 1e-3, says: noClock}, CountUnclear},
		{"runs once, and divides its time by what was asked", machine{overhead: 1e-4, each: 1e-3, noise: 0.2, runs: once,
			says: func(asked int, _ []float64, total float64) []float64 { return repeated(total/float64(asked), asked) }}, CountFewer},
		{"runs once, and says so of each", machine{overhead: 1e-4, each: 1e-3, noise: 0.2, runs: once,
			says: func(asked int, _ []float64, total float64) []float64 { return repeated(total, asked) }}, CountFewer},
		{"runs once, without a clock", machine{overhead: 1e-4, each: 1e-3, noise: 0.2, runs: once, says: noClock}, CountFewer},
		{"runs every other one", machine{overhead: 1e-4, each: 1e-3, noise: 0.1, runs: func(asked int) int { return (asked + 1) / 2 },
			says: func(asked int, real []float64, _ float64) []float64 { return repeated(real[0], asked) }}, CountFewer},
		{"says half of what it takes", machine{overhead: 1e-4, each: 1e-3, noise: 0.1,
			says: func(asked int, real []float64, _ float64) []float64 { return repeated(real[0]/2, asked) }}, CountMore},
	} {
		for _, counts := range [][]int{{1, 5}, {1, 2, 4, 5, 8}} {
			r := rand.New(rand.NewPCG(1, uint64(len(counts))))
			var rounds []round
			for range 9 {
				var one round
				for _, n := range counts {
					one = append(one, row.m.call(r, n))
				}
				rounds = append(rounds, one)
			}
			c := countOf(rounds)
			require.Equal(t, row.want, c.Verdict, "%s, counts %v: %s", row.name, counts, c.Summary())
			require.Equal(t, counts, c.Counts)
			require.LessOrEqual(t, c.Low, c.Share)
			require.GreaterOrEqual(t, c.High, c.Share)
		}
	}
}

func TestCountNeedsTwoCounts(t *testing.T) {
	c := countOf([]round{{{5, 1, nil}}, {{5, 1, nil}}})
	require.Equal(t, CountUnclear, c.Verdict)
	require.Equal(t, CountUnclear, countOf(nil).Verdict)
}

func TestLineIsNotLedAstray(t *testing.T) {
	points := []point{{1, 3}, {2, 5}, {4, 9}, {8, 17}, {3, 900}}
	intercept, slope := line(points)
	require.InDelta(t, 2, slope, 0.5)
	require.InDelta(t, 1, intercept, 1)
	intercept, slope = line(points[:4])
	require.InDelta(t, 2, slope, 1e-12)
	require.InDelta(t, 1, intercept, 1e-12)
}

func TestExponent(t *testing.T) {
	x := []float64{64, 128, 256, 512, 1024}
	for _, want := range []float64{0, 1, 2, 1.5} {
		y := make([]float64, len(x))
		for i := range x {
			y[i] = 3e-6 * math.Pow(x[i], want)
		}
		y[2] *= 4 // one bad measurement
		require.InDelta(t, want, Exponent(x, y), 0.35)
		y[2] /= 4
		require.InDelta(t, want, Exponent(x, y), 1e-9)
	}
}

func TestStats(t *testing.T) {
	s := StatsOf([]float64{5, 1, 2, 4, 3})
	require.Equal(t, Stats{Samples: 5, Median: 3, Min: 1, Spread: 1.0 / 3}, s)
	require.Equal(t, Stats{}, StatsOf(nil))
	require.Equal(t, 2.0, StatsOf([]float64{2}).Median)
}
