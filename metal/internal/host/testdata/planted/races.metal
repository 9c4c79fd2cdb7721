// Races, each beside a kernel without it. `launch` tells how the kernel of the next lines is run (threads of a
// threadgroup, threadgroups, elements of each buffer); a line that ends in `//! KIND` must be named by a report.
#include <metal_stdlib>
#include <metal_simdgroup_matrix>
using namespace metal;

// launch threads=64 float=64
kernel void missing_barrier(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  t[i] = x[i];
  x[i] = t[63 - i]; //! race
}
// launch threads=64 float=64
kernel void missing_barrier_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  t[i] = x[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = t[63 - i];
}

// The second round overwrites what others still read.
// launch threads=64 float=64
kernel void reuse_without_barrier(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  float sum = 0;
  for (int round = 0; round < 3; ++round) {
    t[i] = x[i] + round + i; //! race
    threadgroup_barrier(mem_flags::mem_threadgroup);
    sum += t[(i + 5) % 64];
  }
  x[i] = sum;
}
// launch threads=64 float=64
kernel void reuse_without_barrier_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  float sum = 0;
  for (int round = 0; round < 3; ++round) {
    threadgroup_barrier(mem_flags::mem_threadgroup);
    t[i] = x[i] + round + i;
    threadgroup_barrier(mem_flags::mem_threadgroup);
    sum += t[(i + 5) % 64];
  }
  x[i] = sum;
}

// Right inside each simdgroup; wrong for the one thread whose neighbour is in the other.
// launch threads=64 float=64
kernel void between_simdgroups(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  t[i] = x[i] * 2 + 1;
  simdgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = i == 63 ? 0 : t[i + 1]; //! race
}
// launch threads=64 float=64
kernel void between_simdgroups_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  t[i] = x[i] * 2 + 1;
  simdgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = i % 32 == 31 ? 0 : t[i + 1];
}

// launch threads=64 float=64
kernel void barrier_for_the_wrong_memory(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  t[i] = x[i] + 1;
  threadgroup_barrier(mem_flags::mem_device);
  x[i] = t[i ^ 32]; //! race
}
// launch threads=64 float=64
kernel void barrier_for_the_wrong_memory_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  t[i] = x[i] + 1;
  threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
  x[i] = t[i ^ 32];
}

// launch threads=64 float=64
kernel void barrier_for_no_memory(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  t[i] = x[i] + 1;
  threadgroup_barrier(mem_flags::mem_none);
  x[i] = t[i ^ 32]; //! race
}

// Device memory as scratch, behind a barrier for threadgroup memory only.
// launch threads=64 float=64 float=64
kernel void device_scratch(device float *x [[buffer(0)]], device float *scratch [[buffer(1)]],
                           uint i [[thread_index_in_threadgroup]]) {
  scratch[i] = x[i] + 1 + i;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = scratch[63 - i]; //! race
}
// launch threads=64 float=64 float=64
kernel void device_scratch_right(device float *x [[buffer(0)]], device float *scratch [[buffer(1)]],
                                 uint i [[thread_index_in_threadgroup]]) {
  scratch[i] = x[i] + 1 + i;
  threadgroup_barrier(mem_flags::mem_device);
  x[i] = scratch[63 - i];
}

// launch threads=32 groups=4 float=128 float=4
kernel void threadgroups_share_a_result(device float *x [[buffer(0)]], device float *out [[buffer(1)]],
                                        uint group [[threadgroup_position_in_grid]],
                                        uint lane [[thread_index_in_simdgroup]]) {
  float sum = simd_sum(x[group * 32 + lane]) + group + 1;
  if (lane == 0) out[0] = sum; //! race
}
// launch threads=32 groups=4 float=128 float=4
kernel void threadgroups_share_a_result_right(device float *x [[buffer(0)]], device float *out [[buffer(1)]],
                                              uint group [[threadgroup_position_in_grid]],
                                              uint lane [[thread_index_in_simdgroup]]) {
  float sum = simd_sum(x[group * 32 + lane]) + group + 1;
  if (lane == 0) out[group] = sum;
}

// In place, and the neighbour may belong to another threadgroup.
// launch threads=32 groups=4 float=128
kernel void neighbour_in_place(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  float left = i % 32 == 0 && i > 0 ? x[i - 1] : 0; //! race
  x[i] = left + i + 1;
}
// launch threads=32 groups=4 float=128 float=128
kernel void neighbour_in_place_right(device float *x [[buffer(0)]], device float *out [[buffer(1)]],
                                     uint i [[thread_position_in_grid]]) {
  float left = i % 32 == 0 && i > 0 ? x[i - 1] : 0;
  out[i] = left + i + 1;
}

