// Attention, forward, as a workload for the runtime: matrices, shuffles, barriers and threadgroup memory together.
// A simdgroup owns 8 query rows; a threadgroup of 4 walks the keys in blocks of 32.
#include <metal_stdlib>
#include <metal_simdgroup>
#include <metal_simdgroup_matrix>
using namespace metal;

struct Problem {
  uint length;
  float scale;
};

constant constexpr ushort KEYS = 32;
constant constexpr ushort SIMDGROUPS = 4;
constant constexpr ushort ROWS = 8 * SIMDGROUPS;

template <typename T, ushort D>
void stage(threadgroup T *tile, device const T *rows, uint first, uint length, ushort count, ushort thread_index) {
  for (uint i = thread_index; i < uint(count * D); i += 32 * SIMDGROUPS) {
    const uint row = first + i / D;
    tile[i] = row < length ? rows[ulong(row) * D + i % D] : T(0);
  }
}

float row_max(float x) {
  x = max(x, simd_shuffle_xor(x, 1));
  return max(x, simd_shuffle_xor(x, 8));
}

float row_sum(float x) {
  x += simd_shuffle_xor(x, 1);
  return x + simd_shuffle_xor(x, 8);
}

template <typename T, ushort D>
kernel void attention(device const T *q [[buffer(0)]], device const T *k [[buffer(1)]], device const T *v [[buffer(2)]],
                      device T *output [[buffer(3)]], constant Problem &problem [[buffer(4)]],
                      uint2 group [[threadgroup_position_in_grid]],
                      ushort thread_index [[thread_index_in_threadgroup]],
                      ushort simdgroup [[simdgroup_index_in_threadgroup]],
                      ushort lane [[thread_index_in_simdgroup]]) {
  threadgroup T queries[ROWS * D];
  threadgroup T keys[KEYS * D];
  const uint length = problem.length, first_row = group.x * ROWS;
  const ulong head = ulong(group.y) * length * D;
  const ushort row_in_tile = (lane / 4 & 4) + lane / 2 % 4, column = (lane / 4 & 2) * 2 + lane % 2 * 2;
  const uint row = first_row + simdgroup * 8 + row_in_tile;

  stage<T, D>(queries, q + head, first_row, length, ROWS, thread_index);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  simdgroup_matrix<T, 8, 8> query[D / 8];
  simdgroup_matrix<float, 8, 8> sum[D / 8];
  for (ushort d = 0; d < D / 8; ++d) {
    simdgroup_load(query[d], queries + simdgroup * 8 * D + d * 8, D);
    sum[d] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
  }
  float largest = -INFINITY, total = 0.0f;

  for (uint first = 0; first < length; first += KEYS) {
    threadgroup_barrier(mem_flags::mem_threadgroup);
    stage<T, D>(keys, k + head, first, length, KEYS, thread_index);
    threadgroup_barrier(mem_flags::mem_threadgroup);

    simdgroup_matrix<float, 8, 8> score[KEYS / 8];
    for (ushort j = 0; j < KEYS / 8; ++j) {
      score[j] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
      for (ushort d = 0; d < D / 8; ++d) {
        simdgroup_matrix<T, 8, 8> transposed;
        simdgroup_load(transposed, keys + j * 8 * D + d * 8, D, ulong2(0), true);
        simdgroup_multiply_accumulate(score[j], query[d], transposed, score[j]);
      }
    }
    float block_max = largest;
    for (ushort j = 0; j < KEYS / 8; ++j) {
      thread auto &e = score[j].thread_elements();
      for (ushort c = 0; c < 2; ++c) {
        e[c] = first + j * 8 + column + c < length ? e[c] * problem.scale : -INFINITY;
        block_max = max(block_max, e[c]);
      }
    }
    block_max = row_max(block_max);
    const float correction = exp(largest - block_max);
    float block_sum = 0.0f;
    simdgroup_matrix<T, 8, 8> weight[KEYS / 8];
    for (ushort j = 0; j < KEYS / 8; ++j) {
      const float2 e = exp(score[j].thread_elements() - block_max);
      block_sum += e.x + e.y;
      weight[j].thread_elements() = vec<T, 2>(e);
    }
    total = total * correction + row_sum(block_sum);
    largest = block_max;

    threadgroup_barrier(mem_flags::mem_threadgroup);
    stage<T, D>(keys, v + head, first, length, KEYS, thread_index);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (ushort d = 0; d < D / 8; ++d) {
      sum[d].thread_elements() *= correction;
      for (ushort j = 0; j < KEYS / 8; ++j) {
        simdgroup_matrix<T, 8, 8> value;
        simdgroup_load(value, keys + j * 8 * D + d * 8, D);
        simdgroup_multiply_accumulate(sum[d], weight[j], value, sum[d]);
      }
    }
  }

  if (row < length)
    for (ushort d = 0; d < D / 8; ++d) {
      const float2 e = sum[d].thread_elements() / total;
      output[head + ulong(row) * D + d * 8 + column] = T(e.x);
      output[head + ulong(row) * D + d * 8 + column + 1] = T(e.y);
    }
}

#define INSTANCE(T, D)                                                                                          \
  template [[host_name("attention_" #T "_" #D)]] kernel void attention<T, D>(                                   \
      device const T *, device const T *, device const T *, device T *, constant Problem &, uint2, ushort, ushort, ushort);
INSTANCE(float, 64)
INSTANCE(half, 64)
INSTANCE(float, 16)
INSTANCE(bfloat, 16)
