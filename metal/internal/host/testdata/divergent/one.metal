#include <metal_stdlib>
using namespace metal;
// Lanes of different turns of a loop come to the same operation: those of one turn, 16, carry it out together.
kernel void f(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], constant uint &n [[buffer(2)]],
              uint3 group [[threadgroup_position_in_grid]], uint lane [[thread_index_in_simdgroup]]) {
  uint x = 0;
  for (uint a = 0; a < n; a++) {
    if ((lane + a) & 1) x = x * 100 + uint(simd_sum(1.0f));
  }
  out[group.x * 32 + lane] = x;
}
