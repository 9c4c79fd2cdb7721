package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"attest/harness/cases"
	"attest/harness/record"
)

// Measurement is a row as it was timed.
type Measurement struct {
	Row
	Name string `json:"name"` // record.BenchName
	// Skipped says why the row was not timed; then the rest is empty.
	Skipped string `json:"skipped,omitempty"`

	Clock string       `json:"clock"` // "device" or "wall": where Time comes from
	Time  Stats        `json:"time"`  // of a dispatch
	Wall  Stats        `json:"wall"`  // of a dispatch, by the time of whole calls
	Count *Count       `json:"count,omitempty"`
	Cold  float64      `json:"cold_seconds"` // of the first call: with compilation, where it is not cached
	Speed record.Speed `json:"speed"`        // at the median
	Best  record.Speed `json:"best"`         // at the minimum
	// Impossible says why the times cannot be true.
	Impossible string `json:"impossible,omitempty"`

	samples []sample
}

// sample is a dispatch, or where only calls are timed, the share of one in a call.
type sample struct{ device, wall float64 }

// The clocks.
const (
	DeviceClock = "device"
	WallClock   = "wall"
)

// Effort is how long a row is measured.
type Effort struct {
	WarmUp  time.Duration `json:"warm_up_ns"` // at least one call
	Measure time.Duration `json:"measure_ns"` // at least Rounds rounds
	Rounds  int           `json:"rounds"`
	Limit   time.Duration `json:"limit_ns"` // of one call; 0: none
}

// DefaultEffort and QuickEffort are what the command offers.
var (
	DefaultEffort = Effort{WarmUp: 500 * time.Millisecond, Measure: 2 * time.Second, Rounds: minRounds, Limit: 5 * time.Minute}
	QuickEffort   = Effort{WarmUp: 50 * time.Millisecond, Measure: 200 * time.Millisecond, Rounds: 3, Limit: time.Minute}
)

// maxRounds keeps the samples of a very fast row in bounds.
const maxRounds = 200

// countsOf are the numbers of dispatches that a row's calls are made with, the row's own among them.
func countsOf(t Target, row Row) []int {
	if !t.Counts() {
		return []int{1} // a Go path is slow enough to be timed call by call
	}
	counts := []int{1, row.Dispatches}
	if row.Anchor {
		counts = append(counts, 2, 4, 8)
	}
	slices.Sort(counts)
	return slices.Compact(counts)
}

// timer measures rows of one target.
type timer struct {
	target Target
	effort Effort
	now    func() time.Time
}

// row times a row. What the target cannot do is in the measurement; an error is a call that failed.
func (t *timer) row(ctx context.Context, row Row) (m Measurement, err error) {
	m = Measurement{Row: row, Name: record.BenchName(row.Case)}
	if why := t.target.Supports(row.Case); why != nil {
		m.Skipped = why.Error()
		return m, nil
	}
	calls, closeAll, err := t.prepare(ctx, row, countsOf(t.target, row))
	if err != nil {
		return m, fmt.Errorf("%s: %w", m.Name, err)
	}
	defer closeAll()
	if m.Cold, err = t.warmUp(ctx, calls); err != nil {
		return m, fmt.Errorf("%s: %w", m.Name, err)
	}
	least := t.effort.Rounds
	if row.Anchor {
		least = max(least, minRounds)
	}
	rounds, err := t.rounds(ctx, calls, least)
	if err != nil {
		return m, fmt.Errorf("%s: %w", m.Name, err)
	}
	m.take(rounds, t.target.Counts())
	return m, nil
}

type prepared struct {
	dispatches int
	call       Call
}

func (t *timer) prepare(ctx context.Context, row Row, counts []int) (calls []prepared, closeAll func(), err error) {
	closeAll = func() {
		for _, p := range calls {
			p.call.Close()
		}
	}
	tensors := cases.Materialize(row.Case)
	for _, n := range counts {
		c, err := t.target.Prepare(ctx, row.Case, tensors, n, t.effort.Limit)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		calls = append(calls, prepared{n, c})
	}
	return calls, closeAll, nil
}

// warmUp runs the smallest call until the time is over and gives the seconds of the first.
func (t *timer) warmUp(ctx context.Context, calls []prepared) (cold float64, err error) {
	begin := t.now()
	for first := true; first || t.now().Sub(begin) < t.effort.WarmUp; first = false {
		one, err := t.one(ctx, calls[0])
		if err != nil {
			return cold, err
		}
		if first {
			cold = one.wall
		}
	}
	return cold, nil
}

// rounds makes calls with every count by turns, beginning with another one each time, so that what a machine does
// beside does not always hit the same count.
func (t *timer) rounds(ctx context.Context, calls []prepared, least int) ([]round, error) {
	var all []round
	begin := t.now()
	for len(all) < least || t.now().Sub(begin) < t.effort.Measure && len(all) < maxRounds {
		var r round
		for i := range calls {
			one, err := t.one(ctx, calls[(i+len(all))%len(calls)])
			if err != nil {
				return nil, err
			}
			r = append(r, one)
		}
		all = append(all, r)
	}
	return all, nil
}

var errSeconds = errors.New("the path gives the time of more or fewer dispatches than it was asked for")

func (t *timer) one(ctx context.Context, p prepared) (call, error) {
	if err := ctx.Err(); err != nil {
		return call{}, err
	}
	begin := t.now()
	device, err := p.call.Run()
	wall := t.now().Sub(begin).Seconds()
	if err != nil {
		return call{}, err
	}
	if len(device) != 0 && len(device) != p.dispatches {
		return call{}, fmt.Errorf("%w: %d of %d", errSeconds, len(device), p.dispatches)
	}
	return call{p.dispatches, wall, slices.Clone(device)}, nil
}

// take makes the row's numbers of its rounds. Time comes from the calls with the row's own number of dispatches.
func (m *Measurement) take(rounds []round, counted bool) {
	own := m.Dispatches
	if !counted {
		own, m.Dispatches = 1, 1
	}
	var device, wall []float64
	var busy []float64 // what the dispatches of a call are said to take together, by the call: each call by itself
	for _, r := range rounds {
		for _, c := range r {
			if c.dispatches != own {
				continue
			}
			each := c.wall / float64(own)
			wall, busy = append(wall, each), append(busy, c.total()/c.wall)
			for _, seconds := range c.device {
				if seconds > 0 {
					device = append(device, seconds)
					m.samples = append(m.samples, sample{seconds, each})
				}
			}
			if len(c.device) == 0 {
				m.samples = append(m.samples, sample{0, each})
			}
		}
	}
	m.Wall = StatsOf(wall)
	if m.Clock, m.Time = WallClock, m.Wall; len(device) > 0 {
		m.Clock, m.Time = DeviceClock, StatsOf(device)
	}
	m.Speed = record.SpeedOf(m.Case, 1, m.Time.Median)
	m.Best = record.SpeedOf(m.Case, 1, m.Time.Min)
	if counted {
		m.Count = countOf(rounds)
	}
	if share := median(busy); share > record.ClockSlack {
		m.Impossible = fmt.Sprintf("the dispatches of a call are said to take %.3g times as long as the whole call", share)
	}
}

// hold holds the row against the device's peak, in operations a second.
func (m *Measurement) hold(peak float64) {
	if why := record.Impossible(m.Case, m.Best, peak); why != "" && m.Impossible == "" {
		m.Impossible = why
	}
}
