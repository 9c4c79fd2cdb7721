//go:build unix

package msl_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"attest.example/attest/metal/internal/msl"
)

// body is a kernel around one statement, on line 4 of the text.
func body(statement string) string {
	return "#include <metal_stdlib>\nusing namespace metal;\nkernel void k(device float *o [[buffer(0)]], uint i [[thread_position_in_grid]]) {\n  " + statement + "\n}\n"
}

// before is a text with declarations on line 3, in front of a kernel that reads the q or s that they declare.
func before(declarations string) string {
	used := "1"
	switch {
	case strings.Contains(declarations, "constant int q ="):
		used = "q"
	case strings.Contains(declarations, "constant S s;"):
		used = "s.v"
	}
	return "#include <metal_stdlib>\nusing namespace metal;\n" + declarations + "\nkernel void k(device float *o [[buffer(0)]], uint i [[thread_position_in_grid]]) { o[i] = " + used + "; }\n"
}

func TestTextsThatReachPastTheKernelAreRefused(t *testing.T) {
	c := compiler(t, msl.Options{})
	for n, test := range []struct{ name, source, want string }{
		{"a loop before the first kernel", before("int wait() { volatile int n = 0; while (n == 0) {} return n; } constant int q = wait();"), "k.metal:3:77: error: the value is not known"},
		{"a value that the evaluator gives up on", before("constexpr int count() { int n = 0; while (n >= 0) n = n % 7; return n; } constant int q = count();"), "k.metal:3:"},
		{"a constructor of a constant", before("struct S { int v; S() { volatile int n = 4; v = n; } }; constant S s;"), "k.metal:3:"},
		{"a function of the process", body("extern \"C\" int system(ulong); system((ulong)o);") /* block-scope linkage is a syntax error already */, "k.metal:4:"},
		{"a function of the C library", "#include <metal_stdlib>\nextern \"C\" int system(ulong);\nkernel void k(device float *o) {\n  o[0] = system(1);\n}\n", "k.metal:2:16: error: system is declared and never defined"},
		{"a function without a body", "#include <metal_stdlib>\nnamespace n { float helper(float); }\nkernel void k(device float *o) {\n  o[0] = n::helper(1);\n}\n", "k.metal:2:21: error: helper is declared"},
		{"a variable of the process", "#include <metal_stdlib>\nextern \"C\" constant int optind;\nkernel void k(device int *o) {\n  o[0] = optind;\n}\n", "k.metal:2:25: error: variable in constant"},
		{"ending the process", "#include <metal_stdlib>\nextern \"C\" void abort();\nkernel void k(device float *o) { abort(); }\n", "k.metal:2:17: error: abort"},
		{"a function that clang knows", body("__builtin_printf(\"%d\", 1);"), "k.metal:"},
		{"a label of the process", "extern \"C\" int run(ulong) __asm(\"system\");\nkernel void k(device float *o) { run(1); }\n", "k.metal:1:27: error: __asm"},
		{"a label that MSL does not have", "int run(ulong) __asm(\"air.run_anything\");\nkernel void k(device float *o) { run(1); }\n", "k.metal:1:22: error: air.run_anything is declared"},
		{"an assembler statement", body("int r; __asm__ volatile(\"syscall\" : \"=a\"(r) : \"a\"(39));"), "k.metal:4:10: error: __asm__: MSL has no assembler"},
		{"another spelling of one", body("asm(\"nop\");"), "k.metal:4:3: error: asm"},
		{"one that looks like a label", body("__asm__(\"air.x\");"), "k.metal:4:3: error: __asm__"},
		{"a file in the module", before("__asm(\".globl x\\nx: .incbin \\\"/etc/hostname\\\"\\n\");"), "k.metal:3:1: error: __asm"},
		{"a constructor", before("__attribute__((constructor)) void early() {}"), "k.metal:3:16: error: attribute constructor is refused"},
		{"one in other words", before("[[gnu::constructor]] void early() {}"), "k.metal:3:"},
		{"one with underscores", before("__attribute__((__constructor__(101), unused)) static void early() {}"), "k.metal:3:16: error: attribute __constructor__"},
		{"one from a macro", before("#define EARLY __attribute__((constructor))\nEARLY void early() {}"), "k.metal:4:"},
		{"one from a pragma", before("#pragma clang attribute push(__attribute__((constructor)), apply_to = function)\nvoid early() {}\n#pragma clang attribute pop"), "k.metal:3:1: error: #pragma clang attribute"},
		{"a destructor", before("__attribute__((destructor)) void late() {}"), "k.metal:3:16: error: attribute destructor"},
		{"a chosen function", before("extern \"C\" void *pick() { return nullptr; } void f() __attribute__((ifunc(\"pick\")));"), "error: attribute ifunc"},
		{"a section", before("__attribute__((section(\".init_array\"))) constant ulong early = 1;"), "k.metal:3:16: error: attribute section"},
		{"hiding from the checkers", before("__attribute__((no_sanitize(\"thread\"))) void f(device float *o) { o[0] = 1; }"), "attribute no_sanitize is refused"},
		{"a file as numbers", before("constant uchar stolen[] = {\n#embed \"/etc/hostname\"\n};"), "k.metal:4:1: error: MSL has no #embed"},
		{"a slot that is taken", "kernel void k(device float *a [[buffer(0)]],\n  device float *b [[buffer(0)]]) { a[0] = b[0]; }\n", "k.metal:2:3: error: kernel k: buffer(0) is taken by a already"},
		{"a device as text", before("#include \"/dev/zero\""), "k.metal:3:1: error: /dev/zero: not a regular file; want one"},
	} {
		if testing.Short() && n%4 != 0 {
			continue
		}
		check := n%3 == 0 // a checked module has a constructor of clang's own
		_, err := c.Build(context.Background(), msl.Program{Source: test.source, File: "k.metal", Check: check})
		var compile *msl.CompileError
		if !errors.As(err, &compile) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s (checked: %v): %v\nwant a refusal with %q", test.name, check, err, test.want)
		}
	}
}

