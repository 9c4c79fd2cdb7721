package mutate

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"attest.example/attest/harness/internal/gen"
)

// Options choose the mutants that run, and how.
type Options struct {
	Tree        Tree
	Dir         string // where they are built; its owner removes it
	Program     string // this program, or another attest of the same sources
	Path        string // a device of this program, with options, that runs mutants of the kernel's text alone; "": all run as a library
	Mutants     []Mutant
	Cases       int // most cases for one mutant
	Seed        uint64
	Relations   int
	Deadline    time.Duration // of one call
	Workers     int
	ReduceCalls int  // 0: failures are not reduced
	Rules       bool // also ask the peers' rules

	objects map[string]string // of the unmutated C sources, where they are at hand; nil: they are compiled in Dir

	// Each is told of every mutant as it ends, one at a time; nil: nobody asks.
	Each func(Outcome)
}

// Outcome is what became of a mutant.
type Outcome struct {
	Mutant  Mutant
	Killed  bool
	Failure *Failure // what killed it
	Reduced *Reduced
	Tried   int           // cases that ran
	Seconds time.Duration // building included
	Broken  error         // it could not be built or run, and shows nothing
	rules   []ruleReport
}

// Wrong returns how an outcome differs from what the mutant's header expects, or "".
func (o *Outcome) Wrong() string {
	switch {
	case o.Broken != nil:
		return o.Broken.Error()
	case o.Mutant.Equivalent != "" && o.Killed:
		return fmt.Sprintf("killed by %s: the proof of its equivalence is wrong", o.Failure.Kind)
	case o.Mutant.Equivalent == "" && !o.Killed:
		return fmt.Sprintf("survived %d cases", o.Tried)
	}
	return ""
}

// Unexpected reports whether the mutant was killed by a kind of verdict that its header does not name. That is worth a
// look, and no failure: which of a bug's effects shows first depends on the cases.
func (o *Outcome) Unexpected() bool {
	if !o.Killed || o.Mutant.Equivalent != "" {
		return false
	}
	return !slices.Contains(o.Mutant.Expect, o.Failure.Kind)
}

// Result is what became of all of them.
type Result struct {
	Outcomes []Outcome
	// Controls are the unmutated library under the budgets of the mutants: it must pass them all.
	Controls []Control
	Rules    []RuleScore
}

// Control is one run of the unmutated library.
type Control struct {
	Preset  gen.Preset
	Check   bool
	Plain   bool
	Cases   int
	Failure *Failure // a false alarm
	rules   []ruleReport
}

// Passed reports whether every mutant met its fate and no alarm was false.
func (r *Result) Passed() bool {
	for i := range r.Outcomes {
		if r.Outcomes[i].Wrong() != "" {
			return false
		}
	}
	for _, c := range r.Controls {
		if c.Failure != nil {
			return false
		}
	}
	return true
}

// Select returns the mutants whose names an expression matches; nil: all.
func Select(all []Mutant, only *regexp.Regexp) []Mutant {
	if only == nil {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(m Mutant) bool { return !only.MatchString(m.Name) })
}

// ofText returns the mutants that are nothing but another text of the kernel, as any device runs it.
func ofText(all []Mutant) []Mutant {
	return slices.DeleteFunc(slices.Clone(all), func(m Mutant) bool {
		return m.Check || m.Plain || !slices.Equal(m.Files(), []string{kernelFile})
	})
}

