// Attention over a cache of small integers with scales: a threadgroup of one simdgroup computes one row. Keys come one after
// the other; lanes share the columns. k and v may be int8, int4, or ggml's q8_0 and q4_0, v of another width than k.
#include <metal_stdlib>
using namespace metal;

constant constexpr uint LANES = 32, MOST_COLUMNS = 576, BLOCK = 32;
constant constexpr uint INT8 = 1, INT4 = 2, Q8_0 = 3;  // else q4_0

struct Strides { ulong batch, head, row; };

// Where the integers of k or v are, in bytes, and of int8 and int4 their scales, in elements: 0 along what shares one.
struct Integers {
  Strides bytes, scales;
  uint format;
  uint scale_columns;  // that share a scale; 0: all of a row
  uint has_zeros;
};

// (integer - zero point) * scale, of a column of a row that begins at `bytes` and whose first scale is scale number `scale`.
float number(constant Integers& m, const device uchar* bytes, const device float* scales, const device int* zeros, ulong scale,
             uint column) {
  if (m.format == INT8 || m.format == INT4) {
    int i = 0;
    if (m.format == INT8) i = as_type<char>(bytes[column]);
    else i = int((bytes[column / 2] >> (column % 2 * 4) & 15) ^ 8) - 8;
    if (m.scale_columns != 0) scale += column / m.scale_columns;
    if (m.has_zeros != 0) i -= zeros[scale];
    return float(i) * scales[scale];
  }
  const uint size = m.format == Q8_0 ? BLOCK : BLOCK / 2, c = column % BLOCK;
  bytes += column / BLOCK * (2 + size);
  int i = 0;
  if (m.format == Q8_0) i = as_type<char>(bytes[2 + c]);
  else i = int(bytes[2 + c % 16] >> (c / 16 * 4) & 15) - 8;
  return float(i) * float(as_type<half>(ushort(bytes[0] | bytes[1] << 8)));
}

template <typename T>
[[kernel]] void quantised_attention(
    const device T* q [[buffer(0)]],
    const device uchar* k [[buffer(1)]],
    const device uchar* v [[buffer(2)]],
    device T* out [[buffer(3)]],
    device float* lse [[buffer(4)]],  // null: not wanted
    const device float* k_scales [[buffer(5)]],
    const device int* k_zeros [[buffer(6)]],
    const device float* v_scales [[buffer(7)]],
    const device int* v_zeros [[buffer(8)]],
    constant Integers& key [[buffer(9)]],
    constant Integers& value [[buffer(10)]],
    constant ulong* q_strides [[buffer(11)]],  // batch, head, row
    constant ulong* out_strides [[buffer(12)]],
    constant uint* sizes [[buffer(13)]],  // kv_len, head_dim, v_head_dim, group, is_causal
    constant float& scale [[buffer(14)]],
    constant int& diagonal [[buffer(15)]],
    uint3 place [[threadgroup_position_in_grid]],
    uint3 places [[threadgroups_per_grid]],
    uint lane [[thread_index_in_simdgroup]]) {
  const uint kv_len = sizes[0], head_dim = sizes[1], v_head_dim = sizes[2];
  const ulong row = place.x, head = place.y, batch = place.z, kv_head = head / sizes[3];
  q += batch * q_strides[0] + head * q_strides[1] + row * q_strides[2];
  out += batch * out_strides[0] + head * out_strides[1] + row * out_strides[2];
  k += batch * key.bytes.batch + kv_head * key.bytes.head;
  v += batch * value.bytes.batch + kv_head * value.bytes.head;

  float sums[MOST_COLUMNS / LANES];
  for (uint i = 0; i < MOST_COLUMNS / LANES; i++) sums[i] = 0;
  float most = -INFINITY, total = 0;
  for (uint j = 0; j < kv_len; j++) {
    if (sizes[4] != 0 && int(j) > int(row) + diagonal) continue;
    const ulong k_scale = batch * key.scales.batch + kv_head * key.scales.head + j * key.scales.row;
    const ulong v_scale = batch * value.scales.batch + kv_head * value.scales.head + j * value.scales.row;
    float dot = 0;
    for (uint d = lane; d < head_dim; d += LANES)
      dot += float(q[d]) * number(key, k + j * key.bytes.row, k_scales, k_zeros, k_scale, d);
    const float score = scale * simd_sum(dot), above = max(most, score);
    const float keep = most == above ? 1 : exp(most - above), weight = score == above ? 1 : exp(score - above);
    for (uint i = 0; i * LANES + lane < v_head_dim; i++)
      sums[i] = sums[i] * keep + weight * number(value, v + j * value.bytes.row, v_scales, v_zeros, v_scale, i * LANES + lane);
    total = total * keep + weight;
    most = above;
  }
  for (uint i = 0; i * LANES + lane < v_head_dim; i++) out[i * LANES + lane] = T(total == 0 ? 0 : sums[i] / total);
  if (lse && lane == 0) lse[(batch * places.y + head) * places.x + row] = total == 0 ? -INFINITY : most + log(total);
}

template [[host_name("quantised_attention_float")]] [[kernel]] decltype(quantised_attention<float>) quantised_attention<float>;
template [[host_name("quantised_attention_half")]] [[kernel]] decltype(quantised_attention<half>) quantised_attention<half>;
template [[host_name("quantised_attention_bfloat")]] [[kernel]] decltype(quantised_attention<bfloat>) quantised_attention<bfloat>;
