package campaign

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// A run that is done by many is driven by steps: each looks at all that has come back, and decides what is to be run next,
// or that all is done. A step computes nothing that depends on who takes it or when: it goes through what a run in one
// piece does, batch by batch, with the cases' results at hand instead of running them, and with the path's answers of
// earlier steps at hand instead of asking again.

// Learned is what a step found out by asking the path. All of what the steps before learned makes the next one quick.
type Learned struct {
	Answers map[string]verdict.Kind `json:"answers,omitzero"`
	// Reduced is the reduced case of a failure, by the failure's id, as a case file.
	Reduced map[string]string `json:"reduced,omitzero"`
}

// Add takes in what another step learned.
func (l *Learned) Add(o Learned) {
	if l.Answers == nil {
		l.Answers, l.Reduced = map[string]verdict.Kind{}, map[string]string{}
	}
	maps.Copy(l.Answers, o.Answers)
	maps.Copy(l.Reduced, o.Reduced)
}

// StepOptions is what a step goes by.
type StepOptions struct {
	Options Options
	Header  record.Header
	// Handed are the batches that were handed out, in their order. Read goes through one's results, in the order of the
	// numbers, with what is kept of failures; it also returns why the batch ended early, where it did.
	Handed []Piece
	Read   func(batch int, each func(record.Result, *cases.Evidence) error) (Ended, error)
	// Over means that the time of a run by time is over. Options.Time is not looked at, nor is the clock.
	Over    bool
	Learned Learned
	Dir     string // a folder for the step's own run directory, which must not exist; it is the caller's to remove
}

// Step is what a step decided.
type Step struct {
	// Next is the batch to run; End is 0 where the run goes by time, and then as long as the caller likes. nil: all is done.
	Next    *Piece
	Learned Learned // since StepOptions.Learned
	Final   *Final
}

// Final is what a run by many ends with, beside its cases.
type Final struct {
	Findings []record.Finding `json:"findings,omitzero"`
	// Reduced are case files, Pictures files of pictures, by the ids of failures.
	Reduced  map[string]string `json:"reduced,omitzero"`
	Pictures map[string]string `json:"pictures,omitzero"`
	Outside  int               `json:"outside,omitzero"`
	Ended    string            `json:"ended,omitzero"`
}

// needed is how a step leaves the run: for want of a batch.
type needed struct{ piece Piece }

func (n *needed) Error() string { return fmt.Sprintf("cases %d to %d", n.piece.First, n.piece.End) }

var errOver = errors.New("the time is over")

// TakeStep takes the next step.
func TakeStep(ctx context.Context, o StepOptions, w Watch) (Step, error) {
	options := o.Options
	stream, err := gen.NewStream(options.Preset, options.Seed, options.Filter)
	if err != nil {
		return Step{}, err
	}
	known, err := openLedger(options.Ledger)
	if err != nil {
		return Step{}, err
	}
	run, err := record.Open(o.Dir, options, o.Header)
	if err != nil {
		return Step{}, err
	}
	defer run.Close()
	timed := options.Time > 0
	options.Time = 0
	r := &runner{options: options, watch: w, run: run, log: run.Logger(), known: known, answers: maps.Clone(o.Learned.Answers)}
	if r.answers == nil {
		r.answers = map[string]verdict.Kind{}
	}
	s := &stepper{runner: r, o: &o, timed: timed}
	r.produce = s.produce
	err = r.all(ctx, stream)
	if errors.Is(err, errOver) {
		err = r.explainFailures(ctx)
	}
	if r.search != nil {
		defer r.search.close()
	}
	var need *needed
	switch {
	case ctx.Err() != nil:
		return Step{}, ctx.Err()
	case errors.As(err, &need):
		return Step{Next: &need.piece, Learned: s.learned()}, nil
	case err != nil:
		return Step{}, err
	}
	r.draw(ctx)
	if err := ctx.Err(); err != nil {
		return Step{}, err
	}
	final, err := s.final()
	return Step{Final: final, Learned: s.learned()}, err
}

// stepper supplies a runner with results that others computed.
type stepper struct {
	*runner
	o     *StepOptions
	timed bool
	next  int // the batch that is supplied next
	asked int // results that were supplied and teach something: see findings.tell
}

