// Package engine runs many cases over many workers and hands out a result as each one ends. Which cases, which path
// and where results go are its caller's. It never prints and never writes a file.
//
// Cases run in sequences of consecutive numbers. A sequence starts with a cold context and goes through it in order
// on one worker, so that what a case finds in the context depends on its number alone: the same seed has the same
// verdicts whatever the number of workers, and bugs that need two calls are still found.
package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// SequenceLength is how many consecutive cases share a context.
const SequenceLength = 16

// Config is what to run.
type Config struct {
	// Source returns the case with a number, from 0; for the same number always the same case.
	Source func(index int) (cases.Case, error)
	// Redraw returns the draw of a number that takes the place of those before it, which the path does not support; draw 0
	// is Source's. It too must always return the same case. nil: what the path does not support is not drawn again.
	Redraw func(index, draw int) (cases.Case, error)
	// First is the first number, of a sequence's begin.
	First int
	// Cases is how many to run, drawn again or not, those below First among them; 0: until Time is over.
	Cases int
	// Time ends the run at the next case; 0: no limit.
	Time time.Duration
	// Workers is how many sequences run at once; 0: one.
	Workers int
	// CompileAhead runs coming cases in their smallest size on a path of its own, for paths that compile and keep what
	// they compiled on disk.
	CompileAhead bool
	// NewPath opens the path; every worker has its own, and a new one after a crash. What it returns has a cold context.
	NewPath func(context.Context) (paths.Path, error)
	// Keep takes over the paths that are open when the run ends; nil: they are closed.
	Keep  func(paths.Path)
	Trial trial.Options
	// Skip names the numbers that a resumed run has already; nil: none. It and Sink see the same record of a run, so no two
	// calls of either run at once.
	Skip func(index int) bool
	// Sink takes each result, in the order in which they end.
	Sink func(Result) error
}

// Result is a case that ended.
type Result struct {
	Index int
	Case  cases.Case // the case; of a failure that needs its predecessors, with them in After
	// Draw is which draw of its number the case is; Refused are those that the path refused, beside Case itself.
	Draw    int
	Refused []verdict.Refusal
	trial.Outcome
	On paths.Description
}

// Run runs the cases until all are done, the time is over or ctx ends. When ctx ends it returns ctx's error after
// every finished result has gone to the sink; the end of Config.Time is no error.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Cases <= 0 && cfg.Time <= 0 {
		return errors.New("engine: neither a number of cases nor a time is set")
	}
	if cfg.First < 0 || cfg.First%SequenceLength != 0 {
		return fmt.Errorf("engine: the first number is %d; want a multiple of %d", cfg.First, SequenceLength)
	}
	e := &engine{cfg: cfg}
	e.next.Store(int64(cfg.First / SequenceLength))
	if cfg.Time > 0 {
		e.until = time.Now().Add(cfg.Time)
	}
	group, ctx := errgroup.WithContext(ctx)
	if cfg.CompileAhead {
		ahead, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { defer close(done); e.compileAhead(ahead) }()
		defer func() { stop(); <-done }()
	}
	for range max(cfg.Workers, 1) {
		group.Go(func() error { return e.work(ctx) })
	}
	return group.Wait()
}

type engine struct {
	cfg   Config
	until time.Time
	next  atomic.Int64 // the next sequence to take
	// recording is held by every call of Skip and Sink.
	recording sync.Mutex
}

func (e *engine) over(index int) bool {
	return e.cfg.Cases > 0 && index >= e.cfg.Cases || !e.until.IsZero() && time.Now().After(e.until)
}

func (e *engine) work(ctx context.Context) error {
	w := worker{engine: e}
	defer w.leave()
	for {
		first := int(e.next.Add(1)-1) * SequenceLength
		if e.over(first) {
			return nil
		}
		if err := w.sequence(ctx, first); err != nil {
			return err
		}
	}
}

func (e *engine) emit(r Result) error {
	e.recording.Lock()
	defer e.recording.Unlock()
	return e.cfg.Sink(r)
}

func (e *engine) skips(index int) bool {
	if e.cfg.Skip == nil {
		return false
	}
	e.recording.Lock()
	defer e.recording.Unlock()
	return e.cfg.Skip(index)
}

func sameFailure(a, b verdict.Verdict) bool { return a.Kind == b.Kind && a.Law == b.Law }
