package campaign

import (
	"context"
	"errors"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// ReduceOptions says what to reduce and how long.
type ReduceOptions struct {
	Path      string
	Case      cases.Case
	Relations int
	Deadline  time.Duration // of one call
	Isolation Isolation
	MaxCalls  int
	Time      time.Duration // of the whole search
	Save      func(cases.Case) error
	Log       func(line string)
}

// Reduce looks for the smallest case that fails as o.Case does, and gives it with the verdict of the case it came
// from. A case that passes gives reduce.ErrPasses.
func Reduce(ctx context.Context, o ReduceOptions) (reduce.Result, verdict.Verdict, error) {
	tester := &engine.Tester{
		NewPath: o.Isolation.opener(o.Path),
		Trial:   trial.Options{Relations: o.Relations, Deadline: o.Deadline, Repeats: trial.RepeatAll},
	}
	outcome, err := tester.Try(ctx, o.Case)
	if err := errors.Join(err, tester.Close()); err != nil {
		return reduce.Result{}, verdict.Verdict{}, err
	}
	if !outcome.Verdict.Kind.Fails() {
		return reduce.Result{}, outcome.Verdict, reduce.ErrPasses
	}
	result, err := reduceFailure(ctx, o, outcome.Verdict)
	return result, outcome.Verdict, err
}

// reduceFailure reduces a case that is known to fail with v.
func reduceFailure(ctx context.Context, o ReduceOptions, v verdict.Verdict) (reduce.Result, error) {
	tester := (&engine.Tester{NewPath: o.Isolation.opener(o.Path), Trial: trial.Options{Deadline: o.Deadline}}).Narrow(v)
	defer tester.Close()
	var saveErr error
	options := reduce.Options{
		MaxCalls: o.MaxCalls, Log: o.Log,
		Save: func(c cases.Case) {
			if o.Save != nil && saveErr == nil {
				saveErr = o.Save(c)
			}
		},
	}
	if o.Time > 0 {
		options.Deadline = time.Now().Add(o.Time)
	}
	result, err := reduce.Reduce(ctx, o.Case, options, tester.Fails)
	return result, errors.Join(err, saveErr)
}
