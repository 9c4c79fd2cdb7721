// Package fault is a path that misbehaves on purpose, each kind in one way, so that the harness can be tested against
// what it must survive. Where it does not misbehave it is the naive path. Nothing but tests has a use for it.
//
// Which cases it strikes follows from their shapes alone: those where q_len + kv_len + head_dim is a multiple of
// every, 5 unless said otherwise as in fault:segv?every=2; or those for which a condition of package predicate holds, as in
// fault:wrong?when=lse (of several, one is enough). The same cases fail in every run, and a failing case can be
// reduced.
package fault

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker"
)

// Kind is a way of misbehaving.
type Kind struct {
	Name    string
	Summary string
	Verdict verdict.Kind // of the cases that it strikes
	// Isolated means that it would harm the process that it runs in, so that it strikes only in a worker.
	Isolated bool
	// Later means that it strikes not the case itself, but one that comes after it.
	Later bool

	supports func() // instead of an answer to Supports
	declines bool   // in its answer to Supports
	instead  func(*Path) error
	after    func(*Path, *cases.Tensors) // when the output is right
}

const defaultEvery = 5

// Path is the faulty path.
type Path struct {
	naive.Path
	kind  Kind
	name  string
	every int
	when  []predicate.Predicate // instead of every
	calls int

	stale    bool // the context is spoilt
	poisoned bool // the process is
}

// Open opens the path by what follows fault: in its name, a kind and perhaps ?every=N.
func Open(argument string) (*Path, error) {
	name, options, _ := strings.Cut(argument, "?")
	at := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("kind %q: want one of %s", name, strings.Join(Names(), ", "))
	}
	p := &Path{kind: kinds[at], name: "fault:" + argument, every: defaultEvery}
	values, err := paths.Options(options, "when")
	if err != nil {
		return nil, err
	}
	for key, given := range values {
		if key == "when" {
			for _, source := range given {
				when, err := predicate.Compile(source)
				if err != nil {
					return nil, fmt.Errorf("option when: %w", err)
				}
				p.when = append(p.when, when)
			}
			continue
		}
		if key != "every" {
			return nil, fmt.Errorf("option %q: want every or when", key)
		}
		if p.every, err = strconv.Atoi(given[0]); err != nil || p.every < 1 {
			return nil, fmt.Errorf("option every: %q: want a number of 1 or more", given[0])
		}
	}
	if name == "open" {
		return nil, fmt.Errorf("it refuses to open, on purpose")
	}
	return p, nil
}

// Kinds lists every kind.
func Kinds() []Kind { return slices.Clone(kinds) }

// Names lists their names.
func Names() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return names
}

// Name is what --path takes.
func (p *Path) Name() string { return p.name }

// Strikes reports whether a case is one of those that the fault strikes.
func (p *Path) Strikes(c cases.Case) bool {
	if len(p.when) == 0 {
		return (c.QLen+c.KVLen+c.HeadDim)%p.every == 0
	}
	return slices.ContainsFunc(p.when, func(when predicate.Predicate) bool {
		ok, err := when.Match(c)
		return err == nil && ok
	})
}

// Supports is nil for every case, but of the kind that declines.
func (p *Path) Supports(c cases.Case) error {
	if p.kind.supports != nil && p.Strikes(c) && p.dare() == nil {
		p.kind.supports()
	}
	if p.kind.declines && p.Strikes(c) {
		if len(p.when) > 0 {
			return fmt.Errorf("it declines what a condition holds for, on purpose")
		}
		return fmt.Errorf("q_len + kv_len + head_dim is %d, a multiple of %d", c.QLen+c.KVLen+c.HeadDim, p.every)
	}
	return nil
}

// Reset forgets what only the context remembers.
func (p *Path) Reset(context.Context) error {
	p.stale = false
	return nil
}

func (p *Path) dare() error {
	if p.kind.Isolated && !worker.Inside() {
		return fmt.Errorf("fault %s would harm this process; it strikes only in a worker", p.kind.Name)
	}
	return nil
}

// Attend computes the case, or misbehaves.
func (p *Path) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	p.calls++
	strikes := p.Strikes(c)
	if strikes {
		if err := p.dare(); err != nil {
			return paths.Timing{}, err
		}
	}
	if p.poisoned {
		return paths.Timing{}, errPoisoned
	}
	if strikes && p.kind.instead != nil {
		if err := p.kind.instead(p); err != nil {
			return paths.Timing{}, err
		}
	}
	timing, err := p.Path.Attend(ctx, c, t)
	if err != nil {
		return timing, err
	}
	if t.Out.Len() == 0 { // nothing to spoil
		return timing, nil
	}
	if p.stale {
		spoil(&t.Out)
	}
	if strikes && p.kind.after != nil {
		p.kind.after(p, t)
	}
	return timing, nil
}
