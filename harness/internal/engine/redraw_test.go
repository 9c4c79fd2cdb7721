package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// choosy is a path that does fp32 without a mask, and only when called finds out that it has no logsumexp. It forgets
// its mask all the same, so that it fails somewhere.
type choosy struct {
	forgetful
	asked *atomic.Int64
}

func (p *choosy) Supports(c cases.Case) error {
	p.asked.Add(1)
	if c.Input != precision.FP32 || c.Output != precision.FP32 {
		return fmt.Errorf("input %s, output %s: want fp32", c.Input, c.Output)
	}
	if c.Mask.IsArray() || c.Mask.Kind == cases.WindowMask {
		return fmt.Errorf("mask %s: want none or causal", c.Mask.Kind)
	}
	return nil
}

func (p *choosy) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	if c.LSE {
		return paths.Timing{}, paths.Unsupported("no logsumexp of %d rows", c.QLen)
	}
	return p.forgetful.Attend(ctx, c, t)
}

func drawing(t testing.TB, seed uint64) Config {
	stream, err := gen.NewStream(gen.Quick, seed, gen.Filter{})
	require.NoError(t, err)
	asked := &atomic.Int64{}
	return Config{
		Source: stream.Case, Redraw: stream.Draw, Trial: trial.Options{Relations: 2, Workers: 1},
		NewPath: func(context.Context) (paths.Path, error) { return &choosy{asked: asked}, nil },
	}
}

func TestAsManyCasesAreJudgedAsWereAskedFor(t *testing.T) {
	cfg := drawing(t, 5)
	cfg.Cases = 100
	results := map[int]map[int]Result{}
	for _, workers := range []int{1, 4} {
		cfg.Workers = workers
		results[workers] = run(t, cfg)
	}
	require.Len(t, results[1], 100)
	var refused verdict.Tally
	redrawn, failed := 0, 0
	for i, one := range results[1] {
		require.NotEqual(t, verdict.Unsupported, one.Verdict.Kind, "case %d: %s", i, one.Verdict.Reason)
		drawn, err := cfg.Redraw(i, one.Draw)
		require.NoError(t, err)
		if len(one.Case.After) == len(drawn.After) { // else those that ran before it are in front
			require.Equal(t, cases.Name(drawn), cases.Name(one.Case), "a case is the draw that its number and its draw name")
		}
		count := 0
		for _, r := range one.Refused {
			count += r.Count
		}
		require.Equal(t, one.Draw, count, "each draw before it was refused for a reason")
		refused.AddAll(one.Refused)
		if one.Draw > 0 {
			redrawn++
		}
		if one.Verdict.Kind.Fails() {
			failed++
		}

		four := results[4][i]
		require.Equal(t, words(one), words(four), "case %d", i)
		require.Equal(t, one.Draw, four.Draw, "case %d", i)
		require.Equal(t, one.Refused, four.Refused, "case %d", i)
		require.Equal(t, cases.Name(one.Case), cases.Name(four.Case), "case %d", i)
	}
	require.Greater(t, redrawn, 50)
	require.Positive(t, failed, "the path must fail somewhere, or this shows nothing")
	require.True(t, slices.ContainsFunc(refused.List(), func(r verdict.Refusal) bool { return r.Reason == "no logsumexp of N rows" }),
		"%v", refused.List())

	// A run that goes on from the middle of a sequence comes to the same.
	cfg.Skip = func(i int) bool { return i < 40 || i == 55 }
	rest := run(t, cfg)
	require.Len(t, rest, 59)
	for i, r := range rest {
		require.Equal(t, words(results[1][i]), words(r), "case %d", i)
		require.Equal(t, cases.Name(results[1][i].Case), cases.Name(r.Case), "case %d", i)
	}
}

// words are a verdict in a form in which NaN is NaN.
func words(r Result) string {
	var b strings.Builder
	of := reflect.ValueOf(r.Verdict)
	for i := range of.NumField() {
		fmt.Fprintf(&b, "%s %+v, ", of.Type().Field(i).Name, reflect.Indirect(of.Field(i)))
	}
	return b.String()
}

func TestWhatIsSupportedIsNotDrawnAgain(t *testing.T) {
	cfg := Config{Source: quick(t, 5), Cases: 40, NewPath: naivePath}
	first := run(t, cfg)
	cfg.Redraw = func(int, int) (cases.Case, error) { return cases.Case{}, errors.New("drawn again") }
	for i, r := range run(t, cfg) {
		require.Equal(t, cases.Name(first[i].Case), cases.Name(r.Case))
		require.Zero(t, r.Draw)
	}
}

type closed struct {
	choosy
	byCall bool
}

func (p *closed) Supports(c cases.Case) error {
	p.asked.Add(1)
	if p.byCall {
		return nil
	}
	return errors.New("closed")
}

func (p *closed) Attend(context.Context, cases.Case, *cases.Tensors) (paths.Timing, error) {
	return paths.Timing{}, paths.Unsupported("closed")
}

func TestAPathThatDoesNothingIsFoundOutSoon(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for _, byCall := range []bool{false, true} {
		asked := &atomic.Int64{}
		cfg := drawing(t, 1)
		cfg.Cases, cfg.Workers = 2*SequenceLength, 2
		cfg.NewPath = func(context.Context) (paths.Path, error) {
			return &closed{choosy{asked: asked}, byCall}, nil
		}
		results := run(t, cfg)
		require.Len(t, results, cfg.Cases)
		var refused verdict.Tally
		for i, r := range results {
			require.Equal(t, verdict.Unsupported, r.Verdict.Kind, "case %d", i)
			require.Zero(t, r.Draw)
			refused.AddAll(r.Refused)
			refused.Add(r.Verdict.Reason, 1)
		}
		for _, r := range refused.List() {
			require.Regexp(t, `^(after.N.: )?closed$`, r.Reason)
		}
		limit := 2*refusalsInARow + cfg.Cases
		if byCall {
			limit = 2*refusalsInARow/costOfACall + cfg.Cases
		}
		require.LessOrEqual(t, refused.Total(), limit)
		require.Greater(t, refused.Total(), limit/2)
	}
}

// sluggish takes its time to refuse a case.
type sluggish struct{ closed }

func (p *sluggish) Supports(c cases.Case) error {
	time.Sleep(time.Millisecond)
	return p.closed.Supports(c)
}

// A time that is over ends the drawing too, and what was refused by then is told.
func TestTimeEndsDrawing(t *testing.T) {
	cfg := drawing(t, 1)
	cfg.Time = time.Second
	cfg.NewPath = func(context.Context) (paths.Path, error) {
		return &sluggish{closed{choosy{asked: &atomic.Int64{}}, false}}, nil
	}
	results := run(t, cfg)
	require.Len(t, results, 1)
	require.Equal(t, verdict.Unsupported, results[0].Verdict.Kind)
	require.NotEmpty(t, results[0].Refused)
}
