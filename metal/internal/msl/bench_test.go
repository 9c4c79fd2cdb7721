package msl_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/msl"
)

func attentionProgram(b *testing.B) msl.Program {
	source, err := os.ReadFile("../../kernels/attention.metal")
	if err != nil {
		b.Fatal(err)
	}
	p := msl.Program{Source: string(source), File: "attention.metal", Function: "attention_fp32_64"}
	for index := range 7 { // what a case may have beside q, k and v: nothing
		p.Constants = append(p.Constants, msl.BoolConstant(index, false))
	}
	return p
}

// BenchmarkCompileAttention is the time from text to module for one variant of our own kernel. The headers are
// precompiled by the first of a process' compilations, which is not counted.
func BenchmarkCompileAttention(b *testing.B) {
	c, err := msl.New(msl.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	compileAnew(b, c, attentionProgram(b), func(*msl.Module) {})
}

// compileAnew times builds of a program that the cache does not know, the first of a process left out.
func compileAnew(b *testing.B, c *msl.Compiler, p msl.Program, check func(*msl.Module)) {
	b.Helper()
	if _, err := c.Build(context.Background(), p); err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		n++
		p.Defines = map[string]string{"ATTEST_BENCHMARK": string(rune('a'+n%26)) + string(rune('a'+n/26))}
		m, err := c.Build(context.Background(), p)
		if err != nil {
			b.Fatal(err)
		}
		if m.Cached {
			b.Fatal("the module was in the cache")
		}
		check(m)
	}
}

// BenchmarkCachedStart is the time a new process needs until it knows the module of a program it compiled before.
func BenchmarkCachedStart(b *testing.B) {
	dir := b.TempDir()
	p := attentionProgram(b)
	c, err := msl.New(msl.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := c.Build(context.Background(), p); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c, err := msl.New(msl.Options{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		m, err := c.Build(context.Background(), p)
		if err != nil || !m.Cached {
			b.Fatal("not cached: ", err)
		}
	}
}

// BenchmarkRewrite is the rewriter alone, on the kernel's text as the preprocessor leaves it.
func BenchmarkRewrite(b *testing.B) {
	c, err := msl.New(msl.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	p := attentionProgram(b)
	for b.Loop() {
		if _, err := c.Rewritten(context.Background(), p); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOneOfManyKernels is the time from text to module for one kernel that is asked for of a text that has 600, each of
// some length: clang sees what that one reaches, and no more.
func BenchmarkOneOfManyKernels(b *testing.B) {
	c, err := msl.New(msl.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("#include <metal_stdlib>\nusing namespace metal;\n")
	for n := range 60 {
		fmt.Fprintf(&text, "template <typename T, int N> T helper%d(device const T *x, uint i) { T sum = 0; for (int j = 0; j < N; j++) sum += x[i * N + j] * T(%[1]d); return sum; }\n"+
			"template <typename T, int N> kernel void kernel%[1]d(device const T *x [[buffer(0)]], device T *o [[buffer(1)]], uint i [[thread_position_in_grid]]) "+
			"{ o[i] = simd_sum(helper%[1]d<T, N>(x, i)); }\n", n)
		for size := range 10 {
			fmt.Fprintf(&text, "template [[host_name(\"kernel%d_%d\")]] kernel decltype(kernel%[1]d<float, %[2]d>) kernel%[1]d<float, %[2]d>;\n", n, size+1)
		}
	}
	p := msl.Program{Source: text.String(), File: "many.metal", Function: "kernel30_5"}
	compileAnew(b, c, p, func(m *msl.Module) {
		if len(m.Entries) != 1 {
			b.Fatalf("%d kernels; want the one that was asked for", len(m.Entries))
		}
	})
}
