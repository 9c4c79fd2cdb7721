package msl

import (
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// rewriteText is what the rewriter makes of a text, its own prologue and glue left out.
func rewriteText(t *testing.T, source string) string {
	t.Helper()
	r, err := rewriteBy(passesForAll(cpu{}), source, &Program{File: "k.metal"}, cpu{}, nil)
	if err != nil {
		t.Fatalf("%q: %v", source, err)
	}
	body, _, _ := strings.Cut(r.text, "\n# 1 \"<entry")
	_, body, _ = strings.Cut(body, "\n")
	body, _, _ = strings.Cut(body, "\nint kernel_below")
	return strings.ReplaceAll(strings.Join(strings.Fields(body), " "), " ;", ";")
}

func TestRules(t *testing.T) {
	const kernel = "\nint kernel_below; kernel void k(device float *o) {}"
	for _, c := range []struct{ rule, from, to string }{
		{"address spaces", "float f(device float *a, threadgroup half *b, constant int &c, thread bool &d);", "float f(__global float *a, __local half *b, const __constant int &c, __private bool &d);"},
		{"members keep their names", "int f(S s) { return s.device + p->thread; }", "int f(S s) { return s.device + p->thread; }"},
		{"attributes", "[[clang::x]] void f(uint i [[thread_index_in_simdgroup]], int a [[maybe_unused]]);", "[[clang::x]] void f(uint i , int a [[maybe_unused]]);"},
		{"subscripts are no attributes", "int f(int *a, int *b) { return a[b[0]]; }", "int f(int *a, int *b) { return a[b[0]]; }"},
		{"threadgroup variable", "void f() { threadgroup float t[4]; t[0] = 1; }", "void f() { __local float (&t)[4] = *(__local float (*)[4])msl_runtime_table->threadgroup_variable(msl_self(), 0, sizeof(float[4]), alignof(float), \"t\", 2); t[0] = 1; }"},
		{"threadgroup pointer", "void f(threadgroup float *a) { threadgroup float *p = a; threadgroup float &r = a[0]; }", "void f(__local float *a) { __local float *p = a; __local float &r = a[0]; }"},
		{"swizzle read", "float2 f(float4 v) { return v.yx + p->zw; }", "float2 f(float4 v) { return v.msl_get_yx() + p->msl_get_zw(); }"},
		{"swizzle write", "void f() { v.xy = u.yx; v.zw.yx = w; }", "void f() { v.xy = u.msl_get_yx(); v.wz = w; }"},
		{"swizzle compound", "void f() { a[i].xy *= b + 1; }", "void f() { a[i].xy = a[i].msl_get_xy() * (b + 1); }"},
		{"swizzle with effects", "void f() { a[i++].xy *= b; }", "void f() { a[i++].xy *= b; }"},
		{"conditional", "void f() { x = c ? p[i] : half4(0); }", "void f() { x = c ? msl_side<decltype((half4(0)))>(p[i]) : msl_side<decltype((p[i]))>(half4(0)); }"},
		{"conditional chain", "void f() { x = c ? *p : d ? q->v : 1.0f; }", "void f() { x = c ? msl_side<decltype((d ? msl_side<decltype((1.0f))>(q->v) : msl_side<decltype((q->v))>(1.0f)))>(*p) : msl_side<decltype((*p))>(d ? msl_side<decltype((1.0f))>(q->v) : msl_side<decltype((q->v))>(1.0f)); }"},
		{"conditional calls", "void f() { x = c ? g(p[i]) : -a; }", "void f() { x = c ? msl_side<decltype((-a))>(g(p[i])) : msl_side<decltype((g(p[i])))>(-a); }"},
		{"conditional of literals", "void f() { x = c ? 1 : -2.0f; }", "void f() { x = c ? 1 : -2.0f; }"},
		{"conditional that is a statement", "void f() { c ? g() : h(); }", "void f() { c ? g() : h(); }"},
		{"conditional as last template argument", "template <int n, bool b> struct S {}; using T = S<b ? n : 2 * n, (n > 1) && b ? n : 0>;", "template <int n, bool b> struct S {}; using T = S<b ? msl_side<decltype((2 * n))>(n) : msl_side<decltype((n))>(2 * n), (n > 1) && b ? msl_side<decltype((0))>(n) : msl_side<decltype((n))>(0)>;"},
		{"callback", "template <void (*f)(thread float &), int n> float g();", "template <void (&f)(__private float &), int n> float g();"},
		{"value of a temporary", "float f(const thread T &x) { return x; }", "float f(const  T x) { return x; }"},
		{"reference that is returned", "const thread T &f(const thread T &x) { return x; }", "const __private T &f(const __private T &x) { return x; }"},
		{"bfloat literal", "bfloat f() { return 1.5bf + 2BF; }", "bfloat f() { return bfloat(1.5f) + bfloat(2.0f); }"},
		{"words of OpenCL", "void f() { int local = global; }", "void f() { int msl_name_local = msl_name_global; }"},
		{"collective", "float f(float x) { return simd_sum(x); } float g(float x) { return f(x); } float h();", "__attribute__((always_inline)) float f(float x) { ::metal::msl_simd::frame msl_frame; return simd_sum(x, ::metal::msl_simd::place(__builtin_LINE(), 11)); } __attribute__((always_inline)) float g(float x) { ::metal::msl_simd::frame msl_frame; return (::metal::msl_simd::call(25), f(x)); } float h();"},
		{"pragma", "\n#pragma METAL internals : enable\n#pragma unroll(4)\n#pragma clang loop unroll(full)\n#pragma clang loop vectorize(enable)\nint x;", "#pragma clang loop vectorize(enable) int x;"},
	} {
		if got := rewriteText(t, "\n"+c.from+kernel); got != strings.Join(strings.Fields(c.to), " ") {
			t.Errorf("%s:\n got %s\nwant %s", c.rule, got, c.to)
		}
	}
}

func TestRefusals(t *testing.T) {
	const sizes = "the text has no kernel"
	for source, want := range map[string]string{
		"int x;": sizes,
		"kernel void k(texture2d<float> t [[texture(0)]]) {}":                        "textures, samplers and tensors are not supported",
		"kernel void k(visible_function_table<float(float)> t [[buffer(0)]]) {}":     "kernel argument of type visible_function_table: function tables are not supported: name the function in the text",
		"kernel void k(primitive_acceleration_structure a [[buffer(0)]]) {}":         "ray tracing is not supported",
		"kernel void k(V v [[stage_in]]) {}":                                         "[[stage_in]] is not supported",
		"kernel void k(device float *o [[buffer(31)]]) {}":                           "buffer(31): a number from 0 to 30 expected",
		"kernel void k(uint i) {}":                                                   "kernel argument \"uint i\" has no attribute",
		"kernel void k(device float *o) {}\nkernel void k(device float *o) {}":       "k.metal:2:13: error: kernel k is defined a second time; the first is on line 1",
		"vertex float4 v() { return 0; }":                                            "vertex functions are not compute",
		"constant int x [[function_constant(a)]]; kernel void k(device float *o) {}": "function_constant(a): a number from 0 to 65535 expected",
		"[[max_total_threads_per_threadgroup(0)]] kernel void k(device float *o) {}": "a positive number expected",
		"template [[host_name(\"x\")]] kernel void f<int>(device int *);":            "\"x\" instantiates no kernel of this text",
		"[[host_name(x)]] kernel void k(device float *o) {}":                         "host_name wants a string",
	} {
		_, err := rewrite(source, &Program{File: "k.metal"}, cpu{}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", source, err, want)
		}
	}
	r, err := rewrite("constant int a [[function_constant(0)]];\nvertex float4 v() { return 0; }\nkernel void t(texture2d<float> t [[texture(0)]]) {}\nkernel void c(device int *o) { *o = a; }\nkernel void k(device float *o) {}", &Program{File: "k.metal"}, cpu{}, nil)
	if err != nil || len(r.unit.entries) != 1 || r.unit.entries[0].name != "k" {
		t.Fatalf("a text with one kernel that can run: %v", err)
	}
	for i, name := range []string{"v", "t", "c"} {
		if s := r.unit.skipped[i]; s.Name != name || s.Line != []int{2, 3, 1}[i] || s.Reason == "" {
			t.Errorf("left out: %+v, want %s", s, name)
		}
	}
	_, err = rewrite("template <class T> kernel void t(device T *o) {}\nkernel void k(device float *o) {}", &Program{Function: "t"}, cpu{}, nil)
	if err == nil || !strings.Contains(err.Error(), "kernel t is a template: it runs as an instantiation") {
		t.Errorf("a template asked for by name: %v", err)
	}
	_, err = rewrite("kernel void k(device float *o) {}", &Program{Function: "j"}, cpu{}, nil)
	if err == nil || err.Error() != `the text has no kernel "j"; there are: k` {
		t.Errorf("a kernel that is not there: %v", err)
	}
}

func TestReflect(t *testing.T) {
	r, err := reflect(`
constant bool has_mask [[function_constant(4)]];
constant half other [[function_constant(2)]];
constant bool asked = is_function_constant_defined(other);
template <typename T> kernel void f(device T *o [[buffer(2)]], constant int &n, device T *m [[buffer(6), function_constant(has_mask)]], threadgroup T *t [[threadgroup(1)]], uint i [[thread_index_in_threadgroup]]) {}
template [[host_name("f_" "half")]] kernel void f<half>(device half *, constant int &, device half *, threadgroup half *, uint);
[[kernel, max_total_threads_per_threadgroup(128)]] void g(device float *o) {}
`, &Program{File: "k.metal"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Constants) != 2 || r.Constants[0] != (FunctionConstant{"has_mask", 4, "bool", false}) || r.Constants[1] != (FunctionConstant{"other", 2, "half", true}) {
		t.Errorf("constants %+v", r.Constants)
	}
	if len(r.Entries) != 2 || r.Entries[0].String() != "f_half buffer[2]=o buffer[0]=n buffer[6]=m(if has_mask) threadgroup[1]=t" || r.Entries[0].Line != 6 {
		t.Errorf("entries %+v", r.Entries)
	}
	if g := r.Entries[1]; g.Name != "g" || g.MaxThreads != 128 || g.Line != 7 {
		t.Errorf("entry %+v", g)
	}
}

func TestAConstantHasOneValue(t *testing.T) {
	given, err := AddConstant(nil, "3:int=1")
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]string{
		"3:int=2":     `constant "3:int=2": it is given a value before; one value is wanted`,
		"3:uchar=256": `constant "3:uchar=256": "256" is not a value of type uchar; want an integer of 0 to 255`,
		"4:char=128":  `constant "4:char=128": "128" is not a value of type char; want an integer of -128 to 127`,
		"4:bool=yes":  `constant "4:bool=yes": "yes" is not a value of type bool; want true or false`,
		"70000:int=1": `constant "70000:int=1": "70000" is neither an index of 0 to 65535 nor a name`,
	} {
		if _, err := AddConstant(given, s); err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", s, err, want)
		}
	}
	if both, err := AddConstant(given, "4:int=2"); err != nil || len(both) != 2 {
		t.Errorf("another constant: %d, %v", len(both), err)
	}
}

