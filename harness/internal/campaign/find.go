package campaign

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/trigger"
	"attest.example/attest/harness/internal/verdict"
)

// outcome is what a case of the run came to.
type outcome struct {
	index int
	c     cases.Case
	kind  verdict.Kind
	known bool
}

// MostTold is how many cases of a run the search for triggers learns from; those with the lowest numbers.
const MostTold = 1500

// findings is the search for what explains the failures of a run. One path answers all its questions, so that what it
// has compiled stays warm.
type findings struct {
	r      *runner
	lab    *trigger.Lab
	tester *engine.Tester
	path   string // that the tester asks
	plain  trial.Options
	asking string       // in which way the tester asks now
	told   map[int]bool // numbers of the run's cases
	of     []origin
	joined map[string]*trigger.Finding // failures, by their ids, that turned out to be of an earlier finding
	tried  map[int]bool                // numbers of failures from which nothing could be found out
	alone  map[string]bool             // failures, by their ids, that pass when they are tried alone, or again; they are one finding
	once   bool                        // one of them passes when it is run again in the same process
}

func newFindings(r *runner, stream *gen.Stream) *findings {
	s := &findings{r: r, told: map[int]bool{}, tried: map[int]bool{}, alone: map[string]bool{}, joined: map[string]*trigger.Finding{}, plain: trial.Options{Deadline: r.options.Deadline}}
	s.askOn(r.options.Path)
	s.lab = trigger.New(trigger.Options{
		Ask: s.ask, Again: s.again,
		Fresh: stream.Case, Known: r.known.about, Seed: int64(r.options.Seed),
		Log: func(format string, arguments ...any) { r.log.Debug("trigger: " + fmt.Sprintf(format, arguments...)) },
	})
	return s
}

// askOn has the tester ask a path.
func (s *findings) askOn(path string) {
	if s.path == path {
		return
	}
	if s.tester != nil {
		s.tester.Close() // of a path that has answered: what it says of its end changes nothing
	}
	s.path, s.tester = path, &engine.Tester{NewPath: s.r.options.opener(path), Trial: s.plain, Warm: true}
}

// ask returns the verdict of a probe, once for each way of asking.
func (s *findings) ask(ctx context.Context, c cases.Case) (verdict.Kind, error) {
	key := s.asking + " " + cases.Name(c)
	if kind, known := s.r.answers[key]; known {
		return kind, nil
	}
	kind, _, err := s.tester.Fails(ctx, c)
	if err == nil && s.r.answers != nil {
		s.r.answers[key] = kind
	}
	return kind, err
}

// again runs a probe whatever is known of it.
func (s *findings) again(ctx context.Context, c cases.Case, anew bool) (verdict.Kind, error) {
	if anew {
		if err := s.tester.Anew(ctx); err != nil {
			return "", err
		}
	}
	kind, _, err := s.tester.Fails(ctx, c)
	return kind, err
}

func (s *findings) close() error { return s.tester.Close() }

// explains reports whether a finding is about a case or one that runs before it.
func (s *findings) explains(c *cases.Case) bool {
	for _, f := range s.lab.Findings() {
		if f.Matches(c) || slices.ContainsFunc(c.After, func(p cases.Case) bool { return f.Matches(&p) }) {
			return true
		}
	}
	return false
}

// left lists the failures that no finding explains: those first whose verdict comes from the values alone, and of them
// the cheapest.
func (s *findings) left() []failure {
	var list []failure
	for _, f := range sortedByIndex(s.r.failed) {
		if !s.tried[f.index] && !s.explains(&f.c) {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b failure) int {
		return cmp.Or(cmp.Compare(laborious(a.v), laborious(b.v)), cmp.Compare(gen.Cost(a.c), gen.Cost(b.c)))
	})
	return list
}

// laborious puts behind the others what takes more than a call to show.
func laborious(v verdict.Verdict) int {
	switch {
	case v.Kind == verdict.Hang:
		return 2
	case v.Law != "" || v.Kind == verdict.Relation || v.Kind == verdict.Nondeterministic:
		return 1
	}
	return 0
}

// find looks for a trigger of each failure that is not explained yet, at most options.Reduce findings.
func (r *runner) find(ctx context.Context) error {
	if r.search == nil {
		return r.reduceFailures(ctx)
	}
	begin := time.Now()
	defer func() { r.report.Reducing += time.Since(begin) }()
	s := r.search
	if found := r.foundBefore(); found != nil {
		return r.run.SaveFindings(found)
	}
	if len(r.failed) > 0 {
		s.tell()
	}
	for len(s.of) < r.options.Reduce && ctx.Err() == nil {
		left := s.left()
		if len(left) == 0 {
			break
		}
		s.tried[left[0].index] = true
		if err := s.explain(ctx, left[0]); err != nil {
			return err
		}
	}
	return r.run.SaveFindings(s.recorded())
}

