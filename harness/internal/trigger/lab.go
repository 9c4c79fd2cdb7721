package trigger

import (
	"context"
	"math/rand"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/verdict"
)

// Options are whom to ask, and how much.
type Options struct {
	// Ask returns the verdict of a case, in a cold context.
	Ask func(context.Context, cases.Case) (verdict.Kind, error)
	// Again is Ask of a case that may have been asked about before: it runs it all the same, in a new process or in the one that
	// ran the last case. nil: there is no way to.
	Again func(ctx context.Context, c cases.Case, anew bool) (verdict.Kind, error)
	// Fresh returns generated cases, the same for the same number.
	Fresh func(int) (cases.Case, error)
	// Known reports whether a case is explained already, by a ledger of known findings: nothing is learned from its failure.
	// nil: none is.
	Known func(*cases.Case) bool
	// Probes is how many cases are asked about for one finding; 0: DefaultProbes.
	Probes int
	// MaxWork bounds the cost of a probe; 0: DefaultMaxWork.
	MaxWork float64
	// Seed is where the random choices begin: the same verdicts and seed lead to the same findings.
	Seed int64
	// Log gets lines for who wants to know how a trigger came about; nil: nobody.
	Log func(format string, arguments ...any)
}

// Bounds of what is asked for one finding.
const (
	DefaultProbes  = 150
	DefaultMaxWork = 2e7
)

// Lab is what is known of a path: every verdict that the run or a probe has shown.
type Lab struct {
	o        Options
	dice     *rand.Rand
	samples  map[string]*sample
	verdicts map[string]verdict.Kind
	run      []judged // of the run, in its order
	probed   []judged // in the order in which they were asked
	findings []*Finding
	probes   int
	refused  int
	fresh    []cases.Case
	warm     map[predicate.Kernel]bool // kernels that the run or a probe has needed: a path that compiles one for each has them
	kernels  int                       // of them, those that a probe was the first to need
}

type judged struct {
	*sample
	fails bool
}

// New makes a lab that knows nothing yet.
func New(o Options) *Lab {
	if o.Probes == 0 {
		o.Probes = DefaultProbes
	}
	if o.MaxWork == 0 {
		o.MaxWork = DefaultMaxWork
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	return &Lab{o: o, dice: rand.New(rand.NewSource(o.Seed)), samples: map[string]*sample{}, verdicts: map[string]verdict.Kind{}, warm: map[predicate.Kernel]bool{}}
}

// Tell adds a verdict of the run. What was neither passed nor failed teaches nothing.
func (l *Lab) Tell(c cases.Case, kind verdict.Kind) {
	if kind != verdict.Pass && !kind.Fails() {
		return
	}
	s := l.sample(c)
	if slices.ContainsFunc(l.run, func(j judged) bool { return j.sample == s }) {
		return
	}
	l.run = append(l.run, judged{s, kind.Fails()})
	l.warm[predicate.KernelOf(&c)] = true
}

func (l *Lab) sample(c cases.Case) *sample {
	k := key(&c)
	if s := l.samples[k]; s != nil {
		return s
	}
	s := newSample(c)
	l.samples[k] = s
	return s
}

// known reports whether a finding explains a case, or one that runs before it.
func (l *Lab) known(s *sample) bool { return l.knownBut(s, nil) }

// knownBut is known by another finding than one; nil: by any.
func (l *Lab) knownBut(s *sample, one *Finding) bool {
	if l.elsewhere(&s.c, one) {
		return true
	}
	for i := range s.c.After {
		if l.elsewhere(&s.c.After[i], one) {
			return true
		}
	}
	return false
}

func (l *Lab) elsewhere(c *cases.Case, but *Finding) bool {
	if l.o.Known != nil && l.o.Known(c) {
		return true
	}
	return slices.ContainsFunc(l.findings, func(f *Finding) bool { return f != but && f.Matches(c) })
}

// answer is what a probe came to.
type answer int

const (
	unclear answer = iota // not supported, inconclusive, too expensive
	passes
	fails // and no other finding explains it
	other // fails, and another finding explains it
)

// ask runs a case, unless its verdict is known.
func (l *Lab) ask(ctx context.Context, c cases.Case) (*sample, answer, error) {
	return l.askBut(ctx, c, nil)
}

// askBut is ask for who looks at one of the findings again, which does not count as another one then.
func (l *Lab) askBut(ctx context.Context, c cases.Case, one *Finding) (*sample, answer, error) {
	s := l.sample(c)
	kind, known := l.verdicts[s.key]
	if !known {
		if work(&c) > 3*l.o.MaxWork {
			return s, unclear, nil
		}
		if l.knownBut(s, one) {
			return s, other, nil // it fails, or else tells nothing about this bug
		}
		var err error
		if kind, err = l.o.Ask(ctx, c); err != nil {
			return s, unclear, err
		}
		l.verdicts[s.key] = kind
		told := ""
		if kind == verdict.Pass || kind.Fails() {
			if l.cold(&c) {
				told = ", by a kernel that is new"
				l.kernels++
			}
			l.warm[predicate.KernelOf(&c)] = true
			l.probes++
		} else if l.refused++; l.refused%refusalsToAProbe == 0 {
			l.probes++
		}
		l.o.Log("probe %d: %s: %s%s", l.probes, kind, cases.Describe(c), told)
		if kind == verdict.Pass || kind.Fails() {
			l.probed = append(l.probed, judged{s, kind.Fails()})
		}
	}
	switch {
	case kind == verdict.Pass:
		return s, passes, nil
	case !kind.Fails():
		return s, unclear, nil
	case l.knownBut(s, one):
		return s, other, nil
	}
	return s, fails, nil
}

// freshCase returns a generated case, any of some hundred.
func (l *Lab) freshCase() (cases.Case, error) {
	if len(l.fresh) < freshCases {
		c, err := l.o.Fresh(len(l.fresh))
		if err != nil {
			return cases.Case{}, err
		}
		l.fresh = append(l.fresh, c)
		return c.Clone(), nil
	}
	return l.fresh[l.dice.Intn(len(l.fresh))].Clone(), nil
}

// freshAt is one of those hundreds.
func (l *Lab) freshAt(i int) (cases.Case, error) {
	for len(l.fresh) <= i {
		c, err := l.o.Fresh(len(l.fresh))
		if err != nil {
			return cases.Case{}, err
		}
		l.fresh = append(l.fresh, c)
	}
	return l.fresh[i].Clone(), nil
}

const freshCases = 300

// refusalsToAProbe is how many cases that a path refuses count as one probe: they tell nothing and cost hardly anything,
// and a library that takes few cases would use up all probes with them.
const refusalsToAProbe = 8

// cold reports whether a case needs a kernel that neither the run nor a probe has needed, so that a path would have to
// compile it: a probe takes a hundred times as long then. Where several cases tell the same, one that does not need it is
// asked about.
func (l *Lab) cold(c *cases.Case) bool { return !l.warm[predicate.KernelOf(c)] }

// Kernels is how many kernels the probes needed that the run had not, where one is made for each format, class of sizes and
// set of terms: nearly all that a probe costs is to compile one.
func (l *Lab) Kernels() int { return l.kernels }
