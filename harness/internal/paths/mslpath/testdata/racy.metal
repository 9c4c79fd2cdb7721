// Attention of one query row, head_dim 128, by one simdgroup, as vector kernels do it: 32 weights at a time lie in
// threadgroup memory. There is a mistake: after the last keys lane 0 keeps the sum and the maximum where the weights
// are, and other lanes may not have read those yet.
#include <metal_stdlib>
using namespace metal;

kernel void vector_attention(
    const device float *q [[buffer(0)]], const device float *k [[buffer(1)]], const device float *v [[buffer(2)]],
    device float *out [[buffer(3)]], constant int &kv_len [[buffer(4)]], constant float &scale [[buffer(5)]],
    constant int &group [[buffer(6)]], threadgroup float *weights [[threadgroup(0)]],
    uint3 place [[threadgroup_position_in_grid]], uint3 places [[threadgroups_per_grid]],
    uint lane [[thread_index_in_simdgroup]]) {
  const ulong head = ulong(place.z) * places.y + place.y, kv_head = head / group;
  q += (head * places.x + place.x) * 128;
  out += (head * places.x + place.x) * 128;
  k += kv_head * kv_len * 128;
  v += kv_head * kv_len * 128;

  float4 sum = 0;
  float most = -INFINITY, total = 0;
  for (int first = 0; first < kv_len; first += 32) {
    float score = -INFINITY;
    if (first + int(lane) < kv_len) {
      score = 0;
      for (int i = 0; i < 128; i++) score += q[i] * k[(first + lane) * 128 + i];
      score *= scale;
    }
    const float above = max(most, simd_max(score));
    const float keep = exp(most - above), weight = exp(score - above);
    total = total * keep + simd_sum(weight);
    weights[lane] = weight;
    most = above;
    simdgroup_barrier(mem_flags::mem_threadgroup);
    sum *= keep;
    for (int j = 0; j < min(32, kv_len - first); j++)
      sum += weights[j] * *(const device float4 *)(v + (first + j) * 128 + lane * 4); // the read
  }
  if (lane == 0) {
    weights[0] = total; // the write
    weights[1] = most;
  }
  simdgroup_barrier(mem_flags::mem_threadgroup);
  *(device float4 *)(out + lane * 4) = sum / weights[0];
}