// TestWhatMSLHasIsNotRefused has the neighbours of what is refused.
func TestWhatMSLHasIsNotRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	c := compiler(t, msl.Options{})
	for name, source := range map[string]string{
		"attributes":  before("__attribute__((always_inline)) float f(float x) { return x; } struct __attribute__((packed)) P { char c; int i; };"),
		"a label":     "thread int *event(ulong, ulong, threadgroup void *, const device void *, ulong) __asm(\"air.simdgroup_async_copy_1d.p3i8.p1i8\");\nkernel void k(device float *o, threadgroup float *t [[threadgroup(0)]]) { event(4, 4, t, o, 1); }\n",
		"constants":   before("constant float a = 1.0f / 3; constexpr constant float4 b = float4(1, 2, 3, 4); constant float c[2] = {a, 2}; struct S { float x; }; constant S s = {3};"),
		"mathematics": body("o[i] = exp(o[i]) + tanh(o[i]) + pow(o[i], 2.5f) + sin(o[i]) * cos(o[i]) + fmod(o[i], 3.0f);"),
		"names":       before("struct asm_t { int section; int alias; }; int constructor(asm_t a) { return a.section + a.alias; }"),
		"slots":       "constant bool a [[function_constant(0)]];\nconstant bool b = !a;\nkernel void k(device float *x [[buffer(0), function_constant(a)]], device int *y [[buffer(0), function_constant(b)]], threadgroup float *z [[threadgroup(0)]]) { if (a) x[0] = 1; else y[0] = 1; }\n",
		"pragmas":     before("#pragma METAL internals : enable\n#pragma unroll\n#pragma clang loop unroll(full)\nint x(int n) { return n; }"),
	} {
		for _, check := range []bool{false, true} {
			if _, err := c.Build(context.Background(), msl.Program{Source: source, Check: check, Constants: []msl.Constant{msl.BoolConstant(0, true)}[:min(1, strings.Count(source, "function_constant(0)"))]}); err != nil {
				t.Errorf("%s (checked: %v): %v", name, check, err)
			}
		}
	}
}

func TestOnlyRegularFilesAreIncluded(t *testing.T) {
	dir := t.TempDir()
	c := compiler(t, msl.Options{Deadline: 20 * time.Second})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"outer.h": "\n#include \"inner/deep.h\"\n", "inner/deep.h": "#  include \"../pipe\" // the folder of the file that includes comes first\n", "right.h": "#define RIGHT 1\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	huge, err := os.Create(filepath.Join(dir, "huge.h"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(huge.Truncate(1<<40), huge.Close()); err != nil {
		t.Skip("no sparse files here: ", err)
	}
	for include, want := range map[string]string{
		`"pipe"`:    "k.metal:2:1: error: " + filepath.Join(dir, "pipe") + ": not a regular file; want one",
		`<pipe>`:    ": not a regular file; want one",
		`"outer.h"`: filepath.Join(dir, "inner/deep.h") + ":1:1: error:",
		`"huge.h"`:  "at most",
		`"none.h"`:  "file not found",
		`"right.h"`: "",
	} {
		source := "#include <metal_stdlib>\n#include " + include + "\nkernel void k(device float *o) { o[0] = RIGHT; }\n"
		_, err := c.Build(context.Background(), msl.Program{Source: source, File: filepath.Join(dir, "k.metal")})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("#include %s: %v, want %q", include, err, want)
		}
	}
}

