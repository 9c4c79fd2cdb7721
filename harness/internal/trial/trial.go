// Package trial takes one case through one path to a verdict: predecessors, the call itself between guards, the
// oracle, fresh values for what is only suspicious, and the relations. It never draws cases and keeps no files.
package trial

import (
	"context"
	"fmt"
	"slices"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// Options are how thorough a trial is. The zero value judges outputs and checks no relation.
type Options struct {
	Relations int           // laws checked on each case, chosen by its name; negative: all that apply
	Laws      []string      // instead: these, where they apply
	LawSeed   uint64        // where the random choices of Laws begin; 0: where the case's name puts it
	Workers   int           // goroutines of the reference; 0: as many as GOMAXPROCS
	Deadline  time.Duration // of one call of the path; 0: none
	Repeats   Repeats       // which cases are computed again, to compare bits
}

// Outcome is what a trial found.
type Outcome struct {
	Verdict verdict.Verdict
	Timing  paths.Timing
	Wall    time.Duration // of the judged call
	Spent   Spent
	// Truth and Output are the reference and what the path wrote; nil where it did not come so far. The output of an
	// isolated path lies in the path's memory: it is good until the path's next trial, or its end.
	Truth  *reference.Result
	Output *cases.Tensors
	// Arithmetic is what the path declares for the case, with Truth.
	Arithmetic reference.Arithmetic
	// Called means that the path was called. An unsupported case where it was not is one that the path refused when asked.
	Called bool
	// Laws is how many relations held. NotJudged names each relation, repeat and variant of the case that was left out
	// because the path refuses what it takes, with the reason: "relayout: the path does not support ...".
	Laws      int
	NotJudged []string
	// Further are the cases that the law which failed ran beside the case itself: with fewer rows, or another layout. Of a
	// case that ended because one that runs before it failed it is that one, with those before it.
	Further []cases.Case
	// Second is the run that contradicts the first one, of a relation or of a call that gave other bits; nil: none does.
	Second *Second
	// Stack is what the path's process wrote, on both of its streams, during the call that failed, or while a crash or a
	// hang ended it.
	Stack string
	// Cold means that the trial left the path with a cold context: what ran before no longer matters.
	Cold bool
	// Lost means that the path did not come back or panicked, so that nothing may be asked of it again.
	Lost bool
	// Running is open for as long as a call that overran its deadline still runs in this process; nil: none does.
	Running <-chan struct{}
}

// Spent is where the time of a trial went. Path is that of calls without Compile, which is what the path reports for
// compiling; Relations is what laws take beside the calls they make.
type Spent struct {
	Generate, Reference, Path, Compile, Relations time.Duration
}

// Total is all of it.
func (s Spent) Total() time.Duration {
	return s.Generate + s.Reference + s.Path + s.Compile + s.Relations
}

// Add sums two.
func (s *Spent) Add(o Spent) {
	s.Generate += o.Generate
	s.Reference += o.Reference
	s.Path += o.Path
	s.Compile += o.Compile
	s.Relations += o.Relations
}

// Run tries a normalized case. It returns an error only when ctx ends or the harness itself fails; what the path does
// wrong is a verdict.
func Run(ctx context.Context, p paths.Path, c cases.Case, o Options) (Outcome, error) {
	t := &trial{path: p, options: o}
	v, err := t.run(ctx, c)
	t.outcome.Verdict, t.outcome.Timing.Engine = v, t.engine
	if wrote, ok := p.(interface{ Wrote() string }); ok && v.Kind.Fails() && t.outcome.Stack == "" {
		t.outcome.Stack = wrote.Wrote()
	}
	if err != nil {
		return t.outcome, fmt.Errorf("case %s: %w", cases.Name(c), err)
	}
	return t.outcome, nil
}

type trial struct {
	path    paths.Path
	options Options
	outcome Outcome
	engine  string // of all calls so far, since any of them may be the one that is wrong: see paths.Timing
}

func (t *trial) run(ctx context.Context, c cases.Case) (verdict.Verdict, error) {
	if err := paths.Supports(t.path, c); err != nil {
		return verdict.Verdict{Kind: verdict.Unsupported, Reason: err.Error()}, nil
	}
	if work := c.Work(); work > cases.MaxWork {
		return verdict.Verdict{Kind: verdict.Inconclusive, Reason: fmt.Sprintf(
			"too large to be judged: the reference would take %.2g multiply-adds, at most %.2g are computed", work, float64(cases.MaxWork))}, nil
	}
	huge := bytesOf(c) >= hugeBytes
	if huge {
		if v := crowded(c, availableMemory()); v != nil {
			return *v, nil
		}
	}
	if v, err := t.predecessors(ctx, c); err != nil || v != nil {
		return valueOf(v), err
	}
	tensors, v, err := t.call(ctx, c)
	if err != nil || v != nil {
		return valueOf(v), err
	}
	truth, judged, err := t.judge(ctx, c, tensors)
	t.outcome.Truth, t.outcome.Output = truth, tensors
	if err != nil || judged.Kind.Fails() {
		return judged, err
	}
	if judged.Suspicious > 0 {
		if judged, err = t.retry(ctx, c, truth, tensors, judged); err != nil || judged.Kind.Fails() {
			return judged, err
		}
	}
	if huge {
		return judged, nil
	}
	if v, err := t.repeatCall(ctx, c, tensors); err != nil || v != nil {
		return besideOutput(v, judged), err
	}
	if v, err := t.variants(ctx, c, tensors, truth); err != nil || v != nil {
		return besideOutput(v, judged), err
	}
	if v, err := t.relations(ctx, c, tensors, truth); err != nil || v != nil {
		return besideOutput(v, judged), err
	}
	return judged, nil
}

// besideOutput is the verdict of a further run, with the numbers of the first run's output, which was judged.
func besideOutput(v *verdict.Verdict, judged verdict.Verdict) verdict.Verdict {
	out := valueOf(v)
	if v != nil && out.Elements == 0 {
		out.WorstRatio, out.SharpRatio = judged.WorstRatio, judged.SharpRatio
		out.Elements, out.Inconclusive, out.Suspicious, out.Retries = judged.Elements, judged.Inconclusive, judged.Suspicious, judged.Retries
	}
	return out
}

func valueOf(v *verdict.Verdict) verdict.Verdict {
	if v == nil {
		return verdict.Verdict{}
	}
	return *v
}

// predecessors runs the cases of c.After in a fresh context. They are not judged, but a call that fails ends the case.
func (t *trial) predecessors(ctx context.Context, c cases.Case) (*verdict.Verdict, error) {
	if len(c.After) == 0 {
		return nil, nil
	}
	if v := t.unsupported(c.After); v != nil {
		return v, nil // before anything is done to the context
	}
	if err := paths.Reset(ctx, t.path); err != nil {
		return nil, fmt.Errorf("reset: %w", err)
	}
	// A path that dies of the question, also of that for the case itself, is found out by its next call, not by Reset.
	if v := t.unsupported(append(slices.Clip(c.After), c)); v != nil {
		return v, nil
	}
	for i, before := range c.After {
		if _, v, err := t.call(ctx, before); err != nil || v != nil {
			if v != nil {
				v.Reason = fmt.Sprintf("after[%d]: %s", i, v.Reason)
				before.After = c.After[:i:i]
				t.outcome.Further = []cases.Case{before}
			}
			return v, err
		}
	}
	return nil, nil
}

// unsupported asks the path for the cases that run before.
func (t *trial) unsupported(before []cases.Case) *verdict.Verdict {
	for i, c := range before {
		if err := paths.Supports(t.path, c); err != nil {
			return &verdict.Verdict{Kind: verdict.Unsupported, Reason: fmt.Sprintf("after[%d]: %v", i, err)}
		}
	}
	return nil
}

func (t *trial) judge(ctx context.Context, c cases.Case, tensors *cases.Tensors) (*reference.Result, verdict.Verdict, error) {
	start := time.Now()
	defer func() { t.outcome.Spent.Reference += time.Since(start) }()
	t.outcome.Arithmetic = t.path.Arithmetic(c)
	truth, err := oracle.Truth(ctx, c, tensors, t.outcome.Arithmetic, reference.Options{Workers: t.options.Workers})
	if err != nil {
		return nil, verdict.Verdict{}, err
	}
	if err := unwritten(tensors); err != nil {
		return truth, verdict.Verdict{Kind: verdict.Guard, Reason: err.Error()}, nil
	}
	v, err := oracle.Judge(truth, tensors)
	return truth, v, err
}

// refused reports whether a verdict is that the path refused a further call, and notes then what was left out.
func (t *trial) refused(v *verdict.Verdict, what string) bool {
	if v == nil || v.Kind != verdict.Unsupported {
		return false
	}
	t.outcome.NotJudged = append(t.outcome.NotJudged, what+": the path refuses the call: "+v.Reason)
	return true
}
