// Package metalpath puts Metal attention under test: package metal's Attention over a device of this machine, as path
// "host", or over any shared library with the mfa C ABI, as path "lib:FILE". Tensors are wrapped where they lie and
// never copied.
//
// A Path is the same call whatever computes it. What differs is a backend: a device, a device with checkers, a library
// that takes whole descriptors, or one that has only the plain calls of the ABI and is probed for what it means by them.
package metalpath

import (
	"context"
	"errors"
	"fmt"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
	"attest.example/attest/metal/mfa"
	"attest.example/attest/reference"
)

// Path is attention through a metal context.
type Path struct {
	name    string
	math    metal.Math
	backend backend
	context *metal.Context

	keyParts int  // that a row's keys are cut into; 0: as the library sees fit
	cutsKeys bool // and it sees fit to, where rows are few

	kept *keptCall // of a case that is called again in the same buffers; nil: none
}

// backend is what computes a path's calls.
type backend interface {
	NewContext() (*metal.Context, error)
	// Call runs one call of a context.
	Call(func() error) error
	Describe() paths.Description
	// Supports is nil, or why the backend cannot even be asked for the case.
	Supports(cases.Case) error
	// Knows reports whether a call can express a field that paths need not know: see paths.Knower.
	Knows(field string) bool
	// Express puts a case into a call. What it wraps is released by the wrapper.
	Express(w *wrapper, c cases.Case, t *cases.Tensors) (*metal.AttentionOptions, error)
	// Finish turns what a call wrote into what a case asks for, where the backend means something else by it.
	Finish(t *cases.Tensors)
	// Seen is what was noticed beside the outputs while a call ran; nil: nothing.
	Seen() error
	// Device is what kernels can be run on beside attention, and how many threadgroups it computes at once, 0 where
	// that is not known. It is nil where it is out of reach.
	Device() (device *metal.Device, processors int)
	// WholePages reports whether tensors must begin on a page.
	WholePages() bool
	Close()
}

// Name is what --path takes.
func (p *Path) Name() string { return p.name }

// Describe tells the device and its compiler.
func (p *Path) Describe() paths.Description { return p.backend.Describe() }

// keyBlock is how many keys the kernel takes between two rescalings of its accumulators.
const keyBlock = 32

// Arithmetic is that of metal/kernels/attention.metal: fp32 scores, sums and accumulators; probabilities rounded to
// the intermediate format before they meet v. Its exponential is exp2 of a product, within 4 ulp; the fast one of
// Metal's table, 3 + floor(|2x|), may also flush subnormals and assumes NaN and Inf away.
func (p *Path) Arithmetic(c cases.Case) reference.Arithmetic {
	a := reference.Arithmetic{
		In: paths.FormatOf(c.Input), Acc: reference.FP32, Out: paths.FormatOf(c.Output),
		Exp: reference.ExpError{A: 4}, Block: keyBlock, SplitKV: p.mostParts(c), Deterministic: true,
	}
	if c.Intermediate != 0 {
		a.Probs = paths.FormatOf(c.Intermediate)
	}
	if p.math == metal.MathFast {
		a.Exp = reference.ExpError{A: 4, B: 2}
		a.FlushSubnormals, a.FiniteMath = true, true
	}
	return a
}

// leastPartKeys is how many keys the library's own plan leaves a part at least.
const leastPartKeys = 64

// mostParts is how many parts a row's keys are cut into at most; 0: they are not cut.
func (p *Path) mostParts(c cases.Case) int {
	most, keys := p.keyParts, keyBlock
	if p.cutsKeys {
		most, keys = mfa.MostKeyParts, leastPartKeys
	}
	if parts := min(most, c.KVLen/keys+1); parts > 1 {
		return parts
	}
	return 0
}

// Promises is everything, but that under fast math NaN and Inf lead anywhere, and that a library which cuts a row's keys as
// it sees fit does so by how many rows there are.
func (p *Path) Promises(c cases.Case) paths.Promises {
	promises := paths.AllPromises()
	promises.NaN = p.math != metal.MathFast
	promises.AnyRows = !p.cutsKeys || c.KVLen < 2*leastPartKeys
	return promises
}

// Supports is nil, or why the library cannot be asked for the case.
func (p *Path) Supports(c cases.Case) error { return p.backend.Supports(c) }

// Knows asks the backend: see paths.Knower.
func (p *Path) Knows(field string) bool { return p.backend.Knows(field) }

