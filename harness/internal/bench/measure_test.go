package bench

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchfmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/record"
)

// fake is a target on a clock of its own: only its calls let time pass.
type fake struct {
	now      time.Time
	overhead time.Duration
	each     func(c cases.Case) time.Duration
	lies     bool // it runs once, and divides the time by the number of dispatches
	calls    []int
	fail     error
	short    bool // reports the time of one dispatch only
	closed   int
	slowdown func() float64 // nil: none
}

func (f *fake) Name() string                { return "fake" }
func (f *fake) Describe() paths.Description { return paths.Description{Device: "paper"} }
func (f *fake) Counts() bool                { return true }
func (f *fake) Supports(c cases.Case) error {
	if c.KVHeads != c.Heads {
		return errors.New("no grouped heads")
	}
	return nil
}

func (f *fake) Prepare(_ context.Context, c cases.Case, _ *cases.Tensors, n int, _ time.Duration) (Call, error) {
	return &fakeCall{f, c, f.each(c), n}, f.fail
}

type fakeCall struct {
	*fake
	c    cases.Case
	each time.Duration
	n    int
}

func (c *fakeCall) Close() { c.closed++ }

func (c *fakeCall) Run() ([]float64, error) {
	c.calls = append(c.calls, c.n)
	c.now = c.now.Add(c.overhead)
	if c.slowdown != nil {
		c.each = time.Duration(c.slowdown() * float64(gigaflop(c.c)))
	}
	seconds := repeated(c.each.Seconds(), c.n)
	if c.short {
		seconds = seconds[:1]
	}
	if c.lies {
		c.now = c.now.Add(c.each)
		return repeated(c.each.Seconds()/float64(c.n), c.n), nil
	}
	c.now = c.now.Add(time.Duration(c.n) * c.each)
	return seconds, nil
}

func (c *fakeCall) Repeat(n int) error {
	c.now = c.now.Add(time.Duration(n) * c.each)
	return nil
}

// gigaflop is a device that does 10^9 operations a second.
func gigaflop(c cases.Case) time.Duration {
	return time.Duration(record.NeededFLOP(c)) * time.Nanosecond
}

func table(t *testing.T) []Row {
	t.Helper()
	rows, err := Table(32, 256)
	require.NoError(t, err)
	return rows
}

func (f *fake) timer(e Effort) *timer {
	return &timer{target: f, effort: e, now: func() time.Time { return f.now }}
}

// only times one row.
func only(ctx context.Context, t *timer, row Row) (Measurement, error) {
	done, err := t.table(ctx, []Row{row})
	if err != nil {
		return Measurement{}, err
	}
	return done[0], nil
}

func TestTableHasTheShapesOfTheFigures(t *testing.T) {
	rows, err := Table(1024, 16384)
	require.NoError(t, err)
	seen := map[string]bool{}
	sections := map[string]int{}
	for _, row := range rows {
		seen[record.BenchName(row.Case)] = true
		sections[row.Section]++
		require.Equal(t, 5, row.Dispatches)
	}
	require.Len(t, seen, len(rows), "a name for each")
	for _, headDim := range []string{"16", "64", "256"} {
		for _, mask := range []string{"none", "causal"} {
			require.True(t, seen["Attend/mask="+mask+"/in=fp32/D="+headDim+"/B=1/H=1/kvH=1/q=1024/kv=1024"], mask+headDim)
		}
	}
	require.Equal(t, map[string]int{Plain: 3, Causal: 3, Precisions: 4, Heads: 2, Keys: 8}, sections)
}

func TestRowIsTimedByDispatch(t *testing.T) {
	f := &fake{overhead: 10 * time.Microsecond, each: gigaflop}
	row := table(t)[0]
	m, err := only(context.Background(), f.timer(Effort{WarmUp: time.Millisecond, Measure: 10 * time.Millisecond, Rounds: 3}), row)
	require.NoError(t, err)
	require.Equal(t, DeviceClock, m.Clock)
	require.InDelta(t, 1.0, m.Speed.Nominal, 1e-9)
	require.InDelta(t, record.Instructions(row.Case)/record.NominalFLOP(row.Case), m.Speed.Instructions, 1e-9)
	require.Equal(t, CountVerified, m.Count.Verdict)
	require.InDelta(t, gigaflop(row.Case).Seconds()+2e-6, m.Wall.Median, 1e-12, "a fifth of the overhead")
	require.Zero(t, m.Time.Spread)
	require.Equal(t, 2, f.closed)

	warm := 0
	for warm < len(f.calls) && f.calls[warm] == 1 {
		warm++
	}
	single := f.overhead + gigaflop(row.Case)
	require.GreaterOrEqual(t, time.Duration(warm)*single, time.Millisecond, "warm-up by time")
	require.LessOrEqual(t, time.Duration(warm-2)*single, time.Millisecond)
	first := map[int]int{}
	for i := warm - 1; i+1 < len(f.calls); i += 2 {
		first[f.calls[i]]++
	}
	require.InDelta(t, first[1], first[5], 1, "each count goes first as often")
}

