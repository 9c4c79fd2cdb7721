package host

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
)

// Module is what a compiler made of a program.
type Module struct {
	Path    string
	Elapsed time.Duration
	Cached  bool
	Engines []msl.EngineOf // of the text's kernels, where engine Wide was asked for
}

// engineOf is the engine of one of the module's kernels.
func (m Module) engineOf(function string) msl.EngineOf {
	for _, e := range m.Engines {
		if e.Kernel == function {
			return e
		}
	}
	return msl.EngineOf{Kernel: function, Why: "it is none of the module's kernels"}
}

// Compiler makes a module, a shared object as msl_abi.h defines it, of a program. checked asks for the instrumentation that
// the checkers need. It must be safe for use by several goroutines at once.
type Compiler interface {
	Compile(ctx context.Context, p device.Program, checked bool) (Module, error)
}

// wideCompiler is a Compiler that makes modules of engine Wide too. It makes one for fibers where a kernel cannot be so.
// KnownWide is what came of that before, if it was asked for: a module only for a kernel that vectors run.
type wideCompiler interface {
	CompileWide(ctx context.Context, p device.Program) (Module, error)
	KnownWide(ctx context.Context, p device.Program) (Module, bool)
	ledger
}

// callback is what the C runtime asks for modules.
type callback struct {
	compiler   Compiler
	onEngine   func(msl.EngineOf)
	begun      func() func() // Options.OnCompile
	keep       func() bool   // Options.KeepOnFibers
	onDispatch func(Engine)  // Options.OnDispatch
	unable     func(error)   // Options.OnUnable
	earned     *earned       // of engine Auto
}

// MSL is the Compiler that package msl makes: clang, behind an on-disk cache.
type MSL struct {
	*msl.Compiler
	Includes []string          // directories that every program's #include searches
	Defines  map[string]string // macros of every program
}

// Compile implements Compiler.
func (c MSL) Compile(ctx context.Context, p device.Program, checked bool) (Module, error) {
	return c.compile(ctx, p, checked, msl.EngineFibers)
}

// CompileWide makes a module of engine Wide, or one for fibers where the kernel cannot be so.
func (c MSL) CompileWide(ctx context.Context, p device.Program) (Module, error) {
	return c.compile(ctx, p, false, msl.EngineWide)
}

// KnownWide is what is in the cache for engine Wide.
func (c MSL) KnownWide(ctx context.Context, p device.Program) (Module, bool) {
	m := c.Compiler.KnownWide(ctx, c.program(p, false, msl.EngineWide))
	if m == nil {
		return Module{}, false
	}
	return Module{Path: m.Path, Cached: true, Engines: m.Engines}, true
}

func (c MSL) program(p device.Program, checked bool, engine msl.Engine) msl.Program {
	return msl.Program{
		Source: p.Source, File: p.File, Function: p.Function, LanguageVersion: p.Language, Check: checked,
		Includes: c.Includes, Defines: c.Defines, Math: p.Math, Constants: p.Constants, Engine: engine,
	}
}

func (c MSL) compile(ctx context.Context, p device.Program, checked bool, engine msl.Engine) (Module, error) {
	m, err := c.Build(ctx, c.program(p, checked, engine))
	if err != nil {
		return Module{}, err
	}
	elapsed := time.Duration(m.CompileSeconds * float64(time.Second))
	return Module{Path: m.Path, Elapsed: elapsed, Cached: m.Cached, Engines: m.Engines}, nil
}

// Toolchain names the compiler.
func (c MSL) Toolchain() string { return "msl with " + filepath.Base(c.Clang()) }

var defaultMSL = sync.OnceValues(func() (*msl.Compiler, error) { return msl.New(msl.Options{}) })

func defaultCompiler() (Compiler, error) {
	c, err := defaultMSL()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", device.ErrDeviceNotSupported, err)
	}
	return MSL{Compiler: c}, nil
}

// DefaultMSL is the compiler that devices use, with folders and macros of one's own.
func DefaultMSL(includes []string, defines map[string]string) (MSL, error) {
	c, err := defaultMSL()
	return MSL{c, includes, defines}, err
}
