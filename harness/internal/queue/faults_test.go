//go:build unix

package queue

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker"
)

// A process of the test that is killed is the test itself, started with one of these in its environment.
const (
	serveEnv = "ATTEST_TEST_SERVE" // a folder, and where to listen
	workEnv  = "ATTEST_TEST_WORK"  // a URL, and the worker's name
	pathEnv  = "ATTEST_TEST_PATH"
	idleEnv  = "ATTEST_TEST_IDLE" // how long the worker stays where there is nothing to do; without it for ever
	// roundsEnv is how many processes are killed; make campaign-faults takes 50.
	roundsEnv = "ATTEST_CAMPAIGN_ROUNDS"
)

// shortWait stands for ackWait where a test waits for it.
const shortWait = 2 * time.Second

func TestMain(m *testing.M) {
	worker.Main(catalog.Open)
	if dir, listen, ok := strings.Cut(os.Getenv(serveEnv), " "); ok {
		if _, err := Serve(ServerOptions{Dir: dir, Listen: listen}); err != nil {
			fmt.Println("cannot serve:", err)
			os.Exit(1)
		}
		fmt.Println("serving")
		select {}
	}
	if url, name, ok := strings.Cut(os.Getenv(workEnv), " "); ok {
		b, err := Connect(context.Background(), ConnectOptions{URL: url})
		if err != nil {
			fmt.Println("cannot work:", err)
			os.Exit(1)
		}
		b.wait = shortWait
		fmt.Println("working")
		idle, _ := time.ParseDuration(os.Getenv(idleEnv))
		err = Work(context.Background(), b, WorkOptions{Name: name, Paths: map[string]string{"mine": os.Getenv(pathEnv)}, Idle: idle, Log: func(text string) { fmt.Println(text) }})
		fmt.Println("left:", err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// process is the test itself as a server or a worker.
type process struct {
	name string
	env  []string
	cmd  *exec.Cmd
	out  *strings.Builder
	lock *sync.Mutex
}

// start runs the process and waits for its line that it is ready.
func (p *process) start(t *testing.T, line string) {
	t.Helper()
	for try := range 40 {
		p.cmd = exec.Command(os.Args[0], "-test.run=^$")
		p.cmd.Env = append(os.Environ(), p.env...)
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		out, err := p.cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		up := lines.Scan() && lines.Text() == line
		go func() {
			for lines.Scan() {
				p.lock.Lock()
				fmt.Fprintf(p.out, "%s: %s\n", p.name, lines.Text())
				p.lock.Unlock()
			}
		}()
		if up {
			return
		}
		log := lines.Text()
		p.kill()
		if try == 39 {
			t.Fatalf("%s does not start: %s", p.name, log)
		}
		time.Sleep(250 * time.Millisecond) // its server may be about to come back
	}
}

// kill ends it and what it has started as a loss of power would.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	_ = p.cmd.Wait()
}

func (p *process) signal(s syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, s) }

// Workers and the server are killed again and again, and workers are stopped for longer than the queue waits for them:
// nothing is lost, nothing is counted twice, and the run is that of one machine.
func TestNothingIsLostWhateverIsKilled(t *testing.T) {
	rounds := 6
	if text := os.Getenv(roundsEnv); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	} else if testing.Short() {
		t.Skip("make test runs it")
	}
	path := additive
	address := freePort(t)
	url := "nats://" + address
	log, lock := &strings.Builder{}, &sync.Mutex{}
	server := &process{name: "server", env: []string{serveEnv + "=" + t.TempDir() + " " + address}, out: log, lock: lock}
	server.start(t, "serving")
	t.Cleanup(func() { server.kill() })
	var workers []*process
	for i := range 3 {
		name := fmt.Sprintf("w%d", i)
		w := &process{name: name, env: []string{workEnv + "=" + url + " " + name, pathEnv + "=" + path}, out: log, lock: lock}
		w.start(t, "working")
		t.Cleanup(func() { w.kill() })
		workers = append(workers, w)
	}
	b := connected(t, url)
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewSource(seed))
	counts := map[string]int{}
	campaigns := []*killed{submitKilled(t, b, path, 0)}
	for range rounds {
		time.Sleep(time.Duration(100+dice.Intn(700)) * time.Millisecond)
		if last := campaigns[len(campaigns)-1]; last.done(t, b) { // what is killed is to be at work
			campaigns = append(campaigns, submitKilled(t, b, path, len(campaigns)))
			time.Sleep(time.Duration(dice.Intn(1000)) * time.Millisecond)
		}
		w := workers[dice.Intn(len(workers))]
		switch what := dice.Intn(4); what {
		case 0:
			counts["server killed"]++
			server.kill()
			server.start(t, "serving")
		case 1:
			counts["worker stopped past its time"]++
			w.signal(syscall.SIGSTOP)
			time.Sleep(shortWait + shortWait/2)
			w.signal(syscall.SIGCONT)
		default:
			counts["worker killed"]++
			w.kill()
			w.start(t, "working")
		}
	}
	deadline := time.Now().Add(4 * time.Minute)
	for _, c := range campaigns {
		for !c.done(t, b) {
			if time.Now().After(deadline) {
				lock.Lock()
				defer lock.Unlock()
				t.Fatalf("campaign %s does not come to an end; what was said:\n%s", c.name, tail(log.String(), 4000))
			}
			time.Sleep(200 * time.Millisecond)
		}
		c.isThatOfOneMachine(t, b)
	}
	t.Logf("%v, %d campaigns of %d cases", counts, len(campaigns), campaigns[0].options.Cases)
}

