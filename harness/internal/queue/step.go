package queue

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/metal/scratch"
)

// decision is what a step decided, as it is stored.
type decision struct {
	Next    *campaign.Piece    `json:"next,omitempty"`
	Learned campaign.Learned   `json:"learned"`
	Final   *campaign.Final    `json:"final,omitempty"`
	Header  *record.Header     `json:"header,omitempty"` // of who took the step
	Isolate campaign.Isolation `json:"isolation"`
	// At is when the step was put into the queue, by the server's clock.
	At time.Time `json:"at"`
}

func (d *decision) encode() ([]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = z.Write(text)
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

func readDecision(data []byte) (*decision, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("step: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(z, maxStored))
	if err != nil {
		return nil, fmt.Errorf("step: %w", err)
	}
	var d decision
	if err := strict(text, &d); err != nil {
		return nil, fmt.Errorf("step: %w", err)
	}
	switch n := d.Next; {
	case (n == nil) == (d.Final == nil):
		return nil, errors.New("step: next, final: want one of them")
	case n != nil && (n.First < 0 || n.End <= n.First || n.First%engine.SequenceLength != 0 || n.End > maxCases):
		return nil, fmt.Errorf("step: cases %d to %d; want numbers that grow, the first a multiple of %d", n.First, n.End, engine.SequenceLength)
	case d.Final != nil:
		if err := d.Final.Check(); err != nil {
			return nil, fmt.Errorf("step: %w", err)
		}
	}
	return &d, nil
}

// decision returns the step with a number; errNone: it is not taken yet.
func (b *Bus) decision(ctx context.Context, r run, step int) (*decision, error) {
	s, err := b.at(ctx, r.stepSubject(step))
	if err != nil {
		return nil, err
	}
	return b.decided(ctx, s)
}

func (b *Bus) decided(ctx context.Context, s *stored) (*decision, error) {
	data, err := b.content(ctx, s)
	if err != nil {
		return nil, err
	}
	d, err := readDecision(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.subject, err)
	}
	return d, nil
}

// taken is how many steps of a run are taken, and the last of them; nil: none is.
func (b *Bus) taken(ctx context.Context, r run) (int, *decision, error) {
	s, err := b.at(ctx, r.steps())
	if errors.Is(err, errNone) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	number, err := strconv.Atoi(s.subject[strings.LastIndexByte(s.subject, '.')+1:])
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", s.subject, err)
	}
	d, err := b.decided(ctx, s)
	return number + 1, d, err
}

