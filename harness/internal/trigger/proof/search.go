package main

import (
	"context"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/trigger"
	"attest.example/attest/harness/internal/verdict"
)

// asking returns the verdict of a case.
type asking func(context.Context, cases.Case) (verdict.Kind, error)

// search looks for findings about pretended bugs as a run of attest does.
type search struct {
	ask      asking
	lab      *trigger.Lab
	stream   *gen.Stream
	most     int // findings
	failures []cases.Case
	passed   int // cases
}

func (p *pretended) search(preset gen.Preset, most int, log func(string, ...any)) (*search, error) {
	return searching(p.ask, preset, 1, most, log)
}

func searching(ask asking, preset gen.Preset, seed uint64, most int, log func(string, ...any)) (*search, error) {
	probes, err := gen.NewStream(preset, 7001, gen.Filter{MaxWork: maxFormulaWork})
	if err != nil {
		return nil, err
	}
	stream, err := gen.NewStream(preset, seed, gen.Filter{MaxWork: maxFormulaWork})
	if err != nil {
		return nil, err
	}
	l := trigger.New(trigger.Options{Ask: ask, Fresh: probes.Case, Seed: 1, Log: log})
	return &search{ask: ask, lab: l, stream: stream, most: most}, nil
}

// run asks about n cases and then looks for the triggers of those that failed.
func (s *search) run(ctx context.Context, n int) error {
	for i := range n {
		c, err := s.stream.Case(i)
		if err != nil {
			return err
		}
		s.tell(ctx, c)
	}
	return s.findTriggers(ctx)
}

// peel asks about cases outside the triggers found so far until so many passed, and looks for triggers on the way.
func (s *search) peel(ctx context.Context, passes int) error {
	for i := 0; s.passed < passes && i < 60*passes && !s.full(); i++ {
		c, err := s.stream.Case(i)
		if err != nil {
			return err
		}
		if s.explained(&c) {
			continue
		}
		s.tell(ctx, c)
		if len(s.failures) >= 24 || i%64 == 63 {
			if err := s.findTriggers(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell runs a case and keeps what came of it.
func (s *search) tell(ctx context.Context, c cases.Case) {
	kind, _ := s.ask(ctx, c)
	s.lab.Tell(c, kind)
	if kind.Fails() {
		s.failures = append(s.failures, c)
	} else {
		s.passed++
	}
}

// findTriggers reduces the failures that no trigger explains yet, one after another, and finds theirs.
func (s *search) findTriggers(ctx context.Context) error {
	for _, c := range s.failures {
		if s.explained(&c) || s.full() {
			continue
		}
		r, err := s.reduced(ctx, c)
		if err != nil {
			return err
		}
		if _, _, err := s.lab.Find(ctx, r); err != nil {
			return err
		}
	}
	s.failures = nil
	return nil
}

// reduced is the smallest case that fails as c does; what a trigger explains already counts as a pass.
func (s *search) reduced(ctx context.Context, c cases.Case) (cases.Case, error) {
	r, err := reduce.Reduce(ctx, c, reduce.Options{MaxCalls: 80}, func(ctx context.Context, c cases.Case) (verdict.Kind, string, error) {
		if s.explained(&c) {
			return verdict.Pass, "", nil
		}
		k, err := s.ask(ctx, c)
		return k, "", err
	})
	return r.Case, err
}

func (s *search) full() bool { return len(s.lab.Findings()) >= s.most }

func (s *search) explained(c *cases.Case) bool {
	return slices.ContainsFunc(s.lab.Findings(), func(f *trigger.Finding) bool { return f.Matches(c) })
}

// triggers are those of the findings that have one.
func (s *search) triggers() (list []string) {
	for _, f := range s.lab.Findings() {
		if f.Explained() {
			list = append(list, f.Trigger.String())
		}
	}
	return list
}
