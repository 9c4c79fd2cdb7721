package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/record"
)

// Effort is how long a row is measured.
type Effort struct {
	WarmUp  time.Duration `json:"warm_up_ns"` // before a row is first measured; at least one call
	Measure time.Duration `json:"measure_ns"` // at least Rounds rounds
	Rounds  int           `json:"rounds"`
	// Passes over the table share the measuring among them: a round each at least, and a call to warm up. 0 is 1.
	Passes int           `json:"passes"`
	Limit  time.Duration `json:"limit_ns"` // of one call; 0: none
}

// DefaultEffort and QuickEffort are what the command offers.
var (
	DefaultEffort = Effort{WarmUp: 500 * time.Millisecond, Measure: 2 * time.Second, Rounds: minRounds, Passes: 8, Limit: 5 * time.Minute}
	QuickEffort   = Effort{WarmUp: 50 * time.Millisecond, Measure: 200 * time.Millisecond, Rounds: 3, Passes: 8, Limit: time.Minute}
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
	// yardstick runs fixed work of about that length and returns the seconds of a unit of it; nil: there is none.
	yardstick func(about time.Duration) (float64, error)
	pass      func(n, of int) // see Options.Pass
}

// rowTimer is a row between its passes.
type rowTimer struct {
	Measurement
	calls    []prepared
	closeAll func()
	rounds   []round
}

// table times rows, in several passes over all of them: what a machine does beside lasts longer than a row takes, and
// so it hits a part of each row instead of all of one. What the target cannot do is in the measurements; an error is a
// call that failed, or ctx; what was measured by then is returned with it, of the passes that each row had.
func (t *timer) table(ctx context.Context, rows []Row) (done []Measurement, err error) {
	timers := make([]*rowTimer, len(rows))
	for i, row := range rows {
		r, err := t.begin(ctx, row)
		if err != nil {
			return nil, err
		}
		defer r.closeAll()
		timers[i] = r
	}
	err = t.passes(ctx, timers)
	for _, r := range timers {
		switch {
		case r.Skipped != "":
		case len(r.samples) == 0: // the error came before the end of its first pass
			continue
		default:
			r.take(r.rounds, t.target.Counts())
		}
		done = append(done, r.Measurement)
	}
	return done, err
}

func (t *timer) passes(ctx context.Context, timers []*rowTimer) error {
	passes := max(t.effort.Passes, 1)
	for pass := range passes {
		if t.pass != nil {
			t.pass(pass, passes)
		}
		for _, r := range timers {
			if err := t.onePass(ctx, r, pass, passes); err != nil {
				return fmt.Errorf("%s: %w", r.Name, err)
			}
		}
	}
	return nil
}

func (t *timer) begin(ctx context.Context, row Row) (r *rowTimer, err error) {
	r = &rowTimer{Measurement: Measurement{Row: row, Name: record.BenchName(row.Case)}, closeAll: func() {}}
	if why := t.target.Supports(row.Case); why != nil {
		r.Skipped = why.Error()
		return r, nil
	}
	calls, closeAll, err := t.prepare(ctx, row, countsOf(t.target, row))
	if r.refused(err) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	r.calls, r.closeAll = calls, closeAll
	return r, nil
}

// refused reports whether an error is that the target refuses the row once it is called, and notes it.
func (r *rowTimer) refused(err error) bool {
	if !errors.Is(err, paths.ErrUnsupported) {
		return false
	}
	r.Skipped, r.Cold, r.rounds, r.samples = err.Error(), 0, nil, nil
	return true
}

// onePass makes a row's share of a pass.
func (t *timer) onePass(ctx context.Context, r *rowTimer, pass, passes int) error {
	if r.Skipped != "" {
		return nil
	}
	warmUp := time.Duration(0)
	if pass == 0 {
		warmUp = t.effort.WarmUp
	}
	cold, err := t.warmUp(ctx, r.calls, warmUp)
	if r.refused(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if pass == 0 {
		r.Cold = cold
	}
	least := t.effort.Rounds
	if r.Anchor {
		least = max(least, minRounds)
	}
	rounds, yards, err := t.rounds(ctx, r, (least+passes-1)/passes, t.effort.Measure/time.Duration(passes))
	r.rounds = append(r.rounds, rounds...)
	if r.refused(err) {
		return nil
	}
	if err == nil {
		r.samples = append(r.samples, r.sample(rounds, yards, t.target.Counts()))
	}
	return err
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

// warmUp runs the smallest call until the time is over and returns the seconds of the first.
func (t *timer) warmUp(ctx context.Context, calls []prepared, limit time.Duration) (cold float64, err error) {
	begin := t.now()
	for first := true; first || t.now().Sub(begin) < limit; first = false {
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
// beside does not always hit the same count. yards are the yardstick's seconds after each round; none without one.
func (t *timer) rounds(ctx context.Context, r *rowTimer, least int, limit time.Duration) (all []round, yards []float64, err error) {
	begin := t.now()
	for len(all) < least || t.now().Sub(begin) < limit && len(r.rounds)+len(all) < maxRounds {
		var one round
		for i := range r.calls {
			c, err := t.one(ctx, r.calls[(i+len(r.rounds)+len(all))%len(r.calls)])
			if err != nil {
				return all, yards, err
			}
			one = append(one, c)
		}
		all = append(all, one)
		if t.yardstick == nil {
			continue
		}
		// As long as a call of the row's own, for what disturbs short runs and long ones is not the same.
		seconds, err := t.yardstick(yardstickTime(one))
		if err != nil {
			return all, yards, err
		}
		yards = append(yards, seconds)
	}
	return all, yards, nil
}

// yardstickTime is how long the yardstick runs after a round: as its longest call, within reason.
func yardstickTime(r round) time.Duration {
	longest := 0.0
	for _, c := range r {
		longest = max(longest, c.wall)
	}
	return min(max(time.Duration(longest*1e9), 500*time.Microsecond), 200*time.Millisecond)
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
