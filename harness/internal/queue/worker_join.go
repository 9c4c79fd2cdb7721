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
