package trigger

import (
	"context"
	"errors"
	"math"
	"slices"

	"attest.example/attest/harness/internal/cases"
)

// ErrPasses is of a case that does not fail when it is asked about alone, so that nothing can be found out from it.
var ErrPasses = errors.New("does not fail alone in a cold context")

// inference is the search for one finding.
type inference struct {
	*Lab
	ctx   context.Context
	start int     // probes before
	first *sample // the reduced case
	// firsts are the reduced cases of all searches that turned out to be about the same bug.
	firsts []*sample
	// controls are neighbours of it that pass.
	controls  []control
	base      *sample
	hard      []*sample           // fail by this bug for sure, and the trigger must hold
	soft      []*sample           // fail, by this bug as far as one can tell
	near      map[*sample]float64 // passes and what it costs to match them, where that is more than usual
	telling   map[*sample]bool    // passes that hide an error no more than the reduced case does, small as they are
	unrelated map[*sample]bool    // failures that are another bug's
	far       map[*sample]float64 // failures and what it costs to leave them out, likewise
	extra     []atom
	ways      ways
	eithers   map[string]bool // atoms for which another in their place has been looked for
	edged     map[string]bool // quantities of the logits of which the edge has been looked for
	// chance is the share of values with which the base fails, as far as a few seeds show: a bug that needs an infinity of
	// either sign in one column strikes now and then, and a pass says little then.
	chance  float64
	inside  strikes
	finding *Finding // that came of it; nil: it goes on
}

// Weights of passing cases: what they cost a condition that matches them.
const (
	nearPass   = 1.2  // one change away from a failure
	freshPass  = 0.35 // a generated case moved inside the condition
	otherPass  = 0.3  // another probe
	runPass    = 0.2
	weakFactor = 0.15
	softWeight = 0.12
	// nearFail is that of a failure one change of a length away from the base. It is this bug's as a rule, and another's
	// where the path has several.
	nearFail = 0.5
	// runSoftTotal is the most that all failures of the run weigh together.
	runSoftTotal = 2.5
	surePass     = 0.9
)

// Find looks for the trigger of a failing case, a reduced one as a rule. It is kept among Findings, or joined to one of
// them that turns out to be the same bug: then joined is that one, with a new trigger.
func (l *Lab) Find(ctx context.Context, reduced cases.Case) (found *Finding, joined bool, err error) {
	in := &inference{Lab: l, ctx: ctx, start: l.probes, near: map[*sample]float64{}, far: map[*sample]float64{}, unrelated: map[*sample]bool{}, telling: map[*sample]bool{},
		ways: ways{tried: map[string]bool{}}, eithers: map[string]bool{}, edged: map[string]bool{}}
	f, err := in.find(reduced)
	if err != nil {
		return nil, false, err
	}
	if f.Explained() {
		other, err := l.join(ctx, f)
		if err != nil {
			return nil, false, err
		}
		if other != nil {
			if err := l.settle(ctx); err != nil {
				return nil, false, err
			}
			return other.Whole(), true, nil
		}
	}
	in.finding = f
	l.findings = append(l.findings, f)
	if err := l.settle(ctx); err != nil {
		return nil, false, err
	}
	return f.Whole(), f.whole != nil, nil
}

// Findings lists what was found, in the order in which it was.
func (l *Lab) Findings() []*Finding { return slices.Clone(l.findings) }

// Probes is how many cases were asked about, all findings together.
func (l *Lab) Probes() int { return l.probes }

func (in *inference) used() int  { return in.probes - in.start }
func (in *inference) left() bool { return in.used() < in.o.Probes && in.ctx.Err() == nil }

func (in *inference) find(reduced cases.Case) (*Finding, error) {
	s, a, err := in.ask(in.ctx, reduced)
	if err != nil {
		return nil, err
	}
	if a != fails {
		return nil, ErrPasses
	}
	if state, err := in.stateDecides(s.c); err != nil {
		return nil, err
	} else if state {
		return nil, ErrState
	}
	if s, err = in.plainer(s); err != nil {
		return nil, err
	}
	in.first, in.firsts = s, []*sample{s}
	var grown []*sample
	if in.controls, err = in.Lab.controls(in.ctx, s); err != nil {
		return nil, err
	}
	for _, c := range in.controls {
		in.tells(in.sample(c.c))
	}
	if in.base, grown, err = in.fatten(in.ctx, s, in.controls); err != nil {
		return nil, err
	}
	in.hard = append([]*sample{s}, grown...)
	if in.chance, err = in.chanceOf(&in.base.c); err != nil {
		return nil, err
	}
	if err := in.enlarge(); err != nil {
		return nil, err
	}
	in.o.Log("base after %d probes, fails with %.2f of the seeds: %s", in.used(), in.chance, cases.Describe(in.base.c))
	if err := in.sweep(); err != nil {
		return nil, err
	}
	in.o.Log("swept after %d probes", in.used())
	if err := in.shake(); err != nil {
		return nil, err
	}
	in.o.Log("shaken after %d probes", in.used())
	if err := in.refine(); err != nil {
		return nil, err
	}
	best := in.fit()[0]
	f := &Finding{Base: in.base.c, Probes: in.used(), wide: best, in: in}
	f.sure = in.sureOf(best)
	return f, in.describe(f)
}