// A machine that does something else for a while makes that while's dispatches longer. It hits a pass of every row, not
// all of one row, and in yardsticks, which take longer too, nothing happened.
func TestYardsticksDoNotSeeABusyMachine(t *testing.T) {
	f := &fake{}
	start, busyUntil := f.now, time.Duration(0)
	f.each = gigaflop
	f.slowdown = func() float64 {
		if f.now.Sub(start) < busyUntil {
			return 3
		}
		return 1
	}
	timer := f.timer(Effort{Measure: 20 * time.Millisecond, Rounds: 1, Passes: 4})
	timer.yardstick = func(about time.Duration) (float64, error) {
		f.now = f.now.Add(time.Duration(f.slowdown() * float64(about)))
		return 2 * f.slowdown(), nil
	}
	busyUntil = 100 * time.Millisecond
	passes := 0
	timer.pass = func(n, of int) {
		require.Equal(t, 4, of)
		require.Equal(t, passes, n)
		passes++
	}
	rows := table(t)[:3]
	done, err := timer.table(context.Background(), rows)
	require.NoError(t, err)
	require.Equal(t, 4, passes)
	slow, torn := 0, 0
	for i, m := range done {
		require.Len(t, m.samples, 4)
		each := gigaflop(rows[i].Case).Seconds()
		for _, s := range m.samples {
			if math.Abs(s.yardsticks-each/2) > 0.01*each {
				torn++
			}
			if s.device > 2*each {
				slow++
			}
		}
		require.InEpsilon(t, each, m.Time.Median, 0.01)
	}
	require.LessOrEqual(t, torn, 1, "but for the moment when it ended")
	require.Greater(t, slow, 1, "several rows were hit")
	require.Less(t, slow, 2*len(rows)+1, "and none in all passes")

	var samples bytes.Buffer
	require.NoError(t, (&Report{Rows: done}).WriteBench(&samples))
	require.Equal(t, 12, strings.Count(samples.String(), record.UnitYardstick))
}

func TestYardstickIsAsLongAsACall(t *testing.T) {
	require.Equal(t, 3*time.Millisecond, yardstickTime(round{{1, 1e-3, nil}, {5, 3e-3, nil}}))
	require.Equal(t, 500*time.Microsecond, yardstickTime(round{{1, 1e-6, nil}}))
	require.Equal(t, 200*time.Millisecond, yardstickTime(round{{1, 7, nil}}))
}

func TestLiarIsCaught(t *testing.T) {
	f := &fake{overhead: time.Microsecond, each: gigaflop, lies: true}
	timer := f.timer(Effort{Rounds: 3})
	r := &Report{}
	for _, row := range table(t)[:2] {
		m, err := only(context.Background(), timer, row)
		require.NoError(t, err)
		require.Equal(t, CountFewer, m.Count.Verdict)
		require.InDelta(t, 5, m.Speed.Nominal, 1e-9, "five times its speed, as it is said")
		require.InDelta(t, 1, record.SpeedOf(m.Case, 1, m.trueSeconds()).Nominal, 0.05, "and what it is")
		r.Rows = append(r.Rows, m)
	}
	require.False(t, r.Credible())
	var text, samples bytes.Buffer
	require.NoError(t, r.WriteText(&text))
	require.Contains(t, text.String(), "NOT ALL RAN")
	require.NotContains(t, text.String(), "credible")
	require.NoError(t, r.WriteBench(&samples))
	require.NotContains(t, samples.String(), "Benchmark", "a false figure is not passed on")
}

