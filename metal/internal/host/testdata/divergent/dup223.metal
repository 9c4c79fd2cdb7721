#include <metal_stdlib>
using namespace metal;
// A random kernel, as it was found: one lane waits in the branch while the others are behind it.
kernel void f(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], constant uint &n [[buffer(2)]],
  uint3 group [[threadgroup_position_in_grid]], uint lane [[thread_index_in_simdgroup]]) {
  const uint i = group.x * 32 + lane; uint x = in[i], y = n;
  y ^= as_type<uint>(simd_shuffle_xor(float((((8 + x) >> ((lane + i) & 7)) + ((1 ^ 7) >> ((y >> (i & 7)) & 7))) & 1023), 16)); x = y; y = (0 * (i >> (y & 7))); y = (y >> (in[(x + 20) & 63] & 7)); if ((((x < (i * lane) ? x : (i * lane)) * in[(x + 22) & 63]) < (((y + i) % ((in[(x + 7) & 63] + in[(x + 6) & 63]) | 1)) ^ ((y + lane) % (i | 1))))) { x = (((y >> (i & 7)) * 1) % (((i >> (lane & 7)) % ((i + 0) | 1)) | 1)); x += as_type<uint>(simd_shuffle(float(x & 511), ushort((8 ^ ((lane >> (y & 7)) + (i < lane ? i : lane))) & 31))); for (uint j1 = 0; j1 < (((x >> ((in[(x + 16) & 63] < i ? in[(x + 16) & 63] : i) & 7)) < ((2 < 5 ? 2 : 5) * (3 + 0)) ? (x >> ((in[(x + 16) & 63] < i ? in[(x + 16) & 63] : i) & 7)) : ((2 < 5 ? 2 : 5) * (3 + 0))) & 7); j1++) { y = ((i < in[(x + 3) & 63] ? i : in[(x + 3) & 63]) >> ((8 < (3 < i ? 3 : i) ? 8 : (3 < i ? 3 : i)) & 7)); x += j1; } out[i + 64 * 32] = (1 * y); } out[i + 64 * 32] = x; y += as_type<uint>(simd_shuffle(float(y & 511), ushort(((0 ^ 0) ^ x) & 31))); y += uint(simd_sum(float((((in[(x + 29) & 63] * in[(x + 55) & 63]) + in[(x + 60) & 63]) * ((lane < 8 ? lane : 8) + in[(x + 35) & 63])) & 255)));
  out[i] = x * 31 + y;
}
