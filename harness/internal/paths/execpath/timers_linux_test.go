package execpath

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker"
)

// A program's timers are as exact as they are without us, though those of the worker that starts it may be late.
func TestTimersOfAProgramAreItsOwn(t *testing.T) {
	p, err := worker.Open(context.Background(), worker.Options{Name: "exec:" + clientLine(t, "timers")})
	require.NoError(t, err)
	defer p.Close()
	o, err := trial.Run(context.Background(), p, small(t, ""), trial.Options{Deadline: time.Minute})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, o.Verdict.Kind, o.Verdict.Reason)
}
