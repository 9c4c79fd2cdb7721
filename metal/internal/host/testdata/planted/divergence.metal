// Threads that part ways at a barrier or a simd operation. See races.metal for the notation.
#include <metal_stdlib>
#include <metal_simdgroup_matrix>
using namespace metal;

// launch threads=32 float=32
kernel void barrier_in_a_branch(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  if (i < 16) threadgroup_barrier(mem_flags::mem_threadgroup); //! divergent barrier
  x[i] = i;
}
// launch threads=32 float=32
kernel void barrier_in_a_branch_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]],
                                      uint n [[threads_per_threadgroup]]) {
  if (n > 16) threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = i;
}

// launch threads=64 float=64
kernel void rounds_by_thread(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  for (uint k = 0; k < 2 + i / 63; ++k) {
    x[i] += k;
    threadgroup_barrier(mem_flags::mem_device); //! divergent barrier
  }
}
// launch threads=64 float=64
kernel void rounds_by_thread_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  for (uint k = 0; k < 3; ++k) {
    if (k < 2 + i / 63) x[i] += k;
    threadgroup_barrier(mem_flags::mem_device);
  }
}

// launch threads=64 float=60
kernel void return_before_barrier(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  if (i >= 60) return;
  t[i] = x[i];
  threadgroup_barrier(mem_flags::mem_threadgroup); //! divergent barrier
  x[i] = t[59 - i];
}
// launch threads=64 float=60
kernel void return_before_barrier_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  t[i] = i < 60 ? x[i] : 0;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (i >= 60) return;
  x[i] = t[59 - i];
}

// launch threads=64 float=64
kernel void one_simdgroup_waits(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]],
                                uint simdgroup [[simdgroup_index_in_threadgroup]]) {
  if (simdgroup == 1) threadgroup_barrier(mem_flags::mem_threadgroup); //! divergent barrier
  x[i] = i;
}

// The first two rounds are all right.
// launch threads=32 float=32
kernel void some_rounds_only(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  for (uint k = 0; k < 4; ++k) {
    x[i] += k;
    if (k < 2 || i % 8 != 3) threadgroup_barrier(mem_flags::mem_device); //! divergent barrier
  }
}
// launch threads=32 float=32
kernel void some_rounds_only_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  for (uint k = 0; k < 4; ++k) {
    x[i] += k;
    if (k < 2) threadgroup_barrier(mem_flags::mem_device);
  }
}

// Every thread waits, but not at one barrier.
// launch threads=32 float=32
kernel void a_barrier_each(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  if (i < 8) {
    x[i] = 1;
    threadgroup_barrier(mem_flags::mem_device); //! divergent barrier
  } else {
    x[i] = 2;
    threadgroup_barrier(mem_flags::mem_device);
  }
}

// launch threads=32 float=32
kernel void break_before_barrier(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  for (uint k = 0; k < 3; ++k) {
    x[i] += 1;
    if (x[i] > 30 + k && i == 31) break;
    threadgroup_barrier(mem_flags::mem_device); //! divergent barrier
  }
}

// launch threads=32 float=32
kernel void shuffle_with_the_absent(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  if (i < 16) x[i] = simd_shuffle_xor(x[i], 16); //! divergent simd
}
// launch threads=32 float=32
kernel void shuffle_with_the_absent_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  if (i < 16) x[i] = simd_shuffle_xor(x[i], 8);
}

// launch threads=32 float=32
kernel void sum_in_a_branch(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  float total = 0;
  if (x[i] < 20) total = simd_sum(x[i]); //? partial simd
  x[i] = total;
}
// launch threads=32 float=32
kernel void sum_in_a_branch_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  x[i] = simd_sum(x[i] < 20 ? x[i] : 0);
}

// 50 elements, 32 at a time: in the second round 14 lanes have left.
// launch threads=32 float=50
kernel void sum_in_a_strided_loop(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  float total = 0;
  for (uint k = i; k < 50; k += 32) total += simd_sum(x[k]); //? partial simd
  x[i] = total;
}
// launch threads=32 float=50
kernel void sum_in_a_strided_loop_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  float total = 0;
  for (uint k = i; k < 50; k += 32) total += x[k];
  x[i] = simd_sum(total);
}

// launch threads=32 float=32
kernel void broadcast_of_the_gone(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  if (i >= 30) return;
  x[i] = simd_broadcast(x[i], 31); //! divergent simd
}
// launch threads=32 float=32
kernel void broadcast_of_the_gone_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  if (i >= 30) return;
  x[i] = simd_broadcast_first(x[i]);
}

// launch threads=32 float=64
kernel void product_in_a_branch(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  simdgroup_float8x8 m;
  simdgroup_load(m, x, 8);
  simdgroup_float8x8 d = m;
  if (i < 24) simdgroup_multiply(d, m, m); //! divergent simd
  threadgroup_barrier(mem_flags::mem_device);
  simdgroup_store(d, x, 8);
}
// launch threads=32 float=64
kernel void product_in_a_branch_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  simdgroup_float8x8 m, d;
  simdgroup_load(m, x, 8);
  simdgroup_multiply(d, m, m);
  threadgroup_barrier(mem_flags::mem_device);
  simdgroup_store(d, x, 8);
}

// launch threads=32 float=32
kernel void tree_of_shuffles_in_a_branch(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  float total = x[i];
  for (ushort step = 16; step > 0; step /= 2)
    if (i < step) total += simd_shuffle_down(total, step); //! divergent simd
  x[i] = total;
}
// launch threads=32 float=32
kernel void tree_of_shuffles_in_a_branch_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  float total = x[i];
  for (ushort step = 16; step > 0; step /= 2) total += simd_shuffle_down(total, step);
  x[i] = total;
}

// Lanes leave the loop one by one.
// launch threads=32 uint=32
kernel void positions_in_a_ragged_loop(device uint *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  uint position = 0;
  for (uint k = 0; k < 1 + i % 3; ++k) position += simd_prefix_exclusive_sum(1u); //? partial simd
  x[i] = position;
}

// What asks who is here is meant for branches.
// launch threads=32 uint=32
kernel void ballot_in_a_branch_right(device uint *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  if (i % 3 == 0) {
    const uint here = uint(simd_vote::vote_t(simd_active_threads_mask()));
    if (simd_is_first()) x[0] = here;
  }
}
