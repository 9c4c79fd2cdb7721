package msl_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/msl"
)

const conversionsText = `#include <metal_stdlib>
using namespace metal;
struct Own { float a; Own() {} Own(const thread Own &o) { a = o.a; } };
kernel void k(device float4 *o [[buffer(0)]], device const half4 *h [[buffer(1)]], device float2 *p [[buffer(2)]], constant Own &c [[buffer(3)]]) {
  half4 l = h[0]; float4 m = o[0]; half s = 1;
  STATEMENT;
}
`

// TestConversionsAreToldWithTheirTypes: an error about a conversion is a sentence that names both types, at the text's own
// place, in the text's own words.
func TestConversionsAreToldWithTheirTypes(t *testing.T) {
	c := compiler(t, msl.Options{})
	for statement, words := range map[string]string{
		"o[0] = (float4)p[0]":              "'device float2' (aka 'device vec<float, 2>') cannot be cast to 'float4' (aka 'vec<float, 4>')",
		"o[0] = float4(p[0])":              "'device float2' (aka 'device vec<float, 2>') cannot be cast to 'float4' (aka 'vec<float, 4>')",
		"o[0] = static_cast<float4>(p[0])": "'device float2' (aka 'device vec<float, 2>') cannot be cast to 'float4' (aka 'vec<float, 4>')",
		"o[0] = h[0]":                      "no '=' takes these operands: 'const device vec<half, 4>' does not convert to 'const vec<float, 4>' by itself",
		"l += m":                           "no '+=' takes these operands: 'thread vec<float, 4>' does not convert to 'thread vec<half, 4>' by itself",
		"int4 i = m":                       "'thread vec<float, 4>' does not convert to 'thread vec<int, 4>' by itself",
		"texture2d<float> t":               "texture2d: textures, samplers and tensors are not supported; bind the data as a buffer",
		"s = m":                            "assigning to 'half' from incompatible type 'thread float4'",
		"half x = m":                       "'thread float4' (aka 'thread vec<float, 4>') does not convert to 'thread half' by itself",
		"o[0] = true ? l : m":              "the sides of ?: are 'thread vec<half, 4>' and 'thread vec<float, 4>', and neither converts to the other by itself",
		"o[0] = as_type<float4>(l)":        "as_type needs two types of one size",
		"Own x = c":                        "cannot bind reference in address space 'constant' to object in address space 'thread'",
	} {
		text := strings.Replace(conversionsText, "STATEMENT", statement, 1)
		_, err := c.Build(context.Background(), msl.Program{Source: text, File: "k.metal"})
		var compile *msl.CompileError
		if !errors.As(err, &compile) {
			t.Errorf("%s: %v, want a compiler's error", statement, err)
			continue
		}
		if !strings.Contains(err.Error(), words) || !strings.HasPrefix(err.Error(), "k.metal:6:") {
			t.Errorf("%s: %v\nwant an error at line 6 with %q", statement, err, words)
		}
		for _, ours := range []string{"msl_", "__", "[...]", "no viable", "no matching conversion"} {
			if strings.Contains(err.Error(), ours) {
				t.Errorf("%s: %v\nhas %q, which is not of the text", statement, err, ours)
			}
		}
	}
}
