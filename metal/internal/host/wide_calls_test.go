package host

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// called are texts by what is special about the function that they wish to be called: KEPT is how they say so.
var called = map[string]string{
	"of numbers": `KEPT static int f(int a, int b) { int r = 0; for (int k = 0; k < (b & 7); ++k) r += a ^ k; return r; }
BODY o[i] = uint(f(int(x[i] & 0xffff), int(i)));`,
	"of vectors": `KEPT static float3 f(float3 a, uint b) { return b & 1 ? a * 2 : a.zyx; }
BODY float3 v = f(float3(x[i] % 9, i, 2), i); v += f(v, i + 1); o[i] = uint(v.x) * 64 + uint(v.y) * 8 + uint(v.z);`,
	"two floats": `KEPT static float2 f(float2 a, half4 b) { return a * float2(b.wx) + float2(b.yz); }
BODY float2 v = f(float2(x[i] % 9, i), half4(half(i), 2, 1, 4)); v += f(v, half4(half(v.y))); o[i] = as_type<uint>(v.x) ^ as_type<uint>(v.y);`,
	"a struct": `struct big { uint v[6]; };
KEPT static uint f(big b, uint n) { b.v[0] += b.v[n]; return b.v[0] * 3 + b.v[5]; }
BODY big b; for (uint k = 0; k < 6; ++k) b.v[k] = x[i + k]; o[i] = f(b, i % 6); b.v[i % 6] = 1; o[i] += f(b, (i + 1) % 6);`,
	"a struct in return": `struct big { uint v[6]; };
KEPT static big f(uint a, uint n) { big b; for (uint k = 0; k < 6; ++k) b.v[k] = a * k + n; return b; }
BODY big b = f(x[i], i); o[i] = b.v[i % 6] * 5 + b.v[2];`,
	"memory of the caller": `KEPT static void f(thread uint *q, uint n) { q[n] += 5; q[0] = q[n] * 2; }
BODY uint q[5]; for (uint k = 0; k < 5; ++k) q[k] = x[i + k]; f(q, i % 5); if (i & 1) f(q + 1, 2); o[i] = q[0] * 7 + q[i % 5];`,
	"memory of the device": `KEPT static void f(device uint *o, uint n) { o[64 * (n & 3)] = n * 3; }
BODY for (uint k = 0; k < 4; ++k) o[64 * k + i] = 0; f(o + i, x[i]); if (x[i] > 5) f(o + i, x[i + 1] | 1);`,
	"lanes that ask each other": `KEPT static uint f(uint x) { return simd_sum(x & 0xff); }
BODY uint r = f(x[i]); if (i & 1) r = r * 3 + f(i); else r = r * 5 + f(1); for (uint k = 0; k < i % 5; ++k) r = r * 7 + f(k + 1); o[i] = r;`,
	"one by another": `KEPT static bool g(bool a, bool b) { return a != b; }
KEPT static uint f(uint x, bool last) { return g(x & 1, x & 2) ? last ? x : x / 3 : x + 1; }
BODY [[clang::noinline]] o[i] = f(x[i], i & 1) + uint(g(x[i] > 7, true));`,
}

// TestCallsBecomePartOfAKernel: a function that is to be called, and not made part of its caller, does the same when it is, and
// vectors need that.
func TestCallsBecomePartOfAKernel(t *testing.T) {
	compiler := wideCompilerOf(t)
	input := make([]byte, 4*128)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range input {
		input[i] = byte(r.Uint32())
	}
	for name, text := range called {
		for _, kept := range []string{"noinline", "optnone", "cold, noinline"} {
			t.Run(strings.NewReplacer(" ", "_", ",", "").Replace(name+" "+kept), func(t *testing.T) {
				text := strings.NewReplacer("KEPT", "__attribute__(("+kept+"))", "BODY", "kernel void test(device const uint *x [[buffer(0)]],\n"+
					"    device uint *o [[buffer(1)]], uint i [[thread_position_in_grid]]) {\n ").Replace(prelude + text + "\n}\n")
				fibers, _ := outputOf(t, compiler, Fibers, text, input, 64, 4*256)
				vectors, onFibers := outputOf(t, compiler, Wide, text, input, 64, 4*256)
				if onFibers != nil {
					t.Errorf("on fibers: %v", onFibers)
				}
				if !bytes.Equal(fibers, vectors) {
					t.Error("the engines' bits differ")
				}
			})
			if name != "two floats" { // all words in one kernel, one of them in the others
				break
			}
		}
	}
}
