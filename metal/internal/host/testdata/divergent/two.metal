#include <metal_stdlib>
using namespace metal;
// All lanes sum at the top of each turn, also those that went on from the turn before by continue.
kernel void f(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], constant uint &n [[buffer(2)]],
              uint3 group [[threadgroup_position_in_grid]], uint lane [[thread_index_in_simdgroup]]) {
  uint x = 0;
  for (uint a = 0; a < n; a++) { x = x * 100 + uint(simd_sum(1.0f)); if (lane & 1) continue;
    if ((lane + a) & 1) x = x * 100 + uint(simd_sum(1.0f));
  }
  out[group.x * 32 + lane] = x;
}
