package harness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// The environment variables by which the two lines of a failure work: a case file to run instead of everything else,
// and one to reduce further.
const (
	replayVariable = "ATTEST_REPLAY"
	reduceVariable = "ATTEST_REDUCE"
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
	r := &conformer{settings: s, t: t, tester: &engine.Tester{
		NewPath: func(context.Context) (Path, error) { return p, nil }, Trial: s.trial,
	}}
	if file := os.Getenv(replayVariable); file != "" {
		r.replay(file)
		return
	}
	if file := os.Getenv(reduceVariable); file != "" {
		r.reduceCalls, r.reduceTime = 0, 0
		r.reduceFile(file)
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

// Replay runs the case files of a folder, or one file, through a path: every failure is reported, a damaged file too.
func Replay(t testing.TB, p Path, dir string, options ...ReplayOption) {
	t.Helper()
	s := defaults()
	for _, o := range options {
		o.replay(&s)
	}
	if s.wrong != nil {
		t.Fatalf("attest: %v", s.wrong)
	}
	r := &conformer{settings: s, t: t, tester: &engine.Tester{
		NewPath: func(context.Context) (Path, error) { return p, nil }, Trial: s.trial,
	}}
	r.replay(dir)
	r.log()
}

type conformer struct {
	settings
	t      testing.TB
	tester *engine.Tester
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

// try runs one case and counts it; true: it failed.
func (r *conformer) try(c Case) (verdict.Verdict, bool) {
	r.t.Helper()
	outcome, err := r.tester.Try(r.t.Context(), c)
	if err != nil {
		r.t.Fatalf("attest: %v", err)
	}
	v := outcome.Verdict
	if r.counts == nil {
		r.counts = map[verdict.Kind]int{}
	}
	r.counts[v.Kind]++
	if v.Kind == verdict.Unsupported {
		r.why = v.Reason
	}
	return v, v.Kind.Fails()
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
			r.report(c, v, fmt.Sprintf("case %d of seed %d", i, r.seed))
			return
		}
	}
}

func (r *conformer) replay(path string) {
	r.t.Helper()
	items, damaged := corpus.Load(path)
	for _, err := range damaged {
		r.t.Errorf("attest: %v", err)
	}
	for _, item := range items {
		if v, failed := r.try(item.Case); failed {
			r.t.Errorf("attest: %s: %s: %s\n%s\n%s", item.Path, v.Kind, v.Reason, cases.Words(item.Case), r.lines(item.Path))
		}
	}
}

func (r *conformer) reduceFile(file string) {
	r.t.Helper()
	items, damaged := corpus.Load(file)
	for _, err := range damaged {
		r.t.Errorf("attest: %v", err)
	}
	for _, item := range items {
		v, failed := r.try(item.Case)
		if !failed {
			r.t.Logf("attest: %s does not fail: nothing to reduce", item.Path)
			continue
		}
		r.report(item.Case, v, item.Path)
	}
}

// report makes a failing case smaller, keeps it and tells it.
func (r *conformer) report(c Case, v verdict.Verdict, origin string) {
	r.t.Helper()
	smallest, calls := r.smallest(c, v)
	again, _ := r.tester.Try(r.t.Context(), smallest)
	if again.Verdict.Kind == v.Kind {
		v = again.Verdict
	}
	var b strings.Builder
	fmt.Fprintf(&b, "attest: %s: %s\n%s, reduced in %d runs to:\n%s\n%s", v.Kind, v.Reason, origin, calls,
		cases.Words(smallest), cases.Encode(smallest))
	if r.dir != "" {
		file, err := corpus.Save(r.dir, smallest, "", fmt.Sprintf("%s: %s", v.Kind, v.Reason))
		if err != nil {
			fmt.Fprintf(&b, "the case could not be kept: %v\n", err)
		} else {
			b.WriteString(r.lines(file))
		}
	}
	r.t.Errorf("%s", b.String())
}

func (r *conformer) smallest(c Case, v verdict.Verdict) (Case, int) {
	narrow := r.tester.Narrow(v)
	options := reduce.Options{MaxCalls: r.reduceCalls}
	if r.reduceTime > 0 {
		options.Deadline = time.Now().Add(r.reduceTime)
	}
	result, err := reduce.Reduce(r.t.Context(), c, options, narrow.Fails)
	if err != nil {
		r.t.Logf("attest: not reduced: %v", err)
		return c, result.Calls
	}
	return result.Case, result.Calls
}

// lines are what to paste: run the case again, and make it smaller.
func (r *conformer) lines(file string) string {
	test := fmt.Sprintf("go test -count=1 -run '^%s$' .", strings.ReplaceAll(r.t.Name(), "/", "$/^"))
	return fmt.Sprintf("%s=%s %s\n%s=%s %s", replayVariable, file, test, reduceVariable, file, test)
}
