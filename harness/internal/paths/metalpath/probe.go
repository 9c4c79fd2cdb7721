package metalpath

import (
	"context"
	"errors"
	"math"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/metal"
	"attest.example/attest/reference"
)

// probeTime is how long probing may take; a test has longer. What was not asked by then is taken as the header has it.
var probeTime = 20 * time.Second

// baseCase is the case that all probes vary: one head, as many rows as keys.
type baseCase struct {
	rows, dim int
	format    precision.Format
}

// bases are tried in this order, until a library takes one: some want whole blocks.
var bases = []baseCase{{rows: 8, dim: 8}, {rows: 64, dim: 64}, {rows: 128, dim: 128}}

// prober finds out what a library means by the plain calls. Each probe is a small case, the first ones with one head and
// as many rows as keys, where no layout and no alignment matters; one that fails is noted and the next one is made. The
// memory behind every tensor is several times larger than it need be, since a library may take it for another format.
type prober struct {
	path    *Path
	library *plainLibrary
	options libraryOptions
	base    baseCase
	end     time.Time
}

// state is how a probe ended.
type state int

const (
	right state = iota
	wrong
	refused // the library said so, by error 1 or 3
	failed  // another error, or the end of the process that made the probe before
	unasked // no time was left
)

type result struct {
	state   state
	err     error // of refused and failed
	c       cases.Case
	tensors *cases.Tensors
}

func (r result) words() string {
	switch r.state {
	case right:
		return "right"
	case wrong:
		return "wrong"
	case refused:
		return "refused: " + r.err.Error()
	case failed:
		return "failed: " + r.err.Error()
	}
	return "not probed"
}

var (
	errEnded = errors.New("the process ended there before")
	errLate  = errors.New("the time for probing was over")
)

func (p prober) run(ctx context.Context) {
	p.end = time.Now().Add(probeTime)
	paths.Phase(ctx, "probing")
	if p.given("probe") {
		p.note("probe", "none: what the options leave open is as the header has it", true)
		return
	}
	p.formats(ctx)
	p.heads(ctx)
	p.simple(ctx, unlikeLengths, func(c *cases.Case) { c.KVLen = 2 * c.KVLen })
	p.sizes(ctx)
	p.causal(ctx)
	p.masks(ctx)
	p.logsumexp(ctx)
	o := cases.Operand{Transpose: true}
	if p.convention().order != cases.BSHD {
		p.simple(ctx, transposed, func(c *cases.Case) { c.KVLen *= 2; c.Layout = cases.Layout{Q: o, K: o, V: o, Out: o} })
		if !p.library.lacks(stridesFunction) {
			o := cases.Operand{Pad: 2}
			p.simple(ctx, stridedOperands, func(c *cases.Case) { c.KVLen *= 2; c.Layout = cases.Layout{Q: o, K: o, V: o, Out: o} })
		}
	}
	p.mixed(ctx)
	p.note("memory wrapped", p.library.wrap.words(), false) // told by library.Describe
	paths.Phase(ctx, dispatchesPhase)
	d := probeDispatches(ctx, p.path, p.base)
	p.note("dispatches", d.words(), d.err == nil && d.ran != dispatchesAsked)
	paths.Phase(ctx, "")
}

func (p *prober) given(option string) bool   { return p.options.given[option] }
func (p *prober) convention() *convention    { return &p.library.convention }
func (p *prober) refuse(f feature, r result) { p.library.refused[f] = r.err }

func (p *prober) note(what, found string, notable bool) {
	p.library.findings = append(p.library.findings, paths.Finding{What: what, Found: found, Notable: notable})
}

// noteResult notes how a feature's probe ended, and refuses its cases from now on where the library did.
func (p *prober) noteResult(f feature, r result) {
	if r.state == refused {
		p.refuse(f, r)
	}
	p.note(string(f), r.words(), false)
}

// simple probes one feature.
func (p *prober) simple(ctx context.Context, f feature, change func(*cases.Case)) result {
	r := p.ask(ctx, string(f), change, nil)
	p.noteResult(f, r)
	return r
}

// ask makes a probe.
func (p *prober) ask(ctx context.Context, words string, change func(*cases.Case), call func(*metal.AttentionOptions)) result {
	words = paths.ProbePhase + words
	switch {
	case paths.Skip(ctx, words):
		return result{state: failed, err: errEnded}
	case time.Now().After(p.end):
		return result{state: unasked, err: errLate}
	}
	paths.Phase(ctx, words)
	o := cases.Operand{Order: p.convention().order}
	c := cases.Case{
		Version: cases.Version, Batch: 1, Heads: 1, QLen: p.base.rows, KVLen: p.base.rows, HeadDim: p.base.dim,
		Input: p.base.format, Layout: cases.Layout{Q: o, K: o, V: o, Out: o}, Values: cases.Values{Seed: 1},
	}
	if change != nil {
		change(&c)
	}
	if err := c.Normalize(); err != nil {
		return result{state: failed, err: err}
	}
	t, err := cases.MaterializeIn(c, roomy)
	if err != nil {
		return result{state: failed, err: err}
	}
	r := result{c: c, tensors: t}
	_, r.err = p.path.attend(ctx, c, t, call)
	var notWrapped *wrapError
	switch {
	case errors.As(r.err, &notWrapped):
		r.state = failed
	case errors.Is(r.err, paths.ErrUnsupported) || errors.Is(r.err, metal.ErrInvalidArgs):
		r.state = refused
	case r.err != nil:
		r.state = failed
	case !p.near(ctx, c, r.tensors):
		r.state = wrong
	}
	return r
}

// roomy is memory with room behind it.
func roomy(_ string, bytes int) ([]byte, error) {
	return cases.Pages(4*bytes + 1<<16)[:bytes], nil
}

// near reports whether what lies in the tensors is the answer to a case, or near enough: what a probe has to tell apart
// differs by much more than any rounding.
func (p *prober) near(ctx context.Context, c cases.Case, t *cases.Tensors) bool {
	truth, err := p.truth(ctx, c, t)
	return err == nil && allNear(t.Out.Dense(), truth.Output, tolerance(c))
}

func (p *prober) truth(ctx context.Context, c cases.Case, t *cases.Tensors) (*reference.Result, error) {
	return oracle.Truth(ctx, c, t, p.path.Arithmetic(c), reference.Options{Workers: 1})
}

func tolerance(c cases.Case) float64 {
	coarsest := 0.0
	for _, f := range []precision.Format{c.Input, c.Output, c.Intermediate} {
		if f.Valid() {
			coarsest = max(coarsest, f.Roundoff())
		}
	}
	return max(16*coarsest, 1e-3)
}

func allNear(got, want []float64, tolerance float64) bool {
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance*(1+math.Abs(want[i]))) {
			return false
		}
	}
	return true
}
