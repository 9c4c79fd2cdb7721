// Accesses outside, each beside a kernel without them. See races.metal for the notation.
#include <metal_stdlib>
#include <metal_simdgroup_matrix>
using namespace metal;

// launch threads=1 float=16
kernel void one_past_the_end(device float *x [[buffer(0)]]) {
  float sum = 0;
  for (uint k = 0; k <= 16; ++k) sum += x[k]; //! out of bounds
  x[0] = sum;
}
// launch threads=1 float=16
kernel void one_past_the_end_right(device float *x [[buffer(0)]]) {
  float sum = 0;
  for (uint k = 0; k < 16; ++k) sum += x[k];
  x[0] = sum;
}

// 70 elements in blocks of 32: only the last block is short.
// launch threads=32 groups=3 float=70 float=96
kernel void last_block_unguarded(device const float *x [[buffer(0)]], device float *out [[buffer(1)]],
                                 uint i [[thread_position_in_grid]]) {
  out[i] = x[i] * 2; //! out of bounds
}
// launch threads=32 groups=3 float=70 float=96
kernel void last_block_unguarded_right(device const float *x [[buffer(0)]], device float *out [[buffer(1)]],
                                       uint i [[thread_position_in_grid]]) {
  out[i] = i < 70 ? x[i] * 2 : 0;
}

// The read is guarded, the store is not.
// launch threads=32 groups=3 float=70 float=70
kernel void store_unguarded(device const float *x [[buffer(0)]], device float *out [[buffer(1)]],
                            uint i [[thread_position_in_grid]]) {
  float v = i < 70 ? x[i] : 0;
  out[i] = v + 1; //! out of bounds
}

// launch threads=32 float=32 float=32
kernel void before_the_start(device const float *x [[buffer(0)]], device float *out [[buffer(1)]],
                             uint i [[thread_position_in_grid]]) {
  out[i] = x[int(i) - 1] + x[i]; //! out of bounds
}
// launch threads=32 float=32 float=32
kernel void before_the_start_right(device const float *x [[buffer(0)]], device float *out [[buffer(1)]],
                                   uint i [[thread_position_in_grid]]) {
  out[i] = (i > 0 ? x[i - 1] : 0) + x[i];
}

// An unsigned index goes below 0 and becomes the largest.
// launch threads=32 float=32 float=32
kernel void unsigned_below_zero(device const float *x [[buffer(0)]], device float *out [[buffer(1)]],
                                uint i [[thread_position_in_grid]]) {
  uint left = min(i - 1, 39u);
  out[i] = x[left]; //! out of bounds
}

// 12 rows of 5, walked as 5 of 12 with the wrong stride.
// launch threads=60 float=60 float=60
kernel void stride_of_the_other_axis(device const float *x [[buffer(0)]], device float *out [[buffer(1)]],
                                     uint i [[thread_position_in_grid]]) {
  uint row = i / 5, column = i % 5;
  out[i] = x[row * 12 + column]; //! out of bounds
}
// launch threads=60 float=60 float=60
kernel void stride_of_the_other_axis_right(device const float *x [[buffer(0)]], device float *out [[buffer(1)]],
                                           uint i [[thread_position_in_grid]]) {
  uint row = i / 5, column = i % 5;
  out[column * 12 + row] = x[row * 5 + column];
}

// Four at a time; 30 is no multiple of four.
// launch threads=8 float=30 float=32
kernel void vector_over_the_tail(device const float *x [[buffer(0)]], device float4 *out [[buffer(1)]],
                                 uint i [[thread_position_in_grid]]) {
  out[i] = ((device const float4 *)x)[i]; //! out of bounds
}
// launch threads=8 float=30 float=32
kernel void vector_over_the_tail_right(device const float *x [[buffer(0)]], device float4 *out [[buffer(1)]],
                                       uint i [[thread_position_in_grid]]) {
  if (i < 7) out[i] = ((device const float4 *)x)[i];
  else out[i] = float4(x[28], x[29], 0, 0);
}

