package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func withSubjects(filter string) jetstream.StreamInfoOpt { return jetstream.WithSubjectFilter(filter) }

// Status is how far a campaign is.
type Status struct {
	Name      string      `json:"name"`
	Cancelled bool        `json:"cancelled,omitempty"`
	Seconds   float64     `json:"seconds"` // since it was submitted, by the server's clock
	Runs      []RunStatus `json:"runs"`
	Workers   []Presence  `json:"workers"`
}

// RunStatus is how far one run is.
type RunStatus struct {
	Path   string `json:"path"`
	Wanted int    `json:"wanted,omitempty"` // cases; 0: as many as the time allows, or not known yet
	counts
	Waiting  int  `json:"waiting"` // items in the queue
	Running  int  `json:"running"` // items that a worker is running
	Steps    int  `json:"steps"`   // that were taken
	Done     bool `json:"done"`
	Findings int  `json:"findings,omitempty"` // of a run that is done
	Avoided  int  `json:"avoided,omitempty"`  // triggers outside which is drawn
}

// Done reports whether nothing of the campaign is left to do.
func (s *Status) Done() bool {
	return s.Cancelled || !slices.ContainsFunc(s.Runs, func(r RunStatus) bool { return !r.Done })
}

// Follower follows a campaign: it reads each summary once.
type Follower struct {
	bus    *Bus
	plan   *Plan
	counts []counts
	read   []uint64 // of each run: the sequence number up to which its summaries are in counts
	last   time.Time
}

// Follow begins to follow a campaign.
func (b *Bus) Follow(ctx context.Context, name string) (*Follower, error) {
	p, err := b.Plan(ctx, name)
	if err != nil {
		return nil, err
	}
	return &Follower{bus: b, plan: p, counts: make([]counts, len(p.Runs)), read: make([]uint64, len(p.Runs)), last: p.created}, nil
}

// Lost is the reason why the connection will not come back, as Bus.Lost has it.
func (f *Follower) Lost() error { return f.bus.Lost() }

// Status returns how far the campaign is now.
func (f *Follower) Status(ctx context.Context) (*Status, error) {
	s := &Status{Name: f.plan.Name}
	var err error
	if s.Cancelled, err = f.bus.isCancelled(ctx, f.plan.Name); err != nil {
		return nil, err
	}
	for i, planned := range f.plan.Runs {
		if err := f.count(ctx, i); err != nil {
			return nil, err
		}
		r := run{f.plan.Name, i}
		one := RunStatus{Path: planned.String(), Wanted: f.plan.options.Cases, counts: f.counts[i]}
		var last *decision
		if one.Steps, last, err = f.bus.taken(ctx, r); err != nil {
			return nil, err
		}
		if last != nil && last.Final != nil {
			one.Done, one.Findings = true, len(last.Final.Findings)
		} else if last != nil {
			one.Avoided = len(last.Next.Avoid)
		}
		consumer, err := f.bus.work.Consumer(ctx, r.consumer())
		switch {
		case errors.Is(err, jetstream.ErrConsumerNotFound): // nobody has begun
		case err != nil:
			return nil, err
		default:
			info := consumer.CachedInfo()
			one.Waiting, one.Running = int(info.NumPending), info.NumAckPending
		}
		s.Runs = append(s.Runs, one)
	}
	s.Seconds = max(f.last.Sub(f.plan.created).Seconds(), 0)
	s.Workers, err = f.bus.Workers(ctx)
	return s, err
}

// count reads the summaries that have come since.
func (f *Follower) count(ctx context.Context, i int) error {
	return f.bus.summaries(ctx, run{f.plan.Name, i}, &f.read[i], func(m jetstream.Msg, at time.Time, c counts) {
		f.counts[i].add(c)
		if at.After(f.last) {
			f.last = at
		}
	})
}

// dull are the results of a run so far, each with whether all of its cases passed or could not be judged, and how many
// failures the run has.
func (b *Bus) dull(ctx context.Context, r run) (list map[string]bool, failures int, err error) {
	list = map[string]bool{}
	var read uint64
	err = b.summaries(ctx, r, &read, func(m jetstream.Msg, _ time.Time, c counts) {
		list[m.Subject()] = c.Failed+c.Known == 0 && !c.Ended
		failures += c.Known + c.Failed
	})
	return list, failures, err
}

func (c *counts) add(o counts) {
	c.Cases, c.Passed, c.Failed = c.Cases+o.Cases, c.Passed+o.Passed, c.Failed+o.Failed
	c.Ended = c.Ended || o.Ended
	c.Known, c.Inconclusive, c.Seconds = c.Known+o.Known, c.Inconclusive+o.Inconclusive, c.Seconds+o.Seconds
}

// Workers lists the workers that have reported lately that they are alive.
func (b *Bus) Workers(ctx context.Context) ([]Presence, error) {
	keys, err := b.workers.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil
	}
	if errors.Is(err, nats.ErrStreamNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrBucketNotFound) {
		_, err = b.presence(ctx) // the server has started again
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(keys)
	var list []Presence
	for _, key := range keys {
		e, err := b.workers.Get(ctx, key)
		if err != nil {
			continue // it has left meanwhile
		}
		var p Presence
		if json.Unmarshal(e.Value(), &p) == nil && p.check() == nil {
			list = append(list, p)
		}
	}
	return list, nil
}

// mostName bounds what a worker may call itself.
const mostName = 128

// check refuses what no worker of ours announces: it is printed on terminals, which do what some letters tell them.
func (p *Presence) check() error {
	if p.Name == "" || len(p.Name) > mostName || strings.ContainsFunc(p.Name, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
		return fmt.Errorf("name %q: want up to %d bytes that can be printed", p.Name, mostName)
	}
	for _, path := range p.Paths {
		if err := checkPath(path); err != nil {
			return err
		}
	}
	for _, tag := range p.Tags {
		if err := CheckTag(tag); err != nil {
			return err
		}
	}
	return nil
}

// Text is the status for people.
func (s *Status) Text() string {
	var b strings.Builder
	for _, r := range s.Runs {
		of := ""
		if r.Wanted > 0 {
			of = fmt.Sprintf(" of %d", r.Wanted)
		}
		state := fmt.Sprintf("%d waiting, %d at work", r.Waiting, r.Running)
		switch {
		case s.Cancelled:
			state = "cancelled"
		case r.Done:
			state = fmt.Sprintf("done, %d findings", r.Findings)
		}
		rate := 0.0
		if s.Seconds > 0 {
			rate = float64(r.Cases) / s.Seconds
		}
		fmt.Fprintf(&b, "%s  %s: %d%s cases, %d passed, %d failed, %d inconclusive, %.1f cases/s; %s\n", s.Name, r.Path, r.Cases, of, r.Passed, r.Failed, r.Inconclusive, rate, state)
		if r.Avoided > 0 {
			fmt.Fprintf(&b, "  drawn outside %d triggers\n", r.Avoided)
		}
	}
	fmt.Fprintf(&b, "%d workers\n", len(s.Workers))
	for _, w := range s.Workers {
		fmt.Fprintf(&b, "  %s: %s, %d cases\n", w.Name, strings.Join(append(w.Paths, w.Tags...), " "), w.Cases)
	}
	return b.String()
}
