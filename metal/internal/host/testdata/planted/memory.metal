// Reads of threadgroup memory that nothing has written. See races.metal for the notation.
#include <metal_stdlib>
#include <metal_simdgroup_matrix>
using namespace metal;

// Rows beyond the end are not staged, but read.
// launch threads=32 float=20 float=32
kernel void tail_not_staged(device const float *x [[buffer(0)]], device float *out [[buffer(1)]],
                            uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[32];
  if (i < 20) t[i] = x[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  out[i] = t[31 - i]; //! uninitialised
}
// launch threads=32 float=20 float=32
kernel void tail_not_staged_right(device const float *x [[buffer(0)]], device float *out [[buffer(1)]],
                                  uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[32];
  t[i] = i < 20 ? x[i] : 0;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  out[i] = t[31 - i];
}

// launch threads=32 float=32
kernel void sum_onto_garbage(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[32];
  t[i] += x[i]; //! uninitialised
  x[i] = t[i];
}
// launch threads=32 float=32
kernel void sum_onto_garbage_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[32];
  t[i] = 0;
  t[i] += x[i];
  x[i] = t[i];
}

// launch threads=64 float=64
kernel void first_simdgroup_writes(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]],
                                   uint simdgroup [[simdgroup_index_in_threadgroup]]) {
  threadgroup float t[64];
  if (simdgroup == 0) t[i] = x[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = t[(i + 1) % 64]; //! uninitialised
}
// launch threads=64 float=64
kernel void first_simdgroup_writes_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]],
                                         uint simdgroup [[simdgroup_index_in_threadgroup]]) {
  threadgroup float t[64];
  if (simdgroup == 0) {
    t[i] = x[i];
    t[i + 32] = x[i + 32];
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = t[(i + 1) % 64];
}

// Rows of 8 with a stride of 9, read with a stride of 8 less one: the padding comes along.
// launch threads=32 float=64
kernel void padding_is_read(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[8 * 9];
  for (uint k = i; k < 64; k += 32) t[k / 8 * 9 + k % 8] = x[k];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  simdgroup_float8x8 m;
  simdgroup_load(m, t + 1, 9); //! uninitialised
  simdgroup_store(m, x, 8);
}

// One element in 97 is left out.
// launch threads=128 float=512
kernel void one_in_97(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[512];
  for (uint k = i; k < 512; k += 128)
    if (k % 97 != 5) t[k] = x[k];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (uint k = i; k < 512; k += 128) x[k] = t[511 - k]; //! uninitialised
}
// launch threads=128 float=512
kernel void one_in_97_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[512];
  for (uint k = i; k < 512; k += 128) t[k] = k % 97 != 5 ? x[k] : 0;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (uint k = i; k < 512; k += 128) x[k] = t[511 - k];
}

// The second threadgroup finds what the first has left.
// launch threads=32 groups=2 float=64
kernel void leftover_of_another(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]],
                                uint group [[threadgroup_position_in_grid]]) {
  threadgroup float t[32];
  if (group == 0) t[i] = x[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[group * 32 + i] = t[i ^ 1]; //! uninitialised
}

// launch threads=32 uint=32
kernel void counter_not_set(device uint *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup atomic_uint count;
  atomic_fetch_add_explicit(&count, i, memory_order_relaxed); //! uninitialised
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = atomic_load_explicit(&count, memory_order_relaxed);
}
