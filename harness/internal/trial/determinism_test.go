package trial

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// nudged flips the last bit of an element, which no bound minds, when asked to.
type nudged struct {
	naive.Path
	when          func(n *nudged, c cases.Case) bool
	calls, resets int
	last          int // q_len of the call before
	undeclared    bool
}

func (n *nudged) Reset(context.Context) error { n.calls, n.last = 0, 0; n.resets++; return nil }

func (n *nudged) Arithmetic(c cases.Case) reference.Arithmetic {
	a := n.Path.Arithmetic(c)
	a.Deterministic = !n.undeclared
	return a
}

func (n *nudged) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	timing, err := n.Path.Attend(ctx, c, t)
	if c.Batch == 2 && n.when(n, c) {
		t.Out.Data[t.Out.Index(1, 0, 2, 3)*4] ^= 1
	}
	n.calls++
	n.last = c.QLen
	return timing, err
}

func TestRepeats(t *testing.T) {
	c := small(t, func(c *cases.Case) { c.Input, c.Output = precision.FP32, precision.FP32 })
	for _, test := range []struct {
		name   string
		when   func(*nudged, cases.Case) bool
		reason string
	}{
		{"always the same", func(*nudged, cases.Case) bool { return true }, ""},
		{"every second call", func(n *nudged, _ cases.Case) bool { return n.calls%2 == 1 }, "called again, it gave other bits: 1 of 288 elements of out, the first at [1,0,2,3]"},
		{"when warm in the second context", func(n *nudged, _ cases.Case) bool { return n.resets == 1 }, "called in a fresh process, it gave other bits"},
		{"after another shape", func(n *nudged, c cases.Case) bool { return n.last != 0 && n.last != c.QLen }, "called after other shapes, it gave other bits"},
	} {
		p := &nudged{when: test.when}
		outcome, err := Run(context.Background(), p, c, Options{Repeats: RepeatAll})
		require.NoError(t, err, test.name)
		if test.reason == "" {
			require.Equal(t, verdict.Pass, outcome.Verdict.Kind, outcome.Verdict.Reason)
			require.True(t, outcome.Cold)
			continue
		}
		require.Equal(t, verdict.Nondeterministic, outcome.Verdict.Kind, test.name)
		require.Contains(t, outcome.Verdict.Reason, test.reason)
		// Nobody is held to what he does not promise, nor is a case repeated that was not chosen.
		for _, o := range []Options{{Repeats: RepeatNone}, {Repeats: RepeatAll}} {
			p := &nudged{when: test.when, undeclared: o.Repeats == RepeatAll}
			outcome, err = Run(context.Background(), p, c, o)
			require.NoError(t, err, test.name)
			require.Equal(t, verdict.Pass, outcome.Verdict.Kind, test.name)
			require.False(t, outcome.Cold)
		}
	}
}

// The share of repeated cases follows from the cases alone, with or without their predecessors.
func TestSomeCasesAreRepeated(t *testing.T) {
	counts := map[repeat]int{}
	for seed := range uint64(4096) {
		c := small(t, func(c *cases.Case) { c.Values.Seed = seed })
		how := Options{}.repeat(c)
		counts[how]++
		c.After, c.Notes = []cases.Case{small(t, nil)}, "found yesterday"
		require.Equal(t, how, Options{}.repeat(c))
	}
	require.InDelta(t, 4096/8, counts[warm]+counts[everyWay], 100)
	require.InDelta(t, 4096/128, counts[everyWay], 20)
}
