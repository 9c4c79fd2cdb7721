package queue

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
)

// Plan is a campaign as it was submitted.
type Plan struct {
	Name string       `json:"name"`
	Runs []PlannedRun `json:"runs"`
	Item int          `json:"item_cases"`     // cases of an item, a multiple of engine.SequenceLength
	Need []string     `json:"need,omitempty"` // tags that a worker must have
	// Corpus is case files to replay instead of drawing any; a run's cases are their number.
	Corpus []File `json:"corpus,omitempty"`
	// Known is the text of the file of known failures; empty: none.
	Known  string   `json:"known,omitempty"`
	Attest Identity `json:"attest"`
	// Generator is the fingerprint of the cases.
	Generator string `json:"generator"`
	// Options are those of each run. Its path, its part and its file of known failures are empty.
	Options json.RawMessage `json:"options"`

	options campaign.Options
	files   []corpus.Item
	created time.Time // by the server's clock
}

// File is a case file.
type File struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// PlannedRun is one path, in its modes.
type PlannedRun struct {
	Path  string `json:"path"`
	Modes string `json:"modes,omitempty"`
}

// String names it for people.
func (r PlannedRun) String() string {
	if r.Modes == "" {
		return r.Path
	}
	return r.Path + "?" + r.Modes
}

// Bounds of a plan.
const (
	MaxRuns     = 64
	MaxItem     = 1 << 14
	maxCases    = 1_000_000_000_000
	maxDeadline = time.Hour
	maxPlan     = 900 << 10
)

// DefaultItem is how many cases an item has by default: a few seconds.
const DefaultItem = 8 * engine.SequenceLength

// NewPlan makes a plan of this program's.
func NewPlan(name string, runs []PlannedRun, item int, need []string, known string, o campaign.Options) (*Plan, error) {
	o.Path, o.Ledger, o.Shard, o.Workers = "", "", campaign.Shard{}, 1
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	stream, err := gen.NewStream(o.Preset, o.Seed, o.Filter)
	if err != nil {
		return nil, err
	}
	p := &Plan{Name: name, Runs: runs, Item: item, Need: need, Known: known, Attest: Self(), Generator: stream.Fingerprint(), Options: text}
	return p, p.check()
}

// NewReplay makes a plan that replays case files.
func NewReplay(name string, runs []PlannedRun, item int, need []string, known string, o campaign.Options, files []corpus.Item) (*Plan, error) {
	o.Cases, o.Time, o.Triggers, o.Reduce, o.Peel, o.ExcludeKnown, o.Filter = len(files), 0, false, 0, false, false, gen.Filter{}
	if len(files) == 0 {
		return nil, errors.New("no case file to replay")
	}
	p, err := NewPlan(name, runs, item, need, known, o)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		p.Corpus = append(p.Corpus, File{f.Slug, string(cases.EncodeFile(f.Case, f.Failure))})
	}
	return p, p.check()
}

func readPlan(text []byte) (*Plan, error) {
	var p Plan
	if len(text) > maxPlan {
		return nil, fmt.Errorf("plan: %d bytes; want at most %d", len(text), maxPlan)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return &p, nil
}

func (p *Plan) check() error {
	if err := CheckName(p.Name); err != nil {
		return err
	}
	if len(p.Runs) == 0 || len(p.Runs) > MaxRuns {
		return fmt.Errorf("%d paths; want 1 to %d", len(p.Runs), MaxRuns)
	}
	for i, r := range p.Runs {
		if err := errors.Join(checkPath(r.Path), checkModes(r.Modes)); err != nil {
			return err
		}
		if slices.Contains(p.Runs[:i], r) {
			return fmt.Errorf("path %s stands there twice", r)
		}
	}
	if p.Item < engine.SequenceLength || p.Item > MaxItem || p.Item%engine.SequenceLength != 0 {
		return fmt.Errorf("%d cases an item; want a multiple of %d up to %d", p.Item, engine.SequenceLength, MaxItem)
	}
	for _, tag := range p.Need {
		if err := CheckTag(tag); err != nil {
			return err
		}
	}
	var err error
	if p.options, err = campaign.DecodeOptions(p.Options); err != nil {
		return err
	}
	o := &p.options
	switch {
	case o.Path != "" || o.Ledger != "" || o.Shard != campaign.Shard{}:
		return errors.New("options: path, ledger and shard; want none")
	case o.Cases > maxCases:
		return fmt.Errorf("options: %d cases; want at most %d", o.Cases, maxCases)
	case o.Deadline > maxDeadline:
		return fmt.Errorf("options: deadline %v; want at most %v", o.Deadline, maxDeadline)
	case o.Peel && (!o.Triggers || o.Reduce == 0):
		return errors.New("options: peel goes by triggers, and there are none")
	case o.ExcludeKnown && p.Known == "":
		return errors.New("options: exclude_known, and no known failures")
	case len(p.Corpus) > 0 && (o.Cases != len(p.Corpus) || o.Time != 0 || o.Triggers || o.Peel || o.Reduce != 0 || o.ExcludeKnown):
		return fmt.Errorf("options: want %d cases, the files of the corpus, and nothing that is asked about them", len(p.Corpus))
	}
	p.files = nil
	for i, f := range p.Corpus {
		c, e, err := cases.DecodeFile([]byte(f.Text))
		if err == nil && e != nil {
			err = campaign.CheckKept(e)
		}
		if err != nil {
			return fmt.Errorf("corpus: file %d, %q: %w", i, f.Name, err)
		}
		p.files = append(p.files, corpus.Item{Path: f.Name, Slug: f.Name, ID: cases.Name(c), Case: c, Failure: e})
	}
	return nil
}

// missing returns the tag that a worker lacks.
func (p *Plan) missing(tags []string) string {
	for _, need := range p.Need {
		if !slices.Contains(tags, need) {
			return need
		}
	}
	return ""
}

// item is a message of the work queue.
type item struct {
	Kind  string `json:"kind"` // cases, step
	Batch int    `json:"batch"`
	First int    `json:"first,omitempty"`
	End   int    `json:"end,omitempty"`
}

const (
	casesItem = "cases"
	stepItem  = "step"
)

func readItem(text []byte) (item, error) {
	var i item
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&i); err != nil {
		return i, fmt.Errorf("item: %w", err)
	}
	if i.Batch < 0 || i.Kind != casesItem && i.Kind != stepItem {
		return i, fmt.Errorf("item: kind %q, batch %d; want %s or %s, and 0 or more", i.Kind, i.Batch, casesItem, stepItem)
	}
	return i, nil
}

// within refuses an item that is none of a batch's.
func (i item) within(p campaign.Piece, size int) error {
	if i.First < p.First || i.End > p.End || i.First >= i.End || (i.First-p.First)%size != 0 || i.End != min(i.First+size, p.End) {
		return fmt.Errorf("item: cases %d to %d are no item of the batch %d to %d", i.First, i.End, p.First, p.End)
	}
	return nil
}

// items cuts a batch.
func items(batch int, p campaign.Piece, size int) func(yield func(item) bool) {
	return func(yield func(item) bool) {
		for first := p.First; first < p.End; first += size {
			if !yield(item{casesItem, batch, first, min(first+size, p.End)}) {
				return
			}
		}
	}
}
