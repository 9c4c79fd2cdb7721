package engine

import (
	"context"
	"fmt"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// worker is one path and what ran in its context.
type worker struct {
	*engine
	path    paths.Path
	turn    int // the sequence's number, from 1: see paths.Turner
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
	w.turn = first/SequenceLength + 1
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
	paths.Turn(w.path, w.turn, c.Work())
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
