package harness

import (
	"fmt"
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
	seed        uint64
	filter      gen.Filter
	wrong       error // of an option
	seeds       []string
	dir         string
	trial       trial.Options
	reduceCalls int
	reduceTime  time.Duration
	// deadlineGiven says that the caller named it, so that no kept failure changes it.
	deadlineGiven bool
}

func defaults() settings {
	return settings{
		preset: gen.Default, cases: 200, seed: 1, dir: filepath.Join("testdata", "attest"),
		trial: trial.Options{Relations: 2, Deadline: time.Minute}, reduceCalls: 300, reduceTime: 30 * time.Second,
	}
}

// Conform tests a path: first the cases that failed before and lie in the failures folder, then generated ones. It
// stops at the first failure and reports it with the smallest case that still fails in the same way and the two lines
// that run that case again and that reduce it further. Cases that the path does not support are counted and logged.
//
// A kept case says what failed: the law with its random choices, the path, the build of the program. It runs under
// that law again. Where it passes in a program that is built anew the log tells what it was; where the very program
// that failed passes now, or only one of several tries fails, the path is flaky, which is an error that names both
// results.
func Conform(t testing.TB, p Path, options ...ConformOption) {
	t.Helper()
	s := defaults()
	for _, o := range options {
		o.conform(&s)
	}
	if s.wrong != nil {
		t.Fatalf("attest: %v", s.wrong)
	}
	if testing.Short() {
		s.cases = max(1, s.cases/10)
	}
	r := &conformer{failing: newFailing(p, s, t.Name()), t: t}
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
	s := defaults()
	for _, o := range options {
		o.replay(&s)
	}
	if s.wrong != nil {
		t.Fatalf("attest: %v", s.wrong)
	}
	r := &conformer{failing: newFailing(p, s, t.Name()), t: t}
	if r.asked() {
		return
	}
	r.replay(dir)
	r.log()
}

type conformer struct {
	failing
	t      testing.TB
	counts map[verdict.Kind]int
	why    string // of the last unsupported case
}

func (r *conformer) log() {
	r.t.Helper()
	line := fmt.Sprintf("attest: %d cases conform", r.counts[verdict.Pass])
	if n := r.counts[verdict.Inconclusive]; n > 0 {
		line += fmt.Sprintf(", %d inconclusive", n)
	}
	if n := r.counts[verdict.Unsupported]; n > 0 {
		line += fmt.Sprintf(", %d unsupported (%s)", n, r.why)
	}
	r.t.Log(line)
	if r.counts[verdict.Pass] == 0 && !r.t.Failed() {
		r.t.Errorf("attest: nothing shown: no case could be judged")
	}
}

// asked does what the environment asks for, a file to run or to reduce, and reports whether it asks.
func (r *conformer) asked() bool {
	r.t.Helper()
	if file := os.Getenv(replayVariable); file != "" {
		r.replay(file)
		return true
	}
	if file := os.Getenv(reduceVariable); file != "" {
		r.reduceCalls, r.reduceTime = 0, 0
		r.reduceFile(file)
		return true
	}
	return false
}

// try runs one case and counts it; true: it failed.
func (r *conformer) try(c Case) (verdict.Verdict, bool) {
	r.t.Helper()
	outcome, err := r.tester.Try(r.t.Context(), c)
	if err != nil {
		r.t.Fatalf("attest: %v", err)
	}
	r.count(outcome.Verdict)
	return outcome.Verdict, outcome.Verdict.Kind.Fails()
}

func (r *conformer) count(v verdict.Verdict) {
	if r.counts == nil {
		r.counts = map[verdict.Kind]int{}
	}
	r.counts[v.Kind]++
	if v.Kind == verdict.Unsupported {
		r.why = v.Reason
	}
}

func (r *conformer) generated() {
	r.t.Helper()
	stream, err := gen.NewStream(r.preset, r.seed, r.filter)
	if err != nil {
		r.t.Fatalf("attest: %v", err)
	}
	for i := range r.cases {
		c, err := stream.Case(i)
		if err != nil {
			r.t.Fatalf("attest: %v", err)
		}
		if v, failed := r.try(c); failed {
			r.t.Errorf("%s", r.report(r.t.Context(), c, v, fmt.Sprintf("case %d of seed %d", i, r.seed)))
			return
		}
	}
}

func (r *conformer) replay(path string) {
	r.t.Helper()
	for _, item := range r.load(path) {
		if result := r.replayOne(item); result.fails {
			r.t.Errorf("%s", result.text)
		} else if result.text != "" {
			r.t.Log(result.text)
		}
	}
}

func (r *conformer) load(path string) []corpus.Item {
	r.t.Helper()
	items, damaged := corpus.Load(path)
	for _, err := range damaged {
		r.t.Errorf("attest: %v", err)
	}
	return items
}

func (r *conformer) replayOne(item corpus.Item) again {
	r.t.Helper()
	result, err := r.failing.replay(r.t.Context(), item)
	if err != nil {
		r.t.Fatalf("attest: %v", err)
	}
	r.count(result.verdict)
	return result
}

func (r *conformer) reduceFile(file string) {
	r.t.Helper()
	for _, item := range r.load(file) {
		switch result := r.replayOne(item); {
		case !result.fails:
			r.t.Logf("attest: %s does not fail: nothing to reduce\n%s", item.Path, result.text)
		case result.flaky:
			r.t.Errorf("%s\nattest: it fails only now and then: nothing to reduce by", result.text)
		default:
			r.t.Errorf("%s", r.report(r.t.Context(), item.Case, result.verdict, item.Path))
		}
	}
}
