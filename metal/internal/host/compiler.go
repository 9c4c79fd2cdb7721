package host

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"attest.example/attest/metal/internal/msl"
)

// MSL is the Compiler that package msl makes: clang, behind an on-disk cache.
type MSL struct {
	*msl.Compiler
	Includes []string          // directories that every program's #include searches
	Defines  map[string]string // macros of every program
}

// Compile implements Compiler.
func (c MSL) Compile(ctx context.Context, p Program, checked bool) (Module, error) {
	program := msl.Program{
		Source: p.Source, File: p.File, Function: p.Function, LanguageVersion: p.LanguageVersion, Check: checked,
		Includes: c.Includes, Defines: c.Defines,
	}
	if p.Math == MathFast {
		program.Math = msl.MathFast
	}
	if p.Math == MathFolded {
		program.Math = msl.MathFolded
	}
	for _, k := range p.Constants {
		program.Constants = append(program.Constants,
			msl.Constant{Name: k.Name, Index: k.Index, Type: msl.Scalar(k.Type), Bits: k.Bits})
	}
	m, err := c.Build(ctx, program)
	if err != nil {
		return Module{}, err
	}
	elapsed := time.Duration(m.CompileSeconds * float64(time.Second))
	return Module{Path: m.Path, Elapsed: elapsed, Cached: m.Cached}, nil
}

// Toolchain names the compiler.
func (c MSL) Toolchain() string { return "msl with " + filepath.Base(c.Clang()) }

var defaultMSL = sync.OnceValues(func() (*msl.Compiler, error) { return msl.New(msl.Options{}) })

func defaultCompiler() (Compiler, error) {
	c, err := defaultMSL()
	if err != nil {
		return nil, err
	}
	return MSL{Compiler: c}, nil
}

// DefaultMSL is the compiler that devices use, with folders and macros of one's own.
func DefaultMSL(includes []string, defines map[string]string) (MSL, error) {
	c, err := defaultMSL()
	return MSL{c, includes, defines}, err
}
