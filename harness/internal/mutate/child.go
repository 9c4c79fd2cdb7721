package mutate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker"
)

// Each mutant's cases run in a process of their own, because one that is planted in Go is another program. order is
// what the process is told on its standard input, report a line of JSON on its standard output: the number of each case
// before it runs, then what ended the run.
type order struct {
	Path        string
	Preset      gen.Preset
	Seed        uint64
	Cases       int
	Relations   int
	Deadline    time.Duration // of one call
	ReduceCalls int           // 0: failures are not reduced
	Rules       *rulesOrder   // nil: the harness alone
}

type report struct {
	At      *int        `json:"at,omitempty"`      // this case runs next
	Failure *Failure    `json:"failure,omitempty"` // the harness has found something
	Reduced *Reduced    `json:"reduced,omitempty"`
	Rule    *ruleReport `json:"rule,omitempty"` // how the peers' rules judge one case
	Error   string      `json:"error,omitempty"`
	Done    bool        `json:"done,omitempty"`
}

// Failure is the first case that the harness reported.
type Failure struct {
	Index  int          `json:"index"` // of the case in the stream, from 0
	Kind   verdict.Kind `json:"by"`
	Law    string       `json:"law,omitempty"`
	Reason string       `json:"reason"`
	Case   cases.Case   `json:"case"`
}

// Reduced is how small the failing case became.
type Reduced struct {
	Case     cases.Case `json:"case"`
	Summary  string     `json:"words"`
	Calls    int        `json:"calls"`
	Complete bool       `json:"complete"`
}

// Child does what one process of Run does: it reads an order from in and reports on out.
func Child(ctx context.Context, in io.Reader, out io.Writer) error {
	c := child{encoder: json.NewEncoder(out)}
	if err := json.NewDecoder(in).Decode(&c.order); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	err := c.run(ctx)
	if err != nil {
		c.encoder.Encode(report{Error: err.Error()})
	}
	return errors.Join(err, c.encoder.Encode(report{Done: true}))
}

type child struct {
	order   order
	encoder *json.Encoder
}

// open returns the path in a worker, as attest run does: a mutant may crash, hang or write where it should not.
func (c *child) open(ctx context.Context) (paths.Path, error) {
	p, err := worker.Open(ctx, worker.Options{Name: c.order.Path, Memory: worker.DefaultMemory})
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (c *child) run(ctx context.Context) error {
	stream, err := gen.NewStream(c.order.Preset, c.order.Seed, gen.Filter{})
	if err != nil {
		return err
	}
	if c.order.Rules != nil {
		return c.rules(ctx, stream)
	}
	failure, err := c.conform(ctx, stream)
	if failure == nil || err != nil {
		return err
	}
	if err := c.encoder.Encode(report{Failure: failure}); err != nil {
		return err
	}
	return c.reduce(ctx, failure)
}

var errKilled = errors.New("a case failed")

// conform runs the cases as attest run does, up to the first that fails.
func (c *child) conform(ctx context.Context, stream *gen.Stream) (*Failure, error) {
	var failure *Failure
	err := engine.Run(ctx, engine.Config{
		Source: func(index int) (cases.Case, error) {
			if err := c.encoder.Encode(report{At: &index}); err != nil {
				return cases.Case{}, err
			}
			return stream.Case(index)
		},
		Cases: c.order.Cases, NewPath: c.open,
		Trial: trial.Options{Relations: c.order.Relations, Deadline: c.order.Deadline},
		Sink: func(r engine.Result) error {
			if !r.Verdict.Kind.Fails() {
				return nil
			}
			failure = &Failure{Index: r.Index, Kind: r.Verdict.Kind, Law: r.Verdict.Law, Reason: r.Verdict.Reason, Case: r.Case}
			return errKilled
		},
	})
	if errors.Is(err, errKilled) {
		err = nil
	}
	return failure, err
}

func (c *child) reduce(ctx context.Context, f *Failure) error {
	if c.order.ReduceCalls == 0 {
		return nil
	}
	deadline := c.order.Deadline
	if f.Kind == verdict.Hang { // each smaller case that hangs takes it in full, and is over in no time where it does not
		deadline /= 4
	}
	tester := (&engine.Tester{NewPath: c.open, Trial: trial.Options{Deadline: deadline}}).
		Narrow(verdict.Verdict{Kind: f.Kind, Law: f.Law})
	defer tester.Close()
	result, err := reduce.Reduce(ctx, f.Case, reduce.Options{MaxCalls: c.order.ReduceCalls}, tester.Fails)
	if errors.Is(err, reduce.ErrPasses) {
		return nil // it needs what ran before it, or is not deterministic
	}
	if err != nil {
		return err
	}
	return c.encoder.Encode(report{Reduced: &Reduced{
		Case: result.Case, Summary: cases.Describe(result.Case), Calls: result.Calls, Complete: result.Complete,
	}})
}