// all returns every step of a run so far.
func (b *Bus) all(ctx context.Context, r run) ([]*decision, error) {
	var list []*decision
	for {
		d, err := b.decision(ctx, r, len(list))
		if errors.Is(err, errNone) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
}

// read goes through the results of a batch in the order of the numbers, but for those that skip, where not nil, holds for.
// missing is called for items that are not there; nil: that is an error.
func (b *Bus) read(ctx context.Context, r run, batch int, p campaign.Piece, size int, skip func(item) bool, missing func(item), each func(*stored, *result) error) (campaign.Ended, error) {
	for i := range items(batch, p, size) {
		if skip != nil && skip(i) {
			continue
		}
		s, err := b.at(ctx, r.resultSubject(batch, i.First))
		if errors.Is(err, errNone) {
			if missing == nil {
				return "", fmt.Errorf("cases %d to %d: %w", i.First, i.End, err)
			}
			missing(i)
			continue
		}
		if err != nil {
			return "", err
		}
		data, err := b.content(ctx, s)
		if err != nil {
			return "", err
		}
		res, err := decode(data, i)
		if err != nil {
			return "", fmt.Errorf("%s: %w", s.subject, err)
		}
		if err := each(s, res); err != nil {
			return "", err
		}
		if res.made.Ended != "" {
			return res.made.Ended, nil // nothing behind it was drawn by a run in one piece
		}
	}
	return "", nil
}

// How long a batch of a run by time should take, and with how many items it begins.
const (
	firstItems   = 4
	mostItems    = 1 << 14
	shortBatch   = 8 * time.Second
	lengthyBatch = 30 * time.Second
)

// sized is where a batch of a run by time ends, after how long the one before it took.
func sized(first, size int, before []*decision, at time.Time) int {
	n := firstItems
	if len(before) > 0 {
		last := before[len(before)-1]
		n = (last.Next.End - last.Next.First) / size
		switch took := at.Sub(last.At); {
		case took < shortBatch:
			n *= 2
		case took > lengthyBatch:
			n /= 2
		}
	}
	return first + min(max(n, 1), mostItems)*size
}

// step takes one: everything that came back goes through the run's own logic.
func (w *Worker) step(ctx context.Context, t *task, number int, at time.Time) error {
	before, err := w.bus.all(ctx, t.run)
	if err != nil {
		return err
	}
	if number > len(before) {
		return fmt.Errorf("step %d: %d are taken", number, len(before))
	}
	if number == len(before) {
		d, err := w.take(ctx, t, before, at)
		if err != nil {
			return err
		}
		data, err := d.encode()
		if err != nil {
			return err
		}
		summary := "final"
		if d.Next != nil {
			summary = fmt.Sprintf("cases %d to %d", d.Next.First, d.Next.End)
		}
		if _, err := w.bus.store(ctx, t.run.stepSubject(number), data, summary, w.troubled); err != nil {
			return err
		}
		stored, err := w.bus.decision(ctx, t.run, number) // ours, or that of a faster worker
		if err != nil {
			return err
		}
		before = append(before, stored)
		w.log("step %d of %s: %s", number, t.label, summary)
	}
	return w.handOut(ctx, t, number, before[number])
}

// handOut puts the batch that a step decided on into the queue, unless that is done.
func (w *Worker) handOut(ctx context.Context, t *task, number int, d *decision) error {
	if d.Next == nil {
		return nil
	}
	if out, err := w.bus.has(ctx, t.run.outSubject(number)); out || err != nil {
		return err
	}
	if err := w.bus.putAll(ctx, t.run, number, items(number, *d.Next, t.plan.Item)); err != nil {
		return err
	}
	_, err := w.bus.store(ctx, t.run.outSubject(number), []byte("out"), "", w.troubled)
	return err
}

func (w *Worker) take(ctx context.Context, t *task, before []*decision, at time.Time) (*decision, error) {
	dir, err := scratch.Dir("step")
	if err != nil {
		return nil, err
	}
	defer dir.Remove()
	header := t.crew.Header()
	o := campaign.StepOptions{Options: t.options, Header: header, Dir: filepath.Join(dir.Path, "run")}
	for _, d := range before {
		if d.Next == nil {
			return nil, fmt.Errorf("the run of %s is done", t.label)
		}
		o.Handed = append(o.Handed, *d.Next)
		o.Learned.Add(d.Learned)
	}
	o.Over = t.options.Time > 0 && len(before) > 0 && at.Sub(t.plan.created) >= t.options.Time
	// Of a run that does not peel, a step asks for the failures, and for what it learns from: not for a billion passes.
	var skip func(item) bool
	if !t.options.Peel {
		dull, failures, err := w.bus.dull(ctx, t.run)
		if err != nil {
			return nil, err
		}
		skip = func(i item) bool {
			return i.First >= campaign.MostTold+failures && dull[t.run.resultSubject(i.Batch, i.First)]
		}
	}
	o.Read = func(batch int, each func(record.Result, *cases.Evidence) error) (campaign.Ended, error) {
		return w.bus.read(ctx, t.run, batch, o.Handed[batch], t.plan.Item, skip, nil, func(_ *stored, r *result) error {
			for i := range r.lines {
				if err := each(r.lines[i].Result, r.lines[i].evidence); err != nil {
					return err
				}
			}
			return nil
		})
	}
	s, err := campaign.TakeStep(ctx, o, campaign.Watch{
		Reducing: func(id string) { w.log("reducing %s of %s", id, t.label) },
		Finding:  func(f record.Finding) { w.log("finding %d of %s: %s", f.Number, t.label, f.Summary) },
	})
	if err != nil {
		return nil, err
	}
	if s.Next != nil && s.Next.End == 0 {
		s.Next.End = sized(s.Next.First, t.plan.Item, before, at)
	}
	return &decision{Next: s.Next, Learned: s.Learned, Final: s.Final, Header: &header, Isolate: t.options.Isolation, At: at}, nil
}
