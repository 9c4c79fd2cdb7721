package worker_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/compiling"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// slowCompiler compiles for longer than the deadline of these tests, and then computes or hangs.
type slowCompiler struct {
	naive.Path
	hangs bool
}

func init() {
	further["compiles"] = func() paths.Path { return slowCompiler{} }
	further["compiles and hangs"] = func() paths.Path { return slowCompiler{hangs: true} }
}

const shortDeadline = 100 * time.Millisecond

func (p slowCompiler) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	end := compiling.Here.Begin()
	for range 2 { // one within another counts once
		inner := compiling.Here.Begin()
		time.Sleep(4 * shortDeadline)
		inner()
	}
	end()
	if p.hangs {
		<-ctx.Done() // it notices by itself, which a kernel cannot
		time.Sleep(time.Minute)
	}
	if ctx.Err() != nil {
		return paths.Timing{}, ctx.Err()
	}
	return p.Path.Attend(ctx, c, t)
}

// TestCompilingIsNoHang, in a process of its own and in this one; a hang after it still is one.
func TestCompilingIsNoHang(t *testing.T) {
	try := func(p paths.Path) verdict.Kind {
		outcome, err := trial.Run(context.Background(), p, plain(t, nil), trial.Options{Deadline: shortDeadline})
		require.NoError(t, err)
		return outcome.Verdict.Kind
	}
	require.Equal(t, verdict.Pass, try(openWorker(t, "compiles")))
	require.Equal(t, verdict.Pass, try(slowCompiler{}))
	require.Equal(t, verdict.Hang, try(openWorker(t, "compiles and hangs")))
	require.Equal(t, verdict.Hang, try(slowCompiler{hangs: true}))
}

// TestAnInterruptWhileCompiling ends the call at once.
func TestAnInterruptWhileCompiling(t *testing.T) {
	p := openWorker(t, "compiles and hangs")
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(2*shortDeadline, cancel)
	_, err := trial.Run(ctx, p, plain(t, nil), trial.Options{Deadline: shortDeadline})
	require.ErrorIs(t, err, context.Canceled)
	// The call does not wait for a process that a busy machine takes its time to end.
	require.Eventually(t, func() bool { return children(t) == 0 }, time.Minute, 10*time.Millisecond)
}