// tell hands the verdicts of the run on, in the order of the cases' numbers whoever ran them first. A case that failed by
// a law alone is neither right nor wrong by itself, and shows nothing of when a bug strikes.
func (s *findings) tell() {
	byLaw := map[int]bool{}
	for _, f := range s.r.failed {
		byLaw[f.index] = f.v.Law != ""
	}
	list := slices.Clone(s.r.judged)
	slices.SortFunc(list, func(a, b outcome) int { return cmp.Compare(a.index, b.index) })
	for _, o := range list {
		if !s.told[o.index] && len(s.told) < MostTold && !o.known && !byLaw[o.index] {
			s.told[o.index] = true
			s.lab.Tell(o.c, o.kind)
		}
	}
}

// explain reduces one failure and asks when it strikes. That it could not is no reason to lose the rest: it is logged.
func (s *findings) explain(ctx context.Context, f failure) error {
	r := s.r
	id := cases.Name(f.c)
	s.askOn(r.settingOf(f).path)
	beside := s.besides(ctx, f)
	if found := s.explainsAny(beside); found != nil {
		s.joined[id] = found
		r.log.Info("the same finding", "trigger", found.Trigger, "id", id, "law", f.v.Law)
		return nil
	}
	begin := time.Now()
	o := origin{failure: f}
	o.own = s.failsItself(ctx, f, beside)
	if s.once && !f.reduced { // no need to reduce it
		s.tester.Narrowly(s.plain, o.of().v)
		once, err := s.lab.FailsOnce(ctx, o.of().c)
		if err != nil && ctx.Err() == nil {
			r.log.Error("trigger", "id", id, "error", err)
		}
		if once || ctx.Err() != nil {
			s.alone[id] = once
			return nil
		}
	}
	smallest, reason, ok := s.reducedBefore(f)
	if o.reduced, o.reason = ok, reason; !ok {
		smallest = s.reduce(ctx, &o)
	}
	if ctx.Err() != nil {
		return nil
	}
	v := o.of().v
	s.tester.Narrowly(s.plain, v)
	s.tester.Afresh = len(smallest.After) > 0
	s.asking = strings.TrimSpace(fmt.Sprintf("%s %s %d %s", v.Kind, v.Law, v.LawSeed, f.engine))
	found, joined, err := s.lab.Find(ctx, smallest)
	switch {
	case errors.Is(err, trigger.ErrPasses), errors.Is(err, trigger.ErrState):
		found = nil
		o.once = errors.Is(err, trigger.ErrState)
		s.once = s.once || o.once
		r.log.Warn("no trigger", "id", id, "reason", err)
		err = nil
		s.alone[id] = true
		if len(s.alone) > 1 {
			return nil
		}
	case err != nil:
		r.log.Error("trigger", "id", id, "error", err)
	}
	if ctx.Err() != nil {
		return nil
	}
	s.fold()
	if joined {
		s.joined[id] = found
		if i := slices.IndexFunc(s.of, func(o origin) bool { return o.finding == found }); i >= 0 {
			s.of[i].took += time.Since(begin)
		}
		r.log.Info("the same finding", "trigger", found.Trigger, "id", id)
		return nil
	}
	o.finding, o.took = found, time.Since(begin)
	s.of = append(s.of, o)
	if r.watch.Finding != nil {
		list := s.recorded()
		r.watch.Finding(list[len(list)-1])
	}
	return nil
}

// fold takes away the findings that turned out to be part of others. Their failures are those others' now.
func (s *findings) fold() {
	for id, f := range s.joined {
		s.joined[id] = f.Whole()
	}
	var left, parts []origin
	for _, o := range s.of {
		if o.finding != nil && o.finding.Whole() != o.finding {
			parts = append(parts, o)
		} else {
			left = append(left, o)
		}
	}
	for _, o := range parts {
		id, whole := cases.Name(o.failure.c), o.finding.Whole()
		s.joined[id] = whole
		s.r.log.Info("part of another finding", "trigger", o.finding.Trigger, "of", whole.Trigger, "id", id)
		if i := slices.IndexFunc(left, func(o origin) bool { return o.finding == whole }); i >= 0 {
			left[i].took += o.took
		}
	}
	s.of = left
}
