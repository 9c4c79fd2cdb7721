package host

import (
	"strings"
	"testing"
)

// flows are bodies of kernels by what is special about the ways through them.
var flows = map[string]string{
	"a loop after a loop": `uint v = 1, m = 0;
  if (as_type<uint>(x[i]) & 1) {
    for (uint k = 0; k < i % 32; ++k) v = as_type<uint>(x[(v + k) % 64]) % 256;
    for (; v > 0; v /= 2) ++m;
  }
  o[i] = m;`,
	"a loop on what a loop left": `uint v = as_type<uint>(x[i]) % 256, k = v % 32, m = 0;
  if (i % 32 > 2) {
    while (k > 0) { v = as_type<uint>(x[v % 64]) % 256 + k; --k; }
    while (v & 0xff) { ++m; v >>= 1; }
  }
  o[i] = m;`,
	"a loop in a loop": `uint sum = 0, w = 0;
  uint seen[6] = {1, i, 3, 4, 5, 6};
  float v = x[i];
  while (true) {
    if (++w > i % 8) break;
    for (ushort k = ushort(as_type<uint>(x[i]) % 8); k > 0; --k) {
      if (v > x[i >> 2]) {
        sum ^= max(ushort(k + k), ushort(16));
        seen[as_type<uint>(x[i >> 2]) % 4] += 255;
      }
      v = trunc(x[i % 16 * 4 + 7] * 4);
    }
  }
  o[i] = sum + seen[0];`,
	"turns of two loops": `uint c = 0, m = 0, w = i % 32;
  while (w) { --w; while (as_type<uint>(x[(c + w) % 64]) % 2) { c += 3; if (c > 500) break; } m = m * 3 + c; }
  o[i] = m * 31 + c;`,
	"a switch that ends a turn": `uint a = as_type<uint>(x[i]), b = as_type<uint>(x[i + 1]), c = i, from = i;
  for (uint k = 0; k < as_type<uint>(x[i]) % 32; ++k) {
    uint l = c % 16;
    while (l) {
      --l;
      switch (b % 4) {
      case 0: break;
      case 1: from += a % 2; a ^= as_type<uint>(x[from % 64]); break;
      default: c += 1;
      }
    }
  }
  o[i] = a * 31 + b * 7 + c + from;`,
	"switches that name all that can come": `uint a = as_type<uint>(x[i]), b = as_type<uint>(x[i + 1]), c = i;
  switch (a & 3) { case 0: c += 1; break; case 1: c *= 5; case 2: c += i; break; case 3: c ^= 99; }
  switch (size.x & 3) { case 0: c += 7; break; case 1: c *= 3; case 2: c += i; break; case 3: c ^= 9; }
  for (uint k = 0; k < i % 5; ++k) {
    switch (b >> k & 3) { case 0: c += simd_sum(k); break; case 1: c *= 5; break; case 2: if (c & 1) continue; c += i; break; case 3: c ^= simd_max(c); }
    c = c * 3 + simd_sum(1u);
  }
  o[i] = c;`,
	"a loop on the way out before a barrier": `uint a = as_type<uint>(x[i]);
  if (i % 32 < 9) {
    for (uint k = 0; k < a % 8; ++k) a = as_type<uint>(x[a % 64]);
    o[i] = a;
    return;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  o[i] = a + 1;`,
	"out of a loop of barriers by a loop": `uint a = as_type<uint>(x[i]);
  for (uint k = 0; k < size.x / 10; ++k) {
    if (i % 32 > 9 + 4 * k) {
      for (uint l = 0; l < i % 8; ++l) a = as_type<uint>(x[a % 64]);
      o[i] = a;
      return;
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    a ^= as_type<uint>(x[(a + k) % 64]);
  }
  o[i] = a;`,
	"a loop whose end is the head of another": `float sum = 0; uint w = 0;
  while (true) {
    if (++w > size.x / 20) break;
    for (uint k = i % 16; k > 0; --k) sum = sum * 0.5f + 1.25f;
  }
  o[i] = sum + w;`,
	"the same, for some lanes": `float sum = 0; uint w = 0;
  if (i % 32 > 3) {
    while (true) {
      if (++w > size.x / 20) break;
      for (uint k = i % 16; k > 0; --k) sum = sum * 0.5f + 1.25f;
      if (i % 32 == 13) continue;
    }
  }
  o[i] = sum + w;`,
	"powers of two":          `o[i] = pow(2.0f, x[i]); if (x[i] > 0) o[i] += pow(2.0f, x[i / 8]);`,
	"powers of two in fours": `((device float4 *)o)[i] = pow(float4(2.0f), ((device const float4 *)x)[i % 16]);`,
	"a vector for some, a constant for others": `float4 v = i < size.x / 2 ? ((device const float4 *)x)[i % 16] : float4(0);
  ((device float4 *)o)[i] = v * 2.0f;`,
	"three numbers for some, a constant for others": `float3 v = i % 8 < 5 ? ((device const float3 *)x)[i % 16] : 1.0f;
  ((device float3 *)o)[i] = v * 2.0f;`,
	"a lambda that returns early": `auto apart = [&](uint a, uint b) { if (a > b) return a - b; return b * 2 + i; };
  uint sum = 0; auto add = [&sum](uint a) { sum = sum * 7 + a; };
  for (uint k = 0; k < i % 8; ++k) { add(apart(k, as_type<uint>(x[i]) % 8)); if (sum > 0xfffff) return; }
  o[i] = sum;`,
}

