package mslpath

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/declared"
	"attest.example/attest/harness/internal/paths/metalpath"
	"attest.example/attest/metal"
	"attest.example/attest/reference"
)

// Path is a manifest's kernel on a device.
type Path struct {
	name        string
	manifest    *manifest
	device      *metal.Device
	math        metal.Math
	check       bool
	description paths.Description
	copies      metalpath.CopyLimit
	engines     *metalpath.Engines
	kernels     map[string]*metal.Kernel
	variants    []paths.Variant // the same kernel in further modes
}

// Open opens the path by what follows msl: in its name: a manifest's file, and options of a device as
// metalpath.OpenDevice takes them, device=NAME included. The option root=DIR names the folder that the manifest's texts are in.
func Open(argument string) (*Path, error) {
	file, options, _ := strings.Cut(argument, "?")
	root, options := takeRoot(options)
	m, err := load(file, root)
	if err != nil {
		return nil, err
	}
	if m.document.Text.Math == "fast" && !strings.Contains("&"+options, "&math=") {
		options = strings.TrimPrefix(options+"&math=fast", "&")
	}
	modes, err := metalpath.Modes(metalpath.HostDevice, options)
	if err != nil {
		return nil, err
	}
	var all []*Path
	for _, mode := range modes {
		p, err := open("msl:"+argument, m, mode)
		if err != nil {
			for _, opened := range all {
				opened.Close()
			}
			return nil, err
		}
		all = append(all, p)
	}
	base := all[0]
	for i, p := range all[1:] {
		base.variants = append(base.variants, paths.Variant{Label: modes[i+1].Label, Path: p, SameBits: modes[i+1].SameBits})
	}
	return base, nil
}

// takeRoot takes root=DIR out of a path's options.
func takeRoot(options string) (root, rest string) {
	var kept []string
	for _, option := range strings.Split(options, "&") {
		if dir, ok := strings.CutPrefix(option, "root="); ok {
			root = dir
		} else if option != "" {
			kept = append(kept, option)
		}
	}
	return root, strings.Join(kept, "&")
}

func open(name string, m *manifest, mode metalpath.Mode) (*Path, error) {
	device, engines, description, err := mode.Open()
	if err != nil {
		return nil, err
	}
	limit, err := mode.CopyLimit(device)
	if err != nil {
		device.Close()
		return nil, err
	}
	return &Path{
		name: name, manifest: m, copies: limit, device: device, math: mode.Math, check: mode.Host.Check, kernels: map[string]*metal.Kernel{},
		description: description, engines: engines,
	}, nil
}

// Name is what --path takes.
func (p *Path) Name() string { return p.name }

// Describe tells the device and its compiler.
func (p *Path) Describe() paths.Description { return p.description }

// Variants are the further modes.
func (p *Path) Variants() []paths.Variant { return p.variants }

// Arithmetic is what the manifest declares. Fast math may also flush subnormals and assumes NaN and infinity away, and
// its exponential is the fast one of Metal's table.
func (p *Path) Arithmetic(c cases.Case) reference.Arithmetic {
	a := p.manifest.document.Arithmetic.Of(c)
	a.Deterministic = p.manifest.document.Promises.All().Deterministic
	if p.math != metal.MathSafe {
		a.FlushSubnormals, a.FiniteMath = true, true
		a.Exp.B = max(a.Exp.B, 2)
	}
	return a
}

// Promises is what the manifest promises.
func (p *Path) Promises(cases.Case) paths.Promises {
	promises := p.manifest.document.Promises.All()
	promises.NaN = promises.NaN && p.math == metal.MathSafe
	return promises
}

// Knows reports whether the manifest reads a field, in what it binds or in a condition, or binds the tensor of that name.
// Of a value that an old field has got, "mask.kind=alibi", it must read the field and hold the value; of a size that may
// be 0 it must compare the size with 0 in a condition of what it supports.
func (p *Path) Knows(what string) bool { return p.manifest.knows(what) }

