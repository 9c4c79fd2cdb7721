package reduce

import (
	"context"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// Predicate runs a case and tells how it ended: its verdict's kind and, where that is relation, the law. An error
// means that no verdict could be had, and ends the reduction.
type Predicate func(context.Context, cases.Case) (kind verdict.Kind, law string, err error)

// search is a reduction under way.
type search struct {
	ctx     context.Context
	options Options
	fails   Predicate

	kind verdict.Kind // what to keep
	law  string

	best  cases.Case
	rank  rank
	asked map[string]bool // names of the cases that were run
	calls int
	steps int
	stop  bool
	err   error
}

// try runs a candidate if it is possible, simpler than the best and new, and keeps it if it fails in the same way.
func (s *search) try(candidate cases.Case) bool {
	if s.stop || candidate.Normalize() != nil {
		return false
	}
	r := newRank(candidate)
	if !r.less(s.rank) {
		return false
	}
	name := cases.Name(candidate)
	if s.asked[name] {
		return false
	}
	if s.options.MaxCalls > 0 && s.calls >= s.options.MaxCalls || s.ctx.Err() != nil {
		s.stop = true
		return false
	}
	s.asked[name] = true
	s.calls++
	kind, law, err := s.fails(s.ctx, candidate)
	if s.ctx.Err() != nil { // a verdict past the deadline does not count: it may be the deadline's own doing
		s.stop = true
		return false
	}
	if err != nil {
		s.stop, s.err = true, fmt.Errorf("reduce: case %s: %w", name, err)
		return false
	}
	if kind != s.kind || law != s.law {
		return false
	}
	s.accept(candidate, r)
	return true
}

func (s *search) accept(c cases.Case, r rank) {
	s.best, s.rank = c, r
	s.steps++
	if s.options.Save != nil {
		s.options.Save(c.Clone())
	}
	if s.options.Log != nil {
		s.options.Log(fmt.Sprintf("step %d, call %d: %s", s.steps, s.calls, cases.Describe(c)))
	}
}

// toFixpoint applies every kind of move until none helps.
func (s *search) toFixpoint() {
	for !s.stop {
		before := s.steps
		s.dropAfter()
		for _, t := range targets(&s.best) {
			s.shrink(t)
			s.bulk(t, plainEdits())
			s.grade(t)
		}
		if s.steps > before {
			continue
		}
		// The last word, and the only place where two sizes move that nothing ties together.
		for candidate := range Candidates(s.best) {
			if s.try(candidate) || s.stop {
				break
			}
		}
		if s.steps == before {
			return
		}
	}
}

// dropAfter removes cases from the sequence: all, then ever shorter stretches.
func (s *search) dropAfter() {
	for size := len(s.best.After); size > 0; {
		dropped := false
		for first := 0; first+size <= len(s.best.After); {
			shorter := s.best.Clone()
			shorter.After = append(shorter.After[:first], shorter.After[first+size:]...)
			if s.try(shorter) {
				dropped = true
			} else {
				first += size
			}
		}
		if !dropped || size > len(s.best.After) {
			size = min(size/2, len(s.best.After))
		}
	}
}

// bulk applies edits all at once, and where that does not fail any more, half of them, and so on: few of many
// properties matter, and these few are found in about log2 of the rest.
func (s *search) bulk(t target, edits []edit) {
	active := edits[:0:0]
	for _, e := range edits {
		if s.helps(edited(&s.best, t, e)) {
			active = append(active, e)
		}
	}
	if len(active) == 0 || s.stop || s.try(edited(&s.best, t, active...)) || len(active) == 1 {
		return
	}
	s.bulk(t, active[:len(active)/2])
	s.bulk(t, active[len(active)/2:])
}

// helps reports whether a candidate is possible and simpler.
func (s *search) helps(candidate cases.Case) bool {
	return candidate.Normalize() == nil && newRank(candidate).less(s.rank)
}

// grade takes the properties that cannot have their simplest value as far down as they go. The candidates at the end
// would find most of this too, but each of them starts another round.
func (s *search) grade(t target) {
	first := func() *cases.Case { return t(&s.best)[0] }
	for _, e := range gradedEdits(first()) {
		s.try(edited(&s.best, t, e))
	}
	for _, a := range slackAxes(first()) {
		s.descend(t, a)
	}
}

// shrink makes the sizes smaller, one axis after the other.
func (s *search) shrink(t target) {
	for _, a := range sizeAxes(t(&s.best)[0]) {
		s.descend(t, a)
	}
}
