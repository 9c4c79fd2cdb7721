package mutate

import (
	"context"
	"fmt"
	"regexp"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"attest/harness/gen"
)

// Options says which mutants run, and how.
type Options struct {
	Tree        Tree
	Dir         string         // where they are built; its owner removes it
	Program     string         // this program, or another attest of the same sources
	Only        *regexp.Regexp // nil: all
	Cases       int            // most cases for one mutant
	Seed        uint64
	Relations   int
	Deadline    time.Duration // of one call
	Workers     int
	ReduceCalls int  // 0: failures are not reduced
	Rules       bool // also ask the peers' rules
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
	rules   []ruleReport
}

// Wrong says what about an outcome is not as the mutant's header says, or "".
func (o *Outcome) Wrong() string {
	switch {
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
	for _, kind := range o.Mutant.Expect {
		if kind == o.Failure.Kind {
			return false
		}
	}
	return true
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

// Select gives the mutants that an expression names; nil: all.
func Select(all []Mutant, only *regexp.Regexp) []Mutant {
	var kept []Mutant
	for _, m := range all {
		if only == nil || only.MatchString(m.Name) {
			kept = append(kept, m)
		}
	}
	return kept
}

// Run runs mutants. Its error is about the harness or the environment; what a mutant does is an outcome.
func Run(ctx context.Context, o Options) (Result, error) {
	all, err := All()
	if err != nil {
		return Result{}, err
	}
	mutants := Select(all, o.Only)
	if len(mutants) == 0 {
		return Result{}, fmt.Errorf("no mutant has a name like %q; there are %d", o.Only, len(all))
	}
	r := &runner{Options: o, builder: &Builder{Tree: o.Tree, Dir: o.Dir, Program: o.Program}}
	result := Result{Outcomes: make([]Outcome, len(mutants))}
	if result.Controls, err = r.controls(ctx, mutants); err != nil {
		return result, err
	}
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(max(o.Workers, 1))
	for i := range mutants {
		group.Go(func() error {
			outcome, err := r.mutant(groupContext, mutants[i], result.Controls)
			if err != nil {
				return err
			}
			result.Outcomes[i] = outcome
			r.tell(outcome)
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

// controls runs the unmutated library under each budget that a mutant gets.
func (r *runner) controls(ctx context.Context, mutants []Mutant) ([]Control, error) {
	var list []Control
	type budget struct {
		preset gen.Preset
		check  bool
	}
	seen := map[budget]bool{}
	for _, m := range mutants {
		key := budget{m.Preset, m.Check}
		if seen[key] || m.Target() == GoPath {
			continue
		}
		seen[key] = true
		c := Control{Preset: m.Preset, Check: m.Check, Cases: m.Cases(r.Cases)}
		built, err := r.build(func() (Build, error) { return r.builder.Original(ctx, m.Check) })
		if err != nil {
			return nil, err
		}
		h, err := speak(ctx, built.Program, r.order(built.Path, m.Preset, c.Cases))
		if err != nil {
			return nil, fmt.Errorf("the unmutated library: %w", err)
		}
		c.Failure = h.failure
		if r.Rules {
			if c.rules, err = r.ask(ctx, built, c.Preset, c.Cases, nil); err != nil {
				return nil, err
			}
		}
		list = append(list, c)
	}
	return list, nil
}

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
	o := Outcome{Mutant: m, Reduced: h.reduced}
	o.Failure, o.Tried, o.Killed = h.failure, h.at+1, h.failure != nil
	if r.Rules {
		if o.rules, err = r.ask(ctx, built, m.Preset, m.Cases(r.Cases), controls); err != nil {
			return o, fmt.Errorf("mutant %s: %w", m.Name, err)
		}
	}
	o.Seconds = time.Since(start)
	return o, nil
}
