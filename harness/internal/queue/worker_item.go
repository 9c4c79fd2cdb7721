package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go/jetstream"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
)

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
			t.over, t.failures = true, 0
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

// handle does an item, and sends heartbeats meanwhile.
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
				_ = m.InProgress() // where it does not arrive another worker gets the item too, which counts once
			}
		}
	}()
	err := w.do(ctx, t, m)
	if t.ctx.Err() != nil {
		return nil // cancelled, or this worker is to end: the item goes to another
	}
	if err != nil {
		w.lock.Lock()
		t.failures, t.failed = t.failures+1, err
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
	// Once more than needed does no harm: whoever takes it the second time finds it done.
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
