package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// Property states that a path conforms, for suites that run gopter themselves. gopter shrinks by its own single pass; what
// is left is reduced further, kept and told as Conform does, and the two lines of a failure work as they do there.
func Property(p Path, options ...PropertyOption) gopter.Prop {
	s := settingsOf(p, options, PropertyOption.property)
	if s.wrong == nil {
		_, s.wrong = gen.NewStream(s.preset, s.seed, s.filter)
	}
	if s.wrong != nil {
		return func(*gopter.GenParameters) *gopter.PropResult {
			return &gopter.PropResult{Status: gopter.PropError, Error: s.wrong}
		}
	}
	f := newFailing(p, s, callingTest())
	if asked, err := f.askedFor(context.Background()); asked {
		return func(*gopter.GenParameters) *gopter.PropResult { return resultOf(err) }
	}
	drawn := &judgedDraws{failing: &f, draw: gen.Case(s.preset, s.filter).WithShrinker(reduce.Shrinker)}
	property := prop.ForAll(func(c Case) (bool, error) {
		outcome, err := drawn.judge(context.Background(), c)
		return err == nil && !outcome.Verdict.Kind.Fails(), err
	}, drawn.gen)
	return func(g *gopter.GenParameters) *gopter.PropResult {
		if drawn.nothing() {
			return &gopter.PropResult{Status: gopter.PropError, Error: fmt.Errorf("nothing shown: no case could be judged\n%v", f.counts)}
		}
		result := property(g)
		if result.Status != gopter.PropFalse {
			return result
		}
		c := result.Args[0].Arg.(Case)
		outcome, err := f.judge(context.Background(), c)
		v := outcome.Verdict
		if err == nil && v.Kind.Fails() {
			report := f.report(context.Background(), c, v, "found by gopter")
			err = errors.New(report)
			if lines := strings.Split(report, "\n"); f.dir != "" && len(lines) > 2 {
				// gopter breaks long lines, and these are for pasting.
				fmt.Printf("attest: to paste:\n%s\n", strings.Join(lines[len(lines)-2:], "\n"))
			}
		} else if err == nil {
			err = fmt.Errorf("attest: flaky: the case failed and ends with %s now\n%s\n%s", v.Kind, cases.Describe(c), cases.Encode(c))
		}
		result.Status, result.Error = gopter.PropError, err
		return result
	}
}

// judgedDraws draws until the path does not refuse, so that what gopter counts are judged cases. Where the path refuses
// all that the allowance leaves, it has no case, which gopter counts as discarded.
type judgedDraws struct {
	*failing
	draw      gopter.Gen
	allowance engine.Allowance
	lock      sync.Mutex // of what follows, for gopter may have several workers
	last      string     // the name of the case that was judged last
	outcome   trial.Outcome
	err       error
}

func (d *judgedDraws) gen(g *gopter.GenParameters) *gopter.GenResult {
	d.lock.Lock()
	defer d.lock.Unlock()
	for {
		result := d.draw(g)
		value, ok := result.Retrieve()
		if !ok {
			return result
		}
		c := value.(Case)
		d.outcome, d.err = d.failing.judge(context.Background(), c)
		d.last = cases.Name(c)
		if d.err != nil || d.outcome.Verdict.Kind != verdict.Unsupported {
			d.allowance.Judged()
			return result
		}
		if !d.allowance.Refused(d.outcome.Called) {
			return gopter.NewEmptyResult(reflect.TypeFor[Case]())
		}
	}
}

// judge is told of the case that was drawn last, and tries others: those that gopter makes of it while it shrinks. One
// of these that the path refuses does not fail.
func (d *judgedDraws) judge(ctx context.Context, c Case) (trial.Outcome, error) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.last == cases.Name(c) {
		return d.outcome, d.err
	}
	return d.failing.judge(ctx, c)
}

// nothing reports that all was refused and no more will be drawn.
func (d *judgedDraws) nothing() bool {
	d.lock.Lock()
	defer d.lock.Unlock()
	return d.allowance.Over() && d.judged() == 0
}