// killed is a campaign whose processes are killed.
type killed struct {
	name    string
	path    string
	options campaign.Options
}

func submitKilled(t *testing.T, b *Bus, path string, number int) *killed {
	t.Helper()
	k := &killed{fmt.Sprintf("killed-%d", number), path, small(512)}
	k.options.Seed += uint64(number)
	k.options.Peel = false
	submitted(t, b, k.name, k.options, PlannedRun{Path: "mine"})
	return k
}

func (k *killed) done(t *testing.T, b *Bus) bool {
	steps, last, err := b.taken(t.Context(), run{k.name, 0})
	return err == nil && steps > 0 && last.Final != nil
}

func (k *killed) isThatOfOneMachine(t *testing.T, b *Bus) {
	t.Helper()
	dir, report := merged(t, b, k.name)
	if report.Summary.Cases != k.options.Cases {
		t.Errorf("%d cases; want %d", report.Summary.Cases, k.options.Cases)
	}
	f, err := b.Follow(t.Context(), k.name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Runs[0].Cases != k.options.Cases {
		t.Errorf("status counts %d cases; want %d", s.Runs[0].Cases, k.options.Cases)
	}
	same(t, dir, alone(t, k.options, k.path))
}

func tail(text string, n int) string { return text[max(0, len(text)-n):] }

// Every item comes twice, under names that the queue does not know to be one.
func TestTwiceIsOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	_, b := served(t, ServerOptions{})
	o := small(100)
	p := submitted(t, b, "twice", o, PlannedRun{Path: "mine"})
	r := run{"twice", 0}
	for n, i := range []item{{Kind: stepItem, Batch: 0}, {casesItem, 0, 0, 16}, {casesItem, 0, 16, 32}, {casesItem, 0, 16, 32}, {casesItem, 0, 96, 100}, {Kind: stepItem, Batch: 0}} {
		text, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.js.Publish(t.Context(), r.workSubject(), text, jetstream.WithMsgID(fmt.Sprint("again", n))); err != nil {
			t.Fatal(err)
		}
	}
	worked(t, b, map[string]string{"mine": additive}, "one", "two")
	dir, _ := merged(t, b, "twice")
	same(t, dir, alone(t, o, additive))
	f, err := b.Follow(t.Context(), p.Name)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := f.Status(t.Context()); err != nil || s.Runs[0].Cases != 100 || !s.Done() {
		t.Errorf("%+v, %v", s, err)
	}
}

