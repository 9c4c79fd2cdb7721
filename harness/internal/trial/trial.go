// Package trial takes one case through one path to a verdict: predecessors, the call itself between guards, the
// oracle, fresh values for what is only suspicious, and the relations. It never draws cases and keeps no files.
package trial

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/relation"
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
	// Further are the cases that the law which failed ran beside the case itself: with fewer rows, or another layout.
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

// Spent is where the time of a trial went. Path is that of calls without Compile, which is what the path says it spent
// on compiling; Relations is what laws take beside the calls they make.
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
	t.outcome.Verdict = v
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

// call makes the tensors, in memory that an isolated path shares, lets the path compute them and checks that it touched
// nothing else.
func (t *trial) call(ctx context.Context, c cases.Case) (*cases.Tensors, *verdict.Verdict, error) {
	start := time.Now()
	tensors, err := t.materialize(c)
	t.outcome.Spent.Generate += time.Since(start)
	if err != nil {
		return nil, nil, err
	}
	earlier, v, err := t.callsBefore(ctx, c, tensors)
	if err != nil || v != nil {
		return tensors, v, err
	}
	if v, err = t.attend(ctx, c, tensors); err != nil || v != nil {
		return tensors, v, err
	}
	return tensors, t.sameAsBefore(c, earlier, tensors), nil
}

func (t *trial) materialize(c cases.Case) (*cases.Tensors, error) {
	isolated, ok := t.path.(paths.Isolated)
	if !ok {
		return cases.Materialize(c), nil
	}
	memory, err := isolated.Memory(c)
	if err != nil {
		return nil, err
	}
	return cases.MaterializeIn(c, memory)
}

// attend is the guarded call: the path's error, panic or silence becomes a verdict, and so does a write outside the
// output.
func (t *trial) attend(ctx context.Context, c cases.Case, tensors *cases.Tensors) (*verdict.Verdict, error) {
	before := snapshot(tensors)
	t.outcome.Called = true
	start := time.Now()
	timing, err := t.guarded(ctx, c, tensors)
	t.outcome.Wall = time.Since(start)
	compile := min(max(time.Duration(timing.CompileSeconds*float64(time.Second)), 0), t.outcome.Wall)
	t.outcome.Spent.Path += t.outcome.Wall - compile
	t.outcome.Spent.Compile += compile
	t.outcome.Timing = timing
	var crash *PanicError
	switch {
	case ctx.Err() != nil:
		t.outcome.Lost = t.outcome.Running != nil
		return nil, ctx.Err()
	case errors.Is(err, errHang):
		_, isolated := t.path.(paths.Isolated)
		t.outcome.Lost = !isolated
		return &verdict.Verdict{Kind: verdict.Hang, Reason: fmt.Sprintf("no answer within %v", t.options.Deadline)}, nil
	case errors.As(err, &crash):
		t.outcome.Lost, t.outcome.Stack = true, crash.Stack
		return &verdict.Verdict{Kind: verdict.Crash, Reason: crash.Error()}, nil
	case errors.Is(err, paths.ErrUnsupported):
		if err := before.compare(tensors); err != nil { // who refuses a case has no business in its memory
			return &verdict.Verdict{Kind: verdict.Guard, Reason: "refused the case and " + err.Error()}, nil
		}
		return &verdict.Verdict{Kind: verdict.Unsupported, Reason: err.Error()}, nil
	case err != nil:
		var dumped interface{ Stack() string }
		if errors.As(err, &dumped) {
			t.outcome.Stack = dumped.Stack()
		}
		var classified interface{ Verdict() verdict.Verdict }
		if errors.As(err, &classified) {
			v := classified.Verdict()
			return &v, nil
		}
		return &verdict.Verdict{Kind: verdict.Error, Reason: err.Error()}, nil
	}
	if err := before.compare(tensors); err != nil {
		return &verdict.Verdict{Kind: verdict.Guard, Reason: err.Error()}, nil
	}
	return nil, nil
}

var errHang = errors.New("deadline passed")

// PanicError is a panic of a path that Go code computes.
type PanicError struct {
	Value any
	Stack string
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("panic: %v at %s", e.Value, firstFrame(e.Stack))
}

