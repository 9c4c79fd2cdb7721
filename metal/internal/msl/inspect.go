package msl

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
)

// Inspect tells what a text offers and holds all of it against the compiler's front end, without making code: what
// Metal's makeLibrary does. Function constants without a value count as zero. The error is a *CompileError where the
// text is at fault. What has passed once is remembered in the cache.
func (c *Compiler) Inspect(ctx context.Context, p Program) (*Reflection, error) {
	headers, err := c.cache.headers(ctx)
	if err != nil {
		return nil, err
	}
	preprocessed, _, err := c.preprocess(ctx, &p, headers)
	if err != nil {
		return nil, err
	}
	record := filepath.Join(c.cache.dir, "inspected-"+c.inspectionKey(&p, preprocessed)+".json")
	var r *Reflection
	if readSealed(record, &r) && r != nil {
		return r, nil
	}
	if r, err = reflect(preprocessed, &p); err != nil {
		return nil, asCompileError(&p, err)
	}
	whole := withZeros(p, r.Constants)
	if err := c.checkSyntax(ctx, whole, passesForAll(c.target), preprocessed, headers); err != nil {
		// What only functions reach that cannot run here need not be understood either: a texture, a fragment's attributes.
		if len(r.Refused) == 0 || len(r.Entries) == 0 || c.checkSyntax(ctx, whole, passesFor(c.target), preprocessed, headers) != nil {
			return nil, err
		}
	}
	_ = writeSealed(record, r) // only the next call's time depends on it
	return r, nil
}

func (c *Compiler) inspectionKey(p *Program, preprocessed string) string {
	h := sha256.New()
	for _, part := range []string{
		c.identity, headerDigest(), rewriterDigest(), p.fileName(),
		strings.Join(c.target.flags(p.Math, p.Check), "\x00"), preprocessed,
	} {
		fmt.Fprintf(h, "%d %s\n", len(part), part)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}

// withZeros is the program for every function of its text, with a value for each constant.
func withZeros(p Program, constants []FunctionConstant) Program {
	given := map[int]bool{}
	for _, v := range p.Constants {
		given[v.Index] = given[v.Index] || v.Name == ""
	}
	values := append([]Constant(nil), p.Constants...)
	for _, f := range constants {
		if scalar, known := scalarSpellings[f.Type]; known && !f.Optional && !given[f.Index] {
			values = append(values, Constant{Index: f.Index, Type: scalar})
		}
	}
	p.Function, p.Constants = "", values
	return p
}

func (c *Compiler) checkSyntax(ctx context.Context, p Program, passes []pass, preprocessed, headers string) error {
	r, err := rewriteBy(passes, preprocessed, &p, c.target, nil)
	if err != nil {
		return asCompileError(&p, err)
	}
	full := filepath.Join(headers, "full")
	arguments := append(c.target.flags(p.Math, p.Check), "-fsyntax-only", "-I", full, "-")
	_, errs, err := c.run(ctx, arguments, c.unitHeader(r.swizzles)+r.text)
	return r.unit.place(c.explain(&p, full, errs, err))
}
