package queue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"attest.example/attest/harness/internal/campaign"
)

// refuse logs once why something cannot be done here.
func (w *Worker) refuse(what, why string) {
	if !w.refused[what] {
		w.refused[what] = true
		w.log("not taking part in %s: %s", what, why)
	}
}

// look takes in new campaigns, and leaves those that are over. What the server did not answer is asked again at the next look.
func (w *Worker) look(ctx context.Context) error {
	names, err := w.bus.Names(ctx)
	if err != nil {
		return err
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	var unanswered []error
	for _, name := range names {
		if w.refused[name] {
			continue
		}
		if off, err := w.bus.isCancelled(ctx, name); err != nil {
			unanswered = append(unanswered, fmt.Errorf("campaign %s: %w", name, err))
		} else if off {
			w.leave(name)
		} else if !w.joined[name] {
			if err := w.join(ctx, name); err != nil {
				unanswered = append(unanswered, fmt.Errorf("campaign %s: %w", name, err))
			}
		}
	}
	return errors.Join(unanswered...)
}

// leave ends this worker's part in a campaign that is cancelled.
func (w *Worker) leave(name string) {
	w.refused[name] = true
	for r, t := range w.tasks {
		if r.campaign == name && !t.over {
			w.log("campaign %s is cancelled", name)
			t.over, t.failures = true, 0
			t.stop()
		}
	}
}

// join takes part in what of a campaign this worker can do. Its error means that the server did not answer: the campaign is
// not joined then, though some of its runs may be.
func (w *Worker) join(ctx context.Context, name string) error {
	p, err := w.bus.Plan(ctx, name)
	var bad *badPlanError
	switch {
	case errors.As(err, &bad):
		w.refuse(name, err.Error())
		return nil
	case err != nil:
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
		if w.tasks[r] != nil {
			any = true
			continue
		}
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
		consumer, err := w.consumer(ctx, r)
		if err != nil {
			return err
		}
		t, err := w.open(ctx, p, r, planned, spec)
		if err != nil {
			w.refuse(r.token(), err.Error())
			continue
		}
		t.consumer = consumer
		w.tasks[r] = t
		any = true
		w.log("taking part in %s", t.label)
	}
	w.joined[name] = any
	w.refused[name] = !any
	return nil
}

// consumer is where the items of a run come from, for all workers.
func (w *Worker) consumer(ctx context.Context, r run) (jetstream.Consumer, error) {
	return w.bus.work.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: r.consumer(), FilterSubject: r.workSubject(), AckPolicy: jetstream.AckExplicitPolicy, AckWait: w.bus.wait, MaxDeliver: -1, MaxAckPending: -1,
	})
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
	t := &task{plan: p, run: r, label: fmt.Sprintf("%s, path %s", p.Name, planned), options: o, crew: crew}
	t.ctx, t.stop = context.WithCancel(ctx)
	return t, nil
}
