#include "case.h"
#include <metal_simdgroup_matrix>

// Cases of 32 threads: one simdgroup.
TEST(sums) { out[lane] = simd_sum(float(lane)) + simd_max(lane) + simd_min(int(lane) - 3); }
TEST(products) { out[lane] = simd_product(lane < 3 ? float(lane + 2) : 1.0f); }
TEST(shuffles) { out[lane] = simd_shuffle(float(lane), ushort((lane + 5) % 32)); }
TEST(shuffle_xor) { out[lane] = simd_shuffle_xor(float(lane), 1) * 100 + simd_shuffle_xor(lane, 8u); }
TEST(broadcasts) { out[lane] = simd_broadcast(float(lane), 5) * 100 + simd_broadcast_first(lane + 7); }
TEST(rotations) { out[lane] = simd_shuffle_rotate_down(float(lane), 1) * 100 + simd_shuffle_rotate_up(float(lane), 2); }
TEST(fills) { out[lane] = simd_shuffle_and_fill_up(float(lane), 99.0f, 2) * 100 + simd_shuffle_and_fill_down(float(lane), 77.0f, 31); }
TEST(prefixes) { out[lane] = simd_prefix_inclusive_sum(1.0f) * 100 + simd_prefix_exclusive_sum(float(lane)); }
TEST(votes) { out[lane] = simd_all(lane < 32) * 1000 + simd_any(lane == 3) * 100 + simd_all(lane > 0) * 10 + simd_is_first(); }
TEST(ballots) { simd_vote v = simd_ballot(lane % 2 == 0); out[lane] = (simd_vote::vote_t(v) & 0xff) + 1000 * v.any() + 10000 * v.all(); }
TEST(of_half) { out[lane] = float(simd_sum(half(1))) + float(simd_shuffle_xor(half(lane), 1)); }
TEST(of_bfloat) { out[lane] = float(simd_shuffle_xor(bfloat(lane), 1)); }
TEST(of_vector) { float2 v = simd_shuffle_xor(float2(lane, -float(lane)), 1); out[lane] = v.x * 100 + v.y; }
TEST(quads) { out[lane] = quad_sum(float(lane)) * 10 + quad_broadcast(lane, 1); }
TEST(bits) { out[lane] = simd_or(1u << (lane & 3)) * 100 + simd_and(lane | 16u) + simd_xor(1u); }
TEST(matrix_times_identity) { threadgroup float t[64]; for (uint i = lane; i < 64; i += 32) t[i] = i; threadgroup_barrier(mem_flags::mem_threadgroup); simdgroup_float8x8 a, b(2.0f), c; simdgroup_load(a, t, 8); simdgroup_multiply(c, a, b); simdgroup_store(c, out, 8); }
TEST(matrix_transposed) { simdgroup_float8x8 a; simdgroup_load(a, in, 8, ulong2(0, 0), true); simdgroup_store(a, out, 8); }
TEST(matrix_elements) { simdgroup_matrix<half, 8, 8> m = make_filled_simdgroup_matrix<half, 8, 8>(3); m.thread_elements()[1] = half(lane); thread auto &e = m.thread_elements(); e[0] += 1; float2 v = float2(e) * 2; e *= 2; out[lane] = v.x * 100 + v.y + float(m.thread_elements().x) * 10000; }
TEST(matrix_accumulates) { simdgroup_float8x8 a(1.0f), b; simdgroup_load(b, in, 8); simdgroup_float8x8 c = make_filled_simdgroup_matrix<float, 8, 8>(100.0f); simdgroup_multiply_accumulate(c, a, b, c); simdgroup_store(c, out, 8); }

