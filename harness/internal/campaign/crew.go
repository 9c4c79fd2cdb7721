package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/evidence"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/trial"
)

// Piece is consecutive numbers of a run, from First up to one below End. Nothing is drawn that Avoid, triggers of what was
// found before, explains.
type Piece struct {
	First int      `json:"first"`
	End   int      `json:"end"`
	Avoid []string `json:"avoid,omitzero"`
}

// Crew runs pieces of one run, on paths that stay open from one piece to the next. What a case comes to depends on its
// number and its piece's Avoid alone. Several goroutines may use it.
type Crew struct {
	options Options
	stream  *gen.Stream
	peak    float64
	keeping evidence.Conditions
	header  record.Header
	files   []corpus.Item

	lock  sync.Mutex
	known ledgerOf
	idle  []paths.Path
}

// NewCrew opens the path once. Close ends it.
func NewCrew(ctx context.Context, o Options) (*Crew, error) {
	if field, want := o.impossible(); field != "" {
		return nil, fmt.Errorf("options: %s: want %s", field, want)
	}
	stream, err := gen.NewStream(o.Preset, o.Seed, o.Filter)
	if err != nil {
		return nil, err
	}
	c := &Crew{options: o, stream: stream}
	if c.known, err = openLedger(o.Ledger); err != nil {
		return nil, err
	}
	p, err := o.opener(o.Path)(ctx)
	if err != nil {
		return nil, err
	}
	on := paths.Describe(p)
	c.peak, _ = paths.PeakOf(ctx, p) // without one, rates are held against none
	c.keep(p)
	c.keeping = setting{o.Path, o.Deadline, o.Isolation}.keeping()
	c.header = record.Header{
		Path: o.Path, Device: on.Device, Toolchain: on.Toolchain, Seed: o.Seed, Peak: c.peak,
		Generator: stream.Fingerprint(), Ledger: c.known.sum,
	}
	c.header.FillDefaults()
	return c, nil
}

// Header is what a run directory of the run begins with.
func (c *Crew) Header() record.Header { return c.header }

// Close closes the paths that are open.
func (c *Crew) Close() error {
	c.lock.Lock()
	defer c.lock.Unlock()
	var errs []error
	for _, p := range c.idle {
		if closer, ok := p.(interface{ Close() error }); ok {
			errs = append(errs, closer.Close())
		}
	}
	c.idle = nil
	return errors.Join(errs...)
}

func (c *Crew) keep(p paths.Path) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.idle = append(c.idle, p)
}

// open returns a path that is idle, with a cold context, else a new one.
func (c *Crew) open(ctx context.Context) (paths.Path, error) {
	c.lock.Lock()
	var p paths.Path
	if n := len(c.idle); n > 0 {
		p, c.idle = c.idle[n-1], c.idle[:n-1]
	}
	c.lock.Unlock()
	if p != nil {
		err := paths.Reset(ctx, p)
		if err == nil {
			return p, nil
		}
		if closer, ok := p.(interface{ Close() error }); ok {
			closer.Close()
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return c.options.opener(c.options.Path)(ctx)
}

// Ended is why a piece ended early, though nothing failed: a message for the run. Empty: it did not.
type Ended string

// Replays has the crew run case files instead of drawing: number i is file i. A kept failure is asked for in the way in which
// it failed, on the crew's own path.
func (c *Crew) Replays(files []corpus.Item) { c.files = files }

// Run runs a piece and hands each line to each, with what to keep of a failure. It does not keep the order of the numbers
// where a sequence ends early.
func (c *Crew) Run(ctx context.Context, p Piece, each func(record.Result, *cases.Evidence) error) (Ended, error) {
	if c.files != nil {
		return "", c.replay(ctx, p, each)
	}
	avoid, err := avoidance(p.Avoid)
	if err != nil {
		return "", err
	}
	source := avoiding{stream: c.stream}
	if len(avoid) > 0 || c.options.ExcludeKnown {
		source.avoid = func(x *cases.Case) bool {
			return c.options.ExcludeKnown && c.known.about(x) || explained(avoid, x)
		}
	}
	err = engine.Run(ctx, engine.Config{
		Source: source.Case, Redraw: source.Draw, First: p.First, Cases: p.End, NewPath: c.open, Keep: c.keep,
		Trial: trial.Options{Relations: c.options.Relations, Deadline: c.options.Deadline, Workers: 1},
		Sink: func(result engine.Result) error {
			c.lock.Lock()
			line, err := lineOf(result, c.options.Path, &c.known)
			c.lock.Unlock()
			if err != nil {
				return err
			}
			line.Fill(c.peak)
			var e *cases.Evidence
			if line.Kind.Fails() {
				e = evidence.Of(line.Verdict, result.On, keptBy(c.keeping, line.Engine))
			}
			return each(line, e)
		},
	})
	if errors.Is(err, errNothingLeft) {
		return Ended(err.Error()), nil
	}
	return "", err
}

func (c *Crew) replay(ctx context.Context, p Piece, each func(record.Result, *cases.Evidence) error) error {
	if p.End > len(c.files) {
		return fmt.Errorf("files %d to %d of %d", p.First, p.End, len(c.files))
	}
	o := &c.options
	var failed error
	summary, err := Replay(ctx, ReplayOptions{
		Items: c.files[p.First:p.End], First: p.First,
		Conditions: Conditions{
			Path: o.Path, Relations: o.Relations, Deadline: o.Deadline, Isolation: o.Isolation,
			Override: Override{Path: true, Deadline: true, Isolate: true, Memory: true},
		},
		Each: func(_ corpus.Item, r Replayed) {
			if failed != nil {
				return
			}
			r.Index += p.First
			r.Case.Notes = ""
			c.lock.Lock()
			r.Known, failed = c.known.judgeAgain(&r.Result)
			c.lock.Unlock()
			r.Fill(c.peak)
			var e *cases.Evidence
			if r.Kind.Fails() {
				e = evidence.Of(r.Verdict, paths.Description{Device: r.Device, Toolchain: r.Toolchain}, keptBy(c.keeping, r.Engine))
			}
			if failed == nil {
				failed = each(r.Result, e)
			}
		},
	})
	if err == nil && summary.Interrupted {
		err = ctx.Err()
	}
	return errors.Join(err, failed)
}

// avoidance reads triggers.
func avoidance(sources []string) ([]predicate.Predicate, error) {
	var list []predicate.Predicate
	for _, source := range sources {
		p, err := predicate.Compile(source)
		if err != nil {
			return nil, fmt.Errorf("avoid: %q: %w", source, err)
		}
		list = append(list, p)
	}
	return list, nil
}

// explained reports whether a trigger is about a case or one that runs before it.
func explained(triggers []predicate.Predicate, c *cases.Case) bool {
	for i := range triggers {
		about := func(x cases.Case) bool {
			ok, err := triggers[i].Match(x)
			return err == nil && ok
		}
		if about(*c) || slices.ContainsFunc(c.After, about) {
			return true
		}
	}
	return false
}
