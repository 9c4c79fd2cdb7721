// Package engine runs many cases over many workers and hands out a result as each one ends. Which cases, which path
// and where results go are its caller's. It never prints and never writes a file.
//
// Cases run in sequences of consecutive numbers. A sequence starts with a cold context and goes through it in order
// on one worker, so that what a case finds in the context depends on its number alone: the same seed gives the same
// verdicts whatever the number of workers, and bugs that need two calls still get them.
package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	// is Source's. It too must always give the same. nil: what the path does not support is not drawn again.
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

// worker is one path and what ran in its context.
type worker struct {
	*engine
	path    paths.Path
	history []cases.Case
	// allowance is of the sequence, so that where it runs out does not depend on who ran which sequence before.
	allowance Allowance
}

// open opens a path with a cold context for the worker.
func (w *worker) open(ctx context.Context) error { return w.start(ctx, paths.Reset) }

// reopen does so after a failure, of which nothing may be left: an isolated path goes on in a new process.
func (w *worker) reopen(ctx context.Context) error { return w.start(ctx, paths.Restart) }

func (w *worker) start(ctx context.Context, cold func(context.Context, paths.Path) error) error {
	w.history = nil
	if w.path != nil {
		err := cold(ctx, w.path)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.close() // one that cannot be reset is replaced
	}
	p, err := w.cfg.NewPath(ctx)
	if err != nil {
		return fmt.Errorf("open path: %w", err)
	}
	w.path = p
	return nil
}

// leave hands the path to who wants to go on with it.
func (w *worker) leave() {
	if w.cfg.Keep != nil && w.path != nil {
		w.cfg.Keep(w.path)
		w.path = nil
	}
	w.close()
}

func (w *worker) close() {
	if closer, ok := w.path.(interface{ Close() error }); ok {
		closer.Close()
	}
	w.path = nil
}

