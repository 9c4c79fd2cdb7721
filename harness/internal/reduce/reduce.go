package reduce

import (
	"context"
	"errors"
	"fmt"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// ErrPasses is what Reduce returns for a case that does not fail to begin with.
var ErrPasses = errors.New("the case does not fail")

// Options bound a reduction and follow it. The zero value has no bounds and tells nobody.
type Options struct {
	MaxCalls int       // runs of the predicate, the first included; 0: no bound
	Deadline time.Time // zero: none but the context's

	// Save gets the best case so far each time that a better one is found, so that nothing is lost when the process
	// dies. It owns the case that it gets.
	Save func(cases.Case)
	// Log gets one line for people each time that a better case is found.
	Log func(line string)
}

// Result is how far a reduction came.
type Result struct {
	Case     cases.Case   // the smallest found
	Kind     verdict.Kind // how it fails, the same as the case that it came from
	Law      string       // the law that it breaks, where Kind is relation
	Calls    int          // runs of the predicate
	Steps    int          // times that a smaller case was found
	Complete bool         // no candidate fails; false: the calls, the deadline or the context ended the search
}

// Reduce looks for the smallest case, in the order Less, that fails with the same kind of verdict, and with the
// same law where that is a relation. It runs start first; where that does not fail the error is ErrPasses.
//
// Where the bounds or the context end the search the best so far is returned without an error. Where the predicate
// returns an error, the best so far is returned with it.
func Reduce(ctx context.Context, start cases.Case, options Options, fails Predicate) (Result, error) {
	start = start.Clone()
	if err := start.Normalize(); err != nil {
		return Result{Case: start}, fmt.Errorf("reduce: %w", err)
	}
	if !options.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, options.Deadline)
		defer cancel()
	}
	kind, law, err := fails(ctx, start.Clone())
	result := Result{Case: start, Kind: kind, Law: law, Calls: 1}
	switch {
	case ctx.Err() != nil: // too late to tell how it fails
		return Result{Case: start, Calls: 1}, nil
	case err != nil:
		return result, fmt.Errorf("reduce: case %s: %w", cases.Name(start), err)
	case !kind.Fails():
		return result, fmt.Errorf("reduce: case %s: %w: verdict %s", cases.Name(start), ErrPasses, kind)
	}
	s := &search{
		ctx: ctx, options: options, fails: fails, kind: kind, law: law,
		best: start, rank: newRank(start), asked: map[string]bool{cases.Name(start): true}, calls: 1,
	}
	s.toFixpoint()
	result.Case, result.Calls, result.Steps, result.Complete = s.best, s.calls, s.steps, !s.stop
	return result, s.err
}