func (s *stepper) produce(ctx context.Context, _ *gen.Stream, _ Options, first, end int) error {
	if !s.timed || s.options.Peel {
		return s.batchOf(ctx, first, end)
	}
	for { // all batches, whatever their sizes
		if s.next < len(s.o.Handed) {
			first, end = s.o.Handed[s.next].First, s.o.Handed[s.next].End
		} else {
			first, end = s.after(), 0
		}
		if err := s.batchOf(ctx, first, end); err != nil {
			if errors.Is(err, errOver) {
				return nil
			}
			return err
		}
	}
}

// after is the number behind the last batch.
func (s *stepper) after() int {
	if len(s.o.Handed) == 0 {
		return 0
	}
	return s.o.Handed[len(s.o.Handed)-1].End
}

func (s *stepper) batchOf(ctx context.Context, first, end int) error {
	if s.next >= len(s.o.Handed) {
		if s.timed && s.o.Over {
			return errOver
		}
		return &needed{Piece{first, end, s.avoided()}}
	}
	at := s.next
	s.next++
	if was := s.o.Handed[at]; was.First != first || was.End != end {
		return fmt.Errorf("batch %d was cases %d to %d, and is %d to %d now: the path answers otherwise than before", at, was.First, was.End, first, end)
	}
	ended, err := s.o.Read(at, func(result record.Result, e *cases.Evidence) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.supply(result, e)
	})
	switch {
	case err != nil:
		return err
	case ended != "":
		return fmt.Errorf("%s: %w", ended, errNothingLeft)
	}
	return nil
}

// avoided are the triggers of what was found, for a run that peels.
func (s *stepper) avoided() []string {
	if !s.options.Peel || s.search == nil {
		return nil
	}
	var list []string
	for _, f := range s.search.lab.Findings() {
		if f.Explained() {
			list = append(list, f.Trigger.String())
		}
	}
	return list
}

// supply takes in a result. What passed is kept in mind only as far as somebody asks for it later.
func (s *stepper) supply(result record.Result, e *cases.Evidence) error {
	failed := result.Kind.Fails() && result.Known == ""
	teaches := result.Known == "" && !(failed && result.Law != "")
	if teaches {
		s.asked++
	}
	if s.options.Peel || failed || teaches && s.asked <= MostTold {
		s.judged = append(s.judged, outcome{result.Index, result.Case, result.Kind, result.Known != ""})
	}
	if !failed {
		return nil
	}
	if e == nil {
		return fmt.Errorf("case number %d: no evidence of its failure", result.Index)
	}
	f := failure{index: result.Index, c: result.Case, v: result.Verdict, engine: result.Engine}
	if text, ok := s.o.Learned.Reduced[result.ID]; ok {
		if err := os.WriteFile(record.ReducedFile(s.run.Dir(), result.ID), []byte(text), 0o644); err != nil {
			return err
		}
		f.reduced = true
	}
	s.failed = append(s.failed, f)
	if _, err := s.run.SaveFailure(result.Case, e); err != nil {
		return err
	}
	return s.run.TakeOver(result)
}

// learned is what is news.
func (s *stepper) learned() Learned {
	l := Learned{Answers: map[string]verdict.Kind{}, Reduced: map[string]string{}}
	for key, kind := range s.answers {
		if _, old := s.o.Learned.Answers[key]; !old {
			l.Answers[key] = kind
		}
	}
	for _, f := range s.failed {
		id := cases.Name(f.c)
		if _, old := s.o.Learned.Reduced[id]; old {
			continue
		}
		if text, err := os.ReadFile(record.ReducedFile(s.run.Dir(), id)); err == nil {
			l.Reduced[id] = string(text)
		}
	}
	return l
}

func (s *stepper) final() (*Final, error) {
	sum := s.run.Summary()
	f := &Final{Findings: sum.Findings, Reduced: map[string]string{}, Pictures: map[string]string{}, Ended: s.ended}
	if s.options.Peel {
		f.Outside = s.passedOutside()
	}
	for _, failed := range s.failed {
		id := cases.Name(failed.c)
		text, err := os.ReadFile(record.ReducedFile(s.run.Dir(), id))
		if err != nil {
			continue // it is not reduced
		}
		f.Reduced[id] = string(text)
		if picture, err := os.ReadFile(record.PictureFile(s.run.Dir(), id)); err == nil {
			f.Pictures[id] = string(picture)
		}
	}
	f.Findings = slices.Clone(f.Findings)
	for i := range f.Findings { // where they lie here is nobody's business
		if f.Findings[i].Reduced != "" {
			f.Findings[i].Reduced = "reduced"
		}
		f.Findings[i].Replay, f.Findings[i].Reduce = "", ""
	}
	return f, nil
}