// The tile has a row too few for the padding.
// launch threads=32 float=32
kernel void tile_too_small(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[7 * 9];
  t[i / 4 * 9 + i % 4] = x[i]; //! out of bounds in threadgroup memory
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = t[i / 8 * 9 + i % 4];
}
// launch threads=32 float=32
kernel void tile_too_small_right(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float t[8 * 9];
  t[i / 4 * 9 + i % 4] = x[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = t[i / 8 * 9 + i % 4];
}

// Right in the first threadgroup, outside in the others.
// launch threads=32 groups=2 float=64
kernel void local_index_from_the_grid(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  threadgroup float t[32];
  t[i] = x[i]; //! out of bounds in threadgroup memory
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = t[i % 32 ^ 1] + i;
}
// launch threads=32 groups=2 float=64
kernel void local_index_from_the_grid_right(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  threadgroup float t[32];
  t[i % 32] = x[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = t[i % 32 ^ 1] + i;
}

// launch threads=32 float=32 bytes=16
kernel void constants_past_the_end(device float *x [[buffer(0)]], constant float *c [[buffer(1)]],
                                   uint i [[thread_position_in_grid]]) {
  x[i] = c[i % 5]; //! out of bounds
}
// launch threads=32 float=32 bytes=16
kernel void constants_past_the_end_right(device float *x [[buffer(0)]], constant float *c [[buffer(1)]],
                                         uint i [[thread_position_in_grid]]) {
  x[i] = c[i % 4];
}

// 12 rows in tiles of 8: the second tile hangs over.
// launch threads=32 float=96 float=128
kernel void matrix_over_the_edge(device const float *x [[buffer(0)]], device float *out [[buffer(1)]]) {
  for (uint row = 0; row < 12; row += 8) {
    simdgroup_float8x8 m;
    simdgroup_load(m, x + row * 8, 8); //! out of bounds
    simdgroup_store(m, out + row * 8, 8);
  }
}
// launch threads=32 float=96 float=96
kernel void matrix_stored_over_the_edge(device const float *x [[buffer(0)]], device float *out [[buffer(1)]]) {
  for (uint row = 0; row < 12; row += 8) {
    simdgroup_float8x8 m = make_filled_simdgroup_matrix<float, 8, 8>(row + x[0]);
    simdgroup_store(m, out + row * 8, 8); //! out of bounds
  }
}
// launch threads=32 float=128 float=128
kernel void matrix_over_the_edge_right(device const float *x [[buffer(0)]], device float *out [[buffer(1)]]) {
  for (uint row = 0; row < 16; row += 8) {
    simdgroup_float8x8 m;
    simdgroup_load(m, x + row * 8, 8);
    simdgroup_store(m, out + row * 8, 8);
  }
}

// launch threads=32 float=32 local=64
kernel void argument_too_short(device float *x [[buffer(0)]], threadgroup float *t [[threadgroup(0)]],
                               uint i [[thread_index_in_threadgroup]]) {
  t[i] = x[i]; //! out of bounds in threadgroup memory
}
// launch threads=32 float=32 local=128
kernel void argument_too_short_right(device float *x [[buffer(0)]], threadgroup float *t [[threadgroup(0)]],
                                     uint i [[thread_index_in_threadgroup]]) {
  t[i] = x[i];
}

// The host bound halves.
// launch threads=32 half=32
kernel void wrong_element_type(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  x[i] *= 2; //! out of bounds
}

// Bin 16 of 16.
// launch threads=32 float=32 uint=16
kernel void histogram_bin_too_many(device const float *x [[buffer(0)]], device atomic_uint *bins [[buffer(1)]],
                                   uint i [[thread_index_in_threadgroup]]) {
  atomic_fetch_add_explicit(&bins[i % 17], 1u, memory_order_relaxed); //! out of bounds
}
// launch threads=32 float=32 uint=16
kernel void histogram_bin_too_many_right(device const float *x [[buffer(0)]], device atomic_uint *bins [[buffer(1)]],
                                         uint i [[thread_index_in_threadgroup]]) {
  atomic_fetch_add_explicit(&bins[i % 16], 1u, memory_order_relaxed);
}