// plainer is a failing case with ordinary values where it fails with them too. A reduction keeps the kind of verdict, for
// which NaN in v may be needed; what is asked here is only whether the bug strikes, and beside such values passes tell
// little.
func (in *inference) plainer(s *sample) (*sample, error) {
	c := s.c.Clone()
	if c.Values = (cases.Values{Seed: c.Values.Seed}); !s.weak || c.Repair() != nil || key(&c) == s.key {
		return s, nil
	}
	plain, a, err := in.ask(in.ctx, c)
	if err != nil || a != fails {
		return s, err
	}
	return plain, nil
}

// tells notes a neighbour of the reduced case that passes and would show the error.
func (in *inference) tells(s *sample) {
	in.near[s], in.telling[s] = nearPass, true
}

// hides reports whether a pass may be one because the case hides the error, and more so than the base does, which fails.
func (in *inference) hides(s *sample) bool {
	return s.weak && !in.telling[s] && (!in.base.weak || hidesMore(&s.c, &in.base.c))
}

// note asks about a case and keeps what a pass teaches.
func (in *inference) note(c cases.Case, weight float64) (*sample, answer, error) {
	s, a, err := in.ask(in.ctx, c)
	if err == nil && a == passes {
		in.near[s] = max(weight, in.near[s])
	}
	return s, a, err
}

// seedsTried is how many seeds the base is tried with, beside its own, and seedsAlike how many must fail where memory is as it
// is in the base, before a pass with another seed is said to come of that.
const (
	seedsTried = 3
	seedsAlike = 6
)

// chanceOf is the share of seeds with which a failing case fails: its own, and others that draw values of the same kind. Seeds
// also decide whether memory right behind the operands may be touched: where they fail whenever it is as in the case, that tells.
func (in *inference) chanceOf(failing *cases.Case) (float64, error) {
	all, alike := strikes{asked: 1, failed: 1}, strikes{asked: 1, failed: 1} // with its own
	ask := func(c cases.Case) error {
		_, a, err := in.ask(in.ctx, c)
		if all.add(a); c.EndsGuarded() == failing.EndsGuarded() {
			alike.add(a)
		}
		return err
	}
	c := failing.Clone()
	c.Values.Seed += 100
	for range seedsTried {
		c.Values.Seed++
		if err := ask(c.Clone()); err != nil {
			return 0, err
		}
	}
	for range 4 * seedsAlike { // half of them are alike
		if all.failed == all.asked || alike.failed < alike.asked || alike.asked > seedsAlike {
			break
		}
		if c.Values.Seed++; c.EndsGuarded() == failing.EndsGuarded() {
			if err := ask(c.Clone()); err != nil {
				return 0, err
			}
		}
	}
	if alike.failed == alike.asked && alike.asked > seedsAlike {
		return 1, nil
	}
	return float64(all.failed) / float64(all.asked), nil
}

// tellsOf is how much a pass says, of what it says of a bug that strikes whatever the values are. A pass inside the
// condition has the probability 1 - chance, and what it costs is the logarithm of that.
func (in *inference) tellsOf() float64 {
	const sure = 0.9 // of a bug that struck with every seed
	if in.chance == 1 {
		return 1
	}
	// Half of it: of two thousand atoms some leave out the passes by chance.
	return math.Log(1-in.chance) / math.Log(1-sure) / 2
}

// evidence is all that is known, as this finding sees it.
func (in *inference) evidence(sure bool) *evidence {
	e := &evidence{hard: in.hard, extra: in.extra}
	given := map[*sample]bool{}
	add := func(s *sample, weight float64) {
		if given[s] {
			return
		}
		given[s] = true
		if in.idle(s) {
			return
		}
		if sure {
			weight = surePass
		}
		if in.hides(s) {
			weight *= weakFactor
		}
		weight *= in.tellsOf()
		e.pass, e.weight = append(e.pass, s), append(e.weight, weight)
	}
	for _, j := range in.probed {
		if w, ok := in.near[j.sample]; ok && !j.fails {
			add(j.sample, w)
		}
	}
	for _, j := range in.run {
		if !j.fails {
			add(j.sample, runPass)
		}
	}
	for _, j := range in.probed {
		if !j.fails {
			add(j.sample, otherPass)
		}
	}
	if !sure {
		e.soften(in.hides)
	}
	failing := map[*sample]bool{}
	fail := func(s *sample, weight float64) {
		if !failing[s] && !in.unrelated[s] && !slices.Contains(in.hard, s) && !in.explainedByAnother(s) {
			failing[s] = true
			e.fail(s, max(weight, in.far[s]))
		}
	}
	soft := softWeight
	if in.chance < 1 { // a failure outside says more than a pass inside
		soft = nearFail
	}
	for _, s := range in.soft {
		fail(s, soft)
	}
	// Failures of the run may be other bugs'. Of a path that nearly always fails they would outweigh every pass.
	n := 0
	for _, j := range in.run {
		if j.fails && !in.explainedByAnother(j.sample) {
			n++
		}
	}
	for _, j := range in.run {
		if j.fails && !in.explainedByAnother(j.sample) {
			fail(j.sample, min(soft, runSoftTotal/float64(n)))
		}
	}
	return e
}

func (in *inference) fit() []conjunction {
	e := in.evidence(false)
	e.extra = append(slices.Clone(e.extra), e.split()...)
	return e.learn()
}

// sureOf is the narrow condition for the failures that the wide one matches.
func (in *inference) sureOf(wide conjunction) conjunction {
	e := in.evidence(true)
	e.soft = slices.DeleteFunc(e.soft, func(s *sample) bool { return !wide.matches(s) })
	e.lost = e.lost[:len(e.soft)]
	e.even(0.15)
	return e.learn()[0]
}
