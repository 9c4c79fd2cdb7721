package bench

import (
	"fmt"

	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/stats"
)

// Measurement is a row as it was timed.
type Measurement struct {
	Row
	Name string `json:"name"` // record.BenchName
	// Skipped is why the row was not timed; then the rest is empty.
	Skipped string `json:"skipped,omitempty"`

	Clock string       `json:"clock"` // "device" or "wall": where Time comes from
	Time  Stats        `json:"time"`  // of a dispatch
	Wall  Stats        `json:"wall"`  // of a dispatch, by the time of whole calls
	Count *Count       `json:"count,omitempty"`
	Cold  float64      `json:"cold_seconds"` // of the first call: with compilation, where it is not cached
	Speed record.Speed `json:"speed"`        // at the median
	Best  record.Speed `json:"best"`         // at the minimum
	// Impossible is why the times cannot be true.
	Impossible string `json:"impossible,omitempty"`

	samples []sample
}

// sample is what a row took in one pass over the table: medians of its dispatches, and of its calls the share of a
// dispatch. What is measured within one pass is not independent of each other: a machine's moods last longer.
type sample struct {
	dispatches   int
	device, wall float64
	yardsticks   float64 // see record.UnitYardstick; 0: there was none
}

// The clocks.
const (
	DeviceClock = "device"
	WallClock   = "wall"
)

// own is how many dispatches the calls have that a row's time comes from.
func (m *Measurement) own(counted bool) int {
	if !counted {
		return 1
	}
	return m.Dispatches
}

// gathered is what the calls with a row's own number of dispatches took.
type gathered struct {
	device, wall []float64 // of a dispatch
	busy         []float64 // what the dispatches of a call are said to take together, by the call: each call by itself
}

func gather(rounds []round, own int) (g gathered) {
	for _, r := range rounds {
		for _, c := range r {
			if c.dispatches != own {
				continue
			}
			g.wall, g.busy = append(g.wall, c.wall/float64(own)), append(g.busy, c.total()/c.wall)
			for _, seconds := range c.device {
				if seconds > 0 {
					g.device = append(g.device, seconds)
				}
			}
		}
	}
	return g
}

// sample sums up the rounds of a pass. yards are the yardstick's seconds beside each of them, or none.
func (m *Measurement) sample(rounds []round, yards []float64, counted bool) sample {
	own := m.own(counted)
	all := gather(rounds, own)
	s := sample{dispatches: own * len(all.wall), wall: stats.Median(all.wall)}
	if len(all.device) > 0 {
		s.device = stats.Median(all.device)
	}
	var ratios []float64
	for i, yard := range yards {
		g := gather(rounds[i:i+1], own)
		seconds := g.device
		if len(seconds) == 0 {
			seconds = g.wall
		}
		ratios = append(ratios, stats.Median(seconds)/yard)
	}
	if len(ratios) > 0 {
		s.yardsticks = stats.Median(ratios)
	}
	return s
}

// take makes the row's numbers of its rounds. Time comes from the calls with the row's own number of dispatches.
func (m *Measurement) take(rounds []round, counted bool) {
	own := m.own(counted)
	m.Dispatches = own
	g := gather(rounds, own)
	m.Wall = StatsOf(g.wall)
	if m.Clock, m.Time = WallClock, m.Wall; len(g.device) > 0 {
		m.Clock, m.Time = DeviceClock, StatsOf(g.device)
	}
	m.Speed = record.SpeedOf(m.Case, 1, m.Time.Median)
	m.Best = record.SpeedOf(m.Case, 1, m.Time.Min)
	if counted {
		m.Count = countOf(rounds)
	}
	if share := stats.Median(g.busy); share > record.ClockSlack {
		m.Impossible = fmt.Sprintf("the dispatches of a call are said to take %.3g times as long as the whole call", share)
	}
}

// hold holds the row against the device's peak, in operations a second.
func (m *Measurement) hold(peak float64) {
	if why := record.Impossible(m.Case, m.Best, peak); why != "" && m.Impossible == "" {
		m.Impossible = why
	}
}
