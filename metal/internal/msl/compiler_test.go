package msl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"attest.example/attest/metal/internal/msl"
)

func compiler(t *testing.T, o msl.Options) *msl.Compiler {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	c, err := msl.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func build(t *testing.T, c *msl.Compiler, p msl.Program) *msl.Module {
	t.Helper()
	m, err := c.Build(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const small = "#include <metal_stdlib>\nkernel void k(device float *o [[buffer(0)]]) { o[0] = 1; }\n"

func TestDiagnosticsNameTheKernelsLine(t *testing.T) {
	c := compiler(t, msl.Options{})
	for _, test := range []struct{ source, want string }{
		{"#include <metal_stdlib>\nusing namespace metal;\n\nkernel void k(device float *o) {\n  threadgroup float t[4];\n  float4 v = o[0];\n  o[0] = v.xy + nothing;\n}\n", "k.metal:7:"},
		{"#define BAD undeclared\n/* a\n   b */\nkernel void k(device float *o) {\n\n  o[0] = BAD;\n}\n", "k.metal:6:"},
		{"#include \"part.h\"\nkernel void k(device float *o) { o[0] = f(); }\n", "part.h:2:"},
		{"kernel void k(device float *o) {\n  float x = metal::max(o, 1);\n}\n", "k.metal:2:"},
		{"#include <metal_stdlib>\nusing namespace metal;\nkernel void k(device float *o) {\n  uint2 u = 1;\n  o[0] = as_type<float>(u);\n}\n", "k.metal:5:"},
		{"#error no such GPU\nkernel void k(device float *o) {}\n", "k.metal:1:2: error: no such GPU"},
		{"#include \"missing.h\"\n", "k.metal:1:10: error: 'missing.h' file not found"},
		{"kernel void k(device float *o) {\n  o[0] = 1;\n", "k.metal:1:32: error: this \"{\" is not closed"},
		{"kernel void k(device float *o) {\n  constant float *c = o;\n}\n", "k.metal:2:"},
	} {
		_, err := c.Build(context.Background(), msl.Program{Source: test.source, File: "k.metal", Files: map[string]string{"part.h": "\nfloat f() { return undeclared; }\n"}})
		var compile *msl.CompileError
		if !errors.As(err, &compile) {
			t.Errorf("%q: %v, want a CompileError", test.source, err)
			continue
		}
		if first := compile.Diagnostics[0].String(); !strings.Contains(first, test.want) || strings.Contains(err.Error(), "__private") {
			t.Errorf("%q: %s, want %s", test.source, err, test.want)
		}
	}
}

func TestCacheSeesIncludedFilesChange(t *testing.T) {
	c := compiler(t, msl.Options{})
	include := t.TempDir()
	part := filepath.Join(include, "part.h")
	p := msl.Program{Source: "#include \"part.h\"\nkernel void k(device float *o) { o[0] = VALUE; }\n", Includes: []string{include}}
	paths := map[string]bool{}
	for _, text := range []string{"#define VALUE 1\n", "#define VALUE 2\n"} {
		if err := os.WriteFile(part, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		m := build(t, c, p)
		if m.Cached || paths[m.Path] {
			t.Errorf("%q: answered from the cache", text)
		}
		paths[m.Path] = true
		if second := build(t, c, p); !second.Cached || second.Path != m.Path {
			t.Errorf("%q: the second build: %+v", text, second)
		}
	}
	if err := os.Remove(part); err != nil {
		t.Fatal(err)
	}
	if m, err := c.Build(context.Background(), p); err == nil {
		t.Errorf("without the included file: %+v", m)
	}
}

func TestCacheOutlivesDamage(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	dir := t.TempDir()
	c := compiler(t, msl.Options{Dir: dir})
	p := msl.Program{Source: small}
	m := build(t, c, p)
	records, _ := filepath.Glob(filepath.Join(dir, "msl", "*.json"))
	parsed, _ := filepath.Glob(filepath.Join(dir, "msl", "parsed", "*.pch"))
	if len(records) != 1 || len(parsed) != 1 {
		t.Fatalf("records %v, precompiled headers %v", records, parsed)
	}
	for name, damage := range map[string]func() error{
		"record cut":     func() error { return os.Truncate(records[0], 5) },
		"record garbage": func() error { return os.WriteFile(records[0], []byte(`{"Module":"../../x"}`), 0o644) },
		"module cut":     func() error { return os.Truncate(m.Path, 100) },
		"module gone":    func() error { return os.Remove(m.Path) },
		"headers parsed": func() error { return errors.Join(os.Truncate(parsed[0], 1000), os.Remove(m.Path)) },
	} {
		if err := damage(); err != nil {
			t.Fatal(name, err)
		}
		if second := build(t, c, p); second.Cached {
			t.Errorf("%s: answered from the cache", name)
		}
		if second := build(t, c, p); !second.Cached {
			t.Errorf("%s: not mended", name)
		}
	}
}

func TestUnusableCacheIsReportedAndDoneWithout(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c := compiler(t, msl.Options{Dir: filepath.Join(blocked, "cache")})
	if !strings.Contains(c.Warning(), "the cache cannot be used") {
		t.Errorf("warning %q", c.Warning())
	}
	m := build(t, c, msl.Program{Source: small})
	if _, err := os.Stat(m.Path); err != nil {
		t.Error(err)
	}
	c.Close()
	if _, err := os.Stat(m.Path); err == nil {
		t.Error("Close left the module behind")
	}
}

func TestCacheIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	dir := t.TempDir()
	c := compiler(t, msl.Options{Dir: dir, MaxBytes: 40_000})
	for i := range 4 {
		m := build(t, c, msl.Program{Source: small + strings.Repeat("\n", i)})
		if _, err := os.Stat(m.Path); err != nil {
			t.Error("the newest module is gone:", err)
		}
	}
	modules, _ := filepath.Glob(filepath.Join(dir, "msl", "*.so"))
	total := int64(0)
	for _, name := range modules {
		if info, err := os.Stat(name); err == nil {
			total += info.Size()
		}
	}
	if total > 40_000 || len(modules) == 4 {
		t.Errorf("%d modules of %d bytes are left", len(modules), total)
	}
}

func TestSeveralAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			c, err := msl.New(msl.Options{Dir: dir})
			if err != nil {
				t.Error(err)
				return
			}
			for j := range 2 {
				m, err := c.Build(context.Background(), msl.Program{Source: small + strings.Repeat(" ", (i+j)%2)})
				if err != nil {
					t.Error(err)
				} else if _, err := os.Stat(m.Path); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if left, _ := filepath.Glob(filepath.Join(dir, "msl", ".new-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A text on which the compiler works for longer than anyone waits.
const endless = "template <int n> struct S { static constexpr int v = S<n - 1>::v + S<n - 2>::v; };\n" +
	"constexpr int spin() { int s = 0; for (int i = 0; i < 2000000000; ++i) s ^= i; return s; }\n" +
	"kernel void k(device int *o) { constexpr int x = spin(); o[0] = x; }\n"

func TestDeadlineEndsTheCompiler(t *testing.T) {
	slow := filepath.Join(t.TempDir(), "clang")
	if err := os.WriteFile(slow, []byte("#!/bin/sh\nsleep 600 &\nwait\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := compiler(t, msl.Options{Clang: slow})
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := c.Build(ctx, msl.Program{Source: endless})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the deadline", err)
	}
	if waited := time.Since(start); waited > 30*time.Second {
		t.Errorf("the compiler was waited for %v", waited)
	}
}

func TestLanguageVersion(t *testing.T) {
	c := compiler(t, msl.Options{})
	source := "#if __METAL_VERSION__ >= 310 && defined(__HAVE_BFLOAT__)\nkernel void modern(device float *o) {}\n#else\nkernel void old(device float *o) {}\n#endif\n"
	for version, want := range map[int]string{0: "modern", 310: "modern", 300: "old", 320: "modern"} {
		r, err := c.Reflect(context.Background(), msl.Program{Source: source, LanguageVersion: version})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Entries) != 1 || r.Entries[0].Name != want {
			t.Errorf("version %d: %+v, want %s", version, r.Entries, want)
		}
	}
}

func TestNoClang(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("ATTEST_CLANG", "")
	_, err := msl.New(msl.Options{Dir: t.TempDir()})
	if !errors.Is(err, msl.ErrNoClang) || !strings.Contains(err.Error(), "clang-19") {
		t.Errorf("%v", err)
	}
}

func TestBuildMain(t *testing.T) {
	t.Setenv("ATTEST_CACHE", t.TempDir())
	dir := t.TempDir()
	source, module := filepath.Join(dir, "k.metal"), filepath.Join(dir, "k.so")
	text := "constant int n [[function_constant(3)]];\nkernel void k(device float *o [[buffer(2)]]) { o[0] = n; }\n"
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		arguments   string
		status      int
		out, errors string
	}{
		{source + " -o " + module + " --constant 3:int=7", 0, "k buffer[2]=o", ""},
		{"--porcelain --function k --name shown.metal --math fast --language 310 --constant n:int:0x7 " + source, 0, "\t0\n", ""},
		{"--porcelain --function k --name shown.metal --math fast --language 310 --constant n:int:0x7 " + source, 0, "\t1\n", ""},
		{"--function j --name shown.metal --constant 3:int=1 " + source, 1, "", "shown.metal:1:1: error: the text has no kernel \"j\"; there are: k"},
		{source, 0, "", "kernel k is left out: "},
		{source + " --function k", 1, "", "reads function constant n (index 3, int)"},
		{"", 2, "", "0 arguments given; FILE.metal [-o MODULE.so] [flags] expected"},
		{"--math exact " + source, 2, "", "safe or fast expected"},
		{"--constant 3:int " + source, 2, "", "it has no value"},
		{filepath.Join(dir, "none.metal"), 2, "", "no such file"},
	} {
		var out, errs bytes.Buffer
		status := msl.BuildMain(strings.Fields(test.arguments), &out, &errs)
		if status != test.status || !strings.Contains(out.String(), test.out) || !strings.Contains(errs.String(), test.errors) {
			t.Errorf("%s: status %d\n%s%s", test.arguments, status, out.String(), errs.String())
		}
	}
	if info, err := os.Stat(module); err != nil || info.Size() == 0 {
		t.Error("no module: ", err)
	}
}

// Workers are processes that want the same kernels at the same time. Compilers of their own on one directory stand for
// them: locks are between open files, not between processes.
func TestOneOfSeveralCompiles(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	dir, calls := t.TempDir(), filepath.Join(t.TempDir(), "calls")
	clang := filepath.Join(t.TempDir(), "clang")
	script := "#!/bin/sh\necho \"$*\" >> " + calls + "\nexec " + compiler(t, msl.Options{}).Clang() + " \"$@\"\n"
	if err := os.WriteFile(clang, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	var compilers []*msl.Compiler
	for range 4 {
		compilers = append(compilers, compiler(t, msl.Options{Dir: dir, Clang: clang}))
	}
	if err := os.WriteFile(calls, nil, 0o644); err != nil { // finding out who clang is does not count
		t.Fatal(err)
	}
	cached := make([]bool, len(compilers))
	var all sync.WaitGroup
	for i, c := range compilers {
		all.Go(func() {
			for _, source := range []string{fmt.Sprintf("%s// %d\n", small, i), small} { // its own, and one that all want
				m, err := c.Build(context.Background(), msl.Program{Source: source})
				if err != nil {
					t.Error(err)
					return
				}
				cached[i] = m.Cached
			}
		})
	}
	all.Wait()
	made := 0
	for _, c := range cached {
		if !c {
			made++
		}
	}
	log, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(log), "-shared"); made != 1 || n != 5 {
		t.Errorf("%d compilers made what all wanted, clang linked %d texts; want 1 and 5:\n%s", made, n, log)
	}
	if n := strings.Count(string(log), "-emit-pch"); n != 1 {
		t.Errorf("the headers were parsed ahead %d times; want once", n)
	}
	left, err := filepath.Glob(filepath.Join(dir, "msl", ".new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestALockOfTheDeadHoldsNobodyUp(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	c := compiler(t, msl.Options{Dir: t.TempDir()})
	program := msl.Program{Source: small}
	if err := os.WriteFile(c.LockOf(program), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	build(t, c, program)
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	dir := t.TempDir()
	c := compiler(t, msl.Options{Dir: dir})
	program := msl.Program{Source: small}
	other := flock.New(c.LockOf(program))
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Build(ctx, program); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the end of the context", err)
	}
}
