package msl

import (
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"attest.example/attest/metal/internal/device"
)

// Values of function constants make hundreds of programs of a kernel, and a second of clang's time each. So a text is compiled
// once without them: each constant has a place in that open module, of a symbol that no compiler may look through, and a
// program's module is a copy of it with the values written there. What clang must know the value of, as the size of an array or
// a template's argument, has no open module, and is compiled for each program by itself; Metal forbids that, but who has it
// shall not lose by it.

var errNotOpen = errors.New("a constant of this text is computed from a function constant")

// place declares a function constant of an open module.
func (c *functionConstant) place() string {
	return fmt.Sprintf("extern __constant const %s %s __asm__(%q) __attribute__((weak)); __constant const %[1]s %[2]s = %[4]s();",
		c.typeName, c.name, placeSymbol(c.given), vectorOrScalar(c.typeName))
}

// placeSymbol is the linker's name of the place of a program's constant.
func placeSymbol(given int) string { return fmt.Sprintf("msl_constant_%d", given) }

// opened is the program of the open module that a program's own is a copy of. ok is false where it is compiled by itself.
func (c *Compiler) opened(p *Program) (open *Program, ok bool) {
	if !c.target.traits().opensModules || p.Function == "" || len(p.Constants) == 0 || p.open {
		return nil, false
	}
	o := *p
	o.open, o.Constants = true, make([]Constant, len(p.Constants))
	for i, k := range p.Constants {
		o.Constants[i] = Constant{Name: k.Name, Index: k.Index, Type: k.Type}
	}
	return &o, !c.cache.knownNotOpen(c, &o)
}

// make compiles a program, or fills in its values where its text is compiled.
func (c *Compiler) make(ctx context.Context, p *Program) (*Module, error) {
	open, ok := c.opened(p)
	if !ok {
		return c.compile(ctx, p)
	}
	made, err := c.Build(ctx, *open)
	var compile *CompileError
	switch {
	case errors.As(err, &compile) || errors.Is(err, errNotOpen):
		return c.compile(ctx, p) // whatever is wrong with the text itself is said of the program
	case err != nil:
		return nil, err
	}
	if m, err := c.filled(p, open, made); m != nil || err != nil {
		return m, err
	}
	return c.compile(ctx, p)
}

// atHand is a program's module where it was made, or the open one was, before; else nil.
func (c *Compiler) atHand(p *Program) *Module {
	if m := c.cache.find(c, p); m != nil {
		return m
	}
	open, ok := c.opened(p)
	if !ok {
		return nil
	}
	made := c.cache.find(c, open)
	if made == nil {
		return nil
	}
	m, err := c.filled(p, open, made)
	if err != nil {
		return nil
	}
	return m
}

// filled makes a program's module of the open one. It is nil where there can be none: somebody cleared the cache, or the places
// are not where a file's bytes are.
func (c *Compiler) filled(p, open *Program, made *Module) (*Module, error) {
	r, ok := c.cache.record(c, open)
	if !ok {
		return nil, nil
	}
	paths := []string{made.Path}
	if r.Twin != "" {
		paths = append(paths, twinOf(made.Path))
	}
	var objects []string
	defer func() {
		for _, name := range objects {
			os.Remove(name)
		}
	}()
	for _, path := range paths {
		object, err := c.cache.scratch()
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
		if err := fill(path, object, p.Constants); err != nil {
			return nil, nil
		}
	}
	module := &Module{Entries: r.Entries, Skipped: r.Skipped, Engines: r.Engines}
	return module, c.cache.keep(c, p, r.Files, objects, module)
}

// fill writes a copy of an open module with values in the places of its constants.
func fill(open, filled string, values []Constant) error {
	data, err := os.ReadFile(open)
	if err != nil {
		return err
	}
	f, err := elf.Open(open)
	if err != nil {
		return err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return err
	}
	byName := map[string]elf.Symbol{}
	for _, s := range symbols {
		byName[s.Name] = s
	}
	for i, k := range values {
		s, ok := byName[placeSymbol(i)]
		if !ok {
			continue // the kernel has no such constant, or does not reach it
		}
		bytes := valueBytes(k)
		if int(s.Section) >= len(f.Sections) || s.Size != uint64(len(bytes)) {
			return fmt.Errorf("%s: %s has %d bytes in section %d", open, s.Name, s.Size, s.Section)
		}
		section := f.Sections[s.Section]
		at := s.Value - section.Addr
		if section.Type != elf.SHT_PROGBITS || at > section.Size || section.Size-at < s.Size || section.Offset+at+s.Size > uint64(len(data)) {
			return fmt.Errorf("%s: %s lies outside the file", open, s.Name)
		}
		copy(data[section.Offset+at:], bytes)
	}
	return os.WriteFile(filled, data, 0o644)
}

// valueBytes is a value as it lies in memory.
func valueBytes(k Constant) []byte {
	bits := k.Bits & (1<<k.Type.Bits() - 1) // 1<<64 is 0
	if k.Type == device.Bool && bits != 0 {
		bits = 1
	}
	return binary.LittleEndian.AppendUint64(nil, bits)[:k.Type.Bits()/8]
}
