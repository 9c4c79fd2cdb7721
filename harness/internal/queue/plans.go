package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go/jetstream"
)

const cancelled = "cancelled"

// Submit stores a plan, once under its name, and puts the first steps of its runs into the queue.
func (b *Bus) Submit(ctx context.Context, p *Plan) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if len(text) > maxPlan {
		return fmt.Errorf("the plan has %d bytes; want at most %d: a shorter file of known failures, or fewer case files", len(text), maxPlan)
	}
	ctx, cancel := context.WithTimeout(ctx, agreement)
	defer cancel()
	if _, err := b.plans.Create(ctx, p.Name, text); err != nil {
		if errors.Is(err, jetstream.ErrKeyExists) {
			return fmt.Errorf("there is a campaign %s already; want another name", p.Name)
		}
		return fmt.Errorf("submit: %w", err)
	}
	for i := range p.Runs {
		if err := b.putStep(ctx, run{p.Name, i}, 0); err != nil {
			return err // a worker that finds the queue empty makes up for it
		}
	}
	return nil
}

// Cancel ends a campaign: what is stored stays, nothing further is run.
func (b *Bus) Cancel(ctx context.Context, name string) error {
	p, err := b.Plan(ctx, name)
	if err != nil {
		return err
	}
	if _, err := b.plans.PutString(ctx, stateKey(name), cancelled); err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	for i := range p.Runs {
		if err := b.work.Purge(ctx, jetstream.WithPurgeSubject(run{name, i}.workSubject())); err != nil {
			return fmt.Errorf("cancel: %w", err)
		}
	}
	return nil
}

func stateKey(name string) string { return "state." + name }

func (b *Bus) isCancelled(ctx context.Context, name string) (bool, error) {
	e, err := b.plans.Get(ctx, stateKey(name))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return string(e.Value()) == cancelled, nil
}

// badPlanError means that what is stored as a plan cannot be used, however often it is asked for.
type badPlanError struct{ why error }

func (e *badPlanError) Error() string { return e.why.Error() }
func (e *badPlanError) Unwrap() error { return e.why }

// Plan returns the plan of a campaign.
func (b *Bus) Plan(ctx context.Context, name string) (*Plan, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	e, err := b.plans.Get(ctx, name)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		names, err := b.Names(ctx)
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("there is no campaign %s; there are: %s", name, strings.Join(append(names, "none")[:max(1, len(names))], ", "))
	}
	if err != nil {
		return nil, err
	}
	p, err := readPlan(e.Value())
	if err == nil && p.Name != name {
		err = fmt.Errorf("its plan is that of %s", p.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("campaign %s: %w", name, &badPlanError{err})
	}
	p.created = e.Created()
	return p, nil
}

// Names lists the campaigns.
func (b *Bus) Names(ctx context.Context) ([]string, error) {
	keys, err := b.plans.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(keys, func(k string) bool { return CheckName(k) != nil })
	slices.Sort(names)
	return names, nil
}

// put puts an item into the queue of a run.
func (b *Bus) put(ctx context.Context, r run, i item) error {
	text, err := json.Marshal(i)
	if err != nil {
		return err
	}
	_, err = b.js.Publish(ctx, r.workSubject(), text, jetstream.WithMsgID(fmt.Sprintf("%s.%s.%d.%d", r.token(), i.Kind, i.Batch, i.First)))
	return err
}

func (b *Bus) putStep(ctx context.Context, r run, step int) error {
	return b.put(ctx, r, item{Kind: stepItem, Batch: step})
}

// putAll puts the items of a batch into the queue.
func (b *Bus) putAll(ctx context.Context, r run, batch int, cut func(func(item) bool)) error {
	var waiting []jetstream.PubAckFuture
	flush := func() error {
		for _, f := range waiting {
			select {
			case <-f.Ok():
			case err := <-f.Err():
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		waiting = waiting[:0]
		return nil
	}
	for i := range cut {
		text, err := json.Marshal(i)
		if err != nil {
			return err
		}
		f, err := b.js.PublishAsync(r.workSubject(), text, jetstream.WithMsgID(fmt.Sprintf("%s.%s.%d.%d", r.token(), i.Kind, i.Batch, i.First)))
		if err != nil {
			return err
		}
		if waiting = append(waiting, f); len(waiting) == 1000 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
