package trial

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
)

// A case past cases.MaxWork is told and never begun: neither its path nor its reference is asked.
func TestACaseTooLargeForTheReferenceIsInconclusive(t *testing.T) {
	called := false
	path := broken{after: func(context.Context, cases.Case, *cases.Tensors) error { called = true; return nil }}
	for _, test := range []struct {
		length, heads int
		large         bool
	}{{1 << 20, 1, true}, {1 << 17, 1 << 4, true}, {64, 2, false}} {
		c := cases.Case{Version: 1, Batch: 1, Heads: test.heads, QLen: test.length, KVLen: test.length, HeadDim: 16, Input: precision.FP32}
		require.NoError(t, c.Normalize())
		require.Equal(t, test.large, c.Work() > cases.MaxWork)
		called = false
		outcome, err := Run(context.Background(), path, c, Options{})
		require.NoError(t, err)
		require.Equal(t, !test.large, called)
		if test.large {
			require.Equal(t, verdict.Inconclusive, outcome.Verdict.Kind)
			require.Contains(t, outcome.Verdict.Reason, "too large to be judged")
		}
	}
}
