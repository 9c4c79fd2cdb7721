package msl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"attest.example/attest/metal/scratch"
)

// Options are how a Compiler works.
type Options struct {
	Dir      string // of the cache; "": $ATTEST_CACHE, or attest in the user's cache directory
	MaxBytes int64  // of the cache; 0: 4 GiB
	Clang    string // "": $ATTEST_CLANG, or the newest of clang-19 ... clang-14, clang on the path

	Target string // "cpu" or ""; "ptx" for NVIDIA GPUs

	// AsWithMasks has package wide write what it writes for AVX-512, whose masks have registers of their own. Clang still makes
	// instructions of it that this processor has: for tests.
	AsWithMasks bool

	// Deadline of one run of clang, of which a program takes up to four; 0: $ATTEST_COMPILE_DEADLINE, or two minutes.
	Deadline time.Duration
}

// Compiler compiles programs. It is safe for use by several goroutines; several processes may share its directory.
type Compiler struct {
	clang    string
	identity string // of clang, and of the machine that it compiles for
	target   target
	cache    *cache
	deadline time.Duration // of one run of clang

	wide *wideTwin // the same compiler for engine wide, found when it is first asked for

	undefined undefinedWay

	expanded *expanded

	elsewhere *elsewhere
}

// Entry is one entry point of a module.
type Entry struct {
	Name       string // as the host asks for it
	Line       int    // of its definition, in the text
	MaxThreads int    // [[max_total_threads_per_threadgroup(n)]], 0 where absent
	Arguments  []Argument
}

// Module is a compiled program: a shared object that exports `msl_module`.
type Module struct {
	Path           string
	Entries        []Entry
	CompileSeconds float64 // what Build took
	Cached         bool    // it was there already
	Skipped        []Skipped
	Engines        []EngineOf // of each kernel, where EngineWide was asked for

	files   []string // that the program included
	twin    bool     // twinOf(Path) is there
	passing passing
}

// New makes a compiler. A cache directory that cannot be written is no error: modules then go to a temporary
// directory, and Warning names the reason. One that others can write is: see ErrUntrustedCache.
func New(options Options) (*Compiler, error) {
	t, err := targetNamed(options.Target)
	if err != nil {
		return nil, err
	}
	clang, identity, err := clangFor(t, options.Clang)
	if err != nil {
		return nil, err
	}
	deadline, err := deadlineOf(options.Deadline)
	if err != nil {
		return nil, err
	}
	store, err := openCache(options.Dir, options.MaxBytes, deadline)
	if err != nil {
		return nil, err
	}
	return &Compiler{clang: clang, identity: identity + "\n" + t.name() + "\n" + t.processor(), target: t, cache: store, deadline: deadline,
		wide: &wideTwin{asWithMasks: options.AsWithMasks}, undefined: undefinedWay{new(atomic.Int32)}, expanded: new(expanded), elsewhere: new(elsewhere)}, nil
}

// Clang is the path of the compiler in use.
func (c *Compiler) Clang() string { return c.clang }

// Warning returns why nothing is kept from run to run, or "".
func (c *Compiler) Warning() string {
	return cmp.Or(c.cache.warning, c.elsewhere.warning())
}

// Close removes what a compiler without a usable cache directory has left in temporary files. Modules it made there
// are gone then.
func (c *Compiler) Close() error { return errors.Join(c.elsewhere.close(), c.cache.close()) }

// Build compiles a program, or finds it in the cache. The error is a *CompileError where the text is at fault, and
// wraps the context's where that ended the compiler.
func (c *Compiler) Build(ctx context.Context, p Program) (*Module, error) {
	start := time.Now()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(p.Source) > maxTextBytes {
		return nil, ErrTooLarge
	}
	if err := p.Piece.check(); err != nil {
		return nil, err
	}
	if _, fibers := c.target.(cpu); p.Engine == EngineWide && !p.Check && fibers {
		return c.buildWide(ctx, p)
	}
	m := c.cache.find(c, &p)
	if m == nil {
		defer c.cache.takeTurn(ctx, c.key(&p))()
		if m = c.cache.find(c, &p); m == nil {
			var err error
			if m, err = c.makeSomewhere(ctx, &p); err != nil {
				return nil, err
			}
		}
	}
	m.CompileSeconds = time.Since(start).Seconds()
	return m, nil
}