// guarded calls the path under the deadline. An isolated path keeps it by itself. A path in this process cannot be
// stopped: after a hang its goroutine is left behind, and the caller must not use the path again.
func (t *trial) guarded(ctx context.Context, c cases.Case, tensors *cases.Tensors) (paths.Timing, error) {
	if t.options.Deadline <= 0 {
		return protected(ctx, t.path, c, tensors)
	}
	ctx, cancel := context.WithTimeout(ctx, t.options.Deadline)
	defer cancel()
	if isolated, ok := t.path.(paths.Isolated); ok {
		timing, err := isolated.Attend(ctx, c, tensors)
		var judged interface{ Verdict() verdict.Verdict }
		if errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &judged) {
			err = errHang // the path noticed by itself
		}
		return timing, err
	}
	type answer struct {
		timing paths.Timing
		err    error
	}
	done, ended := make(chan answer, 1), make(chan struct{})
	go func() {
		defer close(ended)
		timing, err := protected(ctx, t.path, c, tensors)
		done <- answer{timing, err}
	}()
	select {
	case a := <-done:
		if errors.Is(a.err, context.DeadlineExceeded) {
			return a.timing, errHang
		}
		return a.timing, a.err
	case <-ctx.Done():
		t.outcome.Running = ended
		return paths.Timing{}, errHang
	}
}

func protected(ctx context.Context, p paths.Path, c cases.Case, tensors *cases.Tensors) (timing paths.Timing, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{value, string(debug.Stack())}
		}
	}()
	return p.Attend(ctx, c, tensors)
}

// firstFrame finds where a panic came from: the first frame below the runtime's own.
func firstFrame(stack string) string {
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") && i+3 < len(lines) {
			return strings.TrimSpace(strings.SplitN(lines[i+3], " +0x", 2)[0])
		}
	}
	return "unknown"
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

func (t *trial) relations(ctx context.Context, c cases.Case, tensors *cases.Tensors, truth *reference.Result) (*verdict.Verdict, error) {
	if t.options.Relations == 0 && len(t.options.Laws) == 0 {
		return nil, nil
	}
	wall, timing := t.outcome.Wall, t.outcome.Timing
	start, before := time.Now(), t.outcome.Spent
	defer func() {
		t.outcome.Wall, t.outcome.Timing = wall, timing
		t.outcome.Spent.Relations += time.Since(start) - (t.outcome.Spent.Total() - before.Total())
	}()
	var further []cases.Case
	promises := paths.PromisesOf(t.path, c)
	laws := t.laws(c, promises)
	subject := &relation.Subject{
		Path: t.path, Case: c, Tensors: tensors, Truth: truth, Arithmetic: t.path.Arithmetic(c), Promises: promises, Workers: t.options.Workers,
		Seed: t.lawSeed(),
		Run: func(ctx context.Context, c cases.Case, tensors *cases.Tensors) error {
			further = append(further, c)
			v, err := t.attend(ctx, c, tensors)
			switch {
			case v == nil:
				return err
			case v.Kind == verdict.Unsupported:
				return paths.Unsupported("%s", v.Reason)
			}
			return &callFailed{*v}
		},
	}
	defer func() { t.outcome.NotJudged = append(t.outcome.NotJudged, subject.Skips...) }()
	for _, law := range laws {
		skipped := len(subject.Skips)
		further = nil
		err := law.Check(ctx, subject)
		var violation *relation.Violation
		var failed *callFailed
		switch {
		case err == nil:
			if len(subject.Skips) == skipped {
				t.outcome.Laws++
			}
		case errors.As(err, &violation):
			v := violation.Verdict()
			t.outcome.Second, t.outcome.Further = secondOf(law, violation, tensors), further
			return &v, nil
		case errors.As(err, &failed):
			t.outcome.Further = further
			failed.v.Law, failed.v.LawSeed = law.Name, subject.Seed
			if failed.v.LawSeed == 0 {
				failed.v.LawSeed = law.Seed(c)
			}
			failed.v.Reason = fmt.Sprintf("in the second run of law %s: %s", law.Name, failed.v.Reason)
			return &failed.v, nil
		default:
			return nil, fmt.Errorf("law %s: %w", law.Name, err)
		}
	}
	return nil, nil
}

// lawSeed is 0 where the laws are chosen by the case's name, which then also seeds them.
func (t *trial) lawSeed() uint64 {
	if len(t.options.Laws) == 0 {
		return 0
	}
	return t.options.LawSeed
}

func (t *trial) laws(c cases.Case, promises paths.Promises) []relation.Law {
	if len(t.options.Laws) == 0 && t.options.Relations > 0 {
		return relation.Choose(c, promises, t.options.Relations)
	}
	laws := relation.Applicable(c, promises)
	if len(t.options.Laws) > 0 {
		laws = slices.DeleteFunc(laws, func(l relation.Law) bool { return !slices.Contains(t.options.Laws, l.Name) })
	}
	return laws
}

// refused reports whether a verdict is that the path refused a further call, and notes then what was left out.
func (t *trial) refused(v *verdict.Verdict, what string) bool {
	if v == nil || v.Kind != verdict.Unsupported {
		return false
	}
	t.outcome.NotJudged = append(t.outcome.NotJudged, what+": the path refuses the call: "+v.Reason)
	return true
}

// callFailed carries the verdict of a call that a law made.
type callFailed struct{ v verdict.Verdict }

func (e *callFailed) Error() string { return e.v.Reason }
