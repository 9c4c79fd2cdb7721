package trigger

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/verdict"
)

// firstCalls is a path that is wrong on the first call of each kernel of its process, where the input is no fp32.
type firstCalls struct{ ran map[predicate.Kernel]bool }

func (p *firstCalls) ask(_ context.Context, c cases.Case) (verdict.Kind, error) {
	k := predicate.KernelOf(&c)
	first := !p.ran[k]
	p.ran[k] = true
	if first && c.Input.String() != "fp32" {
		return verdict.Numeric, nil
	}
	return verdict.Pass, nil
}

func (p *firstCalls) again(ctx context.Context, c cases.Case, anew bool) (verdict.Kind, error) {
	if anew {
		clear(p.ran)
	}
	return p.ask(ctx, c)
}

// TestAStateIsNoTrigger: a condition was found, input != "fp32", of which one in six cases passed.
func TestAStateIsNoTrigger(t *testing.T) {
	p := &firstCalls{ran: map[predicate.Kernel]bool{}}
	l := New(Options{Ask: p.ask, Again: p.again, Fresh: stream(t, 7001).Case, Seed: 1, Log: t.Logf})
	c := cases.Case{Version: cases.Version, Batch: 1, Heads: 1, KVHeads: 1, QLen: 4, KVLen: 9, HeadDim: 8}
	require.NoError(t, cases.FieldNamed("input").Set(&c, "fp16"))
	require.NoError(t, c.Normalize())
	_, _, err := l.Find(t.Context(), c)
	require.ErrorIs(t, err, ErrState)
	require.Less(t, l.Probes(), 10)
}

// TestARaceIsNoState: what fails and passes by chance is asked about as before, and of a bug that strikes each time one more
// call is made.
func TestARaceIsNoState(t *testing.T) {
	for _, answers := range []string{"f", "pp", "pff", "pfpp", "pfpff", "pfpfpp"} {
		i := 0
		l := New(Options{Again: func(context.Context, cases.Case, bool) (verdict.Kind, error) {
			i++
			if answers[i-1] == 'f' {
				return verdict.Numeric, nil
			}
			return verdict.Pass, nil
		}})
		in := &inference{Lab: l, ctx: t.Context()}
		state, err := in.stateDecides(cases.Case{})
		require.NoError(t, err)
		require.False(t, state, answers)
		require.Equal(t, len(answers), i)
	}
}
