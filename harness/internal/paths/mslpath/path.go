package mslpath

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/declared"
	"attest.example/attest/harness/internal/paths/metalpath"
	"attest.example/attest/harness/internal/predicate"
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
	fallbacks   *metalpath.Fallbacks
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
	fallbacks := &metalpath.Fallbacks{}
	mode.Host.OnEngine = fallbacks.Add
	device, description, err := mode.Open()
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
		description: description, fallbacks: fallbacks,
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
// be 0 it must read the size in a condition of what it supports.
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
	operands, err := operandValues(c)
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
	return p.manifest.copiesTake(&c)
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
	operands, err := operandValues(c)
	if err != nil {
		return paths.Timing{}, err
	}
	if call.values, err = p.manifest.scope.Values(c, operands...); err != nil {
		return paths.Timing{}, fmt.Errorf("%s: let: %w", p.manifest.file, err)
	}
	for i := range p.manifest.passes {
		if err = call.pass(ctx, i); err != nil {
			err = fmt.Errorf("%s: pass[%d]: %w", p.manifest.file, i, err)
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
		return paths.Timing{}, err
	}
	call.bringBack()
	if t.LSE != nil && p.manifest.document.LSE.Base == "2" {
		toNatural(t.LSE)
	}
	call.timing.OnFibers = p.fallbacks.List()
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

// call is one Attend.
type call struct {
	path    *Path
	problem cases.Case
	values  predicate.Values
	tensors *cases.Tensors
	memory  map[string]*metal.Memory // of tensors and scratch buffers, by name
	copies  map[string]*copyOf       // of tensors in other formats and orders
	timing  paths.Timing
}

func (c *call) close() {
	for _, m := range c.memory {
		m.Close()
	}
	for _, made := range c.copies {
		made.memory.Close()
	}
}

func (c *call) pass(ctx context.Context, number int) error {
	pass := &c.path.manifest.passes[number]
	if pass.when != nil {
		if run, err := pass.when.Bool(c.values); err != nil || !run {
			return err
		}
	}
	kernel, err := c.kernel(pass)
	if err != nil {
		return err
	}
	launch := &metal.Launch{GridInThreads: pass.inThreads}
	values := c.path.manifest.launch.Extended(c.values, kernel.MaxThreads())
	if launch.Grid, err = three("grid", pass.grid, values); err != nil {
		return err
	}
	if launch.Threadgroup, err = three("threadgroup", pass.threadgroup, values); err != nil {
		return err
	}
	if launch.Arguments, err = c.arguments(pass); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok {
		launch.Deadline = max(time.Until(deadline), time.Millisecond)
	}
	seconds, err := kernel.Run(launch)
	c.timing.DeviceSeconds = append(c.timing.DeviceSeconds, seconds...)
	return err
}

func three(what string, expressions [3]*predicate.Expression, values predicate.Values) (out [3]uint32, err error) {
	for i, e := range expressions {
		out[i] = 1
		if e == nil {
			continue
		}
		n, err := e.Int(values)
		if err != nil {
			return out, fmt.Errorf("%s[%d]: %w", what, i, err)
		}
		if n < 1 || n > math.MaxUint32 {
			return out, fmt.Errorf("%s[%d]: %q is %d; want at least 1", what, i, *e, n)
		}
		out[i] = uint32(n)
	}
	return out, nil
}

// kernel compiles a pass's kernel with its constants, once for each set of them.
func (c *call) kernel(pass *compiledPass) (*metal.Kernel, error) {
	name, err := pass.kernel.Text(c.values)
	if err != nil {
		return nil, fmt.Errorf("kernel: %w", err)
	}
	p := c.path
	constants, key := map[uint32]any{}, name
	for _, k := range pass.constants {
		value, err := k.value.Eval(c.values)
		if err != nil {
			return nil, fmt.Errorf("constant %d: %w", k.index, err)
		}
		typed, err := k.kind.typed(value)
		if err != nil {
			return nil, fmt.Errorf("constant %d: %w", k.index, err)
		}
		constants[k.index] = typed
		key += fmt.Sprintf("|%d=%v", k.index, typed)
	}
	if kernel, ok := p.kernels[key]; ok {
		return kernel, nil
	}
	if err := p.manifest.holdAgainstKernel(pass, name); err != nil {
		return nil, err
	}
	kernel, err := p.device.NewKernel(metal.KernelOptions{
		Source: p.manifest.source, File: p.manifest.name, Function: name, Constants: constants, Math: p.math,
		Includes: p.manifest.include, Defines: p.manifest.document.Text.Define, Language: p.manifest.language,
	})
	if err != nil {
		return nil, err
	}
	took, cached := kernel.CompileTime()
	c.timing.CompileSeconds += took.Seconds()
	c.timing.Cached = c.timing.Cached && cached
	p.kernels[key] = kernel
	return kernel, nil
}

func (c *call) arguments(pass *compiledPass) ([]metal.Argument, error) {
	var out []metal.Argument
	for _, b := range pass.bindings {
		if b.when != nil {
			if there, err := b.when.Bool(c.values); err != nil {
				return nil, fmt.Errorf("buffer(%d): when: %w", b.index, err)
			} else if !there {
				continue
			}
		}
		a := metal.Argument{Index: b.index}
		var err error
		switch {
		case b.null:
			a.Null = true
		case b.tensor != "" && b.copied != nil:
			a.Memory, err = c.copied(b.tensor, b.copied)
		case b.tensor != "":
			a.Memory, a.Offset, err = c.tensor(b.tensor)
		case b.scratch != "":
			a.Memory, err = c.scratch(b.scratch)
		case b.threadgroup != nil:
			a.Threadgroup, err = b.threadgroup.Int(c.values)
			if err == nil && a.Threadgroup < 1 {
				err = fmt.Errorf("%q is %d bytes; want at least 1", *b.threadgroup, a.Threadgroup)
			}
		default:
			a.Bytes, err = pack(b.scalars, c.values, b.isStruct)
		}
		if err == nil && b.offset != nil {
			var offset int
			offset, err = b.offset.Int(c.values)
			a.Offset += offset
		}
		if err != nil {
			return nil, fmt.Errorf("bind %d: %w", b.index, err)
		}
		if a.Memory == nil && a.Bytes == nil && a.Threadgroup == 0 { // a tensor that the case has not
			a.Null = true
		}
		out = append(out, a)
	}
	return out, nil
}

// tensor wraps an operand's memory; one that the case has not stays a null pointer.
func (c *call) tensor(name string) (*metal.Memory, int, error) {
	for _, b := range c.tensors.Buffers() {
		if b.Name != name {
			continue
		}
		offset := b.Tensor.Offset * b.Bytes / max(b.Tensor.Elements, 1)
		if m, ok := c.memory[name]; ok {
			return m, offset, nil
		}
		m, err := c.path.device.Wrap(b.Data[:b.Bytes])
		if err != nil {
			return nil, 0, err
		}
		c.memory[name] = m
		return m, offset, nil
	}
	return nil, 0, nil
}

// scratch makes the memory of a name, once in a call.
func (c *call) scratch(name string) (*metal.Memory, error) {
	key := "scratch " + name
	if m, ok := c.memory[key]; ok {
		return m, nil
	}
	for _, s := range c.path.manifest.scratch {
		if s.name != name {
			continue
		}
		if s.content != nil {
			return c.content(key, s.content)
		}
		bytes, err := s.bytes.Int(c.values)
		if err != nil {
			return nil, err
		}
		if bytes < 1 {
			return nil, fmt.Errorf("scratch %s: %q is %d bytes; want at least 1", name, s.bytes, bytes)
		}
		m, err := c.path.device.NewMemory(bytes)
		if err != nil {
			return nil, err
		}
		if !s.zero {
			for i := range m.Bytes() {
				m.Bytes()[i] = 0xff
			}
		}
		c.memory[key] = m
		return m, nil
	}
	return nil, fmt.Errorf("scratch %q is not declared", name)
}

// content is memory with the content that a manifest asks for.
func (c *call) content(key string, of *scalar) (*metal.Memory, error) {
	bytes, err := pack([]scalar{*of}, c.values, false)
	if err != nil {
		return nil, err
	}
	m, err := c.path.device.NewMemory(len(bytes))
	if err != nil {
		return nil, err
	}
	copy(m.Bytes(), bytes)
	c.memory[key] = m
	return m, nil
}
