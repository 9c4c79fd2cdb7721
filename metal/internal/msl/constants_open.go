package msl

import (
	"bytes"
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

// errNotOpen is why there is none: a constant is computed from a function constant, or clang refuses the text as it is without
// values.
var errNotOpen = errors.New("this text has no open module")

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
	if err == nil {
		made, err = c.filled(p, made)
	}
	if errors.Is(err, errNotOpen) {
		return c.compile(ctx, p) // whatever is wrong with the text itself is said of the program
	}
	return made, err
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
	m, err := c.filled(p, made)
	if err != nil {
		return nil
	}
	return m
}

// filled makes a program's module of the open one. The error is errNotOpen where somebody cleared the cache, or the places are not
// where a file's bytes are.
func (c *Compiler) filled(p *Program, open *Module) (*Module, error) {
	paths := []string{open.Path}
	if open.twin {
		paths = append(paths, twinOf(open.Path))
	}
	objects, remove, err := c.cache.scratches(len(paths))
	if err != nil {
		return nil, err
	}
	defer remove()
	for i, path := range paths {
		if err := fill(path, objects[i], p.Constants); err != nil {
			return nil, fmt.Errorf("%w: %w", errNotOpen, err)
		}
	}
	module := &Module{Entries: open.Entries, Skipped: open.Skipped, Engines: open.Engines, passing: open.passing}
	return module, c.cache.keep(c, p, open.files, objects, module)
}

// fill writes a copy of an open module with values in the places of its constants.
func fill(open, filled string, values []Constant) error {
	data, err := os.ReadFile(open)
	if err != nil {
		return err
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s: %w", open, err)
	}
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
		value := valueBytes(k)
		if int(s.Section) >= len(f.Sections) || s.Size != uint64(len(value)) {
			return fmt.Errorf("%s: %s has %d bytes in section %d", open, s.Name, s.Size, s.Section)
		}
		section := f.Sections[s.Section]
		at := s.Value - section.Addr
		if section.Type != elf.SHT_PROGBITS || at > section.Size || section.Size-at < s.Size || section.Offset+at+s.Size > uint64(len(data)) {
			return fmt.Errorf("%s: %s lies outside the file", open, s.Name)
		}
		copy(data[section.Offset+at:], value)
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
