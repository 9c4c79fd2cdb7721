package trial

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
)

// refuser claims to support everything, and refuses calls as it comes to them.
type refuser struct {
	naive.Path
	calls   int
	refuses func(call int, c cases.Case) bool
	before  func(*cases.Tensors)
}

func (r *refuser) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	r.calls++
	if r.refuses(r.calls, c) {
		if r.before != nil {
			r.before(t)
		}
		return paths.Timing{}, fmt.Errorf("call %d: %w", r.calls, paths.Unsupported("not this one"))
	}
	return r.Path.Attend(ctx, c, t)
}

func single(t testing.TB, change func(*cases.Case)) cases.Case {
	return small(t, func(c *cases.Case) {
		c.Input, c.Output = precision.FP32, precision.FP32
		if change != nil {
			change(c)
		}
	})
}

func TestARefusedCallIsUnsupported(t *testing.T) {
	always := func(int, cases.Case) bool { return true }
	outcome, err := Run(context.Background(), &refuser{refuses: always}, single(t, nil), Options{Deadline: time.Minute})
	require.NoError(t, err)
	require.Equal(t, verdict.Verdict{Kind: verdict.Unsupported, Reason: "call 1: not this one"}, outcome.Verdict)
	require.True(t, outcome.Called)
	require.False(t, outcome.Lost)

	outcome, err = Run(context.Background(), choosy{}, small(t, nil), Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Unsupported, outcome.Verdict.Kind)
	require.False(t, outcome.Called, "it said so when it was asked")

	// In a case that runs before.
	after := single(t, func(c *cases.Case) { c.After = []cases.Case{single(t, nil), single(t, nil)} })
	outcome, err = Run(context.Background(), &refuser{refuses: func(n int, _ cases.Case) bool { return n == 2 }}, after, Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Verdict{Kind: verdict.Unsupported, Reason: "after[1]: call 2: not this one"}, outcome.Verdict)

	// One that writes where it should not is wrong whether it refuses or not.
	outcome, err = Run(context.Background(), &refuser{refuses: always, before: func(t *cases.Tensors) { t.V.Data[3] ^= 1 }}, single(t, nil), Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Guard, outcome.Verdict.Kind)

	// An error of the system that calls itself unsupported is an error.
	outcome, err = Run(context.Background(), broken{after: func(context.Context, cases.Case, *cases.Tensors) error {
		return errors.ErrUnsupported
	}}, single(t, nil), Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Error, outcome.Verdict.Kind)
}

// Whatever call after the first is refused, the case was judged: what is left out is named, and nothing fails.
func TestARefusalOfAFurtherCallLeavesItOut(t *testing.T) {
	c := single(t, nil)
	whole := &refuser{refuses: func(int, cases.Case) bool { return false }}
	options := Options{Relations: -1, Repeats: RepeatAll}
	outcome, err := Run(context.Background(), whole, c, options)
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, outcome.Verdict.Kind, outcome.Verdict.Reason)
	require.Empty(t, outcome.NotJudged)
	laws, calls := outcome.Laws, whole.calls
	require.Greater(t, laws, 5)

	for refused := 2; refused <= calls; refused++ {
		outcome, err := Run(context.Background(), &refuser{refuses: func(n int, _ cases.Case) bool { return n == refused }}, c, options)
		require.NoError(t, err)
		require.Equal(t, verdict.Pass, outcome.Verdict.Kind, "call %d: %s", refused, outcome.Verdict.Reason)
		if outcome.Laws < laws {
			require.Len(t, outcome.NotJudged, laws-outcome.Laws, "call %d", refused)
			require.Regexp(t, `^[a-z-]+: the path refuses the derived case: call \d+: not this one$`, outcome.NotJudged[0])
		}
	}
	outcome, err = Run(context.Background(), &refuser{refuses: func(n int, _ cases.Case) bool { return n > 1 }}, c, options)
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, outcome.Verdict.Kind, outcome.Verdict.Reason)
	require.Contains(t, strings.Join(outcome.NotJudged, "\n"), "called again: the path refuses the call: call 2")
	require.Contains(t, strings.Join(outcome.NotJudged, "\n"), "called in a fresh process: the path refuses")
}

