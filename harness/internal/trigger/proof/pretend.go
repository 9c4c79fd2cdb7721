package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/verdict"
)

// pretended is a path that runs nothing: a case fails where a condition holds and nothing about the case hides the error.
// It shows in seconds how the search does on every condition, apart from what real kernels do beside their bug.
type pretended struct {
	when     []predicate.Predicate
	inScores []bool // of each bug; it shows where a row sees two keys of different scores. nil: all but show there
}

func (p *pretended) strikes(c *cases.Case) bool {
	facts := predicate.FactsOf(*c)
	return slices.ContainsFunc(p.when, func(when predicate.Predicate) bool { ok, err := when.Holds(facts); return ok && err == nil })
}

func (p *pretended) ask(_ context.Context, c cases.Case) (verdict.Kind, error) {
	facts := predicate.FactsOf(c)
	for i, when := range p.when {
		if ok, err := when.Holds(facts); ok && err == nil && !p.hides(i, &c) {
			return verdict.Numeric, nil
		}
	}
	return verdict.Pass, nil
}

// hides reports whether a case does not show a bug that strikes it.
func (p *pretended) hides(bug int, c *cases.Case) bool {
	v := c.Values
	switch {
	case p.inScores == nil:
		return c.Visible().End < 2 || v.V == cases.Zero || v.V == cases.Constant
	case p.inScores[bug]:
		return c.KeysSeen(2) < 2 || c.EffectiveScale() == 0 || v.V == cases.Zero || v.V == cases.Constant || v.K == cases.Constant ||
			slices.ContainsFunc([]cases.Regime{v.Q, v.K}, func(r cases.Regime) bool { return r == cases.Zero || r == cases.Subnormal })
	}
	return c.KeysSeen(1) < 1 || v.V == cases.Zero
}

// pretend holds the triggers that are found for a mutant's own condition against it.
func (o *options) pretend(ctx context.Context, m *mutate.Mutant) (r result, err error) {
	when, err := predicate.Compile(m.When)
	if err != nil {
		return r, err
	}
	begin := time.Now()
	p := &pretended{when: []predicate.Predicate{when}}
	search, err := p.search(presetOf(m), 4, o.log())
	if err != nil {
		return r, err
	}
	if err := search.run(ctx, o.cases); err != nil {
		return r, err
	}
	r.Cases, r.Processor = o.cases, time.Since(begin).Seconds()
	found := search.lab.Findings()
	for _, f := range found {
		s := seen{Probes: f.Probes, Seconds: time.Since(begin).Seconds() / float64(len(found))}
		if f.Explained() {
			s.Trigger = f.Trigger.String()
		}
		r.Found = append(r.Found, s)
	}
	a, err := o.agreement(ctx, presetOf(m), r.triggers(), p.strikes)
	r.held(a, "itself")
	return r, err
}

// pretendTogether plants the conditions of several mutants at once.
func (o *options) pretendTogether(ctx context.Context, w io.Writer, chosen []mutate.Mutant, log func(string, ...any)) error {
	p := &pretended{}
	fmt.Fprintf(w, "\nplanted:\n")
	for _, m := range chosen {
		when, err := predicate.Compile(m.When)
		if err != nil || m.When == "" {
			return fmt.Errorf("%s: %q: no condition to pretend by", m.Name, m.When)
		}
		p.when = append(p.when, when)
		fmt.Fprintf(w, "- %s: `%s`\n", m.Name, m.When)
	}
	search, err := p.search(gen.Default, 16, log)
	if err != nil {
		return err
	}
	if err := search.peel(ctx, o.cases); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nfound, %d probes, %d cases outside pass:\n", search.lab.Probes(), search.passed)
	for _, f := range search.lab.Findings() {
		fmt.Fprintf(w, "- `%s` (%s) %s\n", f.Trigger, f.Confidence(), f.Note)
	}
	return nil
}