// Run runs mutants. Its error is about the harness or the environment; what a mutant does is an outcome.
func Run(ctx context.Context, o Options) (Result, error) {
	mutants := o.Mutants
	if o.Path != "" {
		if mutants = ofText(mutants); len(mutants) == 0 {
			return Result{}, fmt.Errorf("path %s runs mutants of %s alone, and none of %d is one", o.Path, kernelFile, len(o.Mutants))
		}
	}
	if len(mutants) == 0 {
		return Result{}, errors.New("no mutants to run")
	}
	r := &runner{Options: o, builder: &Builder{Tree: o.Tree, Dir: o.Dir, Program: o.Program, Path: o.Path, objects: o.objects}}
	result := Result{Outcomes: make([]Outcome, len(mutants)), Controls: budgets(mutants, o.Cases)}
	group, groupContext := r.group(ctx)
	for i := range result.Controls {
		group.Go(func() error { return r.control(groupContext, &result.Controls[i]) })
	}
	if o.Rules { // mutants are asked about with the unmutated kernel's alarms at hand
		if err := group.Wait(); err != nil {
			return result, err
		}
		group, groupContext = r.group(ctx)
	}
	for i := range mutants {
		group.Go(func() error {
			o, err := r.mutant(groupContext, mutants[i], result.Controls)
			if groupContext.Err() != nil {
				return groupContext.Err()
			}
			o.Mutant, o.Broken = mutants[i], err // one that is broken does not cost the others
			result.Outcomes[i] = o
			r.tell(o)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return result, err
	}
	if o.Rules {
		result.Rules = scores(&result)
	}
	return result, nil
}

func (r *runner) group(ctx context.Context) (*errgroup.Group, context.Context) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(r.Workers, 1))
	return group, ctx
}

// budgets lists the controls that some mutants ask for: one for each mix of cases that a mutant of C or Metal gets.
func budgets(mutants []Mutant, cases int) []Control {
	var list []Control
	for _, m := range mutants {
		c := Control{Preset: m.Preset, Check: m.Check, Plain: m.Plain, Cases: m.Cases(cases)}
		same := func(o Control) bool { return o.Preset == c.Preset && o.Check == c.Check && o.Plain == c.Plain }
		if m.Target() != GoPath && !slices.ContainsFunc(list, same) {
			list = append(list, c)
		}
	}
	return list
}

type runner struct {
	Options
	builder  *Builder
	building sync.Mutex
	telling  sync.Mutex
}

func (r *runner) tell(o Outcome) {
	if r.Each == nil {
		return
	}
	r.telling.Lock()
	defer r.telling.Unlock()
	r.Each(o)
}

func (r *runner) order(path string, preset gen.Preset, cases int) order {
	return order{
		Path: path, Preset: preset, Seed: r.Seed, Cases: cases, Relations: r.Relations, Deadline: r.Deadline, ReduceCalls: r.ReduceCalls,
	}
}

func (r *runner) build(make func() (Build, error)) (Build, error) {
	r.building.Lock()
	defer r.building.Unlock()
	return make()
}

// control runs the unmutated library under a budget that mutants get.
func (r *runner) control(ctx context.Context, c *Control) error {
	built, err := r.build(func() (Build, error) { return r.builder.Original(ctx, c.Check, c.Plain) })
	if err != nil {
		return err
	}
	h, err := speak(ctx, built.Program, r.order(built.Path, c.Preset, c.Cases))
	if err != nil {
		return fmt.Errorf("the unmutated library: %w", err)
	}
	c.Failure = h.failure
	if r.Rules && !c.Check && !c.Plain {
		c.rules, err = r.ask(ctx, built, c.Preset, c.Cases, nil)
	}
	return err
}

// notCompiled is libmfa's error for a kernel that the compiler refuses. Such a mutant shows nothing.
const notCompiled = "kernel compilation failed"

func (r *runner) mutant(ctx context.Context, m Mutant, controls []Control) (Outcome, error) {
	start := time.Now()
	built, err := r.build(func() (Build, error) { return r.builder.Mutant(ctx, &m) })
	if err != nil {
		return Outcome{}, err
	}
	h, err := speak(ctx, built.Program, r.order(built.Path, m.Preset, m.Cases(r.Cases)))
	if err != nil {
		return Outcome{}, fmt.Errorf("mutant %s: %w", m.Name, err)
	}
	if h.failure != nil && strings.Contains(h.failure.Reason, notCompiled) {
		return Outcome{}, fmt.Errorf("mutant %s: %s", m.Name, h.failure.Reason)
	}
	o := Outcome{Mutant: m, Reduced: h.reduced}
	o.Failure, o.Tried, o.Killed = h.failure, h.at+1, h.failure != nil
	if r.Rules && !m.Check && !m.Plain {
		if o.rules, err = r.ask(ctx, built, m.Preset, m.Cases(r.Cases), controls); err != nil {
			return o, fmt.Errorf("mutant %s: %w", m.Name, err)
		}
	}
	o.Seconds = time.Since(start)
	return o, nil
}