func TestHowATextIsReadIsChecked(t *testing.T) {
	for _, c := range []struct {
		program Program
		want    string
	}{
		{Program{}, ""},
		{Program{LanguageVersion: 240, Defines: map[string]string{"a_1": "x y", "MAX(a,b)": "a"}}, ""},
		{Program{LanguageVersion: 5}, "language version 5: 310 for MSL 3.1, 240 for 2.4 and the like expected"},
		{Program{LanguageVersion: 999}, "language version 999: 310 for MSL 3.1, 240 for 2.4 and the like expected"},
		{Program{Defines: map[string]string{"a b": "1"}}, `macro "a b": a name expected, or one with parameters such as MAX(a,b)`},
		{Program{Defines: map[string]string{"": "1"}}, `macro "": a name expected, or one with parameters such as MAX(a,b)`},
	} {
		got := ""
		if err := c.program.CheckSource(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c.program, got, c.want)
		}
	}
}

func TestParseConstant(t *testing.T) {
	for s, want := range map[string]Constant{
		"3:bool=true": {Index: 3, Type: device.Bool, Bits: 1}, "window:uint=128": {Name: "window", Type: device.UInt, Bits: 128},
		"0:int=-7": {Type: device.Int, Bits: 0xfffffffffffffff9}, "1:float=2.5": {Index: 1, Type: device.Float, Bits: 0x40200000},
		"1:half=1.5": {Index: 1, Type: device.Half, Bits: 0x3e00}, "1:bfloat=-1": {Index: 1, Type: device.BFloat, Bits: 0xbf80},
		"2:half=65520": {Index: 2, Type: device.Half, Bits: 0x7c00}, "2:half=6e-8": {Index: 2, Type: device.Half, Bits: 1},
		"2:half=2049": {Index: 2, Type: device.Half, Bits: 0x6800}, "5:ushort:0xffff": {Index: 5, Type: device.UShort, Bits: 65535},
		"9:uint32_t=0x10": {Index: 9, Type: device.UInt, Bits: 16},
		"3=bool:true":     {Index: 3, Type: device.Bool, Bits: 1}, "window=uint:128": {Name: "window", Type: device.UInt, Bits: 128},
		"1=float:-2.5": {Index: 1, Type: device.Float, Bits: 0xc0200000}, // as run and check once wrote it
	} {
		if got, err := ParseConstant(s); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "3", "3:bool", ":bool=1", "3:float2=1", "3:uchar=256", "3:int=x", "3:ushort:0x10000", "3=bool", "=bool:1", "3=uint:-1", "3=bool=1",
		"-1:int=1", "65536:int=1", "a b:int=1", "0:bool=2", "0:bool:0x2"} {
		if got, err := ParseConstant(s); err == nil {
			t.Errorf("%q gives %+v, want an error", s, got)
		}
	}
}
