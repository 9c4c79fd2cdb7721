//go:build unix

package queue

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"attest.example/attest/harness/internal/verdict"
)

// A worker of another attest takes nothing and names the one that is wanted; one without the path or the tag likewise.
func TestAnotherWorkerTakesNothing(t *testing.T) {
	_, b := served(t, ServerOptions{})
	o := small(32)
	for name, change := range map[string]func(*Plan){
		"version":   func(p *Plan) { p.Attest = Identity{protocol, "v9.9.9", "0123456789abcdef", "ffffffffffff"} },
		"generator": func(p *Plan) { p.Generator = "ffffffffffff" },
		"tag":       func(p *Plan) { p.Need = []string{"metal"} },
		"path":      func(p *Plan) { p.Runs = []PlannedRun{{Path: "other"}} },
	} {
		p, err := NewPlan(name, []PlannedRun{{Path: "mine"}}, 16, nil, "", o)
		if err != nil {
			t.Fatal(err)
		}
		change(p)
		if err := b.Submit(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	if err := Work(t.Context(), b, WorkOptions{Name: "w", Paths: map[string]string{"mine": "naive"}, Idle: 2 * time.Second, Log: func(text string) { log.WriteString(text + "\n") }}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"v9.9.9 of commit 0123456789abcdef", "of generator ffffffffffff", "wants the tag metal"} {
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("not said, or more than once: %s\n%s", want, log.String())
		}
	}
	for _, name := range []string{"version", "generator", "tag", "path"} {
		if steps, _, err := b.taken(t.Context(), run{name, 0}); err != nil || steps != 0 {
			t.Errorf("%s: %d steps are taken, %v", name, steps, err)
		}
	}
}

// Two workers with two builds under one name: what comes second and differs is a failure and a finding of its own.
func TestTwoWorkersThatDisagree(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	_, b := served(t, ServerOptions{})
	o := small(32)
	o.Triggers, o.Reduce = false, 0
	submitted(t, b, "disagree", o, PlannedRun{Path: "mine"})
	worked(t, b, map[string]string{"mine": "naive"}, "one")
	// The other had the first item too, and was late.
	p, err := b.Plan(t.Context(), "disagree")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(b, WorkOptions{Name: "two"}, t.TempDir())
	late, err := w.open(t.Context(), p, run{"disagree", 0}, p.Runs[0], additive)
	if err != nil {
		t.Fatal(err)
	}
	defer late.crew.Close()
	if err := w.compute(t.Context(), late, item{casesItem, 0, 0, 16}, nil); err != nil {
		t.Fatal(err)
	}
	_, report := merged(t, b, "disagree")
	s := report.Summary
	if s.Failed == 0 || s.Cases != 32 || s.Conforms() {
		t.Errorf("%d failed of %d", s.Failed, s.Cases)
	}
	for _, f := range s.Failures {
		if f.Verdict != verdict.Nondeterministic || !strings.Contains(f.Reason, "the same case ended as pass on one and as numeric") {
			t.Errorf("%s: %s", f.Verdict, f.Reason)
		}
	}
	if len(s.Findings) != 1 || s.Findings[0].Cases != s.Failed {
		t.Errorf("%+v", s.Findings)
	}
}

// TestWorkersAreAskedForAfterTheServer starts again: who is there lies in its memory, and is lost with it.
func TestWorkersAreAskedForAfterTheServer(t *testing.T) {
	address := freePort(t)
	log, lock := &strings.Builder{}, &sync.Mutex{}
	server := &process{name: "server", env: []string{serveEnv + "=" + t.TempDir() + " " + address}, out: log, lock: lock}
	server.start(t, "serving")
	t.Cleanup(func() { server.kill() })
	b := connected(t, "nats://"+address)
	if _, err := b.Workers(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.kill()
	server.start(t, "serving")
	var err error
	for range 100 { // till the connection stands again
		if _, err = b.Workers(t.Context()); err == nil || errors.Is(err, nats.ErrStreamNotFound) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err = b.workers.PutString(t.Context(), "w", `{"name":"w"}`); err != nil {
		t.Fatal(err)
	}
	if list, err := b.Workers(t.Context()); err != nil || len(list) != 1 || list[0].Name != "w" {
		t.Fatalf("%v, %v; want worker w", list, err)
	}
}

// unanswered counts questions, and lets the first of some go without an answer, as a cluster without a leader does.
type unanswered struct {
	lock          sync.Mutex
	mostOf, asked map[string]int
}

func (u *unanswered) ask(what string) error {
	u.lock.Lock()
	defer u.lock.Unlock()
	if u.asked[what]++; u.asked[what] <= u.mostOf[what] {
		return context.DeadlineExceeded
	}
	return nil
}

type unansweredStore struct {
	jetstream.KeyValue
	*unanswered
}

func (u unansweredStore) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	if err := u.ask("get " + key); err != nil {
		return nil, err
	}
	return u.KeyValue.Get(ctx, key)
}

type unansweredStream struct {
	jetstream.Stream
	*unanswered
}

func (u unansweredStream) CreateOrUpdateConsumer(ctx context.Context, c jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	if err := u.ask("consumer " + c.Durable); err != nil {
		return nil, err
	}
	return u.Stream.CreateOrUpdateConsumer(ctx, c)
}

// A worker that gets no answer while it joins asks again, and takes part in all that it can do.
func TestAWorkerThatGetsNoAnswerAsksAgain(t *testing.T) {
	_, b := served(t, ServerOptions{})
	submitted(t, b, "patience", small(32), PlannedRun{Path: "mine"}, PlannedRun{Path: "other"})
	second := run{"patience", 1}
	u := &unanswered{asked: map[string]int{}, mostOf: map[string]int{"get patience": 1, "get state.patience": 1, "consumer " + second.consumer(): 1}}
	b.plans, b.work = unansweredStore{b.plans, u}, unansweredStream{b.work, u}
	worked(t, b, map[string]string{"mine": "naive", "other": "naive"}, "one")
	for i := range 2 {
		_, last, err := b.taken(t.Context(), run{"patience", i})
		if err != nil || last == nil || last.Final == nil {
			t.Errorf("run %d is not at its end: %v, %v", i, last, err)
		}
	}
	for what, most := range u.mostOf {
		if u.asked[what] <= most {
			t.Errorf("%s was asked %d times", what, u.asked[what])
		}
	}
}

// TestAWorkerThatGivesUpSaysSo: who leaves a run to others, since its machine can do none of it, does not end as if all was well.
func TestAWorkerThatGivesUpSaysSo(t *testing.T) {
	failing := filepath.Join(t.TempDir(), "clang")
	if err := os.WriteFile(failing, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	server, b := served(t, ServerOptions{})
	submitted(t, b, "hopeless", small(96), PlannedRun{Path: "mine"})
	p := &process{name: "one", out: &strings.Builder{}, lock: &sync.Mutex{}, env: []string{workEnv + "=" + server.URL() + " one", pathEnv + "=host", idleEnv + "=1s",
		"ATTEST_CLANG=" + failing, "ATTEST_CACHE=" + t.TempDir()}}
	p.start(t, "working")
	t.Cleanup(p.kill)
	said := func() string {
		p.lock.Lock()
		defer p.lock.Unlock()
		return p.out.String()
	}
	for limit := time.Now().Add(time.Minute); !strings.Contains(said(), "left: ") && time.Now().Before(limit); {
		time.Sleep(50 * time.Millisecond)
	}
	if _, left, _ := strings.Cut(said(), "left: "); !strings.Contains(left, "left to others after") || !strings.Contains(left, "this machine cannot go on") {
		t.Errorf("%s\nwant that it left them to others, and why", said())
	}
}
