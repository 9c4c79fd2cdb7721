package trial

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/compiling"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
)

// call makes the tensors, in memory that an isolated path shares, lets the path compute them and checks that it touched
// nothing else.
func (t *trial) call(ctx context.Context, c cases.Case) (*cases.Tensors, *verdict.Verdict, error) {
	start := time.Now()
	tensors, err := t.materialize(c)
	t.outcome.Spent.Generate += time.Since(start)
	if err != nil {
		return nil, nil, err
	}
	earlier, v, err := t.callsBefore(ctx, c, tensors)
	if err != nil || v != nil {
		return tensors, v, err
	}
	if v, err = t.attend(ctx, c, tensors); err != nil || v != nil {
		return tensors, v, err
	}
	return tensors, t.sameAsBefore(c, earlier, tensors), nil
}

func (t *trial) materialize(c cases.Case) (*cases.Tensors, error) {
	isolated, ok := t.path.(paths.Isolated)
	if !ok {
		return cases.Materialize(c), nil
	}
	memory, err := isolated.Memory(c)
	if err != nil {
		return nil, err
	}
	return cases.MaterializeIn(c, memory)
}

// attend is the guarded call: the path's error, panic or silence becomes a verdict, and so does a write outside the
// output. Only what the machine is to blame for judges nothing.
func (t *trial) attend(ctx context.Context, c cases.Case, tensors *cases.Tensors) (*verdict.Verdict, error) {
	before := snapshot(tensors)
	t.outcome.Called = true
	start := time.Now()
	timing, err := t.guarded(ctx, c, tensors)
	t.outcome.Wall = time.Since(start)
	compile := min(max(time.Duration(timing.CompileSeconds*float64(time.Second)), 0), t.outcome.Wall)
	t.outcome.Spent.Path += t.outcome.Wall - compile
	t.outcome.Spent.Compile += compile
	if err != nil && timing.Engine == "" && paths.LeavesEngine(t.path) {
		timing.Engine = paths.AnyEngine
	}
	t.outcome.Timing, t.engine = timing, paths.JoinEngines(t.engine, timing.Engine)
	var crash *PanicError
	switch {
	case ctx.Err() != nil:
		t.outcome.Lost = t.outcome.Running != nil
		return nil, ctx.Err()
	case errors.Is(err, paths.ErrMachine):
		return nil, err
	case errors.Is(err, errHang):
		_, isolated := t.path.(paths.Isolated)
		t.outcome.Lost = !isolated
		return &verdict.Verdict{Kind: verdict.Hang, Reason: fmt.Sprintf("no answer within %v", t.options.Deadline)}, nil
	case errors.As(err, &crash):
		t.outcome.Lost, t.outcome.Stack = true, crash.Stack
		return &verdict.Verdict{Kind: verdict.Crash, Reason: crash.Error()}, nil
	case errors.Is(err, paths.ErrUnsupported):
		if err := before.compare(tensors); err != nil { // who refuses a case has no business in its memory
			return &verdict.Verdict{Kind: verdict.Guard, Reason: "refused the case and " + err.Error()}, nil
		}
		return &verdict.Verdict{Kind: verdict.Unsupported, Reason: err.Error()}, nil
	case err != nil:
		var dumped interface{ Stack() string }
		if errors.As(err, &dumped) {
			t.outcome.Stack = dumped.Stack()
		}
		var classified interface{ Verdict() verdict.Verdict }
		if errors.As(err, &classified) {
			v := classified.Verdict()
			return &v, nil
		}
		return &verdict.Verdict{Kind: verdict.Error, Reason: err.Error()}, nil
	}
	if err := before.compare(tensors); err != nil {
		return &verdict.Verdict{Kind: verdict.Guard, Reason: err.Error()}, nil
	}
	return nil, nil
}

var errHang = errors.New("deadline passed")

// PanicError is a panic of a path that Go code computes.
type PanicError struct {
	Value any
	Stack string
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("panic: %v at %s", e.Value, firstFrame(e.Stack))
}

// guarded calls the path under the deadline, which bounds what it computes and not what it compiles. An isolated path keeps it by itself. A path in this process cannot be
// stopped: after a hang its goroutine is left behind, and the caller must not use the path again.
func (t *trial) guarded(ctx context.Context, c cases.Case, tensors *cases.Tensors) (paths.Timing, error) {
	if t.options.Deadline <= 0 {
		return protected(ctx, t.path, c, tensors)
	}
	ctx, cancel := compiling.WithTimeout(ctx, t.options.Deadline, compiling.Of(t.path))
	defer cancel()
	if isolated, ok := t.path.(paths.Isolated); ok {
		timing, err := isolated.Attend(ctx, c, tensors)
		var judged interface{ Verdict() verdict.Verdict }
		if errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &judged) {
			err = errHang // the path noticed by itself
		}
		return timing, err
	}
	type answer struct {
		timing paths.Timing
		err    error
	}
	done, ended := make(chan answer, 1), make(chan struct{})
	go func() {
		defer close(ended)
		timing, err := protected(ctx, t.path, c, tensors)
		done <- answer{timing, err}
	}()
	select {
	case a := <-done:
		if errors.Is(a.err, context.DeadlineExceeded) {
			return a.timing, errHang
		}
		return a.timing, a.err
	case <-ctx.Done():
		t.outcome.Running = ended
		return paths.Timing{}, errHang
	}
}

func protected(ctx context.Context, p paths.Path, c cases.Case, tensors *cases.Tensors) (timing paths.Timing, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{value, string(debug.Stack())}
		}
	}()
	return p.Attend(ctx, c, tensors)
}

// firstFrame finds where a panic came from: the first frame below the runtime's own.
func firstFrame(stack string) string {
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") && i+3 < len(lines) {
			return strings.TrimSpace(strings.SplitN(lines[i+3], " +0x", 2)[0])
		}
	}
	return "unknown"
}

// callFailed carries the verdict of a call that a law made.
type callFailed struct{ v verdict.Verdict }

func (e *callFailed) Error() string { return e.v.Reason }
