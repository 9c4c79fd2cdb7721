// Attention over keys that are dealt out to threadgroups, in the style of one argument struct and of functions as
// template parameters: a kernel for each way in which keys and values are stored. The first kernel computes a part of
// the keys, the second puts the parts of a row together.
#include <metal_stdlib>
using namespace metal;

struct attention_args {
  int q_len;
  int kv_len;
  int heads;
  int kv_heads;
  int parts; // of the keys
  ulong q_row, q_head, q_batch; // strides in bytes
  ulong k_row, k_head, k_batch;
  ulong v_row, v_head, v_batch;
  ulong mask_row, mask_head, mask_batch;
  float scale;
};

void four_of_half(device const half4 *from, short i, thread float4 &to) { to = float4(from[i]); }
void four_of_bfloat(device const bfloat4 *from, short i, thread float4 &to) { to = float4(from[i]); }
void four_of_float(device const float4 *from, short i, thread float4 &to) { to = from[i]; }

constant bool has_mask [[function_constant(10)]];

template <typename T4, void (*four_of)(device const T4 *, short, thread float4 &), short D>
kernel void split_attention(
    constant attention_args &args [[buffer(0)]],
    device const char *q [[buffer(1)]],
    device const char *k [[buffer(2)]],
    device const char *v [[buffer(3)]],
    device const char *mask [[buffer(4)]],
    device float *parts [[buffer(5)]], // for each row and part: D values, the sum of the weights and their maximum
    threadgroup float *shared [[threadgroup(0)]],
    uint3 place [[threadgroup_position_in_grid]],
    ushort lane [[thread_index_in_simdgroup]]) {
  const int row = place.x, head = place.y % args.heads, batch = place.y / args.heads, part = place.z;
  const int kv_head = head / (args.heads / args.kv_heads);
  const int chunk = (args.kv_len + args.parts - 1) / args.parts;
  const int first = part * chunk, last = min(first + chunk, args.kv_len);
  device const float4 *query = (device const float4 *)(q + row * args.q_row + head * args.q_head + batch * args.q_batch);
  k += kv_head * args.k_head + batch * args.k_batch;
  v += kv_head * args.v_head + batch * args.v_batch;
  device const half *bias = (device const half *)(mask + row * args.mask_row + head * args.mask_head + batch * args.mask_batch);

  for (short d = lane; d < D; d += 32) shared[32 + d] = 0;
  float most = -INFINITY, total = 0;
  for (int j0 = first; j0 < last; j0 += 32) {
    const int j = j0 + lane; // a key for each lane
    float score = -INFINITY;
    if (j < last && (!has_mask || bias[j] > -INFINITY)) {
      float dots = 0;
      for (short i = 0; i < D / 4; i++) {
        float4 key;
        four_of((device const T4 *)(k + j * args.k_row), i, key);
        dots += dot(query[i], key);
      }
      score = dots * args.scale;
      if (has_mask) score += float(bias[j]);
    }
    const float above = max(most, simd_max(score));
    const float keep = most == above ? 1 : exp(most - above);
    const float weight = score == -INFINITY ? 0 : score == above ? 1 : exp(score - above);
    total = total * keep + simd_sum(weight);
    most = above;
    simdgroup_barrier(mem_flags::mem_threadgroup);
    shared[lane] = weight;
    simdgroup_barrier(mem_flags::mem_threadgroup);
    for (short i = lane; i < D / 4; i += 32) {
      float4 sum = keep * float4(shared[32 + 4 * i], shared[33 + 4 * i], shared[34 + 4 * i], shared[35 + 4 * i]);
      for (short l = 0; l < 32 && j0 + l < last; l++) {
        if (shared[l] == 0) continue;
        float4 value;
        four_of((device const T4 *)(v + (j0 + l) * args.v_row), i, value);
        sum += shared[l] * value;
      }
      for (short c = 0; c < 4; c++) shared[32 + 4 * i + c] = sum[c];
    }
  }
  simdgroup_barrier(mem_flags::mem_threadgroup);
  device float *to = parts + ((ulong(place.y) * args.q_len + row) * args.parts + part) * (D + 2);
  for (short d = lane; d < D; d += 32) to[d] = shared[32 + d];
  if (lane == 0) {
    to[D] = total;
    to[D + 1] = most;
  }
}

struct reduce_args {
  int parts;
  int head_dim;
  packed_int2 order; // of heads and rows in the output
  int heads;
};

constant bool wants_lse [[function_constant(20)]];

kernel void split_attention_reduce(
    constant reduce_args &args [[buffer(0)]],
    device const float *parts [[buffer(1)]],
    device float *out [[buffer(2)]],
    device float *lse [[buffer(3)]],
    uint3 place [[threadgroup_position_in_grid]],
    uint3 grid [[threadgroups_per_grid]],
    uint thread_index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]]) {
  const int row = place.x, head = place.y % args.heads, batch = place.y / args.heads;
  const ulong from = (ulong(place.y) * grid.x + row) * args.parts;
  const ulong place_of_row = (ulong(batch) * grid.x * args.heads) + head * args.order[0] + row * args.order[1];
  const int length = args.head_dim + 2;
  float most = -INFINITY, total = 0;
  for (int p = 0; p < args.parts; p++) most = max(most, parts[(from + p) * length + args.head_dim + 1]);
  for (int p = 0; p < args.parts; p++) {
    const float sum = parts[(from + p) * length + args.head_dim];
    total += sum == 0 ? 0 : sum * exp(parts[(from + p) * length + args.head_dim + 1] - most);
  }
  for (int d = thread_index; d < args.head_dim; d += threads) {
    float value = 0;
    for (int p = 0; p < args.parts; p++) {
      const float sum = parts[(from + p) * length + args.head_dim];
      value += sum == 0 ? 0 : parts[(from + p) * length + d] * exp(parts[(from + p) * length + args.head_dim + 1] - most);
    }
    out[place_of_row * args.head_dim + d] = total == 0 ? 0 : value / total;
  }
  if (wants_lse && thread_index == 0) lse[ulong(place.y) * grid.x + row] = total == 0 ? -INFINITY : most + log(total);
}

#define KERNEL(name, T4, f, D) \
  template [[host_name("split_attention_" #name "_d" #D)]] kernel split_attention_t split_attention<T4, f, D>;
#define KERNELS(D) KERNEL(f32, float4, four_of_float, D) KERNEL(f16, half4, four_of_half, D) KERNEL(bf16, bfloat4, four_of_bfloat, D)
typedef decltype(split_attention<float4, four_of_float, 32>) split_attention_t;
KERNELS(32)
KERNELS(64)
KERNELS(80)
KERNELS(128)
KERNELS(256)