// launch threads=64 float=64
kernel void sum_without_atomic(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float total;
  if (i == 0) total = 0;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  total += x[i] + 1; //! race
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = total;
}
// launch threads=64 uint=64
kernel void sum_without_atomic_right(device uint *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup atomic_uint total;
  if (i == 0) atomic_store_explicit(&total, 0u, memory_order_relaxed);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  atomic_fetch_add_explicit(&total, x[i] + 1, memory_order_relaxed);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = atomic_load_explicit(&total, memory_order_relaxed);
}

// The last steps lean on a simdgroup that runs in step.
// launch threads=64 float=64
kernel void tree_without_last_barriers(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  t[i] = x[i] + 1;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (uint step = 32; step > 0; step /= 2) {
    if (i < step) t[i] += t[i + step]; //! race
    if (step > 16) threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  x[i] = t[0];
}
// launch threads=64 float=64
kernel void tree_without_last_barriers_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  t[i] = x[i] + 1;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (uint step = 32; step > 0; step /= 2) {
    if (i < step) t[i] += t[i + step];
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  x[i] = t[0];
}

// launch threads=32 float=32
kernel void four_lanes_one_place(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  x[i / 4] = i; //! race
}
// Equal values do no harm.
// launch threads=32 float=32
kernel void four_lanes_one_place_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  x[i / 4] = i / 4 + 1;
}

// Two buffers take turns, but the second write goes to the one that is being read.
// launch threads=64 float=64
kernel void wrong_turn(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[2][64];
  t[0][i] = x[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (int round = 0; round < 4; ++round) {
    float next = t[round % 2][63 - i] + 1;
    t[round / 2 % 2][i] = next + i; //! race
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  x[i] = t[0][i];
}
// launch threads=64 float=64
kernel void wrong_turn_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[2][64];
  t[0][i] = x[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (int round = 0; round < 4; ++round) {
    float next = t[round % 2][63 - i] + 1;
    t[1 - round % 2][i] = next + i;
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  x[i] = t[0][i];
}

// launch threads=64 float=64
kernel void barrier_in_the_first_round(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  float sum = 0;
  for (int round = 0; round < 3; ++round) {
    t[i] = x[i] + i * round;
    if (round == 0) threadgroup_barrier(mem_flags::mem_threadgroup);
    sum += t[i ^ 32]; //! race
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  x[i] = sum;
}

// The flag is atomic, what it guards is not.
// launch threads=64 float=64 uint=1
kernel void plain_data_behind_a_flag(device float *x [[buffer(0)]], device atomic_uint *flag [[buffer(1)]],
                                     uint i [[thread_index_in_threadgroup]]) {
  if (i == 0) {
    x[1] = 3;
    atomic_store_explicit(flag, 1u, memory_order_relaxed);
  }
  if (i == 40 && atomic_load_explicit(flag, memory_order_relaxed) == 1) x[2] = x[1]; //! race
}

// launch threads=32 float=32
kernel void flag_read_without_atomic(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup atomic_uint count;
  if (i == 0) atomic_store_explicit(&count, 0u, memory_order_relaxed);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  atomic_fetch_add_explicit(&count, i, memory_order_relaxed);
  x[i] = *(threadgroup uint *)&count; //! race
}

// A tile goes out by one layout and comes back by another: lanes exchange elements.
// launch threads=32 float=64
kernel void tile_turned_without_barrier(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  simdgroup_float8x8 m;
  simdgroup_load(m, x, 8);
  m.thread_elements()[0] += i;
  simdgroup_store(m, t, 8);
  simdgroup_load(m, t, 8, ulong2(0), true); //! race
  threadgroup_barrier(mem_flags::mem_device);
  simdgroup_store(m, x, 8);
}
// launch threads=32 float=64
kernel void tile_turned_without_barrier_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[64];
  simdgroup_float8x8 m;
  simdgroup_load(m, x, 8);
  m.thread_elements()[0] += i;
  simdgroup_store(m, t, 8);
  simdgroup_barrier(mem_flags::mem_threadgroup);
  simdgroup_load(m, t, 8, ulong2(0), true);
  threadgroup_barrier(mem_flags::mem_device);
  simdgroup_store(m, x, 8);
}

// launch threads=96 float=96
kernel void leader_tells_its_simdgroup(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float said[3];
  if (i % 32 == 0) said[i / 32] = x[i] + 1 + i;
  x[i] = said[i / 32]; //! race
}
// launch threads=96 float=96
kernel void leader_tells_its_simdgroup_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float said[3];
  if (i % 32 == 0) said[i / 32] = x[i] + 1 + i;
  simdgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = said[i / 32];
}

// launch threads=64 half=64
kernel void two_threads_one_half(device half *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup half t[32];
  t[i / 2] = half(i); //! race
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = t[i / 2];
}
// Neighbours in one word are no race.
// launch threads=64 half=64
kernel void two_threads_one_half_right(device half *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup half t[64];
  t[i] = half(i);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = t[i ^ 1];
}
// launch threads=64 uchar=64
kernel void neighbouring_bytes_right(device uchar *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup uchar t[64];
  t[i] = uchar(i + 1);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = t[i ^ 1];
}
