package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/trigger"
	"attest.example/attest/harness/internal/verdict"
)

// single builds a mutant, runs cases through it and holds the triggers of what was found against the truth.
func (o *options) single(ctx context.Context, m *mutate.Mutant) (r result, err error) {
	b, err := o.builder.Mutant(ctx, m)
	if err != nil {
		return r, err
	}
	preset := presetOf(m)
	var dir string
	var f found
	// Most bugs show in the first third of the cases. Each case of a mutated kernel may need another variant of it, which
	// has to be compiled, and that is nearly all that a proof takes.
	for seed, n := range []int{o.cases / 3, o.cases - o.cases/3} {
		dir = filepath.Join(o.dir, fmt.Sprintf("%s-run%d", m.Name, seed+1))
		f, err = o.attest(ctx, b, dir, "--preset", string(preset), "--cases", fmt.Sprint(n), "--seed", fmt.Sprint(seed+1), "--reduce-calls", "80", "--reduce", "3")
		if err != nil {
			return r, err
		}
		r.Processor = f.processor
		if r.Cases += n; len(f.Findings) > 0 {
			break
		}
	}
	r.Found = seenOf(f.Findings)
	sources := r.triggers()
	if len(sources) == 0 {
		return r, nil
	}
	if len(sources) == 1 && sources[0] == "true" {
		fmt.Fprintf(os.Stderr, "%s strikes everywhere: %s\n", m.Name, f.Findings[0].Reason)
	}
	if m.When != "" && !m.Plain { // the interface without descriptors refuses many of the cases that a formula is asked about
		truth, err := held(dir, []string{m.When})
		if err != nil {
			return r, err
		}
		r.OwnPrecision, r.OwnRecall = truth.precision(), truth.recall()
		if truth.agrees() {
			when, err := predicate.Compile(m.When)
			if err != nil {
				return r, err
			}
			a, err := o.agreement(ctx, preset, sources, func(c *cases.Case) bool { ok, _ := when.Match(*c); return ok })
			r.held(a, fmt.Sprintf("%s, %d cases", byItsCondition, o.formulas))
			return r, err
		}
	}
	a, err := o.against(ctx, b, m, preset, sources)
	r.held(a, fmt.Sprintf("%d cases run", o.fresh))
	return r, err
}

// byItsCondition is how a result begins to tell what decided that was the mutant's own condition.
const byItsCondition = "its condition"

// presetOf is what cases a mutant gets.
func presetOf(m *mutate.Mutant) gen.Preset {
	if m.Preset == "" {
		return gen.Default
	}
	return m.Preset
}

// against runs fresh cases and holds the triggers together against the verdicts. Laws run other cases beside, which may
// have the bug where the case itself has not, so that they are left out; but for a bug that only they show.
func (o *options) against(ctx context.Context, b mutate.Build, m *mutate.Mutant, preset gen.Preset, sources []string) (agreement, error) {
	dir := filepath.Join(o.dir, m.Name+"-fresh")
	fresh := []string{"--preset", string(preset), "--cases", fmt.Sprint(o.fresh), "--seed", "31337", "--triggers=false", "--reduce", "0"}
	f, err := o.attest(ctx, b, dir, append(fresh, "--relations", "0")...)
	if err == nil && f.Failed == 0 {
		dir += "-laws"
		_, err = o.attest(ctx, b, dir, fresh...)
	}
	if err != nil {
		return agreement{}, err
	}
	return held(dir, sources)
}

// held holds conditions together against the verdicts of a run directory. What only a law showed is left out where cases
// failed by themselves.
func held(dir string, sources []string) (agreement, error) {
	var alone, all agreement
	when, err := compiled(sources)
	if err != nil {
		return all, err
	}
	for r, err := range record.Read(dir) {
		if err != nil {
			return all, err
		}
		if r.Kind != verdict.Pass && !r.Kind.Fails() {
			continue
		}
		match, err := anyOf(when, r.Case)
		if err != nil {
			return all, err
		}
		if !r.Kind.Fails() && (!match || trigger.MayHide(&r.Case)) {
			continue
		}
		all.add(match, r.Kind.Fails())
		if r.Law == "" {
			alone.add(match, r.Kind.Fails())
		}
	}
	if alone.truth > 0 {
		return alone, nil
	}
	return all, nil
}
