package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/evidence"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// ReduceOptions hold what to reduce, and the limits of the search.
type ReduceOptions struct {
	Conditions
	Item     corpus.Item
	MaxCalls int
	Time     time.Duration // of the whole search
	Save     func(cases.Case, *cases.Evidence) error
	Log      func(line string)
}

// Reduced is the smallest case found.
type Reduced struct {
	reduce.Result
	// Verdict is how the smallest case fails, in its own words and numbers.
	Verdict verdict.Verdict
	Failure *cases.Evidence // what to keep with it
	Path    string          // that it ran on
	// Note is engine.Rerun's, of the case that it came from.
	Note string
}

// Reduce looks for the smallest case that fails as o.Item does, which runs under the conditions in which it failed. One
// that passes is reduce.ErrPasses.
func Reduce(ctx context.Context, o ReduceOptions) (Reduced, error) {
	a := &rerunner{conditions: o.Conditions}
	s, err := a.at(o.Item)
	if err != nil {
		return Reduced{Path: s.path}, atItem(o.Item, err)
	}
	a.tester.Turn = 1 // as a replay of this file alone
	outcome, err := a.tester.Replay(ctx, a.kept(o.Item, s))
	s.path = record.OnEngine(s.path, outcome.Timing.Engine)
	var on paths.Description
	if err == nil {
		on, err = a.tester.Describe(ctx)
	}
	if err := errors.Join(err, a.close()); err != nil {
		return Reduced{Path: s.path}, err
	}
	if !outcome.Verdict.Kind.Fails() || outcome.Flaky {
		return Reduced{Path: s.path, Verdict: outcome.Verdict, Note: outcome.Note}, reduce.ErrPasses
	}
	result, err := reduceFailure(ctx, search{
		setting: s, on: on, c: o.Item.Case, v: outcome.Verdict, maxCalls: o.MaxCalls, time: o.Time, save: o.Save, log: o.Log,
	})
	result.Note = outcome.Note
	return result, err
}

func atItem(item corpus.Item, err error) error { return fmt.Errorf("%s: %w", item.Path, err) }

// search is a reduction of a case that is known to fail with v.
type search struct {
	setting
	on       paths.Description
	c        cases.Case
	v        verdict.Verdict
	maxCalls int
	time     time.Duration
	save     func(cases.Case, *cases.Evidence) error
	log      func(line string)
	// known are cases whose failures are another bug's; nil: none.
	known func(*cases.Case) bool
}

func reduceFailure(ctx context.Context, s search) (Reduced, error) {
	tester := &engine.Tester{NewPath: s.isolation.opener(s.path), Trial: trial.Options{Deadline: s.deadline}, Known: s.known}
	keeping := s.keeping()
	keep := func(v verdict.Verdict) *cases.Evidence {
		e := evidence.Of(v, s.on, keeping)
		e.From = cases.Name(s.c)
		return e
	}
	var saveErr error
	options := reduce.Options{MaxCalls: s.maxCalls, Log: s.log}
	if s.time > 0 {
		options.Deadline = time.Now().Add(s.time)
	}
	result, v, err := tester.Reduce(ctx, s.c, s.v, options, func(c cases.Case, v verdict.Verdict) {
		if s.save != nil && saveErr == nil {
			saveErr = s.save(c, keep(v))
		}
	})
	return Reduced{Result: result, Verdict: v, Failure: keep(v), Path: s.path}, errors.Join(err, saveErr)
}
