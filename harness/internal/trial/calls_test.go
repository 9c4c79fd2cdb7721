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
)

// remembers is a path that takes the contents of k for those that lay at the same place in the call before, or whose
// second call in the same buffers differs in a bit.
type remembers struct {
	naive.Path
	stale, wears bool
	seen         map[*byte][]byte
	calls        map[*byte]int
	attended     []uint64 // seeds
}

func (r *remembers) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	r.attended = append(r.attended, c.Values.Seed)
	at, given := &t.K.Data[0], t.K.Data
	if old, ok := r.seen[at]; ok && r.stale {
		t.K.Data = old
	} else {
		r.seen[at] = append([]byte(nil), given...)
	}
	timing, err := r.Path.Attend(ctx, c, t)
	t.K.Data = given
	if r.calls[at]++; r.wears && r.calls[at] == 3 {
		t.Out.Data[t.Out.Index(1, 0, 2, 3)*4] ^= 1
	}
	return timing, err
}

func TestCallsInTheSameBuffers(t *testing.T) {
	for _, test := range []struct {
		words string
		call  cases.Call
		path  remembers
		kind  verdict.Kind
		text  string
		calls int
	}{
		{"once", cases.Call{}, remembers{stale: true}, verdict.Pass, "", 1},
		{"again", cases.Call{Repeat: 2}, remembers{stale: true}, verdict.Pass, "", 3},
		{"other contents", cases.Call{Repeat: 2, Refill: true}, remembers{}, verdict.Pass, "", 3},
		{"other contents, stale", cases.Call{Repeat: 2, Refill: true}, remembers{stale: true}, verdict.Numeric, "call 2 of 3 in the same buffers: out[", 2},
		{"own contents, stale", cases.Call{Repeat: 1, Refill: true}, remembers{stale: true}, verdict.Numeric, "out[", 2},
		{"worn out", cases.Call{Repeat: 2}, remembers{wears: true}, verdict.Nondeterministic, "called again in the same buffers, it gave other bits: 1 of 288", 3},
	} {
		c := small(t, func(c *cases.Case) { c.Input, c.Output, c.Call = precision.FP32, precision.FP32, test.call })
		p := test.path
		p.seen, p.calls = map[*byte][]byte{}, map[*byte]int{}
		outcome, err := Run(context.Background(), &p, c, Options{Repeats: RepeatNone})
		require.NoError(t, err, test.words)
		require.Equal(t, test.kind, outcome.Verdict.Kind, "%s: %s", test.words, outcome.Verdict.Reason)
		require.Contains(t, outcome.Verdict.Reason, test.text, test.words)
		require.GreaterOrEqual(t, len(p.attended), test.calls, test.words)
		if test.call.Refill && test.kind == verdict.Pass {
			require.NotEqual(t, p.attended[0], p.attended[1])
			require.Equal(t, c.Values.Seed, p.attended[2])
		}
	}
}

// What only an interface with handles can do, others refuse.
func TestCallsThatNeedHandles(t *testing.T) {
	for text, call := range map[string]cases.Call{
		"call.dispatches: the path has no call": {Dispatches: 3}, "call.handles: the path has no handles": {Handles: 7},
		"call.bare: the path's calls have no optional":        {Bare: true},
		"call.fused: the path takes q, k and v by no handles": {Fused: true},
	} {
		c := small(t, func(c *cases.Case) { c.Call = call })
		outcome, err := Run(context.Background(), naive.New(), c, Options{})
		require.NoError(t, err)
		require.Equal(t, verdict.Unsupported, outcome.Verdict.Kind)
		require.Contains(t, outcome.Verdict.Reason, text)
		c.Call, c.After = cases.Call{}, []cases.Case{c}
		outcome, err = Run(context.Background(), naive.New(), c, Options{})
		require.NoError(t, err)
		require.Equal(t, verdict.Unsupported, outcome.Verdict.Kind)
	}
}