// A suspicious case whose fresh values are refused is not convicted by that.
func TestRefusedFreshSeedsConvictNobody(t *testing.T) {
	c := small(t, func(c *cases.Case) {
		c.Input, c.Output, c.LSE, c.KVLen, c.QLen = precision.FP32, precision.FP32, false, 2048, 4
	})
	outcome, err := Run(context.Background(), &leaning{seed: c.Values.Seed}, c, Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, outcome.Verdict.Kind)
	require.Positive(t, outcome.Verdict.Suspicious)
	require.Equal(t, []string{"fresh values: the path refuses the call: this seed only"}, outcome.NotJudged)
}

// leaning errs in its first call, and refuses other seeds.
type leaning struct {
	naive.Path
	seed  uint64
	calls int
}

func (l *leaning) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	if c.Values.Seed != l.seed {
		return paths.Timing{}, paths.Unsupported("this seed only")
	}
	timing, err := l.Path.Attend(ctx, c, t)
	l.calls++
	for r := range c.QLen {
		if l.calls == 1 {
			t.Out.Set(0, 0, r, 0, t.Out.At(0, 0, r, 0)+2e-6)
		}
	}
	return timing, err
}

// mixed has a way of computing that refuses a case which the base computes.
type mixed struct {
	naive.Path
	variants []paths.Variant
}

func (m mixed) Variants() []paths.Variant { return m.variants }

func TestAVariantThatRefusesIsLeftOut(t *testing.T) {
	p := mixed{variants: []paths.Variant{
		{Label: "asked", Path: nothing{}}, {Label: "called", Path: &refuser{refuses: func(int, cases.Case) bool { return true }}},
	}}
	outcome, err := Run(context.Background(), p, single(t, nil), Options{Repeats: RepeatNone})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, outcome.Verdict.Kind, outcome.Verdict.Reason)
	require.Equal(t, []string{
		"asked: the path refuses the call: closed", "called: the path refuses the call: call 1: not this one",
	}, outcome.NotJudged)
}

type nothing struct{ naive.Path }

func (nothing) Supports(cases.Case) error { return errors.New("closed") }

// A small case of another shape that never comes back ends the trial: the path is still busy with it.
func TestNothingIsAskedOfAPathWhoseCallStillRuns(t *testing.T) {
	release := make(chan struct{})
	p := &refuser{refuses: func(int, cases.Case) bool { return false }}
	hangs := slow{p, func(c cases.Case) bool { return c.QLen == 5 && c.KVLen == 7 }, release}
	outcome, err := Run(context.Background(), hangs, single(t, nil), Options{Relations: -1, Repeats: RepeatAll, Deadline: 200 * time.Millisecond})
	require.NoError(t, err)
	require.Equal(t, verdict.Hang, outcome.Verdict.Kind, outcome.Verdict.Reason)
	require.True(t, outcome.Lost)
	require.Contains(t, outcome.Verdict.Reason, "in a case of another shape (")
	calls := p.calls
	select {
	case <-outcome.Running:
		t.Fatal("the call has ended")
	default:
	}
	close(release)
	<-outcome.Running
	require.Equal(t, 3, calls, "the case, the case again twice, and then nothing while the lost call runs")
}

type slow struct {
	*refuser
	hangs   func(cases.Case) bool
	release chan struct{}
}

func (s slow) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	if s.hangs(c) {
		<-s.release
	}
	return s.refuser.Attend(ctx, c, t)
}

// unable is a path that the machine lets down.
type unable struct{ naive.Path }

func (unable) Attend(context.Context, cases.Case, *cases.Tensors) (paths.Timing, error) {
	return paths.Timing{}, fmt.Errorf("the disk is full: %w", paths.ErrMachine)
}

// TestTheMachineAtFaultJudgesNothing: neither the case itself, nor one that has others before it.
func TestTheMachineAtFaultJudgesNothing(t *testing.T) {
	for _, c := range []cases.Case{single(t, nil), single(t, func(c *cases.Case) { c.After = []cases.Case{single(t, nil)} })} {
		_, err := Run(context.Background(), unable{}, c, Options{Deadline: time.Minute})
		require.ErrorIs(t, err, paths.ErrMachine)
		require.ErrorContains(t, err, "the disk is full")
	}
}
