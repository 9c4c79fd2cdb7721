package harness

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/evidence"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/relation"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// The environment variables by which the two lines of a failure work: a case file to run instead of everything else,
// and one to reduce further. The third overrides the law that such a file is held to: NAME or NAME:SEED.
const (
	replayVariable = "ATTEST_REPLAY"
	reduceVariable = "ATTEST_REDUCE"
	lawVariable    = "ATTEST_LAW"
)

// failing is what a test does with a case that fails, whichever way it came to it: it makes the case smaller, keeps it
// and tells it.
type failing struct {
	settings
	path   Path
	test   string // the name by which go test runs the test again
	tester *engine.Tester
	*counts
	ends limits
}

func newFailing(p Path, s settings, test string) failing {
	return failing{settings: s, path: p, test: test, counts: &counts{}, tester: &engine.Tester{
		NewPath: func(context.Context) (Path, error) { return p, nil }, Trial: s.trial, Shared: &engine.Busy{},
	}}
}

// report makes a failing case smaller, keeps it and tells it.
func (f *failing) report(ctx context.Context, c Case, v verdict.Verdict, origin string) string {
	ctx, cancel := within(ctx, f.ends.report)
	defer cancel()
	smallest, v, calls, err := f.smallest(ctx, c, v)
	reduced := fmt.Sprintf("reduced in %d runs to:", calls)
	if err != nil {
		reduced = fmt.Sprintf("not reduced (%v):", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "attest: %s: %s\n%s, %s\n%s\n%s", v.Kind, v.Reason, origin, reduced, cases.Describe(smallest), cases.Encode(smallest))
	if f.dir == "" {
		return b.String()
	}
	e := evidence.Of(v, paths.Describe(f.path), evidence.Conditions{Path: f.path.Name(), Deadline: f.trial.Deadline, Build: f.build()})
	if name := cases.Name(c); name != cases.Name(smallest) {
		e.From = name
	}
	file, err := corpus.SaveFailure(f.dir, smallest, e)
	if err != nil {
		fmt.Fprintf(&b, "the case could not be kept: %v\n", err)
		return b.String()
	}
	b.WriteString(f.lines(file))
	return b.String()
}

// build tells this path, as this program computes it, from others: of two types, or of two builds.
func (f *failing) build() string { return evidence.Build(fmt.Sprintf("%T %s", f.path, f.path.Name())) }

func (f *failing) smallest(ctx context.Context, c Case, v verdict.Verdict) (Case, verdict.Verdict, int, error) {
	options := reduce.Options{MaxCalls: f.reduceCalls}
	if f.reduceTime > 0 {
		options.Deadline = time.Now().Add(f.reduceTime)
	}
	result, of, err := f.tester.Reduce(ctx, c, v, options, nil)
	if err != nil {
		return c, v, result.Calls, err
	}
	return result.Case, of, result.Calls, nil
}

// lines are what to paste, anywhere in the module: run the case again, and make it smaller.
func (f *failing) lines(file string) string {
	test := "go test -count=1 "
	if f.test != "" {
		test += fmt.Sprintf("-run '^%s$' ", strings.ReplaceAll(f.test, "/", "$/^"))
	}
	test += packagePath()
	return fmt.Sprintf("%s=%s %s\n%s=%s %s", replayVariable, file, test, reduceVariable, file, test)
}

// rerun is how a case file ended, for a test. text is empty where it passes and there is nothing to report.
type rerun struct {
	item    corpus.Item
	outcome trial.Outcome
	flaky   bool
	fails   bool
	text    string
}

// replay runs a case file again, under the conditions in which it failed.
func (f *failing) replay(ctx context.Context, item corpus.Item) (rerun, error) {
	kept := engine.Kept{Case: item.Case, Failure: item.Failure, Build: f.build}
	first := ""
	restore := f.tester.Trial
	defer func() { f.tester.Trial = restore }()
	if e := item.Failure; e != nil {
		if kept.Elsewhere = e.Path != "" && e.Path != f.path.Name(); kept.Elsewhere {
			first = fmt.Sprintf("ANOTHER PATH: %s failed on path %s and runs on %s now\n", item.Path, e.Path, f.path.Name())
		}
		if e.Verdict == verdict.Hang && e.Deadline > 0 && !f.deadlineGiven {
			f.tester.Trial.Deadline = evidence.Deadline(e)
		}
	}
	law, seed, err := lawOverride()
	if err != nil {
		return rerun{}, err
	}
	if law != "" {
		kept.Failure = nil
		f.tester.Trial.Relations, f.tester.Trial.Laws, f.tester.Trial.LawSeed = 0, []string{law}, seed
	} else if err := engine.CheckLaw(item.Failure); err != nil {
		return rerun{}, fmt.Errorf("%s: %w", item.Path, err)
	}
	outcome, err := f.tester.Replay(ctx, kept)
	if err != nil {
		return rerun{}, err
	}
	v := outcome.Verdict
	result := rerun{item: item, outcome: outcome.Outcome, flaky: outcome.Flaky, fails: v.Kind.Fails()}
	note := ""
	if outcome.Note != "" {
		note = "\n" + outcome.Note
	}
	switch {
	case result.fails:
		result.text = fmt.Sprintf("attest: %s%s: %s: %s%s\n%s\n%s", first, item.Path, v.Kind, v.Reason, note, cases.Describe(item.Case), f.lines(item.Path))
	case first != "" || note != "":
		result.text = fmt.Sprintf("attest: %s%s: %s%s", first, item.Path, v.Kind, note)
	}
	return result, nil
}

// unsupported is the error of a file that somebody asked for and the path refuses; nil where it does not.
func (a *rerun) unsupported() error {
	if a.outcome.Verdict.Kind != verdict.Unsupported {
		return nil
	}
	return fmt.Errorf("attest: %s: unsupported: %s\nnothing was judged", a.item.Path, a.outcome.Verdict.Reason)
}

// lawOverride reads the third variable.
func lawOverride() (law string, seed uint64, err error) {
	text := os.Getenv(lawVariable)
	if text == "" {
		return "", 0, nil
	}
	law, number, seeded := strings.Cut(text, ":")
	if _, err := relation.Named(law); err != nil {
		return "", 0, fmt.Errorf("%s: %w", lawVariable, err)
	}
	if seeded {
		if seed, err = strconv.ParseUint(number, 10, 64); err != nil {
			return "", 0, fmt.Errorf("%s: seed %q; want an integer from 0 to 2^64-1", lawVariable, number)
		}
	}
	return law, seed, nil
}
