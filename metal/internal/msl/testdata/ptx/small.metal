#include <metal_stdlib>
using namespace metal;

float part(float x) {
  for (int i = 0; i < 2; ++i) x += simd_sum(x);
  return x;
}

kernel void k(device float *out [[buffer(0)]], constant float &scale [[buffer(2)]],
              threadgroup float *given [[threadgroup(0)]], uint3 at [[thread_position_in_grid]],
              ushort lane [[thread_index_in_simdgroup]]) {
  threadgroup float own[4][8];
  threadgroup uint count = 3;
  own[lane / 8][lane % 8] = scale;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  #pragma unroll
  for (int i = 0; i < 4; ++i) out[at.x] += own[i][lane % 8] + given[i] + part(out[i]) + count;
}
