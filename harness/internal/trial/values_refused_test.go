package trial

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
)

// oneSeed is a path whose Supports goes by the values: it takes those of one seed, and is wrong with all others.
type oneSeed struct {
	broken
	seed uint64
}

func (o oneSeed) Supports(c cases.Case) error {
	if c.Values.Seed != o.seed {
		return paths.Unsupported("every row sees a key")
	}
	return o.broken.Supports(c)
}

// Calls with other contents are left out, and told, where the path refuses those contents.
func TestOtherContentsMayBeRefused(t *testing.T) {
	c := small(t, func(c *cases.Case) {
		c.Input, c.Output, c.Call = precision.FP32, precision.FP32, cases.Call{Repeat: 2, Refill: true}
	})
	wrong := broken{after: func(_ context.Context, now cases.Case, t *cases.Tensors) error {
		if now.Values.Seed != c.Values.Seed {
			t.Out.Set(0, 0, 0, 0, 1e3)
		}
		return nil
	}}
	outcome, err := Run(context.Background(), oneSeed{wrong, c.Values.Seed}, c, Options{Repeats: RepeatNone, Relations: -1})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, outcome.Verdict.Kind, outcome.Verdict.Reason)
	require.Contains(t, outcome.NotJudged, "call 1 of 3 in the same buffers: the path refuses the call: every row sees a key")
	require.Contains(t, outcome.NotJudged, "call 2 of 3 in the same buffers: the path refuses the call: every row sees a key")
}

// So are fresh values for an output past the sharp line.
func TestFreshValuesMayBeRefused(t *testing.T) {
	c := longRows(t)
	first := cases.Materialize(c).V.At(0, 0, 0, 0)
	wrong := pastLine(func(now cases.Case, t *cases.Tensors) bool {
		return now.Values.Seed != c.Values.Seed || t.V.At(0, 0, 0, 0) == first
	})
	outcome, err := Run(context.Background(), oneSeed{wrong, c.Values.Seed}, c, Options{Relations: -1})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, outcome.Verdict.Kind, outcome.Verdict.Reason)
	require.Contains(t, outcome.NotJudged, "fresh values: the path refuses the call: every row sees a key")
	require.Equal(t, 2, outcome.Verdict.Retries) // two v, which cannot be three of four any more
}
