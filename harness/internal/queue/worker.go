package queue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
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
	Log       func(string) // hears what happens; nil: nobody does
}

// Worker works on whatever campaigns there are.
type Worker struct {
	bus *Bus
	o   WorkOptions
	dir string // for files of known failures

	lock    sync.Mutex
	tasks   map[run]*task
	refused map[string]bool // campaigns and runs that this worker cannot do, so that it says so once
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
	over     bool // final, or cancelled
	failures int  // in a row that are no fault of a case
}

// Work works until ctx ends, or there was nothing to do for o.Idle.
func Work(ctx context.Context, b *Bus, o WorkOptions) error {
	dir, err := os.MkdirTemp("", "attest-worker-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := &Worker{bus: b, o: o, dir: dir, tasks: map[run]*task{}, refused: map[string]bool{}, busy: time.Now()}
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
		return nil
	}
	return err
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

// Presence is what a worker says of itself.
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
			_, _ = w.bus.workers.Put(ctx, key, text) // who cannot be told will see it from the results
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
		switch {
		case ctx.Err() != nil:
			return nil
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

// refuse says once why something cannot be done here.
func (w *Worker) refuse(what, why string) {
	if !w.refused[what] {
		w.refused[what] = true
		w.log("not taking part in %s: %s", what, why)
	}
}

// look takes in new campaigns, and leaves those that are over.
func (w *Worker) look(ctx context.Context) error {
	names, err := w.bus.Names(ctx)
	if err != nil {
		return err
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	for _, name := range names {
		if w.refused[name] {
			continue
		}
		known := false
		for r := range w.tasks {
			known = known || r.campaign == name
		}
		if known {
			off, err := w.bus.isCancelled(ctx, name)
			if err != nil {
				return err
			}
			for r, t := range w.tasks {
				if off && r.campaign == name && !t.over {
					w.log("campaign %s is cancelled", name)
					t.over = true
					t.stop()
				}
			}
			continue
		}
		if err := w.join(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (w *Worker) join(ctx context.Context, name string) error {
	p, err := w.bus.Plan(ctx, name)
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
			w.refuse(name, err.Error())
		}
		return nil
	}
	if off, err := w.bus.isCancelled(ctx, name); err != nil || off {
		w.refused[name] = w.refused[name] || off
		return err
	}
	if err := Self().Agrees(p.Attest); err != nil {
		w.refuse(name, err.Error())
		return nil
	}
	if tag := p.missing(w.o.Tags); tag != "" {
		w.refuse(name, fmt.Sprintf("it wants the tag %s, which this worker does not have", tag))
		return nil
	}
	any := false
	for i, planned := range p.Runs {
		r := run{name, i}
		spec, offered := w.o.Paths[planned.Path]
		if !offered || w.refused[r.token()] {
			continue
		}
		_, last, err := w.bus.taken(ctx, r)
		if err != nil {
			return err
		}
		if last != nil && last.Final != nil {
			continue
		}
		t, err := w.open(ctx, p, r, planned, spec)
		if err != nil {
			w.refuse(r.token(), err.Error())
			continue
		}
		w.tasks[r] = t
		any = true
	}
	if !any {
		w.refused[name] = true
	}
	return nil
}

func (w *Worker) open(ctx context.Context, p *Plan, r run, planned PlannedRun, spec string) (*task, error) {
	o := p.options
	o.Path = spec
	if planned.Modes != "" {
		if spec != "host" && !strings.HasPrefix(spec, "host?") && !strings.HasPrefix(spec, "msl:") {
			return nil, fmt.Errorf("modes %s are of paths host and msl:, not of %s", planned.Modes, spec)
		}
		separator := "?"
		if strings.Contains(spec, "?") {
			separator = "&"
		}
		o.Path += separator + planned.Modes
	}
	o.Isolate, o.Memory = o.Isolate || w.o.Isolation.Isolate, w.o.Isolation.Memory
	if p.Known != "" {
		o.Ledger = filepath.Join(w.dir, p.Name+".toml")
		if err := os.WriteFile(o.Ledger, []byte(p.Known), 0o600); err != nil {
			return nil, err
		}
	}
	crew, err := campaign.NewCrew(ctx, o)
	if err != nil {
		return nil, err
	}
	if own := crew.Header().Generator; own != p.Generator {
		crew.Close()
		return nil, fmt.Errorf("its cases are of generator %s, and this is %s", p.Generator, own)
	}
	if len(p.files) > 0 {
		crew.Replays(p.files)
	}
	consumer, err := w.bus.work.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: r.consumer(), FilterSubject: r.workSubject(), AckPolicy: jetstream.AckExplicitPolicy, AckWait: w.bus.wait, MaxDeliver: -1, MaxAckPending: -1,
	})
	if err != nil {
		crew.Close()
		return nil, err
	}
	t := &task{plan: p, run: r, label: fmt.Sprintf("%s, path %s", p.Name, planned), options: o, crew: crew, consumer: consumer}
	t.ctx, t.stop = context.WithCancel(ctx)
	w.log("taking part in %s", t.label)
	return t, nil
}

// one takes an item of any run and does it; did: there was one.
func (w *Worker) one(ctx context.Context) (did bool, err error) {
	w.lock.Lock()
	var tasks []*task
	for _, t := range w.tasks {
		if !t.over {
			tasks = append(tasks, t)
		}
	}
	w.lock.Unlock()
	for _, t := range tasks {
		batch, err := t.consumer.FetchNoWait(1)
		if err != nil {
			return false, fmt.Errorf("%s: %w", t.label, err)
		}
		for m := range batch.Messages() {
			return true, w.handle(t, m)
		}
		if err := batch.Error(); err != nil && !errors.Is(err, jetstream.ErrNoMessages) {
			return false, fmt.Errorf("%s: %w", t.label, err)
		}
	}
	for _, t := range tasks {
		if err := w.drained(ctx, t); err != nil {
			return false, fmt.Errorf("%s: %w", t.label, err)
		}
	}
	return false, nil
}

// drained puts the next step of a run into its queue where that is empty and nobody works on anything of it.
func (w *Worker) drained(ctx context.Context, t *task) error {
	info, err := t.consumer.Info(ctx)
	if err != nil {
		return err
	}
	if info.NumPending > 0 || info.NumAckPending > 0 {
		return nil
	}
	steps, last, err := w.bus.taken(ctx, t.run)
	if err != nil {
		return err
	}
	if last != nil && last.Final != nil {
		w.lock.Lock()
		if !t.over {
			t.over = true
			w.log("%s is done", t.label)
		}
		w.lock.Unlock()
		return nil
	}
	if last != nil { // who took the step may have died before all of its batch was out
		if out, err := w.bus.has(ctx, t.run.outSubject(steps-1)); err != nil || !out {
			return errors.Join(err, w.handOut(ctx, t, steps-1, last))
		}
	}
	return w.bus.putStep(ctx, t.run, steps)
}

// handle does an item, and says meanwhile that it is at it.
func (w *Worker) handle(t *task, m jetstream.Msg) error {
	ctx, stop := context.WithCancel(t.ctx)
	defer stop()
	go func() {
		tick := time.NewTicker(w.bus.wait / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_ = m.InProgress() // where it does not arrive, another gets the item too, and twice is once
			}
		}
	}()
	err := w.do(ctx, t, m)
	if t.ctx.Err() != nil {
		return nil // cancelled, or this worker is to end: the item goes to another
	}
	if err != nil {
		w.lock.Lock()
		t.failures++
		if t.failures >= mostFailures {
			t.over = true
			w.log("giving up on %s after %d errors in a row", t.label, t.failures)
		}
		w.lock.Unlock()
		_ = m.NakWithDelay(2 * time.Second)
		return fmt.Errorf("%s: %w", t.label, err)
	}
	w.lock.Lock()
	t.failures = 0
	w.lock.Unlock()
	// Once more than needed is no harm: who does it again finds it done.
	_ = m.Ack()
	return nil
}

// mostFailures in a row, that are no case's, make a worker leave a run to others.
const mostFailures = 5

func (w *Worker) do(ctx context.Context, t *task, m jetstream.Msg) error {
	i, err := readItem(m.Data())
	if err != nil {
		w.log("%s: dropped: %v", t.label, err)
		return m.TermWithReason(err.Error())
	}
	if i.Kind == stepItem {
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		return w.step(ctx, t, i.Batch, meta.Timestamp)
	}
	d, err := w.bus.decision(ctx, t.run, i.Batch)
	if err != nil {
		return err
	}
	if d.Next == nil {
		return fmt.Errorf("batch %d: the run is done", i.Batch)
	}
	if err := i.within(*d.Next, t.plan.Item); err != nil {
		w.log("%s: dropped: %v", t.label, err)
		return m.TermWithReason(err.Error())
	}
	return w.cases(ctx, t, i, d.Next.Avoid)
}

// cases runs an item and stores what it came to.
func (w *Worker) cases(ctx context.Context, t *task, i item, avoid []string) error {
	subject := t.run.resultSubject(i.Batch, i.First)
	if there, err := w.bus.has(ctx, subject); there || err != nil {
		return err
	}
	return w.compute(ctx, t, i, avoid)
}

func (w *Worker) compute(ctx context.Context, t *task, i item, avoid []string) error {
	subject := t.run.resultSubject(i.Batch, i.First)
	began := time.Now()
	r := &result{made: made{Worker: w.o.Name, Header: t.crew.Header(), Isolate: t.options.Isolation}}
	var err error
	r.made.Ended, err = t.crew.Run(ctx, campaign.Piece{First: i.First, End: i.End, Avoid: avoid}, func(l record.Result, e *cases.Evidence) error {
		r.lines = append(r.lines, line{l, e})
		return nil
	})
	if err != nil {
		return err
	}
	r.made.Seconds = time.Since(began).Seconds()
	data, err := r.encode()
	if err != nil {
		return err
	}
	c := r.counts()
	summary, err := json.Marshal(c)
	if err != nil {
		return err
	}
	once, err := w.bus.store(ctx, subject, data, string(summary), w.troubled)
	if err != nil {
		return err
	}
	if !once {
		return w.compare(ctx, t, i, r)
	}
	w.lock.Lock()
	w.done.Cases += c.Cases
	w.lock.Unlock()
	if c.Failed > 0 {
		w.log("%s: cases %d to %d: %d failed", t.label, i.First, i.End-1, c.Failed)
	}
	return nil
}

// compare holds a result that came second against the first: they are of the same cases, and are to agree.
func (w *Worker) compare(ctx context.Context, t *task, i item, r *result) error {
	s, err := w.bus.at(ctx, t.run.resultSubject(i.Batch, i.First))
	if err != nil {
		return err
	}
	data, err := w.bus.content(ctx, s)
	if err != nil {
		return err
	}
	first, err := decode(data, i)
	if err != nil {
		return fmt.Errorf("%s: %w", s.subject, err)
	}
	disputed := first.differs(r)
	if len(disputed) == 0 {
		return nil
	}
	text, err := json.Marshal(disputed)
	if err != nil {
		return err
	}
	w.log("%s: cases %d to %d came out differently the second time", t.label, i.First, i.End-1)
	_, err = w.bus.store(ctx, t.run.disputeSubject(i.Batch, i.First), text, "", w.troubled)
	return err
}
