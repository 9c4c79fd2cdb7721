package worker_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/posix"
)

// unhurried refuses to compute where timers of its thread are not allowed to be late.
type unhurried struct{ naive.Path }

func init() { further["unhurried"] = func() paths.Path { return unhurried{} } }

func (p unhurried) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	if late, err := posix.TimersLate(); err != nil || late < time.Millisecond {
		return paths.Timing{}, fmt.Errorf("timers may be %v late (%v)", late, err)
	}
	return p.Path.Attend(ctx, c, t)
}

// TestTimersOfWorkersMayBeLate: threads have this from the one that started the process.
func TestTimersOfWorkersMayBeLate(t *testing.T) {
	require.Empty(t, try(t, openWorker(t, "unhurried"), plain(t, nil)).Verdict.Reason)
}
