package msl_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/msl"
)

const bfloatText = `#include <metal_stdlib>
using namespace metal;
struct Always { constexpr operator bool() const device { return true; } constexpr operator bool() thread { return true; } };
enum Kind { first, second };
template <class T> T sign_of(T x) { return (x > T(0)) - (x < T(0)); }
void take(bfloat x) {}
bfloat twice(device bfloat *o, float by) { RETURN; }
kernel void k(device bfloat *o [[buffer(0)]], device const float *x [[buffer(1)]], device const half *h [[buffer(2)]]) {
  bfloat a = 1;
  STATEMENT;
  o[0] = twice(o, x[0]) + a;
}
`

// TestBfloatFromFloatIsExplicit: Metal has no implicit conversion of a float to bfloat, in whatever place one would be.
// Public reports quote its words, "cannot initialize a variable of type 'const bfloat' with an rvalue of type 'float'".
func TestBfloatFromFloatIsExplicit(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	c := compiler(t, msl.Options{})
	build := func(statement, returned string) error {
		text := strings.NewReplacer("STATEMENT", statement, "RETURN", returned).Replace(bfloatText)
		_, err := c.Build(context.Background(), msl.Program{Source: text, File: "k.metal"})
		return err
	}
	const returns = "return o[0] * 2"
	for _, statement := range []string{"bfloat b = 1.0f", "bfloat b = 0.0", "const bfloat b = float(x[0])", "o[0] = x[0]", "a = x[0] + o[1]", "o[0] += x[0]",
		"a *= 0.5f", "take(x[0])", "bfloat b[2] = {1.0f, 2}", "bfloat b = 3, c = b + 0.5f", "a = sqrt(x[0])", "a = a > 0 ? a : x[0]", "a = h[0]", "threadgroup bfloat t[4]; t[0] = x[0]"} {
		err := build(statement, returns)
		var compile *msl.CompileError
		if !errors.As(err, &compile) || !strings.Contains(err.Error(), "k.metal:10:") || !strings.Contains(err.Error(), "only where the text says so: bfloat(x)") {
			t.Errorf("%s: %v\nwant an error at line 10 that names bfloat(x)", statement, err)
		}
	}
	if err := build("", "return o[0] * by"); err == nil || !strings.Contains(err.Error(), "k.metal:7:") {
		t.Errorf("a returned float: %v\nwant an error at line 7", err)
	}
	for _, statement := range []string{"bfloat b = bfloat(x[0]), c = static_cast<bfloat>(x[0]), d = (bfloat)x[0]; o[1] = b + c + d", "a += 1, a *= a, a = true",
		"a = sign_of(a)", "Always t; a = t", "a = second", "bfloat b{2}; o[1] = b", "a = bfloat(0.5h), a = bfloat(h[0])", "a = true ? a : 0", "o[1] = max(a, o[0])",
		"simdgroup_bfloat8x8 m(bfloat(3)); a = m.thread_elements().x", "bfloat2x2 m(a); o[1] = m[0].x", "a = sign(a) + step(a, o[1])",
		"bfloat4 v = bfloat4(1.0f, x[0], a, 4); v = v * bfloat(2), v *= 2; o[1] = v.x", "bfloat2 v = bfloat2(0.5f, x[0]); o[1] = v.y", "bfloat3 v(x[0], 1, a); o[1] = v.z",
		"a = M_PI_BF, a = 0.5bf", "a = bfloat(a + 0.5f)", "float f = 1; f += a; f = a; o[1] = bfloat(f)", "a = as_type<bfloat>(ushort(16256))"} {
		if err := build(statement, returns); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
