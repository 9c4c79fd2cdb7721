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
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/trigger"
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

func (p *pretended) reduced(ctx context.Context, l *trigger.Lab, c cases.Case) (cases.Case, error) {
	r, err := reduce.Reduce(ctx, c, reduce.Options{MaxCalls: 80}, func(ctx context.Context, c cases.Case) (verdict.Kind, string, error) {
		for _, f := range l.Findings() {
			if f.Matches(&c) {
				return verdict.Pass, "", nil
			}
		}
		k, err := p.ask(ctx, c)
		return k, "", err
	})
	return r.Case, err
}

// run looks for findings as a run of n cases does, and as one that peels where passes is not 0: until so many cases
// outside pass.
func (p *pretended) run(ctx context.Context, n, most, passes int, log func(string, ...any)) (*trigger.Lab, int, error) {
	probes, err := gen.NewStream(gen.Default, 7001, gen.Filter{MaxWork: 2e7})
	if err != nil {
		return nil, 0, err
	}
	l := trigger.New(trigger.Options{Ask: p.ask, Fresh: probes.Case, Seed: 1, Log: log})
	stream, err := gen.NewStream(gen.Default, 1, gen.Filter{MaxWork: 2e7})
	if err != nil {
		return nil, 0, err
	}
	explained := func(c *cases.Case) bool {
		for _, f := range l.Findings() {
			if f.Matches(c) {
				return true
			}
		}
		return false
	}
	var failures []cases.Case
	outside := 0
	for i := 0; passes == 0 && i < n || passes > 0 && outside < passes && i < 40*passes; i++ {
		c, err := stream.Case(i)
		if err != nil {
			return nil, 0, err
		}
		if passes > 0 && explained(&c) {
			continue
		}
		kind, _ := p.ask(ctx, c)
		l.Tell(c, kind)
		if kind.Fails() {
			failures = append(failures, c)
		} else {
			outside++
		}
		if passes == 0 && i < n-1 || passes > 0 && len(failures) < 24 && i%64 != 63 {
			continue
		}
		for _, c := range failures {
			if explained(&c) || len(l.Findings()) >= most {
				continue
			}
			r, err := p.reduced(ctx, l, c)
			if err != nil {
				return nil, 0, err
			}
			if _, _, err := l.Find(ctx, r); err != nil {
				return nil, 0, err
			}
		}
		failures = nil
		if len(l.Findings()) >= most {
			break
		}
	}
	return l, outside, nil
}

// pretend holds the triggers that are found for a mutant's own condition against it.
func (o *options) pretend(ctx context.Context, m *mutate.Mutant) (r result, err error) {
	when, err := predicate.Compile(m.When)
	if err != nil {
		return r, err
	}
	begin := time.Now()
	p := &pretended{when: []predicate.Predicate{when}}
	l, _, err := p.run(ctx, o.cases, 4, 0, o.log())
	if err != nil {
		return r, err
	}
	r.Cases = o.cases
	for _, f := range l.Findings() {
		s := seen{Probes: f.Probes, Seconds: time.Since(begin).Seconds() / float64(len(l.Findings()))}
		if f.Explained() {
			s.Trigger = f.Trigger.String()
		}
		r.Found = append(r.Found, s)
	}
	a, err := o.agreement(ctx, r.triggers(), p.strikes)
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
	l, outside, err := p.run(ctx, o.cases, 16, o.cases, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nfound, %d probes, %d cases outside pass:\n", l.Probes(), outside)
	for _, f := range l.Findings() {
		fmt.Fprintf(w, "- `%s` (%s) %s\n", f.Trigger, f.Confidence(), f.Note)
	}
	return nil
}

// agreement counts fresh cases by what a trigger and the truth say. Those that may hide an error count where both agree.
type agreement struct{ both, found, truth float64 }

func (a *agreement) add(found, truth bool) {
	switch {
	case found && truth:
		a.both, a.found, a.truth = a.both+1, a.found+1, a.truth+1
	case found:
		a.found++
	case truth:
		a.truth++
	}
}

func (a agreement) precision() float64 { return a.both / max(1, a.found) }
func (a agreement) recall() float64    { return a.both / max(1, a.truth) }
func (a agreement) agrees() bool       { return a.precision() >= 0.9 && a.recall() >= 0.9 }

func (o *options) agreement(ctx context.Context, found []string, strikes func(*cases.Case) bool) (a agreement, err error) {
	list, err := compiled(found)
	if err != nil {
		return a, err
	}
	stream, err := gen.NewStream(gen.Default, 31337, gen.Filter{MaxWork: 2e7})
	if err != nil {
		return a, err
	}
	for i := range o.formulas {
		if ctx.Err() != nil {
			return a, ctx.Err()
		}
		c, err := stream.Case(i)
		if err != nil {
			return a, err
		}
		match, err := anyOf(list, c)
		if err != nil {
			return a, err
		}
		truth := strikes(&c)
		if match != truth && trigger.MayHide(&c) {
			continue
		}
		a.add(match, truth)
	}
	return a, nil
}