// Sums of products that begin at zero, of numbers with 21 bits, longer than a GPU's matrix unit may keep to itself.
static simdgroup_float8x8 long_numbers(device const float *in) {
  simdgroup_float8x8 m;
  simdgroup_load(m, in, 8);
  m.thread_elements()[0] += 1048576.0f;
  m.thread_elements()[1] += 1048576.0f;
  return m;
}
TEST(matrix_chain) {
  simdgroup_float8x8 one(1.0f), a = long_numbers(in), c = make_filled_simdgroup_matrix<float, 8, 8>(0.0f), e;
  #pragma clang loop unroll(full)
  for (int i = 0; i < 11; ++i) simdgroup_multiply_accumulate(c, a, one, c);
  simdgroup_multiply(e, one, c);
  simdgroup_store(e, out, 8);
}
TEST(matrix_chain_right) {
  simdgroup_float8x8 one(1.0f), b = long_numbers(in), c = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
  for (int i = 0; i < int(in[2]); ++i) simdgroup_multiply_accumulate(c, one, b, c);
  simdgroup_store(c, out, 8);
}
TEST(matrix_chain_read) {
  simdgroup_float8x8 one(1.0f), a = long_numbers(in), c = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
  simdgroup_multiply_accumulate(c, a, one, c);
  simdgroup_multiply_accumulate(c, a, one, c);
  const simdgroup_float8x8 read = c;
  const float2 before = float2(read.thread_elements()[0], read.thread_elements()[1]);
  c.thread_elements()[0] += 1.0f;
  c.thread_elements()[1] -= before.y;
  simdgroup_multiply_accumulate(c, a, one, c);
  simdgroup_store(c, out, 8);
}
TEST(matrix_chain_left) {
  simdgroup_float8x8 one(1.0f), a = long_numbers(in), c = make_filled_simdgroup_matrix<float, 8, 8>(0.0f), e;
  simdgroup_multiply_accumulate(c, a, one, c);
  simdgroup_multiply_accumulate(c, a, one, c);
  simdgroup_multiply(e, c, simdgroup_float8x8(3.0f));
  simdgroup_store(e, out, 8);
}
TEST(matrix_chain_of_compiler) {
  auto one = __metal_simdgroup_matrix_8x8_init_diag(1.0f, vec<float, 64>()), sum = __metal_simdgroup_matrix_8x8_init_filled(0.0f, vec<float, 64>());
  auto a = __metal_simdgroup_matrix_8x8_load(in, 8, ulong2(0), false, vec<float, 64>());
  a[0] += 1048576.0f;
  sum = __metal_simdgroup_matrix_8x8_multiply_accumulate(a, one, sum, vec<float, 64>());
  sum = __metal_simdgroup_matrix_8x8_multiply(sum, one, vec<float, 64>());
  __metal_simdgroup_matrix_8x8_store(sum, out, 8, ulong2(0), false);
}
// 16-bit elements in threadgroup memory, with rows that begin at multiples of 16 bytes and others.
TEST(matrix_half_rows) {
  threadgroup half even[8 * 16], odd[8 * 9 + 1];
  for (uint i = lane; i < 64; i += 32) even[i / 8 * 16 + i % 8] = odd[i / 8 * 9 + i % 8 + 1] = half(i);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  simdgroup_matrix<half, 8, 8> a, b, c;
  simdgroup_load(a, even, 16);
  simdgroup_load(b, odd + 1, 9);
  simdgroup_load(c, even, 16, ulong2(0), true);
  simdgroup_float8x8 left(1.0f), sum = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
  simdgroup_multiply_accumulate(sum, left, a, sum);
  simdgroup_multiply_accumulate(sum, simdgroup_matrix<half, 8, 8>(half(100.0f)), b, sum);
  simdgroup_multiply_accumulate(sum, simdgroup_matrix<half, 8, 8>(half(2.0f)), c, sum);
  simdgroup_store(sum, out, 8);
}
TEST(matrix_half_infinite) {
  simdgroup_matrix<half, 8, 8> a = make_filled_simdgroup_matrix<half, 8, 8>(half(1.0f)), b = make_filled_simdgroup_matrix<half, 8, 8>(half(INFINITY));
  simdgroup_float8x8 sum = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
  simdgroup_multiply_accumulate(sum, a, b, sum);
  simdgroup_multiply_accumulate(sum, a, b, sum);
  out[lane] = as_type<uint>(sum.thread_elements()[0]) == 0x7f800000;
}
