package bench

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"attest.example/attest/harness/internal/stats"
)

// CountVerdict tells whether as many dispatches ran as were asked for.
type CountVerdict string

// The verdicts.
const (
	CountVerified CountVerdict = "verified" // each further dispatch takes the time that it is said to take
	CountFewer    CountVerdict = "fewer"    // it takes far less: not all of them ran
	CountMore     CountVerdict = "more"     // it takes far longer: the device's clock does not tell all
	CountUnclear  CountVerdict = "unclear"  // the measurements scatter too much, or are too few
)

// Count is what varying the number of dispatches in a call has shown. Of a call's wall time a + b*dispatches, b is what
// one more dispatch really takes.
type Count struct {
	Verdict CountVerdict `json:"verdict"`
	Counts  []int        `json:"counts"` // of dispatches, that calls were made with
	Rounds  int          `json:"rounds"` // of calls with every count
	// Share is b by what a dispatch is said to take: 1 where all of them ran, 0 where one did whatever was asked. It is
	// the median of the rounds with its interval.
	Share      float64 `json:"share"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"` // of the interval; 0: the rounds are few and it spans them all
	// Overhead is a, in seconds.
	Overhead float64 `json:"overhead_seconds"`
	// Growth is the wall time of the call with the largest count by that with the smallest.
	Growth float64 `json:"growth"`
}

const (
	// fewerBelow is the share under which dispatches are missing. With one of five missing it is 0.8 on average, but
	// what a library leaves out is all but one: 0.
	fewerBelow = 0.7
	moreAbove  = 1.5
	// growthOfOne is by how much a call with several dispatches may take longer than one with a single one and still
	// pass for it, where no clock measures single dispatches.
	growthOfOne = 1.3
	// minRounds is how many values a median needs for an interval of 95 %.
	minRounds  = 6
	confidence = 0.95
)

// round is one call with each count.
type round []call

// call is the measurement of a call.
type call struct {
	dispatches int
	wall       float64
	device     []float64 // of each dispatch; empty where the path has no clock
}

// total is what the call's dispatches are said to take together.
func (c call) total() float64 {
	sum := 0.0
	for _, seconds := range c.device {
		sum += seconds
	}
	return sum
}

// reported is what a dispatch of the round is said to take: by the device's clock, else by the smallest call as a whole.
// The latter has the call's overhead in it, so that even an honest share stays below 1.
func (r round) reported() (seconds float64, clocked bool) {
	var device []float64
	for _, c := range r {
		device = append(device, c.device...)
	}
	if m := stats.Median(device); m > 0 {
		return m, true
	}
	smallest := slices.MinFunc(r, byCount)
	return smallest.wall / float64(smallest.dispatches), false
}

// pair is two calls of a round with different counts.
type pair struct {
	expected float64 // by which the second is said to take longer: so many more dispatches, each as long as all are said to
	own      float64 // by which it was said to take longer in these two calls
	wall     float64 // by which it took longer
}

// pairs returns all pairs of a round.
func (r round) pairs() (list []pair, clocked bool) {
	reported, clocked := r.reported()
	for i, a := range r {
		for _, b := range r[:i] {
			if more := float64(a.dispatches - b.dispatches); more != 0 {
				list = append(list, pair{more * reported, a.total() - b.total(), a.wall - b.wall})
			}
		}
	}
	return list, clocked
}

// totalsGrow reports whether the totals that calls are said to take grow with the count at all. Where one dispatch ran
// and its time was spread over all, they do not.
func totalsGrow(rounds []round) bool {
	var growth []float64
	for _, r := range rounds {
		pairs, _ := r.pairs()
		for _, p := range pairs {
			growth = append(growth, p.own/p.expected)
		}
	}
	return stats.Median(growth) > leastGrowth
}

// share is the time that further dispatches take by the time that they are said to take, the median of the round's
// pairs. On a busy machine a dispatch takes longer now and then, by both clocks; so where totals grow with the count,
// those of the two calls themselves are what is said, unless they hardly differ.
func (r round) share(byTotals bool) (share float64, clocked bool) {
	pairs, clocked := r.pairs()
	var shares []float64
	for _, p := range pairs {
		switch {
		case !byTotals || !clocked:
			shares = append(shares, p.wall/p.expected)
		case p.own/p.expected > leastGrowth:
			shares = append(shares, p.wall/p.own)
		}
	}
	return stats.Median(shares), clocked
}

// leastGrowth is the share of the expected time by which totals must differ to be told from noise.
const leastGrowth = 0.3

// countOf judges rounds, each by itself first.
func countOf(rounds []round) *Count {
	c := &Count{Verdict: CountUnclear, Rounds: len(rounds)}
	var shares, overheads, growths []float64
	clocked, byTotals := true, totalsGrow(rounds)
	for _, r := range rounds {
		points := make([]point, len(r))
		for i, m := range r {
			points[i] = point{float64(m.dispatches), m.wall}
			if !slices.Contains(c.Counts, m.dispatches) {
				c.Counts = append(c.Counts, m.dispatches)
			}
		}
		intercept, _ := line(points)
		share, byClock := r.share(byTotals)
		clocked = clocked && byClock
		if math.IsNaN(share) || math.IsInf(share, 0) {
			continue
		}
		low := slices.MinFunc(r, byCount)
		high := slices.MaxFunc(r, byCount)
		shares, overheads = append(shares, share), append(overheads, intercept)
		growths = append(growths, high.wall/low.wall)
	}
	slices.Sort(c.Counts)
	if len(shares) == 0 || len(c.Counts) < 2 {
		return c
	}
	c.Share, c.Overhead, c.Growth = stats.Median(shares), stats.Median(overheads), stats.Median(growths)
	if len(shares) < minRounds {
		c.Low, c.High = slices.Min(shares), slices.Max(shares)
	} else {
		s := benchmath.AssumeNothing.Summary(benchmath.NewSample(shares, &benchmath.DefaultThresholds), confidence)
		c.Low, c.High, c.Confidence = s.Lo, s.Hi, confidence
	}
	switch {
	case c.High < fewerBelow && (clocked || c.Growth < growthOfOne):
		c.Verdict = CountFewer
	case c.Low > moreAbove:
		c.Verdict = CountMore
	case c.Low >= fewerBelow && c.High <= moreAbove:
		c.Verdict = CountVerified
	}
	return c
}

func byCount(a, b call) int { return a.dispatches - b.dispatches }

// Summary is the count in one line.
func (c *Count) Summary() string {
	if c == nil {
		return "counted by the harness, one call each"
	}
	most := slices.Max(append(c.Counts, 1))
	evidence := fmt.Sprintf("by calls with %s of them, one more takes %.3g times what it is said to (%.3g to %.3g)",
		list(c.Counts), c.Share, c.Low, c.High)
	switch c.Verdict {
	case CountVerified:
		return "verified: " + evidence
	case CountFewer:
		return fmt.Sprintf("NOT ALL RAN: %s; a call with %d takes %.3g times as long as the smallest", evidence, most, c.Growth)
	case CountMore:
		return "THE DEVICE'S CLOCK TELLS TOO LITTLE: " + evidence
	}
	return "not clear: " + evidence
}

func list(counts []int) string {
	text := ""
	for i, n := range counts {
		switch {
		case i > 0 && i == len(counts)-1:
			text += " and "
		case i > 0:
			text += ", "
		}
		text += fmt.Sprint(n)
	}
	return text
}
