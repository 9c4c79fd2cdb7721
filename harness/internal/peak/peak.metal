// The most arithmetic that a device can do: fused multiply-adds of its registers and nothing else. Every chain is
// independent of the others, so that latency hides; the results are written, so that no compiler may leave them out.
#include <metal_stdlib>
using namespace metal;

// Each thread does rounds * 12 * 4 fused multiply-adds.
kernel void peak_fma(device float *out [[buffer(0)]], constant uint &rounds [[buffer(1)]],
                     constant float2 &by [[buffer(2)]], uint i [[thread_position_in_grid]]) {
  float4 a = float4(i), b = a + 1, c = a + 2, d = a + 3, e = a + 4, f = a + 5;
  float4 g = a + 6, h = a + 7, j = a + 8, k = a + 9, l = a + 10, m = a + 11;
  const float4 x = by.x, y = by.y;
  for (uint n = 0; n < rounds; n++) {
    a = fma(a, x, y), b = fma(b, x, y), c = fma(c, x, y), d = fma(d, x, y);
    e = fma(e, x, y), f = fma(f, x, y), g = fma(g, x, y), h = fma(h, x, y);
    j = fma(j, x, y), k = fma(k, x, y), l = fma(l, x, y), m = fma(m, x, y);
  }
  const float4 sum = ((a + b) + (c + d)) + ((e + f) + (g + h)) + ((j + k) + (l + m));
  out[i] = sum.x + sum.y + sum.z + sum.w;
}

// Each simdgroup does rounds * 4 * 512 of them in 8x8 matrices.
kernel void peak_matrix(device float *out [[buffer(0)]], constant uint &rounds [[buffer(1)]],
                        constant float2 &by [[buffer(2)]], uint i [[thread_position_in_grid]]) {
  simdgroup_float8x8 a = make_filled_simdgroup_matrix<float, 8, 8>(by.x);
  simdgroup_float8x8 b = make_filled_simdgroup_matrix<float, 8, 8>(by.y);
  simdgroup_float8x8 p = a, q = b, r = a, s = b;
  for (uint n = 0; n < rounds; n++) {
    simdgroup_multiply_accumulate(p, a, b, p);
    simdgroup_multiply_accumulate(q, a, b, q);
    simdgroup_multiply_accumulate(r, a, b, r);
    simdgroup_multiply_accumulate(s, a, b, s);
  }
  simdgroup_multiply_accumulate(p, a, q, p);
  simdgroup_multiply_accumulate(r, a, s, r);
  simdgroup_multiply_accumulate(p, a, r, p);
  simdgroup_store(p, out + i / 32 * 64, 8);
}