// Supports holds a case against the manifest: its conditions, its layout, and what its bindings have a place for.
func (p *Path) Supports(c cases.Case) error {
	d := &p.manifest.document
	if err := p.copies.Takes(c); err != nil {
		return err
	}
	if err := d.Promises.Allow("the kernel", c); err != nil {
		return err
	}
	operands, err := p.manifest.operandValues(c)
	if err != nil {
		return err
	}
	values, err := p.manifest.scope.Values(c, operands...)
	if err != nil {
		return fmt.Errorf("%s: let: %w", p.manifest.file, err)
	}
	for _, s := range p.manifest.supports {
		ok, err := s.when.Bool(values)
		if err != nil {
			return fmt.Errorf("%s: supports: %w", p.manifest.file, err)
		}
		if !ok {
			return declared.Refuse("the kernel", s.when, s.why)
		}
	}
	if d.Layout != stridedLayout && !operands[3].(contiguous).All {
		return errors.New("an operand is not contiguous, and the manifest's layout is contiguous")
	}
	if c.LSE && !p.manifest.binds("lse") {
		return errors.New("the manifest binds no lse")
	}
	if c.Mask.IsArray() && !p.manifest.binds("mask") && !p.manifest.binds(fullMask) {
		return errors.New("the manifest binds no mask")
	}
	if c.Sinks != "" && !p.manifest.binds("sinks") {
		return errors.New("the manifest binds no sinks")
	}
	if c.Ragged() && !p.manifest.binds("ranges") && !p.manifest.binds(fullMask) {
		return errors.New("the manifest binds no ranges")
	}
	if c.Paging.Page > 0 && !p.manifest.binds("table") && p.manifest.inPlace("k", "v") {
		return errors.New("the manifest binds no table of pages, and k or v where they lie")
	}
	return p.manifest.copiesTake(&c)
}

// inPlace reports whether one of the tensors is bound as it lies.
func (m *manifest) inPlace(tensors ...string) bool {
	for _, pass := range m.passes {
		for _, b := range pass.bindings {
			if slices.Contains(tensors, b.tensor) && b.copied == nil {
				return true
			}
		}
	}
	return false
}

func (m *manifest) binds(tensor string) bool {
	for _, pass := range m.passes {
		for _, b := range pass.bindings {
			if b.tensor == tensor {
				return true
			}
		}
	}
	return false
}

// Spent reports whether the device works no more in this process: see paths.Spender.
func (p *Path) Spent() bool { return p.device.Lost() }

// Turn has fibers run some cases where the device chooses between engines: see paths.Turner.
func (p *Path) Turn(sequence int, work float64) {
	p.engines.Turn(sequence, work)
	for _, v := range p.variants {
		paths.Turn(v.Path, sequence, work)
	}
}

// LeavesEngine reports whether the device chooses between engines.
func (p *Path) LeavesEngine() bool { return p.engines.Chosen }

// Reset forgets the kernels, as a new process would.
func (p *Path) Reset(ctx context.Context) error {
	for key, k := range p.kernels {
		k.Close()
		delete(p.kernels, key)
	}
	var errs []error
	for _, v := range p.variants {
		errs = append(errs, paths.Reset(ctx, v.Path))
	}
	return errors.Join(errs...)
}

// Close frees the kernels and the device.
func (p *Path) Close() error {
	for _, k := range p.kernels {
		k.Close()
	}
	for _, v := range p.variants {
		v.Path.(*Path).Close()
	}
	p.device.Close()
	return nil
}

// Attend runs the passes over the tensors where they lie.
func (p *Path) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	call := &call{path: p, problem: c, memory: map[string]*metal.Memory{}, copies: map[string]*copyOf{}, tensors: t, timing: paths.Timing{Cached: true}}
	defer call.close()
	operands, err := p.manifest.operandValues(c)
	if err != nil {
		return paths.Timing{}, err
	}
	if call.values, err = p.manifest.scope.Values(c, operands...); err != nil {
		return paths.Timing{}, fmt.Errorf("%s: let: %w", p.manifest.file, err)
	}
	p.engines.Begin()
	for i := range p.manifest.passes {
		if err = call.pass(ctx, i); err != nil {
			err = p.engines.Blame(fmt.Errorf("%s: pass[%d]: %w", p.manifest.file, i, err))
			break
		}
	}
	if p.check {
		if seen, reportsErr := p.device.Reports(); reportsErr != nil {
			return paths.Timing{}, reportsErr
		} else if len(seen) > 0 {
			return paths.Timing{}, &metalpath.CheckerError{Reports: seen}
		}
	}
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(ctx.Err(), err)
		}
		return paths.Timing{Engine: p.engines.Ran()}, err
	}
	call.bringBack()
	if t.LSE != nil && p.manifest.document.LSE.Base == "2" {
		toNatural(t.LSE)
	}
	call.timing.OnFibers, call.timing.Engine = p.engines.OnFibers(), p.engines.Ran()
	return call.timing, nil
}

// toNatural turns logarithms to base 2 into natural ones.
func toNatural(t *cases.Tensor) {
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				t.Set(b, h, r, 0, t.At(b, h, r, 0)*math.Ln2)
			}
		}
	}
}
