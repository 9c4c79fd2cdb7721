package msl

import (
	"strings"
	"testing"
)

// short leaves out what every mark has in common.
var short = strings.NewReplacer(" ::metal::msl_simd::frame msl_frame;", "", "::metal::msl_simd::", "", "__builtin_LINE(), ", "", "__attribute__((always_inline)) ", "", "; false) {} else", ")")

// TestPathsAreMarked shows what is put around an operation of a simdgroup. The numbers are those of tokens.
func TestPathsAreMarked(t *testing.T) {
	for name, c := range map[string]struct{ from, to string }{
		"for":                {"void f(int n) { for (int i = 0; i < n; i++) simd_any(i); }", "void f(int n) { if (loop msl_loop_7(7)) for (int i = 0; i < n; msl_loop_7.turn(), i++) simd_any(i, place(24)); }"},
		"for without end":    {"void f() { for (;;) { simd_all(true); break; } }", "void f() { if (loop msl_loop_5(5)) for (;; msl_loop_5.turn()) { simd_all(true, place(14)); break; } }"},
		"step with sum":      {"void f() { for (int i = 0; i < 9; i += simd_sum(1)) ; }", "void f() { if (loop msl_loop_5(5)) for (int i = 0; i < 9; msl_loop_5.turn(), i += simd_sum(1, place(21)), msl_loop_5.turn()); }"},
		"for without sum":    {"void f() { for (int i = 0; i < 9; i++) ; simd_all(true); }", "void f() { for (int i = 0; i < 9; i++); simd_all(true, place(23)); }"},
		"list":               {"void f(thread A &a) { for (int x : a) simd_sum(x); }", "void f(__private A &a) { if (loop msl_loop_9(9)) for (int x : a) if (msl_loop_9.turn(), false) {} else simd_sum(x, place(19)); }"},
		"while":              {"void f(int x) { while (simd_any(x > 0)) --x; }", "void f(int x) { if (loop msl_loop_7(7)) for (;simd_any(x > 0, place(14)); msl_loop_7.turn()) --x; }"},
		"do":                 {"void f(int x) { do --x; while (simd_any(x > 0)); }", "void f(int x) { if (loop msl_loop_7(7)) do if (msl_loop_7.turn(), false) {} else --x; while (simd_any(x > 0, place(18))); }"},
		"do in a block":      {"void f(int x) { if (x) { x++; } while (x) { do { simd_sum(x); } while (x); } }", "void f(int x) { if (x) { x++; } if (loop msl_loop_16(16)) for (;x; msl_loop_16.turn()) { if (loop msl_loop_21(21)) do if (msl_loop_21.turn(), false) {} else { simd_sum(x, place(26)); } while (x); } }"},
		"else of another if": {"void f(int x) { if (x) for (;;) simd_sum(x); else x = 1; }", "void f(int x) { if (x) if (loop msl_loop_11(11)) for (;; msl_loop_11.turn()) simd_sum(x, place(19)); else x = 1; }"},
		"arguments first":    {"int f(int x) { return simd_sum(x); } int g(int x) { return f(f(x) + 1); }", "int f(int x) { return simd_sum(x, place(11)); } int g(int x) { return (call(30), f((call(27), f(x)) + 1)); }"},
		"method":             {"struct S { int sums(int x) { return simd_sum(x); } S self(); }; int g(S s) { return s.sums(2); }", "int g(S s) { return (call(37), s.sums(2)); }"},
		"declaration":        {"int f(int x) { return simd_sum(x); } void g() { int f(2); }", "int f(int x) { return simd_sum(x, place(11)); } void g() { int f(2); }"},
		"lambda":             {"void f(int x) { auto s = [&](int y) { return simd_sum(y); }; s(x); }", "void f(int x) { auto s = [&](int y) { return simd_sum(y, place(22)); }; (call(29), s(x)); }"},
		"constexpr":          {"struct S { static constexpr float sum(float x) { return simd_sum(x); } };", "static float sum(float x) { return simd_sum(x, place(16)); }"},
		"no place":           {"void f() { threadgroup_barrier(mem_flags::mem_none); simd_lane = 1; }", "void f() { threadgroup_barrier(mem_flags::mem_none); simd_lane = 1; }"},
		"a name of its own":  {"float simd_sum(float x, int y) { return x; } void f() { simd_sum(1.0f, 2); }", "void f() { simd_sum(1.0f, 2); }"},
		"own of that name":   {"float simd_sum(float x, int y) { return ::metal::simd_sum(x); } void f() { simd_sum(1.0f, 2); }", "return ::metal::simd_sum(x, place(17)); } void f() { (call(30), simd_sum(1.0f, 2)); }"},
		"own in a namespace": {"namespace a { namespace metal { float simd_sum(float x) { return ::metal::simd_sum(x); } } float g(float x) { return metal::simd_sum(x); } } float h(float x) { return metal::simd_sum(x); } void f() { a::metal::simd_sum(1.0f); }",
			"float g(float x) { return (call(37), metal::simd_sum(x)); } } float h(float x) { return metal::simd_sum(x, place(54)); } void f() { (call(69), a::metal::simd_sum(1.0f)); }"},
		"Apple's own name": {"void f(float x) { __metal_simd_sum(x); }", "void f(float x) { metal::simd_sum(x, place(10)); }"},
	} {
		if got := short.Replace(rewriteText(t, "\n"+c.from+"\nkernel void k() {}")); !strings.Contains(got, c.to) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.to)
		}
	}
}
