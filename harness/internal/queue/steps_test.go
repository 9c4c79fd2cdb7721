package queue

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go/jetstream"

	"attest.example/attest/harness/internal/cases"
)

// received is an item as a worker gets it.
type received struct {
	jetstream.Msg
	item item
}

func (r received) Data() []byte {
	text, err := json.Marshal(r.item)
	if err != nil {
		panic(err)
	}
	return text
}

// What one worker has found explains failures: from then on another, which has found nothing itself, draws outside of it.
func TestATriggerReachesTheOtherWorker(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	s, b := served(t, ServerOptions{})
	o := small(100)
	o.Peel = true
	p := submitted(t, b, "trigger", o, PlannedRun{Path: "mine"})
	r := run{"trigger", 0}
	opened := func(name string, b *Bus) (*Worker, *task) {
		w := newWorker(b, WorkOptions{Name: name, Log: logged(t, name)}, t.TempDir())
		own, err := b.Plan(t.Context(), p.Name)
		if err != nil {
			t.Fatal(err)
		}
		task, err := w.open(t.Context(), own, r, own.Runs[0], additive)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { task.crew.Close() })
		return w, task
	}
	one, ofOne := opened("one", b)
	two, ofTwo := opened("two", connected(t, s.URL()))
	additives, outside := 0, 0
	for step := 0; ; step++ {
		if err := one.step(t.Context(), ofOne, step, time.Now()); err != nil { // one alone asks what explains the failures
			t.Fatal(err)
		}
		d, err := b.decision(t.Context(), r, step)
		if err != nil {
			t.Fatal(err)
		}
		if d.Next == nil {
			break
		}
		if step > 0 && len(d.Next.Avoid) == 0 {
			t.Fatalf("step %d avoids nothing", step)
		}
		for i := range items(step, *d.Next, p.Item) {
			w, task := two, ofTwo
			if step == 0 {
				w, task = one, ofOne
			}
			if err := w.do(t.Context(), task, received{item: i}); err != nil {
				t.Fatal(err)
			}
			stored, err := b.at(t.Context(), r.resultSubject(step, i.First))
			if err != nil {
				t.Fatal(err)
			}
			res, err := decode(stored.data, i)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range res.lines {
				isAdditive := l.Case.Mask.Kind == cases.AdditiveMask
				switch {
				case step == 0 && isAdditive:
					additives++
				case step > 0 && isAdditive:
					t.Errorf("case %d of worker %s is one of those that the finding explains", l.Index, res.made.Worker)
				case step > 0:
					outside++
				}
			}
		}
	}
	if additives == 0 || outside == 0 {
		t.Errorf("%d cases before that the trigger holds for, %d drawn after it was found; want some of both", additives, outside)
	}
	dir, _ := merged(t, b, "trigger")
	same(t, dir, alone(t, o, additive))
}

// Of many workers one reduces a failure, once.
func TestAFailureIsReducedOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	s, b := served(t, ServerOptions{})
	submitted(t, b, "reduced", small(64), PlannedRun{Path: "mine"})
	var lock sync.Mutex
	reduced := map[string]int{}
	done := make(chan error)
	for n := range 3 {
		own := connected(t, s.URL())
		go func() {
			done <- Work(t.Context(), own, WorkOptions{Name: fmt.Sprint("w", n), Paths: map[string]string{"mine": additive}, Idle: 4 * time.Second, Log: func(text string) {
				if id, ok := strings.CutPrefix(text, "reducing "); ok {
					lock.Lock()
					reduced[id]++
					lock.Unlock()
				}
			}})
		}()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if len(reduced) == 0 {
		t.Fatal("nothing was reduced, so nothing is tested")
	}
	for id, times := range reduced {
		if times != 1 {
			t.Errorf("%s was reduced %d times", id, times)
		}
	}
}