// TestWaysThroughKernels: lanes that come to a loop in several turns of the one before it keep what they bring, a loop that ends at
// the head of another ends, who has left is not waited for at a barrier, and what LLVM writes about switches, powers of two, and
// calls that became part of a kernel is understood.
func TestWaysThroughKernels(t *testing.T) {
	sameBits(t, flows)
}

// sameBits holds vectors against fibers, in kernels of these bodies.
func sameBits(t *testing.T, bodies map[string]string) {
	t.Helper()
	compiler := wideCompilerOf(t)
	for name, body := range bodies {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			text := prelude + storing("test", body)
			threadgroup := [3]uint32{60}
			if stored(t, compiler, Fibers, text, "test", threadgroup) != stored(t, compiler, Wide, text, "test", threadgroup) {
				t.Error("the engines' bits differ")
			}
		})
	}
}

// TestLargePrivateVariables stay on fibers, each of which has a stack of its own, where they are too much for a simdgroup's.
func TestLargePrivateVariables(t *testing.T) {
	compiler := wideCompilerOf(t)
	for count, onVectors := range map[string]bool{"2000": true, "3900": true, "4200": false, "8000": false, "12000": false, "16384": false} {
		t.Run(count, func(t *testing.T) {
			text := prelude + storing("test", strings.ReplaceAll(`uint a[COUNT], r = 0;
  for (uint k = 0; k < COUNT; ++k) a[k] = k * i;
  a[as_type<uint>(x[i]) % COUNT] = 5;
  for (uint k = 0; k < COUNT; k += 7) r = r * 3 + a[(k + i) % COUNT];
  o[i] = r;`, "COUNT", count))
			engines := engineCount{}
			d := newDevice(t, Options{Workers: 1, Engine: Wide, Compiler: compiler, OnEngine: engines.add})
			threadgroup := [3]uint32{64}
			got := storedOn(t, d, text, "test", threadgroup)
			if wide := engines.wide == 1; wide != onVectors || !onVectors && !strings.Contains(engines.why[0], "private variables") {
				t.Errorf("on vectors %t: %q", wide, engines.why)
			}
			if got != stored(t, compiler, Fibers, text, "test", threadgroup) {
				t.Error("the engines' bits differ")
			}
		})
	}
}