// What is too large for a message is in the object store.
func TestLargeResultsAreObjects(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	s, b := served(t, ServerOptions{})
	b.inline = 100
	o := small(40)
	submitted(t, b, "large", o, PlannedRun{Path: "mine"})
	worked(t, b, map[string]string{"mine": additive}, "one")
	other := connected(t, s.URL())
	dir, _ := merged(t, other, "large")
	same(t, dir, alone(t, o, additive))
	info, err := other.objects.Status(t.Context())
	if err != nil || info.Size() == 0 {
		t.Errorf("nothing is in the object store: %v", err)
	}
}

// The store is full: workers keep what they have, report it, and go on when there is room.
func TestAFullStoreLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	dir := t.TempDir()
	address := freePort(t)
	s, err := Serve(ServerOptions{Dir: dir, Listen: address, MaxStore: 24 << 10})
	if err != nil {
		t.Fatal(err)
	}
	b := connected(t, s.URL())
	o := small(400)
	submitted(t, b, "full", o, PlannedRun{Path: "mine"})
	full := make(chan string, 1000)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error)
	go func() {
		ended <- Work(ctx, b, WorkOptions{Name: "one", Paths: map[string]string{"mine": "naive"}, Log: func(text string) {
			if strings.Contains(text, "cannot store") {
				select {
				case full <- text:
				default:
				}
			}
		}})
	}()
	select {
	case text := <-full:
		t.Log(text)
	case <-time.After(2 * time.Minute):
		t.Fatal("nobody says that the store is full")
	}
	s.Close()
	second, err := Serve(ServerOptions{Dir: dir, Listen: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Close)
	for {
		_, last, err := b.taken(t.Context(), run{"full", 0})
		if err == nil && last != nil && last.Final != nil {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	to, _ := merged(t, b, "full")
	same(t, to, alone(t, o, "naive"))
}

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

// A run by time ends by the server's clock; where that jumps, it ends early or late, and what it has is whole.
func TestARunByTimeWhoseClockJumps(t *testing.T) {
	_, b := served(t, ServerOptions{})
	o := small(0)
	o.Time = time.Hour
	submitted(t, b, "timed", o, PlannedRun{Path: "mine"})
	w := newWorker(b, WorkOptions{Name: "w", Log: logged(t, "w")}, t.TempDir())
	p, err := b.Plan(t.Context(), "timed")
	if err != nil {
		t.Fatal(err)
	}
	task, err := w.open(t.Context(), p, run{"timed", 0}, p.Runs[0], "naive")
	if err != nil {
		t.Fatal(err)
	}
	defer task.crew.Close()
	day := 24 * time.Hour
	first := 0
	for step, jump := range []time.Duration{0, -day, time.Second, 30 * 365 * day} {
		if err := w.step(t.Context(), task, step, p.created.Add(jump)); err != nil {
			t.Fatal(err)
		}
		d, err := b.decision(t.Context(), task.run, step)
		if err != nil {
			t.Fatal(err)
		}
		if d.Next == nil {
			if step != 3 {
				t.Errorf("step %d ends the run", step)
			}
			break
		}
		if d.Next.First != first || d.Next.End-first > 64*p.Item {
			t.Errorf("step %d: cases %d to %d; want them from %d", step, d.Next.First, d.Next.End, first)
		}
		first = d.Next.End
		for i := range items(step, *d.Next, p.Item) {
			if err := w.cases(t.Context(), task, i, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	dir, report := merged(t, b, "timed")
	if s := report.Summary; s.Interrupted || s.Cases != first || s.Seconds < 0 {
		t.Errorf("%d of %d cases in %.1f s, interrupted %v", s.Cases, first, s.Seconds, s.Interrupted)
	}
	o.Time, o.Cases = 0, first
	got, want := told(t, dir), told(t, alone(t, o, "naive"))
	if got["results.jsonl"] != want["results.jsonl"] {
		t.Error(difference(got["results.jsonl"], want["results.jsonl"]))
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
