package mslpath

import (
	"context"
	"fmt"
	"math"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/metal"
)

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
		if made.memory != nil {
			made.memory.Close()
		}
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
	least := 1
	if c.problem.Empty() {
		least = 0
	}
	if launch.Grid, err = three("grid", pass.grid, values, least); err != nil {
		return err
	}
	if launch.Grid[0] == 0 || launch.Grid[1] == 0 || launch.Grid[2] == 0 {
		return nil // no threadgroups: Metal has no such grid, so whoever calls the kernel leaves it out
	}
	if launch.Threadgroup, err = three("threadgroup", pass.threadgroup, values, 1); err != nil {
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

func three(what string, expressions [3]*predicate.Expression, values predicate.Values, least int) (out [3]uint32, err error) {
	for i, e := range expressions {
		out[i] = 1
		if e == nil {
			continue
		}
		n, err := e.Int(values)
		if err != nil {
			return out, fmt.Errorf("%s[%d]: %w", what, i, err)
		}
		if n < least || n > math.MaxUint32 {
			return out, fmt.Errorf("%s[%d]: %q is %d; want at least %d", what, i, *e, n, least)
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
		if b.Bytes == 0 {
			return nil, 0, nil // no device has a buffer of nothing: a null pointer
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
		if c.problem.Empty() {
			bytes = max(bytes, 1)
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
