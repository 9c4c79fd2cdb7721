package metalpath

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// A library's timers are as exact as in any other program, while those of the worker that calls it may be late: when it is
// loaded, when it makes a context, and when it computes.
func TestTimersOfALibraryAreItsOwn(t *testing.T) {
	got, err := trial.Run(context.Background(), isolated(t, "probe=false", "-DTIMERS"), square(t, asMany), trial.Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, got.Verdict.Kind, got.Verdict.Reason)
}
