// Short kernels that are easy to get wrong, and right ones that look wrong. See races.metal for the notation. All run on two
// threadgroups of 64 threads, with two buffers of 128 floats and one of 4 uints.
#include <metal_stdlib>
#include <metal_simdgroup_matrix>
using namespace metal;
#define ARGUMENTS \
  device float *o [[buffer(0)]], device float *a [[buffer(1)]], device atomic_uint *u [[buffer(2)]], \
  uint i [[thread_position_in_grid]], uint l [[thread_index_in_threadgroup]], uint g [[threadgroup_position_in_grid]], \
  uint lane [[thread_index_in_simdgroup]], uint simdgroup [[simdgroup_index_in_threadgroup]]
#define MEET threadgroup_barrier(mem_flags::mem_threadgroup)

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void mirror_without_barrier(ARGUMENTS) {
  threadgroup float t[64];
  t[l] = a[i] + 1; //! race
  o[i] = t[63 - l]; //! race
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void both_groups_write(ARGUMENTS) {
  o[l] = float(i) + 1; //! race
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void one_past_the_end(ARGUMENTS) {
  o[i] = a[i + 1]; //! out of bounds
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void half_of_the_tile(ARGUMENTS) {
  threadgroup float t[64];
  if (l < 32) t[l] = a[i];
  MEET;
  o[i] = t[l]; //! uninitialised
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void barrier_for_some(ARGUMENTS) {
  if (l < 40) {
    MEET; //! divergent barrier
  }
  o[i] = 1;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void rounds_by_parity(ARGUMENTS) {
  for (uint n = 0; n < l % 2 + 1; ++n)
    MEET; //! divergent barrier
  o[i] = 1;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void written_before_read(ARGUMENTS) {
  threadgroup float t[64];
  t[l] = a[i];
  MEET;
  float x = t[(l + 33) % 64]; //! race
  t[l] = x + 1; //! race
  o[i] = x;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void barrier_of_other_memory(ARGUMENTS) {
  o[i] = a[i] + 1; //! race
  MEET;
  a[i] = o[(i & ~63u) + 63 - l]; //! race
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void barrier_of_a_simdgroup(ARGUMENTS) {
  threadgroup float t[64];
  t[l] = a[i] + 1; //! race
  simdgroup_barrier(mem_flags::mem_threadgroup);
  o[i] = t[(l + 32) % 64]; //! race
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void barrier_of_nothing(ARGUMENTS) {
  threadgroup float t[64];
  t[l] = a[i] + 1; //! race
  threadgroup_barrier(mem_flags::mem_none);
  o[i] = t[63 - l]; //! race
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void plain_read_of_an_atomic(ARGUMENTS) {
  atomic_fetch_add_explicit(u, 1u, memory_order_relaxed); //! race
  if (l == 5)
    o[i] = ((device uint *)u)[0]; //! race
  else
    o[i] = 0;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void another_groups_result(ARGUMENTS) {
  o[i] = i + 1.0f; //! race
  threadgroup_barrier(mem_flags::mem_device);
  a[i] = o[(i + 64) % 128]; //! race
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void overlapping_bytes(ARGUMENTS) {
  device uchar *p = (device uchar *)o + 128 * g;
  *(device ushort *)(p + 2 * l) = 0x5151; //! race
  if (l == 7)
    p[2 * (l + 1)] = 2; //! race
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void tile_too_small(ARGUMENTS) {
  threadgroup float t[32];
  t[l] = a[i]; //! out of bounds
  MEET;
  o[i] = t[l];
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void into_the_neighbour(ARGUMENTS) {
  threadgroup float t[64];
  threadgroup float s[64];
  t[l] = a[i];
  s[l] = 0;
  MEET;
  if (l == 0) t[64] = 1; //! out of bounds
  MEET;
  o[i] = s[l] + t[l];
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void private_for_most(ARGUMENTS) {
  float x;
  if (l < 63) x = a[i];
  o[i] = x; //! uninitialised private
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void private_array(ARGUMENTS) {
  float x[4];
  for (uint n = 0; n < l % 4; ++n) x[n] = a[i] + n;
  float sum = 0;
  for (uint n = 0; n < 4; ++n) sum += x[n];
  o[i] = sum; //! uninitialised private
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void private_branch(ARGUMENTS) {
  int x;
  if (a[i] >= 0 && l != 3) x = 1;
  float y = 6;
  if (x == 0) y = 5;
  o[i] = y; //! uninitialised private
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void last_one_wins(ARGUMENTS) {
  threadgroup float t[1];
  t[0] = float(l); //! race
  MEET;
  o[i] = t[0];
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void barrier_of_some_lanes(ARGUMENTS) {
  float x = a[i];
  if (lane < 16) x = simd_sum(x);
  else x = simd_max(x);
  if (lane < 7) simdgroup_barrier(mem_flags::mem_none); //! divergent simd
  o[i] = x;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void last_round_without_barrier(ARGUMENTS) {
  threadgroup float t[64];
  float x = 0;
  for (int n = 0; n < 8; ++n) {
    t[l] = a[i] + n; //! race
    if (n < 7) MEET;
    x += t[(l + 40) % 64]; //! race
    MEET;
  }
  o[i] = x;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void before_the_buffer(ARGUMENTS) {
  o[i] = 1;
  if (i == 0) {
    device float *p = o;
    p[-1] = 3; //! out of bounds
  }
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void the_same_memory_as_vectors(ARGUMENTS) {
  threadgroup float t[64];
  threadgroup float4 *q = (threadgroup float4 *)t;
  if (l < 16) q[l] = float4(a[i] + 1); //! race
  if (l == 63) t[5] = 2; //! race
  MEET;
  o[i] = t[l];
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void in_place_right(ARGUMENTS) {
  o[i] = o[i] + 1;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void one_thread_writes_right(ARGUMENTS) {
  threadgroup float t[1];
  if (l == 0) t[0] = 3;
  MEET;
  o[i] = t[0];
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void all_write_the_same_right(ARGUMENTS) {
  threadgroup uint t[1];
  t[0] = 7;
  MEET;
  o[i] = t[0];
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void atomics_right(ARGUMENTS) {
  atomic_fetch_add_explicit(u, 1u, memory_order_relaxed);
  atomic_fetch_max_explicit(u + 1, i, memory_order_relaxed);
  o[i] = 1;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void uniform_branches_right(ARGUMENTS) {
  if (g == 1) MEET;
  o[i] = 1;
  if (a[g] > -1e9f) MEET;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void exchange_in_a_simdgroup_right(ARGUMENTS) {
  threadgroup float t[64];
  t[l] = a[i];
  simdgroup_barrier(mem_flags::mem_threadgroup);
  o[i] = t[l ^ 5];
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void padded_right(ARGUMENTS) {
  threadgroup float t[64];
  t[l] = l < 40 ? a[i] : 0.0f;
  MEET;
  float x = t[(l + 30) % 64];
  o[i] = (l + 30) % 64 < 40 ? x : 0;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void sum_of_the_active_right(ARGUMENTS) {
  if (i < 100)
    o[i] = simd_sum(1.0f); //? partial simd
  else
    o[i] = 0;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void disjoint_bytes_right(ARGUMENTS) {
  ((device uchar *)o)[i] = 1;
  ((device uchar *)o)[i + 256] = 2;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void double_buffer_right(ARGUMENTS) {
  threadgroup float t[2][64];
  float x = 0;
  t[0][l] = a[i];
  for (int n = 0; n < 6; ++n) {
    MEET;
    x += t[n & 1][63 - l];
    t[(n + 1) & 1][l] = a[i] + n;
  }
  o[i] = x;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void butterfly_right(ARGUMENTS) {
  float x = a[i];
  for (ushort d = 16; d > 0; d /= 2) x += simd_shuffle_xor(x, d);
  o[i] = x;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void the_last_group_right(ARGUMENTS) {
  threadgroup uint last[1];
  threadgroup_barrier(mem_flags::mem_device);
  if (l == 0) last[0] = atomic_fetch_add_explicit(u, 1u, memory_order_relaxed);
  MEET;
  if (last[0] == 1) o[l] = 1;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void a_whole_group_returns_right(ARGUMENTS) {
  if (g == 1 && l < 64) {
    o[i] = 2;
    return;
  }
  threadgroup float t[64];
  t[l] = 1;
  MEET;
  o[i] = t[63 - l];
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void tree_right(ARGUMENTS) {
  threadgroup float t[64];
  t[l] = a[i];
  MEET;
  for (uint s = 32; s > 0; s /= 2) {
    if (l < s) t[l] += t[l + s];
    MEET;
  }
  if (l == 0) o[g] = t[0];
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void reused_as_another_type_right(ARGUMENTS) {
  threadgroup float t[64];
  threadgroup int *p = (threadgroup int *)t;
  t[l] = a[i];
  MEET;
  float x = t[63 - l];
  MEET;
  p[l] = l;
  MEET;
  o[i] = x + p[63 - l];
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void read_and_not_used_right(ARGUMENTS) {
  threadgroup float t[64];
  if (l < 32) t[l] = a[i];
  MEET;
  float x = t[l];
  o[i] = l < 32 ? x : 0;
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void matrices_right(ARGUMENTS) {
  threadgroup float t[64];
  t[l] = a[i];
  MEET;
  simdgroup_float8x8 m;
  simdgroup_load(m, t, 8);
  simdgroup_float8x8 r = simdgroup_float8x8(0);
  simdgroup_multiply_accumulate(r, m, m, r);
  if (simdgroup == 0) simdgroup_store(r, o + 64 * g, 8);
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void union_right(ARGUMENTS) {
  union { float f; uint u; } x;
  x.f = a[i];
  o[i] = float(x.u & 1);
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void sum_after_returns_right(ARGUMENTS) {
  for (uint n = 0; n < 3; ++n) MEET;
  if (l > 5) return;
  o[i] = simd_sum(1.0f); //? partial simd
}

// launch threads=64 groups=2 float=128 float=128 uint=4
kernel void private_written_later_right(ARGUMENTS) {
  float x[4];
  for (uint n = 0; n < 4; ++n) x[n] = a[i] + n;
  float y;
  if (l < 63) y = 1;
  o[i] = x[l % 4] + (l < 63 ? y : 0);
}