func TestRatePastThePeakIsImpossible(t *testing.T) {
	f := &fake{each: gigaflop}
	rows := table(t)
	for _, test := range []struct {
		peak     float64
		credible bool
	}{{0, true}, {1e9, true}, {0.5e9, false}} {
		for _, row := range []Row{rows[0], rows[3]} { // plain, causal
			m, err := only(context.Background(), f.timer(Effort{Rounds: 1}), row)
			require.NoError(t, err)
			m.hold(test.peak)
			require.Equal(t, test.credible, (&Report{Rows: []Measurement{m}}).Credible(), "%s at %g", m.Name, test.peak)
		}
	}
}

func TestCausalMayPassThePeakNominally(t *testing.T) {
	f := &fake{each: gigaflop}
	m, err := only(context.Background(), f.timer(Effort{Rounds: 1}), table(t)[3])
	require.NoError(t, err)
	m.hold(1e9)
	require.Greater(t, m.Speed.Nominal, 1.5)
	require.Empty(t, m.Impossible, "it skips what the mask forbids")
}

func TestDeviceTimeLongerThanTheCallIsImpossible(t *testing.T) {
	m := Measurement{Row: table(t)[0]}
	m.take([]round{{{5, 1, repeated(0.5, 5)}}}, true)
	require.Contains(t, m.Impossible, "2.5 times as long as the whole call")

	// One call of three in which the machine was busy: its dispatches are most of those that took long, and all true.
	honest := Measurement{Row: table(t)[0]}
	honest.take([]round{{{5, 5, repeated(1, 5)}}, {{5, 2.6, []float64{1, 1, 0.2, 0.2, 0.2}}}, {{5, 3, []float64{0.1, 0.1, 0.8, 1, 1}}}}, true)
	require.Empty(t, honest.Impossible)
}

func TestFailuresOfAPath(t *testing.T) {
	row := table(t)[0]
	broken := errors.New("out of paper")
	_, err := only(context.Background(), (&fake{each: gigaflop, fail: broken}).timer(Effort{Rounds: 1}), row)
	require.ErrorIs(t, err, broken)
	_, err = only(context.Background(), (&fake{each: gigaflop, short: true}).timer(Effort{Rounds: 1}), row)
	require.ErrorIs(t, err, errSeconds)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = only(ended, (&fake{each: gigaflop}).timer(Effort{Rounds: 1}), row)
	require.ErrorIs(t, err, context.Canceled)
}

func TestReport(t *testing.T) {
	f := &fake{overhead: time.Microsecond, each: gigaflop}
	timer := f.timer(Effort{Rounds: minRounds, Passes: 3})
	r := &Report{Header: record.Header{Path: "fake", Device: "paper", OS: "none", Arch: "none"}, Peak: 2e9, PeakFrom: "as given"}
	var err error
	r.Rows, err = timer.table(context.Background(), table(t))
	require.NoError(t, err)
	for i := range r.Rows {
		r.Rows[i].hold(r.Peak)
	}
	r.FFI, err = timer.ffi(context.Background(), 32)
	require.NoError(t, err)
	require.Less(t, r.FFI.Rows[0].Ratio, 0.1, "Go pays the overhead on each call, the loop in C does not")
	require.Greater(t, r.FFI.Rows[1].Ratio, 0.99)

	var text bytes.Buffer
	require.NoError(t, r.WriteText(&text))
	for _, want := range []string{Plain, Causal, Precisions, Heads, Keys, "peak        2 GFLOP/s, as given", "dispatches  verified", "50 %",
		"kvH=2/q=32/kv=32: skipped: no grouped heads", "\ncredible\n", "C by Go"} {
		require.Contains(t, text.String(), want)
	}
	var samples, second bytes.Buffer
	require.NoError(t, r.WriteBench(&samples))
	require.NoError(t, r.WriteJSON(&second))
	require.Contains(t, second.String(), `"peak_flops":2000000000`)
	names := map[string]int{}
	reader := benchfmt.NewReader(strings.NewReader(samples.String()), "bench")
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			_, isUnit := reader.Result().(*benchfmt.UnitMetadata)
			require.True(t, isUnit, "%v", reader.Result())
			continue
		}
		require.Equal(t, "paper", result.GetConfig("device"))
		seconds, ok := result.Value(record.UnitDevice)
		require.True(t, ok && seconds > 0)
		names[result.Name.String()]++
	}
	require.NoError(t, reader.Err())
	require.Len(t, names, r.Timed())
	for name, n := range names {
		require.Equal(t, 3, n, "%s: a line for each pass", name)
	}
}