// resultOf puts what the environment asked for into gopter's terms.
func resultOf(err error) *gopter.PropResult {
	if err != nil {
		return &gopter.PropResult{Status: gopter.PropError, Error: err}
	}
	return &gopter.PropResult{Status: gopter.PropProof}
}

// callingTest is the name of the test function that is running; empty: none is.
func callingTest() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	before := ""
	for {
		frame, more := frames.Next()
		if frame.Function == "testing.tRunner" {
			name := before[strings.LastIndexByte(before, '/')+1:] // package.TestName.func1
			if parts := strings.Split(name, "."); len(parts) > 1 && strings.HasPrefix(parts[1], "Test") {
				return parts[1]
			}
			return ""
		}
		before = frame.Function
		if !more {
			return ""
		}
	}
}

// Fuzz is a native fuzz test of a path over the typed scalars of a case, seeded from case files. A failure is reduced,
// kept and told as Conform does, and the two lines of a failure work as they do there:
//
//	func FuzzMyKernel(f *testing.F) { harness.Fuzz(f, myPath{}, harness.Seeds("../corpus")) }
//
// Inputs that a filter excludes, that the path does not support or that would take too long for a fuzzer are skipped.
func Fuzz(f *testing.F, p Path, options ...FuzzOption) {
	f.Helper()
	s := settingsOf(p, options, FuzzOption.fuzz)
	if s.wrong != nil {
		f.Fatalf("attest: %v", s.wrong)
	}
	found := newFailing(p, s, f.Name())
	if asked, err := found.askedFor(f.Context()); asked {
		if err != nil {
			f.Error(err)
		}
		corpus.Fuzz(f, nil, func(*testing.T, Case) {}) // go test wants a target to be there
		return
	}
	items, damaged := corpus.Load(s.seeds...)
	for _, err := range damaged {
		f.Errorf("attest: %v", err)
	}
	corpus.Fuzz(f, items, func(t *testing.T, c Case) {
		if gen.Cost(c) > fuzzCost {
			t.Skip("too large for a fuzzer's pace")
		}
		if err := s.filter.Accepts(c); err != nil {
			t.Skipf("left out: %v", err)
		}
		outcome, err := found.judge(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		v := outcome.Verdict
		if v.Kind == verdict.Unsupported {
			t.Skipf("unsupported: %s", v.Reason)
		}
		if v.Kind.Fails() {
			t.Error(found.report(t.Context(), c, v, "found by fuzzing"))
			found.reduceCalls = 1 // the fuzzer comes back with its neighbours: one reduction is enough
		}
	})
}

// askedFor does what the environment asks for, a file to run or to reduce, and reports whether it asks. The error is the
// failure that the file still shows.
func (f *failing) askedFor(ctx context.Context) (asked bool, err error) {
	file, reducing := os.Getenv(replayVariable), false
	if file == "" {
		file, reducing = os.Getenv(reduceVariable), true
	}
	if file == "" {
		return false, nil
	}
	items, errs := corpus.Load(file)
	for _, item := range items {
		result, err := f.replay(ctx, item)
		switch {
		case err != nil:
			errs = append(errs, err)
		case result.fails && reducing && !result.flaky:
			f.reduceCalls, f.reduceTime = 0, 0
			errs = append(errs, errors.New(f.report(ctx, item.Case, result.outcome.Verdict, item.Path)))
		case result.fails:
			errs = append(errs, errors.New(result.text))
		case result.unsupported() != nil:
			errs = append(errs, result.unsupported())
		}
	}
	return true, errors.Join(errs...)
}

// fuzzCost keeps a fuzz iteration to some milliseconds.
const fuzzCost = 2e6

// judge tries a case on the path as it is, warm from the cases before.
func (f *failing) judge(ctx context.Context, c Case) (trial.Outcome, error) {
	if err := f.tester.Shared.Wait(ctx, engine.Patience(f.trial.Deadline)); err != nil {
		return trial.Outcome{}, err
	}
	outcome, err := trial.Run(ctx, f.path, c, f.trial)
	f.tester.Shared.Note(outcome)
	if err == nil {
		f.counts.add(outcome)
	}
	return outcome, err
}
