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