func (w *worker) sequence(ctx context.Context, first int) error {
	pending := false
	for index := first; index < first+SequenceLength; index++ {
		pending = pending || !w.over(index) && !w.skips(index)
	}
	if !pending {
		return nil
	}
	if err := w.open(ctx); err != nil {
		return err
	}
	w.allowance = Allowance{}
	for index := first; index < first+SequenceLength && !w.over(index); index++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := w.cfg.Source(index)
		if err != nil {
			return fmt.Errorf("case number %d: %w", index, err)
		}
		r, err := w.supported(ctx, index, c)
		if err != nil {
			return err
		}
		// A resumed run goes through a sequence that it had begun again, for the context, and keeps only what is new.
		if !w.skips(index) {
			if err := w.emit(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *engine) skips(index int) bool {
	if e.cfg.Skip == nil {
		return false
	}
	e.recording.Lock()
	defer e.recording.Unlock()
	return e.cfg.Skip(index)
}

// supported runs the first of a number's draws that the path does not refuse. Where it refuses all, the result is that
// of the first.
func (w *worker) supported(ctx context.Context, index int, c cases.Case) (Result, error) {
	first, err := w.one(ctx, index, c)
	if err != nil || first.Verdict.Kind != verdict.Unsupported {
		w.allowance.Judged()
		return first, err
	}
	if w.cfg.Redraw == nil {
		return first, nil
	}
	var refused verdict.Tally
	spent, called := first.Spent, first.Called
	for draw := 1; w.allowance.Refused(called) && !w.over(index); draw++ {
		if err := ctx.Err(); err != nil {
			return first, err
		}
		c, err := w.cfg.Redraw(index, draw)
		if err != nil {
			break // the filter lets nothing more through, or nearly nothing
		}
		r, err := w.one(ctx, index, c)
		if err != nil {
			return r, err
		}
		spent.Add(r.Spent)
		if r.Verdict.Kind != verdict.Unsupported {
			w.allowance.Judged()
			refused.Add(first.Verdict.Reason, 1)
			r.Draw, r.Refused, r.Spent = draw, refused.List(), spent
			return r, nil
		}
		refused.Add(r.Verdict.Reason, 1)
		called = r.Called
	}
	first.Refused, first.Spent = refused.List(), spent
	return first, nil
}

// try runs a case on the worker's path. One that is lost is abandoned, not closed: it may still be running.
func (w *worker) try(ctx context.Context, c cases.Case, o trial.Options) (trial.Outcome, error) {
	outcome, err := trial.Run(ctx, w.path, c, o)
	if outcome.Lost {
		w.path = nil
	}
	return outcome, err
}

func (w *worker) one(ctx context.Context, index int, c cases.Case) (Result, error) {
	on := paths.Describe(w.path)
	outcome, err := w.try(ctx, c, w.cfg.Trial)
	if err != nil {
		return Result{}, err
	}
	outcome.Truth, outcome.Output = nil, nil // results are kept, tensors are not
	r := Result{Index: index, Case: c, Outcome: outcome, On: on}
	if outcome.Verdict.Kind.Fails() {
		if err := w.explain(ctx, &r); err != nil {
			return r, err
		}
		return r, w.reopen(ctx) // what follows a failure does not inherit its context
	}
	if outcome.Verdict.Kind == verdict.Unsupported && !outcome.Called {
		return r, nil // nothing has happened
	}
	if len(c.After) > 0 || outcome.Cold {
		w.history = nil // its trial began, or ended, with a cold context
	}
	if outcome.Cold || outcome.Verdict.Kind == verdict.Unsupported {
		return r, nil // what the path refuses cannot stand before another case
	}
	w.remember(c)
	return r, nil
}

// remember keeps what ran in the context, as far as a case can name it.
func (w *worker) remember(c cases.Case) {
	w.history = append(w.history, c.After...)
	c.After, c.Notes = nil, ""
	w.history = append(w.history, c)
	if extra := len(w.history) - cases.MaxAfter; extra > 0 {
		w.history = w.history[extra:]
	}
}

// explain finds out whether a failing case needs its predecessors: it is tried alone in a cold context, and if it
// passes there, after the cases that ran before it. The case that fails again is the one to keep.
func (w *worker) explain(ctx context.Context, r *Result) error {
	stillFails := func(c cases.Case) (bool, error) {
		history := w.history
		if err := w.reopen(ctx); err != nil {
			return false, err
		}
		w.history = history
		outcome, err := w.try(ctx, c, narrowed(w.cfg.Trial, r.Verdict))
		return sameFailure(outcome.Verdict, r.Verdict), err
	}
	if alone, err := stillFails(r.Case); err != nil || alone {
		return err
	}
	// A case that brings predecessors began with a cold context; in the process itself something may be left all the same.
	if room := cases.MaxAfter - len(r.Case.After); len(w.history) > 0 && room > 0 {
		sequence := r.Case.Clone()
		before := w.history[max(0, len(w.history)-room):]
		sequence.After = append(slices.Clone(before), sequence.After...)
		failed, err := stillFails(sequence)
		if err != nil {
			return err
		}
		if failed {
			r.Case = sequence
			r.Verdict.Reason += fmt.Sprintf(" (only after the %d cases before it)", len(before))
			return nil
		}
	}
	r.Verdict.Reason += " (not again when tried alone, nor after its predecessors: the path is not deterministic)"
	return nil
}

// narrowed checks beside the output only what v names as broken: a case has other laws and repeats under another name,
// and it has another name with its predecessors in it.
func narrowed(o trial.Options, v verdict.Verdict) trial.Options {
	o.Relations, o.Laws, o.LawSeed, o.Repeats = 0, nil, 0, trial.RepeatNone
	if v.Law != "" {
		o.Laws, o.LawSeed = []string{v.Law}, v.LawSeed
	}
	if v.Kind == verdict.Nondeterministic {
		o.Repeats = trial.RepeatAll
	}
	return o
}

func sameFailure(a, b verdict.Verdict) bool { return a.Kind == b.Kind && a.Law == b.Law }
