//go:build unix

package queue

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go/jetstream"

	"attest.example/attest/harness/internal/campaign"
)

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
