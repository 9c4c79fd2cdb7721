package msl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// Options says how a Compiler works.
type Options struct {
	Dir      string // of the cache; "": $ATTEST_CACHE, or attest in the user's cache directory
	MaxBytes int64  // of the cache; 0: 1 GiB
	Clang    string // "": $ATTEST_CLANG, or the newest of clang-19 ... clang-14, clang on the path
}

// Compiler compiles programs. It is safe for use by several goroutines; several processes may share its directory.
type Compiler struct {
	clang    string
	identity string // of clang, and of the machine that it compiles for
	target   target
	cache    *cache
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
}

// New makes a compiler. A cache directory that cannot be written is no error: modules then go to a temporary
// directory, and Warning says so.
func New(options Options) (*Compiler, error) {
	clang, err := findClang(options.Clang)
	if err != nil {
		return nil, err
	}
	identity, err := clangIdentity(clang)
	if err != nil {
		return nil, err
	}
	store, err := openCache(options.Dir, options.MaxBytes)
	if err != nil {
		return nil, err
	}
	var t target = cpu{}
	return &Compiler{clang: clang, identity: identity + "\n" + t.name() + "\n" + t.processor(), target: t, cache: store}, nil
}

// Clang is the path of the compiler in use.
func (c *Compiler) Clang() string { return c.clang }

// Warning says why nothing is kept from run to run, or "".
func (c *Compiler) Warning() string { return c.cache.warning }

// Close removes what a compiler without a usable cache directory has left in temporary files. Modules it made there
// are gone then.
func (c *Compiler) Close() error { return c.cache.close() }

// Build compiles a program, or finds it in the cache. The error is a *CompileError where the text is at fault, and
// wraps the context's where that ended the compiler.
func (c *Compiler) Build(ctx context.Context, p Program) (*Module, error) {
	start := time.Now()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m := c.cache.find(c, &p)
	if m == nil {
		defer c.cache.alone(ctx, c.key(&p))()
		if m = c.cache.find(c, &p); m == nil {
			var err error
			if m, err = c.compile(ctx, &p); err != nil {
				return nil, err
			}
		}
	}
	m.CompileSeconds = time.Since(start).Seconds()
	return m, nil
}

// Rewritten gives the text that clang compiles in place of the program's: for a look at what the rewriter did.
func (c *Compiler) Rewritten(ctx context.Context, p Program) (string, error) {
	headers, err := c.cache.headers()
	if err != nil {
		return "", err
	}
	preprocessed, _, err := c.preprocess(ctx, &p, headers)
	if err != nil {
		return "", err
	}
	r, err := rewrite(preprocessed, &p, c.target)
	if err != nil {
		return "", asCompileError(&p, err)
	}
	return c.unitHeader(r.swizzles) + r.text, nil
}

// preprocess expands includes and macros, and lists the files that were read on the way.
func (c *Compiler) preprocess(ctx context.Context, p *Program, headers string) (string, []string, error) {
	scratch, err := os.MkdirTemp("", "attest-msl-*")
	if err != nil {
		return "", nil, err
	}
	defer os.RemoveAll(scratch)
	for name, data := range p.Files {
		if !filepath.IsLocal(name) {
			return "", nil, fmt.Errorf("file %q of the program: a relative path expected", name)
		}
		if err := writeFile(filepath.Join(scratch, "files", name), []byte(data)); err != nil {
			return "", nil, err
		}
	}
	arguments := append(preprocessFlags(p), "-I", filepath.Join(scratch, "files"))
	if directory := filepath.Dir(p.File); p.File != "" {
		arguments = append(arguments, "-I", directory)
	}
	for _, directory := range p.Includes {
		arguments = append(arguments, "-I", directory)
	}
	arguments = append(arguments, "-isystem", filepath.Join(headers, "empty"), "-MD", "-MF", filepath.Join(scratch, "read"), "-MT", "x", "-")
	out, errs, err := run(ctx, c.clang, "", arguments, "#line 1 "+quote(p.fileName())+"\n"+p.Source)
	if err != nil {
		return "", nil, c.explain(p, headers, errs, err)
	}
	read, err := os.ReadFile(filepath.Join(scratch, "read"))
	if err != nil {
		return "", nil, err
	}
	var files []string
	for _, name := range dependencies(string(read)) {
		if !isUnder(name, headers) && !isUnder(name, scratch) {
			files = append(files, name)
		}
	}
	return out, files, nil
}

func (c *Compiler) compile(ctx context.Context, p *Program) (*Module, error) {
	headers, err := c.cache.headers()
	if err != nil {
		return nil, err
	}
	preprocessed, files, err := c.preprocess(ctx, p, headers)
	if err != nil {
		return nil, err
	}
	r, err := rewrite(preprocessed, p, c.target)
	if err != nil {
		return nil, asCompileError(p, err)
	}
	module := &Module{Entries: describe(r.entries)}
	object, err := c.cache.scratch()
	if err != nil {
		return nil, err
	}
	defer os.Remove(object)
	if err := c.translate(ctx, p, r, headers, object); err != nil {
		return nil, err
	}
	return module, c.cache.keep(c, p, files, object, module)
}

// translate runs clang on a rewritten program.
func (c *Compiler) translate(ctx context.Context, p *Program, r *rewritten, headers, object string) error {
	flags := c.target.flags(p.Math, p.Check)
	full := filepath.Join(headers, "full")
	output, _ := c.target.output()
	output = append([]string{"-I", full, "-o", object, "-"}, output...)
	if unit := c.precompiled(ctx, headers, flags, r.swizzles); unit != "" {
		arguments := append(flags[:len(flags):len(flags)], "-include-pch", unit)
		_, errs, err := run(ctx, c.clang, "", append(arguments, output...), r.text)
		if err == nil || !strings.Contains(errs, "PCH") && !strings.Contains(errs, unit) {
			return c.explain(p, full, errs, err)
		}
		os.Remove(unit) // damaged, or of another place: do without
	}
	_, errs, err := run(ctx, c.clang, "", append(flags, output...), c.unitHeader(r.swizzles)+r.text)
	return c.explain(p, full, errs, err)
}

// explain makes an error of what clang wrote; nil where it did not fail.
func (c *Compiler) explain(p *Program, headers, output string, err error) error {
	if err == nil {
		return nil
	}
	var exit interface{ ExitCode() int }
	if !errors.As(err, &exit) || exit.ExitCode() < 0 {
		return err
	}
	diagnostics := parseDiagnostics(output, headers)
	if len(diagnostics) == 0 {
		return fmt.Errorf("%s failed: %w\n%s", c.clang, err, output)
	}
	for i := range diagnostics {
		if diagnostics[i].File == "<stdin>" {
			diagnostics[i].File = p.fileName()
		}
	}
	return &CompileError{p.Function, diagnostics}
}

// asCompileError gives errors of the rewriter the form of the compiler's.
func asCompileError(p *Program, err error) error {
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		return &CompileError{p.Function, []Diagnostic{{syntax.File, syntax.Line, syntax.Column, "error", syntax.Message}}}
	}
	return &CompileError{p.Function, []Diagnostic{{File: p.fileName(), Line: 1, Column: 1, Severity: "error", Message: err.Error()}}}
}

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