// fakeClang is a compiler that does what a shell script says.
func fakeClang(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clang")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheCompilerIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	for name, test := range map[string]struct {
		options msl.Options
		source  string
		want    error
		says    string
	}{
		"time":            {msl.Options{Clang: fakeClang(t, "exec sleep 600"), Deadline: 200 * time.Millisecond}, small, msl.ErrTooLong, "ATTEST_COMPILE_DEADLINE"},
		"what it writes":  {msl.Options{Clang: fakeClang(t, "exec cat /dev/zero")}, small, msl.ErrTooLarge, "64 MB"},
		"what it says":    {msl.Options{Clang: fakeClang(t, "exec cat /dev/zero >&2")}, small, msl.ErrTooLarge, "64 MB"},
		"what it is told": {msl.Options{}, small + strings.Repeat(" ", 65<<20), msl.ErrTooLarge, "64 MB"},
		"a crash":         {msl.Options{Clang: fakeClang(t, "kill -SEGV $$")}, small, nil, "crashed on this text"},
	} {
		t.Run(name, func(t *testing.T) {
			c := compiler(t, test.options)
			start := time.Now()
			_, err := c.Build(context.Background(), msl.Program{Source: test.source})
			if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %v that says %q", err, test.want, test.says)
			}
			if waited := time.Since(start); waited > time.Minute {
				t.Errorf("it took %v", waited)
			}
		})
	}
	t.Setenv("ATTEST_COMPILE_DEADLINE", "often")
	if _, err := msl.New(msl.Options{Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "90s") {
		t.Errorf("deadline \"often\": %v", err)
	}
}

// TestTheCompilerDiesWithItsParent runs a compiler in a process of its own and kills that with a signal that no process
// can catch.
func TestTheCompilerDiesWithItsParent(t *testing.T) {
	if file := os.Getenv("MSL_TEST_CLANG"); file != "" {
		c, err := msl.New(msl.Options{Clang: file, Dir: os.Getenv("MSL_TEST_DIR")})
		if err == nil {
			_, err = c.Build(context.Background(), msl.Program{Source: small})
		}
		t.Fatal(err)
	}
	note := filepath.Join(t.TempDir(), "pid")
	parent := exec.Command(os.Args[0], "-test.run=^TestTheCompilerDiesWithItsParent$")
	parent.Env = append(os.Environ(), "MSL_TEST_CLANG="+fakeClang(t, "echo $$ > "+note+".new; mv "+note+".new "+note+"; exec sleep 600"), "MSL_TEST_DIR="+t.TempDir())
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var child int
	wait(t, "the compiler to start", func() bool {
		data, err := os.ReadFile(note)
		child, _ = strconv.Atoi(strings.TrimSpace(string(data)))
		return err == nil
	})
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	parent.Wait()
	defer syscall.Kill(child, syscall.SIGKILL)
	wait(t, "the compiler to end", func() bool { return !alive(child) })
}

func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 600 {
		if done() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("waited too long for %s", what)
}

// alive tells a process that runs from one that is gone or a zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}

// TestATextThatBeginsWithAMark: editors write one before UTF-8, and compilers skip it.
func TestATextThatBeginsWithAMark(t *testing.T) {
	c := compiler(t, msl.Options{Dir: t.TempDir()})
	header := "#include <metal_stdlib>\n"
	build(t, c, msl.Program{Source: "\ufeff" + header + small})
	build(t, c, msl.Program{Source: "#include \"marked.h\"\nkernel void k(device int *o) { o[0] = one; }\n", Files: map[string]string{"marked.h": "\ufeffconstant int one = 1;\n"}})
	_, err := c.Build(context.Background(), msl.Program{Source: "\ufeff" + header + "kernel void k(device int *o) { o[0] = nope; }\n", File: "marked.metal"})
	if err == nil || !strings.Contains(err.Error(), "marked.metal:2:39: error: use of undeclared identifier 'nope'") {
		t.Errorf("%v; want the place in the text", err)
	}
}
