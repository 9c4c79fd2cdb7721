package msl_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/msl"
)

var update = flag.Bool("update", false, "write golden files anew")

// The text that clang compiles for a GPU: paths of loops and calls, threadgroup variables, the entry point.
func TestPTXText(t *testing.T) {
	source, err := os.ReadFile("testdata/ptx/small.metal")
	if err != nil {
		t.Fatal(err)
	}
	c := compiler(t, msl.Options{Target: "ptx"})
	got, err := c.Rewritten(context.Background(), msl.Program{Source: string(source), File: "small.metal"})
	if err != nil {
		t.Fatal(err)
	}
	got = regexp.MustCompile(`(?m)^# .*\n`).ReplaceAllString(got, "") // line markers name the cache
	const golden = "testdata/ptx/small.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the text is\n%s\nwant %s", got, golden)
	}
}

// ptxOf builds a text for a GPU and returns the module.
func ptxOf(t *testing.T, c *msl.Compiler, p msl.Program) (string, *msl.Module) {
	t.Helper()
	m := build(t, c, p)
	data, err := os.ReadFile(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), m
}

// What PTX has no place for, and what would reach past the kernel.
var notPTX = regexp.MustCompile(`\bld\.const|\bcvta(\.to)?\.const|^\s*\.(visible )?\.const|\.extern \.func|\bair\.|MSL_PATH_DEPTH`)

func TestPTXOfAllSemanticKernels(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	names, err := filepath.Glob("testdata/semantics/*.metal")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d texts, %v", len(names), err)
	}
	c, err := msl.New(msl.Options{Target: "ptx"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, math := range []msl.MathMode{msl.MathSafe, msl.MathFast} {
			text, m := ptxOf(t, c, msl.Program{Source: string(source), File: name, Math: math})
			if err := wholePTX(text, m); err != nil {
				t.Errorf("%s, %s: %v", name, math, err)
			}
		}
	}
}

// wholePTX holds a module against what its text has.
func wholePTX(text string, m *msl.Module) (err error) {
	wrong := func(format string, values ...any) { err = errors.Join(err, fmt.Errorf(format, values...)) }
	for _, s := range m.Skipped {
		if !strings.Contains(s.Reason, "was given no value") {
			wrong("%s: %s", s.Name, s.Reason)
		}
	}
	if found := notPTX.FindString(text); found != "" {
		wrong("the module has %q", found)
	}
	for _, e := range m.Entries {
		if !strings.Contains(text, " "+e.Name+"\n") {
			wrong("the module does not name %s", e.Name)
		}
	}
	for _, body := range strings.Split(text, ".visible .entry ")[1:] { // every kernel of the suite writes what it found out
		body, _, _ = strings.Cut(body, "// -- End function")
		if !strings.Contains(body, "st.global") && !strings.Contains(body, "call") {
			wrong("%s stores nothing", strings.SplitN(body, "(", 2)[0])
		}
	}
	if got := strings.Count(text, ".visible .entry"); got != len(m.Entries) {
		wrong("%d entry points, want %d", got, len(m.Entries))
	}
	return err
}

func TestPTXOfKernels(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	const head = "#include <metal_stdlib>\n#include <metal_simdgroup_matrix>\nusing namespace metal;\n"
	const multiply = head + "kernel void k(device float *o) { simdgroup_float8x8 a, b, c; simdgroup_load(a, o); simdgroup_load(b, o + 64); simdgroup_multiply(c, a, b); simdgroup_store(c, o); }\n"
	c := compiler(t, msl.Options{Target: "ptx"})
	for _, test := range []struct {
		name, source string
		math         msl.MathMode
		has, lacks   []string
	}{
		{"safe matrices are exact", multiply, msl.MathSafe, []string{"mma.sync.aligned.m8n8k4.row.col.f64"}, []string{"shfl.sync", "tf32", "depth 1"}},
		{"fast matrices in two parts", multiply, msl.MathFast, []string{"mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"}, []string{"shfl.sync", ".f64"}},
		{"no product fused into a sum", head + "kernel void k(device float *o) { o[0] = o[1] * o[2] + o[3]; }\n", msl.MathSafe, []string{"mul.rn.f32", "add.rn.f32"}, []string{"fma.rn.f32"}},
		{"operations have room for their paths", head + "kernel void k(device float *o) { o[0] = simd_sum(o[1]); }\n", msl.MathSafe, []string{"// depth 2\n", "shfl.sync.idx", "activemask"}, nil},
		{"none without operations", head + "kernel void k(device float *o) { threadgroup_barrier(mem_flags::mem_device); o[0] = 1; }\n", msl.MathSafe, []string{"// depth 0\n", "barrier.sync"}, []string{"msl_variable_"}},
		{"constant memory is global", head + "constant float table[3] = {1, 2, 3};\nkernel void k(device float *o, constant uint &i) { o[0] = table[i]; }\n", msl.MathSafe, []string{"ld.global.nc"}, []string{"const"}},
	} {
		text, m := ptxOf(t, c, msl.Program{Source: test.source, File: "k.metal", Math: test.math})
		for _, want := range test.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %s", test.name, want, m.Path)
			}
		}
		for _, unwanted := range test.lacks {
			if strings.Contains(text, unwanted) {
				t.Errorf("%s: %q in %s", test.name, unwanted, m.Path)
			}
		}
	}
}

// What was made on one machine is found on another, where there may be no clang.
func TestPTXIsPortable(t *testing.T) {
	dir := t.TempDir()
	p := msl.Program{Source: small, File: "k.metal", Function: "k"}
	made := build(t, compiler(t, msl.Options{Dir: dir, Target: "ptx"}), p)
	t.Setenv("PATH", t.TempDir())
	t.Setenv("ATTEST_CLANG", "")
	elsewhere := compiler(t, msl.Options{Dir: dir, Target: "ptx"})
	if second := build(t, elsewhere, p); !second.Cached || second.Path != made.Path {
		t.Errorf("made %s, found %+v", made.Path, second)
	}
	p.Source += "\n"
	if _, err := elsewhere.Build(context.Background(), p); !errors.Is(err, msl.ErrNoClang) || !strings.Contains(err.Error(), "not in the cache") {
		t.Errorf("a text that is not there: %v", err)
	}
	if _, err := msl.New(msl.Options{Dir: dir}); !errors.Is(err, msl.ErrNoClang) {
		t.Errorf("for the processor, without clang: %v", err)
	}
	if _, err := msl.New(msl.Options{Dir: dir, Target: "spirv"}); err == nil || !strings.Contains(err.Error(), "cpu or ptx expected") {
		t.Errorf("an unknown target: %v", err)
	}
}
