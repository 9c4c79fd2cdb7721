// Attention for few query rows, in the style of template instantiations with host names and stride scalars: one
// threadgroup computes one row, its simdgroups take turns at the keys, and what they found is merged in threadgroup
// memory.
#include <metal_stdlib>
using namespace metal;

constant bool has_mask [[function_constant(0)]];
constant bool is_causal [[function_constant(1)]];

constant constexpr int SIMDGROUPS = 8;
constant constexpr int LANES = 32;

template <typename T, int D>
[[kernel]] void vector_attention(
    const device T* q [[buffer(0)]],
    const device T* k [[buffer(1)]],
    const device T* v [[buffer(2)]],
    device T* out [[buffer(3)]],
    const device uchar* mask [[buffer(4), function_constant(has_mask)]],
    constant int& kv_len [[buffer(5)]],
    constant int& group [[buffer(6)]],
    constant float& scale [[buffer(7)]],
    constant int& diagonal [[buffer(8)]],
    constant ulong* q_strides [[buffer(9)]],  // batch, head, row, in elements
    constant ulong* k_strides [[buffer(10)]],
    constant ulong* v_strides [[buffer(11)]],
    constant ulong* out_strides [[buffer(12)]],
    constant ulong* mask_strides [[buffer(13), function_constant(has_mask)]], // and column
    uint3 place [[threadgroup_position_in_grid]],
    uint simdgroup [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  constexpr int PART = (D + LANES - 1) / LANES;
  threadgroup float partial[SIMDGROUPS * D];
  threadgroup float maxima[SIMDGROUPS];
  threadgroup float sums[SIMDGROUPS];

  const int row = place.x, head = place.y, batch = place.z;
  q += batch * q_strides[0] + head * q_strides[1] + row * q_strides[2];
  k += batch * k_strides[0] + (head / group) * k_strides[1];
  v += batch * v_strides[0] + (head / group) * v_strides[1];
  out += batch * out_strides[0] + head * out_strides[1] + row * out_strides[2];
  if (has_mask) mask += batch * mask_strides[0] + head * mask_strides[1] + row * mask_strides[2];

  float query[PART], sum[PART];
  for (int i = 0; i < PART; i++) {
    const int d = lane + i * LANES;
    query[i] = d < D ? scale * float(q[d]) : 0;
    sum[i] = 0;
  }
  float most = -INFINITY, total = 0;
  for (int j = simdgroup; j < kv_len; j += SIMDGROUPS) {
    bool seen = !is_causal || j <= row + diagonal;
    if (has_mask) seen = seen && mask[j * mask_strides[3]] != 0;
    if (!seen) continue; // the same for all lanes
    float dot = 0;
    for (int i = 0; i < PART; i++) {
      const int d = lane + i * LANES;
      dot += d < D ? query[i] * float(k[j * k_strides[2] + d]) : 0;
    }
    const float score = simd_sum(dot);
    const float above = max(most, score);
    const float keep = most == above ? 1 : exp(most - above);
    const float weight = score == above ? 1 : exp(score - above);
    for (int i = 0; i < PART; i++) {
      const int d = lane + i * LANES;
      if (d < D) sum[i] = sum[i] * keep + weight * float(v[j * v_strides[2] + d]);
    }
    total = total * keep + weight;
    most = above;
  }

  for (int i = 0; i < PART; i++) {
    const int d = lane + i * LANES;
    if (d < D) partial[simdgroup * D + d] = sum[i];
  }
  if (lane == 0) {
    maxima[simdgroup] = most;
    sums[simdgroup] = total;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);

  float highest = -INFINITY;
  for (int s = 0; s < SIMDGROUPS; s++) highest = max(highest, maxima[s]);
  float normaliser = 0;
  for (int s = 0; s < SIMDGROUPS; s++) normaliser += sums[s] == 0 ? 0 : sums[s] * exp(maxima[s] - highest);
  for (int d = simdgroup * LANES + lane; d < D; d += SIMDGROUPS * LANES) {
    float value = 0;
    for (int s = 0; s < SIMDGROUPS; s++) value += sums[s] == 0 ? 0 : partial[s * D + d] * exp(maxima[s] - highest);
    out[d] = T(normaliser == 0 ? 0 : value / normaliser);
  }
}

#define INSTANTIATE(name, T, D) \
  template [[host_name("vector_attention_" #name "_" #D)]] [[kernel]] decltype(vector_attention<T, D>) vector_attention<T, D>;
#define INSTANTIATE_ALL(D) \
  INSTANTIATE(float, float, D) INSTANTIATE(half, half, D) INSTANTIATE(bfloat, bfloat, D)

INSTANTIATE_ALL(16)
INSTANTIATE_ALL(32)
INSTANTIATE_ALL(64)
INSTANTIATE_ALL(80)
INSTANTIATE_ALL(96)
INSTANTIATE_ALL(128)
INSTANTIATE_ALL(256)
