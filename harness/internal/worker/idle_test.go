package worker_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/verdict"
)

func init() { further["late"] = func() paths.Path { return late{} } }

// late answers, and a thread of its own ends the process afterwards.
type late struct{ naive.Path }

func (l late) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	time.AfterFunc(50*time.Millisecond, func() { os.Exit(6) })
	return l.Path.Attend(ctx, c, t)
}

func TestAnEndBetweenTwoCallsSaysSo(t *testing.T) {
	p := openWorker(t, "late")
	require.Equal(t, verdict.Pass, try(t, p, plain(t, nil)).Verdict.Kind)
	time.Sleep(300 * time.Millisecond)
	v := try(t, p, plain(t, nil)).Verdict
	require.Equal(t, verdict.Crash, v.Kind)
	require.Equal(t, "exit status 6, during the time since the call before", v.Reason)
	require.Equal(t, verdict.Pass, try(t, p, plain(t, nil)).Verdict.Kind)
}
