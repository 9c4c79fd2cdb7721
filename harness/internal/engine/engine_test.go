package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

func naivePath(context.Context) (paths.Path, error) { return naive.New(), nil }

func quick(t testing.TB, seed uint64) func(int) (cases.Case, error) {
	stream, err := gen.NewStream(gen.Quick, seed, gen.Filter{})
	require.NoError(t, err)
	return stream.Case
}

// run collects a run's results, by number.
func run(t *testing.T, cfg Config) map[int]Result {
	t.Helper()
	results := map[int]Result{}
	cfg.Sink = func(r Result) error {
		_, twice := results[r.Index]
		if twice {
			return fmt.Errorf("case %d ended twice", r.Index)
		}
		results[r.Index] = r
		return nil
	}
	require.NoError(t, Run(context.Background(), cfg))
	return results
}

// forgetful keeps the mask of the case before, as a pipeline cache does whose key lacks it. It fails only for the
// second of two cases.
type forgetful struct {
	naive.Path
	last cases.MaskKind
}

func (f *forgetful) Reset(context.Context) error { f.last = ""; return nil }

func (f *forgetful) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	stale := f.last == cases.CausalMask && c.Mask.Kind == ""
	f.last = c.Mask.Kind
	if stale {
		c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.TopLeft}
	}
	return f.Path.Attend(ctx, c, t)
}

func TestVerdictsDoNotDependOnWorkers(t *testing.T) {
	cfg := Config{
		Source: quick(t, 5), Cases: 150, Trial: trial.Options{Relations: 1, Workers: 1},
		NewPath: func(context.Context) (paths.Path, error) { return &forgetful{}, nil },
	}
	results := map[int]map[int]Result{}
	for _, workers := range []int{1, 4} {
		cfg.Workers = workers
		results[workers] = run(t, cfg)
	}
	require.Len(t, results[1], 150)
	failed := 0
	for i, one := range results[1] {
		four := results[4][i]
		require.Equal(t, one.Verdict, four.Verdict, "case %d", i)
		require.Equal(t, cases.Name(one.Case), cases.Name(four.Case), "case %d", i)
		if one.Verdict.Kind.Fails() {
			failed++
		}
	}
	require.Positive(t, failed, "the forgetful path must fail somewhere, or this test shows nothing")
}

func TestAFailureThatNeedsItsPredecessorsKeepsThem(t *testing.T) {
	results := run(t, Config{
		Source: quick(t, 5), Cases: 150,
		NewPath: func(context.Context) (paths.Path, error) { return &forgetful{}, nil },
	})
	found := false
	for _, r := range results {
		if !r.Verdict.Kind.Fails() {
			continue
		}
		require.NotEmpty(t, r.Case.After, "case %d: %s", r.Index, r.Verdict.Reason)
		require.True(t, slices.ContainsFunc(r.Case.After, func(c cases.Case) bool { return c.Mask.Kind == cases.CausalMask }))
		// What was kept fails again by itself.
		outcome, err := (&Tester{NewPath: func(context.Context) (paths.Path, error) { return &forgetful{}, nil }}).Try(context.Background(), r.Case)
		require.NoError(t, err)
		require.Equal(t, r.Verdict.Kind, outcome.Verdict.Kind)
		found = true
	}
	require.True(t, found)
}

func TestAPanicCostsOneCase(t *testing.T) {
	opened := atomic.Int32{}
	results := run(t, Config{
		Source: quick(t, 2), Cases: 40,
		NewPath: func(context.Context) (paths.Path, error) { opened.Add(1); return bomb{}, nil },
	})
	require.Len(t, results, 40)
	kinds := map[verdict.Kind]int{}
	for _, r := range results {
		kinds[r.Verdict.Kind]++
		want := explodes(r.Case) || slices.ContainsFunc(r.Case.After, explodes)
		require.Equal(t, want, r.Verdict.Kind == verdict.Crash, "%v", r.Verdict)
	}
	require.Positive(t, kinds[verdict.Crash])
	require.Positive(t, kinds[verdict.Pass])
	require.Greater(t, int(opened.Load()), 3, "a path that panicked is not used again")
}

func explodes(c cases.Case) bool { return c.QLen%2 == 0 }

type bomb struct{ naive.Path }

func (bomb) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	if explodes(c) {
		panic("boom")
	}
	return naive.New().Attend(ctx, c, t)
}

func TestSkippedCasesAreNotTold(t *testing.T) {
	results := run(t, Config{Source: quick(t, 1), Cases: 40, NewPath: naivePath, Skip: func(i int) bool { return i < 20 || i == 33 }})
	require.Len(t, results, 19)
	require.NotContains(t, results, 33)
}

// Who records a run keeps in one place what is done and what is new.
func TestWorkersAskAndTellOneAtATime(t *testing.T) {
	var inside, met atomic.Int32
	alone := func() {
		if inside.Add(1) > 1 {
			met.Add(1)
		}
		time.Sleep(20 * time.Microsecond)
		inside.Add(-1)
	}
	err := Run(context.Background(), Config{
		Source: quick(t, 1), Cases: 96, Workers: 4, NewPath: naivePath, CompileAhead: true,
		Skip: func(int) bool { alone(); return false },
		Sink: func(Result) error { alone(); return nil },
	})
	require.NoError(t, err)
	require.Zero(t, met.Load())
}

func TestTimeEndsARun(t *testing.T) {
	results := run(t, Config{Source: quick(t, 1), Time: 200 * time.Millisecond, NewPath: naivePath})
	require.NotEmpty(t, results)
}

func TestErrorsEndARun(t *testing.T) {
	ctx := context.Background()
	sink := func(Result) error { return nil }
	require.ErrorContains(t, Run(ctx, Config{}), "neither a number of cases nor a time")
	broken := errors.New("disk full")
	err := Run(ctx, Config{Source: quick(t, 1), Cases: 20, Workers: 3, NewPath: naivePath, Sink: func(Result) error { return broken }})
	require.ErrorIs(t, err, broken)
	err = Run(ctx, Config{Source: quick(t, 1), Cases: 20, NewPath: func(context.Context) (paths.Path, error) { return nil, broken }, Sink: sink})
	require.ErrorIs(t, err, broken)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, Run(ended, Config{Source: quick(t, 1), Cases: 20, NewPath: naivePath, Sink: sink}), context.Canceled)
}
