package harness

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

type settings struct {
	preset      gen.Preset
	cases       int
	casesGiven  bool // the caller named them
	seed        uint64
	filter      gen.Filter
	wrong       error // of an option
	seeds       []string
	dir         string
	trial       trial.Options
	reduceCalls int
	reduceTime  time.Duration
	// deadlineGiven means that the caller named it, so that no kept failure changes it.
	deadlineGiven bool
}

// shortCases is how many cases go test -short runs where the caller names no number.
const shortCases = 20

func defaults() settings {
	return settings{
		preset: gen.Default, cases: 200, seed: 1, dir: filepath.Join("testdata", "attest"),
		trial: trial.Options{Relations: 2, Deadline: time.Minute}, reduceCalls: 300, reduceTime: 30 * time.Second,
	}
}

// Conform tests a path: first the cases that failed before and lie in the failures folder, then generated ones. It
// stops at the first failure and reports it with the smallest case that still fails in the same way and the two lines
// that run that case again and that reduce it further.
//
// What the path does not support is drawn again, so that as many cases are judged as were asked for; the reasons are
// logged with their counts. The test fails where no case was judged, or less than half of them, because the path refuses
// nearly all that is drawn or because the test's deadline came near: it then stops in time with what it has. A call that
// overran its own deadline cannot be stopped; while it runs the path is not called again.
//
// A kept case holds what failed: the law with its random choices, the path, the build of the program. It runs under
// that law again. Where it passes in a program that is built anew the log tells what it was; where the very program
// that failed passes now, or only one of several tries fails, the path is flaky, which is an error that names both
// results.
func Conform(t testing.TB, p Path, options ...ConformOption) {
	t.Helper()
	s := settingsOf(p, options, ConformOption.conform)
	if s.wrong != nil {
		t.Fatalf("attest: %v", s.wrong)
	}
	if testing.Short() && !s.casesGiven {
		s.cases = shortCases
	}
	r := newConformer(t, p, s)
	if r.asked() {
		return
	}
	if s.dir != "" {
		if _, err := os.Stat(s.dir); err == nil {
			r.replay(s.dir)
		}
	}
	if !t.Failed() {
		r.generated()
	}
	r.log()
}

// Replay runs the case files of a folder, or one file, through a path: every failure is reported, a damaged file too. A
// case that was kept for a failure runs as it failed: see Conform.
func Replay(t testing.TB, p Path, dir string, options ...ReplayOption) {
	t.Helper()
	s := settingsOf(p, options, ReplayOption.replay)
	if s.wrong != nil {
		t.Fatalf("attest: %v", s.wrong)
	}
	r := newConformer(t, p, s)
	if r.asked() {
		return
	}
	r.replay(dir)
	r.log()
}

type conformer struct {
	failing
	t testing.TB
	// Of the generated cases: how many were asked for and judged, and why they are not as many.
	want, got int
	why       string
}

func newConformer(t testing.TB, p Path, s settings) *conformer {
	r := &conformer{failing: newFailing(p, s, t.Name()), t: t}
	r.ends = limitsOf(t)
	return r
}

// log tells what was judged, and fails the test where that is too little to show anything.
func (r *conformer) log() {
	r.t.Helper()
	r.t.Log(r.counts.String())
	because := ""
	if r.why != "" {
		because = ": " + r.why
	}
	switch {
	case r.t.Failed():
	case r.kinds[verdict.Pass] == 0:
		r.t.Errorf("attest: nothing shown: no case could be judged%s", because)
	case 2*r.got < r.want:
		r.t.Errorf("attest: little shown: %d of %d cases were judged%s", r.got, r.want, because)
	case r.got < r.want:
		r.t.Logf("attest: ONLY %d OF %d CASES JUDGED%s", r.got, r.want, because)
	}
}

// asked does what the environment asks for, a file to run or to reduce, and reports whether it asks.
func (r *conformer) asked() bool {
	r.t.Helper()
	if file := os.Getenv(replayVariable); file != "" {
		r.mustJudge(r.replay(file))
		return true
	}
	if file := os.Getenv(reduceVariable); file != "" {
		r.reduceCalls, r.reduceTime = 0, 0
		r.mustJudge(r.reduceFile(file))
		return true
	}
	return false
}

// mustJudge fails the test for files that somebody asked for by name and the path refuses.
func (r *conformer) mustJudge(results []rerun) {
	r.t.Helper()
	for _, result := range results {
		if err := result.unsupported(); err != nil {
			r.t.Errorf("%v", err)
		}
	}
}

func (r *conformer) replay(path string) (results []rerun) {
	r.t.Helper()
	items := r.load(path)
	ctx, cancel := within(r.t.Context(), r.ends.cases)
	defer cancel()
	for i, item := range items {
		result, err := r.failing.replay(ctx, item)
		switch {
		case r.timeIsOver(ctx, err):
			r.t.Errorf("attest: %d of %d cases of %s were not run: %s", len(items)-i, len(items), path, deadlineNear)
			return results
		case err != nil:
			r.t.Fatalf("attest: %s: %v", item.Path, err)
		}
		r.counts.add(result.outcome)
		results = append(results, result)
		if result.fails {
			r.t.Errorf("%s", result.text)
		} else if result.text != "" {
			r.t.Log(result.text)
		}
	}
	return results
}

// deadlineNear is why a test stops before it has done everything.
const deadlineNear = "the test's deadline is near (go test -timeout)"

// timeIsOver reports whether an error is that the time for cases is over, and not the test itself.
func (r *conformer) timeIsOver(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() != nil && r.t.Context().Err() == nil
}

func (r *conformer) load(path string) []corpus.Item {
	r.t.Helper()
	items, damaged := corpus.Load(path)
	for _, err := range damaged {
		r.t.Errorf("attest: %v", err)
	}
	return items
}

func (r *conformer) reduceFile(file string) (results []rerun) {
	r.t.Helper()
	for _, item := range r.load(file) {
		result, err := r.failing.replay(r.t.Context(), item)
		if err != nil {
			r.t.Fatalf("attest: %v", err)
		}
		r.counts.add(result.outcome)
		results = append(results, result)
		switch {
		case !result.fails:
			r.t.Logf("attest: %s does not fail: nothing to reduce\n%s", item.Path, result.text)
		case result.flaky:
			r.t.Errorf("%s\nattest: it fails only now and then: nothing to reduce by", result.text)
		default:
			r.t.Errorf("%s", r.report(r.t.Context(), item.Case, result.outcome.Verdict, item.Path))
		}
	}
	return results
}
