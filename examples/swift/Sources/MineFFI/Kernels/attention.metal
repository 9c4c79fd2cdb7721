// One simdgroup computes one row: its lanes share head_dim, and keys are taken in one after the other with a running
// maximum. Replace it by your kernel.
#include <metal_stdlib>
using namespace metal;

constant bool is_causal [[function_constant(0)]];
constant uint head_dim [[function_constant(1)]];
constant float scale [[function_constant(2)]];

struct Sizes {
  uint q_len, kv_len;
};

template <typename T>
[[kernel]] void attention(
    const device T* q [[buffer(0)]], // [batch * heads, q_len, head_dim]
    const device T* k [[buffer(1)]], // [batch * heads, kv_len, head_dim]
    const device T* v [[buffer(2)]],
    device T* out [[buffer(3)]],
    device float* sums [[buffer(4)]], // [batch * heads, q_len, head_dim], scratch
    constant Sizes& sizes [[buffer(5)]],
    uint3 place [[threadgroup_position_in_grid]],
    uint lane [[thread_index_in_simdgroup]]) {
  const ulong row = ulong(place.y) * sizes.q_len + place.x;
  q += row * head_dim;
  out += row * head_dim;
  sums += row * head_dim;
  k += ulong(place.y) * sizes.kv_len * head_dim;
  v += ulong(place.y) * sizes.kv_len * head_dim;

  for (uint d = lane; d < head_dim; d += 32) sums[d] = 0;
  float most = -INFINITY, total = 0;
  const uint seen = is_causal ? min(place.x + 1, sizes.kv_len) : sizes.kv_len; // top-left
  for (uint j = 0; j < seen; j++) {
    float dot = 0;
    for (uint d = lane; d < head_dim; d += 32) dot += float(q[d]) * float(k[j * head_dim + d]);
    const float score = scale * simd_sum(dot);
    const float above = max(most, score);
    const float keep = most == above ? 1 : exp(most - above);
    const float weight = score == -INFINITY ? 0 : exp(score - above); // of an infinite or NaN score a NaN
    for (uint d = lane; d < head_dim; d += 32) sums[d] = sums[d] * keep + weight * float(v[j * head_dim + d]);
    total = total * keep + weight;
    most = above;
  }
  for (uint d = lane; d < head_dim; d += 32) out[d] = T(sums[d] / total);
}

template [[host_name("attention_fp16")]] [[kernel]] decltype(attention<half>) attention<half>;
template [[host_name("attention_bf16")]] [[kernel]] decltype(attention<bfloat>) attention<bfloat>;
template [[host_name("attention_fp32")]] [[kernel]] decltype(attention<float>) attention<float>;
