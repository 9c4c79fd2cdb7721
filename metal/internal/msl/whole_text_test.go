package msl_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/msl"
)

func TestDiagnosticsNameTheAuthorsColumn(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	c := compiler(t, msl.Options{})
	const head = "#include <metal_stdlib>\nusing namespace metal;\n"
	for _, test := range []struct{ source, want string }{
		{head + "kernel void k(device float *o, constant float *c) { threadgroup float t[2]; o[0] = c[0] > 0 ? t[0] : missing; }\n", "k.metal:3:102: error: use of undeclared identifier 'missing'"},
		{head + "kernel void k(device float *o)   {   /* here */  o[0]   =   missing; }\n", "k.metal:3:61: error"},
		{head + "#define TWO(a) (a + a)\nkernel void k(device float *o) { float x = 1; o[0] = TWO(x) + TWO(y); }\n", "k.metal:4:67: error"},
		{head + "[[kernel]] void k(device float4 *o [[buffer(0)]], device float *p) { o[0].xy = o[1].zw; o[2] = nothing.xy; }\n", "k.metal:3:96: error"},
		{head + "kernel void k(device float *o) {\tfloat4 v = o[0]; float2 w = v.xy;\n  constant float *c = w; }\n", "k.metal:4:19: error"},
		{head + "kernel void   k(device float *o, uint i) { }\n", "k.metal:3:34: error: kernel argument"},
		{head + "kernel void k(device float *o) { /* a */ o[0] = part(1); }\n#include \"part.h\"\n", "k.metal:3:49: error"},
		{head + "#include \"part.h\"\nkernel void k(device float *o) { o[0] = part(1); }\n", "part.h:2:35: error"},
	} {
		_, err := c.Build(context.Background(), msl.Program{Source: test.source, File: "k.metal", Files: map[string]string{"part.h": "\nfloat part(float x) { return /**/ missing; }\n"}})
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(test.want, "missing") && strings.Count(err.Error(), test.want) > 1 {
			t.Errorf("%q:\n%v\nwant %s", test.source, err, test.want)
		}
	}
}

// One bad kernel does not fail the others, however clang tells of it.
func TestBuildOfAWholeTextLeavesOutWhatIsWrong(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	c := compiler(t, msl.Options{})
	const text = `#include <metal_stdlib>
using namespace metal;
constant int lacking [[function_constant(7)]];
float wrong_helper(float x) { return x + undeclared; }
template <class T> T shared(T x) { return x.member; }
kernel void by_helper(device float *o) { o[0] = wrong_helper(1); }
kernel void by_itself(device float *o) { o[0] = nothing; }
template <class T> kernel void by_template(device T *o) { o[0] = shared(o[1]); }
template [[host_name("t_float")]] kernel void by_template<float>(device float *);
template [[host_name("t_int")]] kernel void by_template<int>(device int *);
template <class T> kernel void also_by_template(device T *o) { o[0] = shared(o[1]); }
template [[host_name("u_float")]] kernel void also_by_template<float>(device float *);
kernel void textured(texture2d<float> t [[texture(0)]]) {}
kernel void constant_missing(device int *o) { o[0] = lacking; }
fragment float4 f() { return 0; }
kernel void right(device float *o) { o[0] = 1; }
kernel void right_too(device float *o) { o[0] = max(o[1], 2.0f); }
`
	m, err := c.Build(context.Background(), msl.Program{Source: text, File: "k.metal"})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Entries) != 2 || m.Entries[0].Name != "right" || m.Entries[1].Name != "right_too" {
		t.Errorf("entries: %v", m.Entries)
	}
	reasons := map[string]string{}
	for _, s := range m.Skipped {
		reasons[s.Name] = s.Reason
	}
	for name, want := range map[string]string{
		"by_helper": "k.metal:4:42: error", "by_itself": "k.metal:7:49: error", "t_float": "k.metal:5:44: error", "t_int": "k.metal:5:44: error",
		"u_float": "k.metal:11:71: error", "textured": "textures", "constant_missing": "function constant lacking", "f": "fragment functions",
	} {
		if !strings.Contains(reasons[name], want) {
			t.Errorf("%s is left out because of %q, want %q", name, reasons[name], want)
		}
	}
	if len(reasons) != 8 {
		t.Errorf("left out: %v", reasons)
	}
	second, err := c.Build(context.Background(), msl.Program{Source: text, File: "k.metal"})
	if err != nil || !second.Cached || len(second.Skipped) != 8 {
		t.Errorf("from the cache: %+v, %v", second, err)
	}
	if _, err := c.Build(context.Background(), msl.Program{Source: text, File: "k.metal", Function: "right"}); err != nil {
		t.Errorf("one of them alone: %v", err)
	}
	_, err = c.Build(context.Background(), msl.Program{Source: text, File: "k.metal", Function: "t_float"})
	var compile *msl.CompileError
	if !errors.As(err, &compile) {
		t.Errorf("a wrong one alone: %v", err)
	}
}

func TestRefusedHeadersAreNamed(t *testing.T) {
	c := compiler(t, msl.Options{})
	_, err := c.Build(context.Background(), msl.Program{Source: "#include <metal_stdlib>\n#include <MetalPerformancePrimitives/MetalPerformancePrimitives.h>\nkernel void k(device float *o) {}\n", File: "k.metal", LanguageVersion: 400})
	if err == nil || !strings.HasPrefix(err.Error(), "k.metal:2:1: error: MetalPerformancePrimitives (tensor operations) is not supported") {
		t.Errorf("%v", err)
	}
}

// A parameter hides a function constant of its name: the kernel reads no such constant.
func TestAParameterHidesAConstant(t *testing.T) {
	c := compiler(t, msl.Options{})
	const text = `#include <metal_stdlib>
using namespace metal;
constant int blocks [[function_constant(0)]];
kernel void by_reference(device int *o [[buffer(0)]], const constant int &blocks [[buffer(1)]]) { o[0] = blocks; }
kernel void by_array(device int *o [[buffer(0)]], constant int blocks[2]) { o[0] = blocks[1]; }
kernel void reads_it(device int *o [[buffer(0)]]) { o[0] = blocks; }
kernel void reads_both(device int *o [[buffer(0)]], constant int &blocks [[buffer(1)]]) { o[0] = ::blocks + blocks; }
`
	m, err := c.Build(context.Background(), msl.Program{Source: text, File: "k.metal"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range m.Entries {
		names = append(names, e.Name)
	}
	if got := strings.Join(names, " "); got != "by_reference by_array" || len(m.Skipped) != 2 {
		t.Errorf("built: %s; left out: %v", got, m.Skipped)
	}
}
