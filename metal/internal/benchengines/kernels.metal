// What `make bench-engines` measures beside the project's own kernel.
#include <metal_stdlib>
using namespace metal;

// Attention for few rows, as MLX's and ggml's kernels for a single token are made: a threadgroup computes one row, its 8
// simdgroups take turns at the keys, each lane has two columns, and what they found is merged in threadgroup memory.
kernel void vector_attention(device const float *q [[buffer(0)]], device const float *k [[buffer(1)]], device const float *v [[buffer(2)]],
                             device float *out [[buffer(3)]], constant int &keys [[buffer(4)]], constant float &scale [[buffer(5)]],
                             uint row [[threadgroup_position_in_grid]], uint simdgroup [[simdgroup_index_in_threadgroup]],
                             uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float partial[8 * 64], maxima[8], sums[8];
  q += row * 64 + lane * 2;
  k += simdgroup * 64 + lane * 2;
  v += simdgroup * 64 + lane * 2;
  const float query[2] = {scale * q[0], scale * q[1]};
  float sum[2] = {0.0f, 0.0f}, most = -3.0e38f, total = 0.0f;
  for (int key = simdgroup; key < keys; key += 8) {
    const float score = simd_sum(query[0] * k[0] + query[1] * k[1]);
    const float above = max(most, score), keep = fast::exp(most - above), weight = fast::exp(score - above);
    most = above;
    total = total * keep + weight;
    sum[0] = sum[0] * keep + weight * v[0];
    sum[1] = sum[1] * keep + weight * v[1];
    k += 8 * 64;
    v += 8 * 64;
  }
  partial[simdgroup * 64 + lane * 2] = sum[0];
  partial[simdgroup * 64 + lane * 2 + 1] = sum[1];
  if (lane == 0) { maxima[simdgroup] = most; sums[simdgroup] = total; }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  float highest = -3.0e38f, all = 0.0f, x = 0.0f;
  for (int s = 0; s < 8; ++s) highest = max(highest, maxima[s]);
  for (int s = 0; s < 8; ++s) all += sums[s] * fast::exp(maxima[s] - highest);
  const uint column = simdgroup * 32 + lane;
  if (column < 64) {
    for (int s = 0; s < 8; ++s) x += partial[s * 64 + column] * fast::exp(maxima[s] - highest);
    out[row * 64 + column] = x / all;
  }
}

// Each lane halves or triples its own number until it is 1.
kernel void parted(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  uint x = in[i], steps = 0;
  while (x != 1 && steps < 1000) {
    if (x % 2 == 0) x /= 2;
    else if (x % 3 == 0) x = x / 3 * 2 + 1;
    else x = 3 * x + 1;
    ++steps;
  }
  out[i] = steps;
}
