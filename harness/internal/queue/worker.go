package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/metal/scratch"
)

// WorkOptions is a worker's own configuration.
type WorkOptions struct {
	Name string // of the worker, for people
	// Paths are what it offers: the names by which plans ask, and what they stand for here.
	Paths     map[string]string
	Tags      []string
	Workers   int           // items at once; 0: one
	Idle      time.Duration // leave when there was nothing to do for so long; 0: stay
	Isolation campaign.Isolation
	Log       func(string) // is called with each line of the log; nil: there is none
}

// Worker works on whatever campaigns there are.
type Worker struct {
	bus *Bus
	o   WorkOptions
	dir string // for files of known failures

	lock    sync.Mutex
	tasks   map[run]*task
	joined  map[string]bool // campaigns of which it does all that it can
	refused map[string]bool // campaigns and runs that it cannot do, or that are cancelled; so that each is logged once
	done    counts
	busy    time.Time // when there was something to do last
}

// task is a run that the worker takes part in.
type task struct {
	plan     *Plan
	run      run
	label    string
	options  campaign.Options
	crew     *campaign.Crew
	consumer jetstream.Consumer
	ctx      context.Context
	stop     context.CancelFunc
	over     bool  // final, or cancelled, or given up
	failures int   // in a row that are no fault of a case
	failed   error // the last of these
}

func newWorker(b *Bus, o WorkOptions, dir string) *Worker {
	return &Worker{bus: b, o: o, dir: dir, tasks: map[run]*task{}, joined: map[string]bool{}, refused: map[string]bool{}, busy: time.Now()}
}

// Work works until ctx ends, or there was nothing to do for o.Idle. The error is also of runs that it leaves
// to others, because it failed to do items of them.
func Work(ctx context.Context, b *Bus, o WorkOptions) error {
	announced := Presence{Name: o.Name, Paths: slices.Collect(maps.Keys(o.Paths)), Tags: o.Tags}
	if err := announced.check(); err != nil {
		return err
	}
	dir, err := scratch.Dir("worker")
	if err != nil {
		return err
	}
	defer dir.Remove()
	w := newWorker(b, o, dir.Path)
	defer w.close()
	group, inner := errgroup.WithContext(ctx)
	for range max(o.Workers, 1) {
		group.Go(func() error { return w.loop(inner) })
	}
	alive, stop := context.WithCancel(ctx)
	defer stop()
	go w.tellAlive(alive)
	err = group.Wait()
	if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, w.left())
}

// left is why it leaves runs to others that are not done.
func (w *Worker) left() error {
	w.lock.Lock()
	defer w.lock.Unlock()
	var all []error
	for _, t := range w.tasks {
		if t.failures > 0 {
			all = append(all, fmt.Errorf("%s: left to others after %d errors in a row: %w", t.label, t.failures, t.failed))
		}
	}
	return errors.Join(all...)
}

func (w *Worker) close() {
	for _, t := range w.tasks {
		t.stop()
		t.crew.Close()
	}
}

func (w *Worker) log(format string, arguments ...any) {
	if w.o.Log != nil {
		w.o.Log(fmt.Sprintf(format, arguments...))
	}
}

func (w *Worker) troubled(err error) { w.log("cannot store: %v; trying again", err) }

// Presence is what a worker announces of itself.
type Presence struct {
	Name  string   `json:"name"`
	Paths []string `json:"paths"`
	Tags  []string `json:"tags,omitempty"`
	Cases int      `json:"cases"`
	At    string   `json:"at"` // what it is doing
}

func (w *Worker) tellAlive(ctx context.Context) {
	key := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, w.o.Name)
	for ctx.Err() == nil {
		w.lock.Lock()
		p := Presence{Name: w.o.Name, Tags: w.o.Tags, Cases: w.done.Cases}
		for name := range w.o.Paths {
			p.Paths = append(p.Paths, name)
		}
		w.lock.Unlock()
		if text, err := json.Marshal(p); err == nil {
			if _, err := w.bus.workers.Put(ctx, key, text); err != nil && ctx.Err() == nil {
				if _, err = w.bus.presence(ctx); err == nil {
					_, _ = w.bus.workers.Put(ctx, key, text)
				}
			} // who cannot be told will see it from the results
		}
		select {
		case <-ctx.Done():
		case <-time.After(heartbeat):
		}
	}
}

// pauses between two looks at an empty queue.
const (
	shortPause = 50 * time.Millisecond
	longPause  = time.Second
)

func (w *Worker) loop(ctx context.Context) error {
	pause := shortPause
	var looked time.Time
	for ctx.Err() == nil {
		if time.Since(looked) > longPause || pause > shortPause {
			looked = time.Now()
			if err := w.look(ctx); err != nil && ctx.Err() == nil {
				w.log("%v", err)
			}
		}
		did, err := w.one(ctx)
		lost := w.bus.Lost()
		switch {
		case ctx.Err() != nil:
			return nil
		case lost != nil:
			return lost
		case err != nil:
			w.log("%v", err)
			pause = longPause
		case did:
			pause = shortPause
			w.lock.Lock()
			w.busy = time.Now()
			w.lock.Unlock()
			continue
		default:
			pause = min(2*pause, longPause)
		}
		w.lock.Lock()
		idle := time.Since(w.busy)
		w.lock.Unlock()
		if w.o.Idle > 0 && idle >= w.o.Idle {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}