// Rewritten returns the text that clang compiles in place of the program's: for a look at what the rewriter did.
func (c *Compiler) Rewritten(ctx context.Context, p Program) (string, error) {
	headers, err := c.cache.headers(ctx)
	if err != nil {
		return "", err
	}
	preprocessed, _, err := c.preprocess(ctx, &p, headers)
	if err != nil {
		return "", err
	}
	r, err := rewrite(preprocessed, &p, c.target, nil)
	if err != nil {
		return "", asCompileError(&p, err)
	}
	return c.unitHeader(r.swizzles) + r.text, nil
}

// preprocess expands includes and macros, and lists the files that were read on the way.
func (c *Compiler) preprocess(ctx context.Context, p *Program, headers string) (string, []string, error) {
	if err := p.CheckSource(); err != nil {
		return "", nil, err
	}
	held, err := scratch.Dir("msl")
	if err != nil {
		return "", nil, err
	}
	defer held.Remove()
	folder := held.Path
	for name, data := range p.Files {
		if !filepath.IsLocal(name) {
			return "", nil, fmt.Errorf("file %q of the program: a relative path expected", name)
		}
		if err := writeFile(filepath.Join(folder, "files", name), []byte(data)); err != nil {
			return "", nil, err
		}
	}
	directories := []string{filepath.Join(folder, "files")}
	if p.File != "" {
		directories = append(directories, filepath.Dir(p.File))
	}
	directories = append(directories, p.Includes...)
	if err := checkIncludes(p, directories); err != nil {
		return "", nil, asCompileError(p, err)
	}
	key := expansionKey(p, headers, directories[1:])
	if text, ok := c.expanded.of(key); ok {
		return text, nil, nil
	}
	arguments := preprocessFlags(p)
	for _, directory := range directories {
		arguments = append(arguments, "-I", directory)
	}
	arguments = append(arguments, "-isystem", filepath.Join(headers, "empty"), "-MD", "-MF", filepath.Join(folder, "read"), "-MT", "x", "-")
	out, errs, err := c.run(ctx, arguments, "#line 1 "+quote(p.fileName())+"\n"+p.unmarked())
	if err != nil {
		return "", nil, c.explain(p, headers, errs, err)
	}
	read, err := os.ReadFile(filepath.Join(folder, "read"))
	if err != nil {
		return "", nil, err
	}
	var files []string
	for _, name := range dependencies(string(read)) {
		if !isUnder(name, headers) && !isUnder(name, folder) {
			files = append(files, name)
		}
	}
	// What was given as text is called by the name it was given under.
	text := strings.ReplaceAll(out, strings.TrimSuffix(quote(filepath.Join(folder, "files")+"/"), "\""), "\"")
	if len(files) == 0 {
		c.expanded.keep(key, text)
	}
	return text, files, nil
}

func (c *Compiler) compile(ctx context.Context, p *Program) (*Module, error) {
	headers, err := c.cache.headers(ctx)
	if err != nil {
		return nil, err
	}
	preprocessed, files, err := c.preprocess(ctx, p, headers)
	if err != nil {
		return nil, err
	}
	fills := c.target.privateFills(p.Check)
	objects, remove, err := c.cache.scratches(len(fills))
	if err != nil {
		return nil, err
	}
	defer remove()
	var r *rewritten
	for i, fill := range fills {
		if i == 0 {
			r, err = c.translateAll(p, preprocessed, func(r *rewritten) error { return c.made(ctx, p, r, headers, fill, objects[i]) })
		} else {
			err = c.made(ctx, p, r, headers, fill, objects[i])
		}
		var compile *CompileError
		if p.open && errors.As(err, &compile) {
			c.cache.keepNotOpen(c, p, files)
			return nil, errNotOpen
		}
		if err != nil {
			return nil, err
		}
	}
	module := &Module{Entries: r.unit.describe(), Skipped: r.unit.skipped, Engines: r.engines}
	if r.passing {
		module.passing = passing{c.deadline, time.Now()}
	}
	return module, c.cache.keep(c, p, files, objects, module)
}

// unmarked is the text without the mark by which some editors begin UTF-8: clang skips it at the start of a file, where the text
// does not stand.
func (p *Program) unmarked() string { return strings.TrimPrefix(p.Source, "\ufeff") }

func (p *Program) languageVersion() int {
	if p.LanguageVersion == 0 {
		return DefaultLanguageVersion
	}
	return p.LanguageVersion
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
