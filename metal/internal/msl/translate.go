package msl

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxRounds is how often a whole text is compiled anew without the kernels that clang finds wrong.
const maxRounds = 8

// translateAll rewrites and translates a program. Of a whole text it leaves out the kernels that do not compile, as long
// as any are left. What compiles is for try to say.
func (c *Compiler) translateAll(p *Program, preprocessed string, try func(*rewritten) error) (*rewritten, error) {
	var skip []Skipped
	var first error
	for round := 1; ; round++ {
		r, err := rewrite(preprocessed, p, c.target, skip)
		if err != nil {
			if first != nil {
				return nil, first
			}
			return nil, asCompileError(p, err)
		}
		err = try(r)
		var compile *CompileError
		if err == nil || !errors.As(err, &compile) {
			return r, err
		}
		if first == nil {
			first = r.unit.place(err)
		}
		guilty := r.unit.guilty(compile, round > 2)
		if p.Function != "" || len(guilty) == 0 || round == maxRounds {
			return nil, first
		}
		skip = append(r.unit.skipped, guilty...)
	}
}

// made runs clang on a rewritten program, and looks at the module that comes of it.
func (c *Compiler) made(ctx context.Context, p *Program, r *rewritten, headers string, fill []string, module string) error {
	warnings, err := c.translate(ctx, p, r, headers, fill, module)
	if err != nil {
		return err
	}
	warnings = r.unit.places(warnings)
	if err := c.target.complete(r.unit, module); err != nil {
		return err
	}
	faults, err := c.target.inspect(module, p.Check)
	if err != nil {
		return err
	}
	return refusal(r.unit, warnings, faults)
}

// translate runs clang on a rewritten program and makes its module, and returns what clang warned of. Where the target
// links, that is a run of its own: the one that reads the text then is a single process, which dies with ours.
func (c *Compiler) translate(ctx context.Context, p *Program, r *rewritten, headers string, fill []string, module string) ([]Diagnostic, error) {
	flags := c.target.flags(p.Math, p.Check)
	full := filepath.Join(headers, "full")
	output, _ := c.target.output()
	made := module
	link := c.target.link()
	if link != nil {
		var remove func()
		var err error
		if made, remove, err = c.cache.scratch(); err != nil {
			return nil, err
		}
		defer remove()
	}
	output = slices.Concat(fill, []string{"-I", full, "-o", made, "-"}, output)
	errs, err := c.front(ctx, r, headers, flags, output)
	if err != nil {
		return nil, c.explain(p, full, errs, err)
	}
	if link != nil {
		if f, ok := c.target.(finisher); ok {
			finished := made + ".o" // in the same folder
			if err := f.finish(ctx, c, p, r, made, finished); err != nil {
				return nil, err
			}
			made = finished
		}
		if _, errs, err := c.run(ctx, append([]string{made, "-o", module}, link...), ""); err != nil {
			return nil, c.explain(p, full, errs, err)
		}
	}
	return c.diagnostics(p, full, errs), nil
}

// front runs clang on the text and returns what it wrote.
func (c *Compiler) front(ctx context.Context, r *rewritten, headers string, flags, output []string) (string, error) {
	for {
		undefined := c.undefined.flags()
		errs, err := c.parse(ctx, r, headers, slices.Concat(flags, undefined), output)
		if err == nil || !c.undefined.refused(undefined, errs) {
			return errs, err
		}
	}
}

// parse does so with our headers parsed before, where that works out.
func (c *Compiler) parse(ctx context.Context, r *rewritten, headers string, flags, output []string) (string, error) {
	if unit := c.precompiled(ctx, headers, flags, r.swizzles); unit != "" {
		arguments := append(flags[:len(flags):len(flags)], "-include-pch", unit)
		_, errs, err := c.run(ctx, append(arguments, output...), r.text)
		if err == nil || !strings.Contains(errs, "PCH") && !strings.Contains(errs, unit) {
			return errs, err
		}
		os.Remove(unit) // damaged, or of another place: do without
	}
	_, errs, err := c.run(ctx, append(flags[:len(flags):len(flags)], output...), c.unitHeader(r.swizzles)+r.text)
	return errs, err
}