// WholePages reports whether tensors must begin on a page: see paths.PageBound.
func (p *Path) WholePages() bool { return p.backend.WholePages() }

// Spent reports whether the device works no more in this process: see paths.Spender.
func (p *Path) Spent() bool {
	on, ok := p.backend.(onDevice)
	return ok && on.device.Lost()
}

// Findings tells what was found out about a library: see paths.Prober.
func (p *Path) Findings(ctx context.Context) []paths.Finding {
	if probed, ok := p.backend.(interface {
		Findings(context.Context, *Path) []paths.Finding
	}); ok {
		return probed.Findings(ctx, p)
	}
	return nil
}

// Reset starts over with a new context: no pipeline is in memory, no scratch, no counter.
func (p *Path) Reset(context.Context) error {
	p.forget()
	if p.context != nil {
		p.context.Close()
		p.context = nil
	}
	var err error
	p.context, err = p.backend.NewContext()
	return err
}

// Close frees the context and the device.
func (p *Path) Close() error {
	p.forget()
	if p.context != nil {
		p.context.Close()
		p.context = nil
	}
	p.backend.Close()
	return nil
}

// Attend wraps the tensors, runs the kernel once and waits.
func (p *Path) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	return p.attend(ctx, c, t, nil)
}

// attend lets a caller change the call that a case makes.
func (p *Path) attend(ctx context.Context, c cases.Case, t *cases.Tensors, change func(*metal.AttentionOptions)) (timing paths.Timing, err error) {
	if p.context == nil {
		if err := p.Reset(ctx); err != nil {
			return paths.Timing{}, err
		}
	}
	release, err := p.churn(c.Call)
	if err != nil {
		return paths.Timing{}, refusal(err)
	}
	defer func() {
		if leak := release(); err == nil && leak != nil {
			timing, err = paths.Timing{}, leak
		}
	}()
	call, err := p.callOf(ctx, c, t, change)
	if err != nil {
		return paths.Timing{}, err
	}
	if c.Call.Repeat == 0 {
		defer call.Close()
	}
	call.wrapped.fused.fill()
	attention, start := call.attention, time.Now()
	err = p.backend.Call(attention.Forward)
	wall := time.Since(start)
	if seen := p.backend.Seen(); seen != nil {
		return paths.Timing{Engine: p.engine()}, seen // what the checkers saw explains a failure better than its own text
	}
	if err != nil {
		if ctx.Err() != nil {
			return paths.Timing{Engine: p.engine()}, errors.Join(ctx.Err(), err)
		}
		return paths.Timing{Engine: p.engine()}, refusal(err)
	}
	if err := call.wrapped.fused.check(); err != nil {
		return paths.Timing{Engine: p.engine()}, err
	}
	p.backend.Finish(t)
	measured := attention.Timing()
	if measured.BytesCopied != 0 {
		return paths.Timing{}, fmt.Errorf("the library copied %d bytes; it promises none", measured.BytesCopied)
	}
	device := append([]float64(nil), measured.GPU...)
	if c.Call.Bare { // nobody asked for the seconds of each dispatch
		device = []float64{measured.Total.Seconds()}
	}
	if change == nil {
		if err := checkTimes(device, max(c.Call.Dispatches, 1), c.Call.Bare, p.context.Latency(), wall, p.reportsLatency()); err != nil {
			return paths.Timing{}, err
		}
	}
	return paths.Timing{
		DeviceSeconds:  device,
		CompileSeconds: measured.Compile.Seconds(),
		Cached:         measured.Cached,
		OnFibers:       p.onFibers(),
		Engine:         p.engine(),
	}, nil
}

// engine is what ran the case's kernels, where a device chooses that.
func (p *Path) engine() string {
	if b, ok := p.backend.(interface{ Engine() string }); ok {
		return b.Engine()
	}
	return ""
}

// Turn has fibers run some cases where the device chooses between engines: see paths.Turner.
func (p *Path) Turn(sequence int, work float64) {
	if b, ok := p.backend.(paths.Turner); ok {
		b.Turn(sequence, work)
	}
}

// LeavesEngine reports whether the device chooses between engines.
func (p *Path) LeavesEngine() bool {
	on, ok := p.backend.(onDevice)
	return ok && on.engines.Chosen
}

// onFibers are the kernels so far that vectors were to run and fibers do; a library does not tell.
func (p *Path) onFibers() []string {
	if b, ok := p.backend.(interface{ OnFibers() []string }); ok {
		return b.OnFibers()
	}
	return nil
}
