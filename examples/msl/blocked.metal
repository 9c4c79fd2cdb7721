// Attention in blocks, in the style of a text that is specialised by function constants: the problem's sizes are
// constants of the pipeline, blocks of keys and values come by asynchronous copies, and the products are of 8x8 matrices.
// A threadgroup of one simdgroup computes 8 query rows.
#include <metal_stdlib>
using namespace metal;

constant uint q_len [[function_constant(0)]];
constant uint kv_len [[function_constant(1)]];
constant uint head_dim [[function_constant(2)]]; // a multiple of 8, at most 128
constant uint heads [[function_constant(3)]];
constant uint kv_heads [[function_constant(4)]];
constant float scale [[function_constant(5)]];
constant bool causal [[function_constant(6)]];
constant int diagonal [[function_constant(7)]];
constant bool wants_lse [[function_constant(8)]];

// Apple's compiler knows these functions by their linker names.
thread void *copy_tile(ulong bytes, ulong align, threadgroup void *to, ulong to_stride, ulong one, ulong2 to_tile,
                       const device void *from, ulong from_stride, ulong also_one, ulong2 from_tile, long2 offset, int clamp)
    __asm("air.simdgroup_async_copy_2d.p3i8.p1i8");
void wait_for_copies(int count, thread void **events) __asm("air.wait_simdgroup_events");

constant constexpr uint ROWS = 8;
constant constexpr uint KEYS = 32;
constant constexpr uint MOST_DIM = 128;

// Where the tile ends before the block does, the rest is zero.
static thread void *copy_rows(threadgroup float *to, const device float *from, uint rows, uint block) {
  return copy_tile(4, 4, to, head_dim, 1, ulong2(head_dim, block), from, head_dim, 1, ulong2(head_dim, rows), long2(0), 0);
}

kernel void blocked_attention(
    const device float *q [[buffer(0)]],
    const device float *k [[buffer(1)]],
    const device float *v [[buffer(2)]],
    device float *out [[buffer(3)]],
    device float *lse [[buffer(4), function_constant(wants_lse)]],
    threadgroup float *block [[threadgroup(0)]], // KEYS rows of head_dim
    uint3 place [[threadgroup_position_in_grid]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float scores[ROWS * KEYS];
  threadgroup float query[ROWS * MOST_DIM];
  threadgroup float sum[ROWS * MOST_DIM];
  threadgroup float factors[ROWS];

  const uint first_row = place.x * ROWS;
  const ulong head = place.z * heads + place.y;
  const ulong kv_head = place.z * kv_heads + place.y / (heads / kv_heads);
  const device float *keys = k + kv_head * kv_len * head_dim;
  const device float *values = v + kv_head * kv_len * head_dim;
  const uint rows = min(ROWS, q_len - first_row);

  thread void *event = copy_rows(query, q + (head * q_len + first_row) * head_dim, rows, ROWS);
  for (uint i = lane; i < ROWS * head_dim; i += 32) sum[i] = 0;
  wait_for_copies(1, &event);

  float most = -INFINITY, total = 0; // of row lane / 4, the same in the four lanes that share it
  const uint row = lane / 4;
  for (uint first = 0; first < kv_len; first += KEYS) {
    const uint here = min(KEYS, kv_len - first);
    simdgroup_barrier(mem_flags::mem_threadgroup);
    event = copy_rows(block, keys + ulong(first) * head_dim, here, KEYS);
    wait_for_copies(1, &event);
    simdgroup_barrier(mem_flags::mem_threadgroup);

    for (uint j = 0; j < KEYS; j += 8) {
      simdgroup_float8x8 s = make_filled_simdgroup_matrix<float, 8>(0.0f);
      for (uint d = 0; d < head_dim; d += 8) {
        simdgroup_float8x8 a, b;
        simdgroup_load(a, query + d, head_dim);
        simdgroup_load(b, block + j * head_dim + d, head_dim, 0, true);
        simdgroup_multiply_accumulate(s, a, b, s);
      }
      simdgroup_store(s, scores + j, KEYS);
    }
    simdgroup_barrier(mem_flags::mem_threadgroup);

    float above = most;
    for (uint j = lane % 4; j < KEYS; j += 4) {
      const bool seen = j < here && (!causal || int(first + j) <= int(first_row + row) + diagonal);
      const float x = seen ? scores[row * KEYS + j] * scale : -INFINITY;
      scores[row * KEYS + j] = x;
      above = max(above, x);
    }
    above = max(above, simd_shuffle_xor(above, 1));
    above = max(above, simd_shuffle_xor(above, 2));
    const float keep = most == above ? 1 : exp(most - above);
    float part = 0;
    for (uint j = lane % 4; j < KEYS; j += 4) {
      const float x = scores[row * KEYS + j];
      const float weight = x == -INFINITY ? 0 : x == above ? 1 : exp(x - above);
      scores[row * KEYS + j] = weight;
      part += weight;
    }
    part += simd_shuffle_xor(part, 1);
    part += simd_shuffle_xor(part, 2);
    total = total * keep + part;
    most = above;
    if (lane % 4 == 0) factors[row] = keep;
    simdgroup_barrier(mem_flags::mem_threadgroup);

    event = copy_rows(block, values + ulong(first) * head_dim, here, KEYS);
    for (uint i = lane; i < ROWS * head_dim; i += 32) sum[i] *= factors[i / head_dim];
    wait_for_copies(1, &event);
    simdgroup_barrier(mem_flags::mem_threadgroup);

    for (uint d = 0; d < head_dim; d += 8) {
      simdgroup_float8x8 o;
      simdgroup_load(o, sum + d, head_dim);
      for (uint j = 0; j < KEYS; j += 8) {
        simdgroup_float8x8 p, b;
        simdgroup_load(p, scores + j, KEYS);
        simdgroup_load(b, block + j * head_dim + d, head_dim);
        simdgroup_multiply_accumulate(o, p, b, o);
      }
      simdgroup_store(o, sum + d, head_dim);
    }
  }

  if (lane % 4 == 0) factors[row] = total == 0 ? 0 : 1 / total;
  simdgroup_barrier(mem_flags::mem_threadgroup);
  for (uint i = lane; i < rows * head_dim; i += 32) {
    const uint r = i / head_dim;
    out[(head * q_len + first_row) * head_dim + i] = factors[r] == 0 ? 0 : sum[i] * factors[r];
  }
  if (wants_lse && lane % 4 == 0 && row < rows) {
    lse[head * q_len + first_row + row] = total == 0 ? -INFINITY : most + log(total);
  }
}
