package engine

import (
	"context"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// Tester tries cases one by one, each in a cold context, and opens the path anew when it is lost. It is what a
// reduction and a replay run on.
type Tester struct {
	NewPath func(context.Context) (paths.Path, error)
	Trial   trial.Options
	// Patient restarts the process after every failure, however long a start takes.
	Patient bool
	// Warm does without a new process after wrong numbers: for many questions whose answers are weighed together.
	Warm bool
	// Afresh starts a process for each case, where a start is quick. What a path keeps from one call to the next it may keep in
	// the process, and not in a context: then a case is wrong or right by what was asked before it.
	Afresh bool
	// Known are cases that count as passed in Fails: their failures are another bug's, and a reduction must not end there.
	// nil: none.
	Known func(*cases.Case) bool
	// Shared is of a tester whose NewPath returns one and the same path each time: it is its owner's to close, and while a
	// call that overran its deadline still runs nothing is asked of it.
	Shared *Busy
	// Turn is told to a path that takes turns: see paths.Turner.
	Turn int

	path    paths.Path
	last    verdict.Verdict // of the case before
	start   time.Duration   // how long the last start took
	skipped bool            // a failure was followed by another case in the same process
}

// slowStart is the start of a process that is not made anew after every failure: one that imports a framework.
const slowStart = 300 * time.Millisecond

// cold puts the path into a context in which nothing is left of the case before. A failure may have left something that
// only a new process has not; where a start is slow, wrong numbers alone are no reason for one.
func (t *Tester) cold(ctx context.Context) error {
	if t.Afresh && t.start <= slowStart {
		return t.restart(ctx)
	}
	if !t.last.Kind.Fails() {
		return paths.Reset(ctx, t.path)
	}
	switch t.last.Kind {
	case verdict.Numeric, verdict.Special, verdict.Relation:
		if (t.start > slowStart || t.Warm) && !t.Patient {
			t.skipped = true
			return paths.Reset(ctx, t.path)
		}
	}
	return t.restart(ctx)
}

func (t *Tester) restart(ctx context.Context) error {
	begin := time.Now()
	err := paths.Restart(ctx, t.path)
	t.start = time.Since(begin)
	return err
}

// Anew has the next case run in a new process.
func (t *Tester) Anew(ctx context.Context) error {
	if t.path == nil {
		return nil
	}
	return t.restart(ctx)
}

// Try returns the outcome of one case.
func (t *Tester) Try(ctx context.Context, c cases.Case) (trial.Outcome, error) {
	if t.Shared != nil {
		if err := t.Shared.Wait(ctx, Patience(t.Trial.Deadline)); err != nil {
			return trial.Outcome{}, err
		}
	}
	if t.path != nil {
		if err := t.cold(ctx); err != nil {
			t.Close()
		}
	}
	if err := t.open(ctx); err != nil {
		return trial.Outcome{}, err
	}
	paths.Turn(t.path, t.Turn, c.Work())
	outcome, err := trial.Run(ctx, t.path, c, t.Trial)
	t.last = outcome.Verdict
	if outcome.Lost {
		t.path = nil
	}
	if t.Shared != nil {
		t.Shared.Note(outcome)
	}
	return outcome, err
}

// Narrow returns a tester for cases that may fail like v: relations are checked only where one is what v broke, and
// then only that one. It opens a path of its own.
func (t *Tester) Narrow(v verdict.Verdict) *Tester {
	return &Tester{NewPath: t.NewPath, Trial: narrowed(t.Trial, v), Shared: t.Shared, Known: t.Known, Turn: t.Turn}
}

// Narrowly has the path that is open go on for cases that may fail like v, of all that o would check.
func (t *Tester) Narrowly(o trial.Options, v verdict.Verdict) { t.Trial = narrowed(o, v) }

// Fails returns how a case ends, in a reducer's terms.
func (t *Tester) Fails(ctx context.Context, c cases.Case) (verdict.Kind, string, error) {
	if t.Known != nil && t.Known(&c) {
		return verdict.Pass, "", ctx.Err()
	}
	outcome, err := t.Try(ctx, c)
	return outcome.Verdict.Kind, outcome.Verdict.Law, err
}

// Close closes the path.
func (t *Tester) Close() error {
	closer, ok := t.path.(interface{ Close() error })
	t.path = nil
	if !ok || t.Shared != nil {
		return nil
	}
	return closer.Close()
}

// Describe opens the path where it is not open yet and returns what it runs on.
func (t *Tester) Describe(ctx context.Context) (paths.Description, error) {
	if err := t.open(ctx); err != nil {
		return paths.Description{}, err
	}
	return paths.Describe(t.path), nil
}

// Peak opens the path where it is not open yet and measures what its device could do at most: see paths.Peaker.
func (t *Tester) Peak(ctx context.Context) (float64, error) {
	if err := t.open(ctx); err != nil {
		return 0, err
	}
	return paths.PeakOf(ctx, t.path)
}

func (t *Tester) open(ctx context.Context) error {
	if t.path != nil {
		return nil
	}
	begin := time.Now()
	p, err := t.NewPath(ctx)
	t.path, t.start = p, time.Since(begin)
	return err
}
