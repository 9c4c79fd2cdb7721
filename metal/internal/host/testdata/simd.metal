// Every operation of a simdgroup and of a quad on one type, by the lanes that `mask` names.
#include <metal_stdlib>
#include <metal_simdgroup>
#include <metal_quadgroup>
using namespace metal;

template <typename T> struct components {
  static constexpr constant int count = 1;
  static T make(int x) { return T(x); }
  static float get(T x, int) { return float(x); }
};
template <typename S, int N> struct components<vec<S, N>> {
  static constexpr constant int count = N;
  static vec<S, N> make(int x) {
    vec<S, N> v = vec<S, N>(S(x));
    for (int c = 0; c < N; ++c) v[c] = S(x + c);
    return v;
  }
  static float get(vec<S, N> x, int c) { return float(S(x[c])); }
};

template <typename T> void put(device float *out, uint operation, uint lane, T x) {
  for (int c = 0; c < components<T>::count; ++c) out[(operation * 32 + lane) * 4 + c] = components<T>::get(x, c);
}

#define LANES(p, base)                                                         \
  put(out, base + 0, lane, p##sum(x));                                         \
  put(out, base + 1, lane, p##product(sign));                                  \
  put(out, base + 2, lane, p##min(x));                                         \
  put(out, base + 3, lane, p##max(x));                                         \
  put(out, base + 4, lane, p##prefix_inclusive_sum(x));                        \
  put(out, base + 5, lane, p##prefix_exclusive_sum(x));                        \
  put(out, base + 6, lane, p##prefix_inclusive_product(sign));                 \
  put(out, base + 7, lane, p##prefix_exclusive_product(sign));                 \
  put(out, base + 8, lane, p##broadcast(x, 2));                                \
  put(out, base + 9, lane, p##broadcast_first(x));                             \
  put(out, base + 10, lane, p##shuffle(x, (lane * 5 + 1) % width));            \
  put(out, base + 11, lane, p##shuffle_xor(x, 3));                             \
  put(out, base + 12, lane, p##shuffle_up(x, 2));                              \
  put(out, base + 13, lane, p##shuffle_down(x, 2));                            \
  put(out, base + 14, lane, p##shuffle_rotate_up(x, 3));                       \
  put(out, base + 15, lane, p##shuffle_rotate_down(x, 3));                     \
  put(out, base + 16, lane, p##shuffle_and_fill_up(x, other, 2));              \
  put(out, base + 17, lane, p##shuffle_and_fill_down(x, other, 2));            \
  put(out, base + 18, lane, p##shuffle_and_fill_up(x, other, 1, 2));           \
  put(out, base + 19, lane, p##shuffle_and_fill_down(x, other, 1, 2));

template <typename T>
kernel void lanes(device const int *in [[buffer(0)]], device float *out [[buffer(1)]], constant uint &mask [[buffer(2)]],
                  uint lane [[thread_index_in_simdgroup]]) {
  const T x = components<T>::make(in[lane]), other = components<T>::make(in[lane] + 40);
  const T sign = components<T>::make(1 + (in[lane] & 1));
  if (!(mask >> lane & 1)) return;
  { const uint width = 32; LANES(simd_, 0) }
  { const uint width = 4; LANES(quad_, 20) }
}

#define TYPE(T) \
  template [[host_name("lanes_" #T)]] kernel void lanes<T>(device const int *, device float *, constant uint &, uint);
TYPE(float) TYPE(half) TYPE(bfloat) TYPE(int) TYPE(uint) TYPE(short) TYPE(ushort) TYPE(char) TYPE(uchar) TYPE(long)
TYPE(float3) TYPE(half4) TYPE(bfloat2) TYPE(uchar3) TYPE(ulong2)

// Bits, votes and who is here.
template <typename T>
kernel void bits(device const int *in [[buffer(0)]], device uint *out [[buffer(1)]], constant uint &mask [[buffer(2)]],
                 uint lane [[thread_index_in_simdgroup]]) {
  if (!(mask >> lane & 1)) return;
  const T x = T(in[lane]);
  device uint *o = out + lane * 16;
  o[0] = uint(simd_and(x));
  o[1] = uint(simd_or(x));
  o[2] = uint(simd_xor(x));
  o[3] = uint(quad_and(x));
  o[4] = uint(quad_or(x));
  o[5] = uint(quad_xor(x));
  o[6] = uint(simd_vote::vote_t(simd_ballot(in[lane] & 2)));
  o[7] = uint(simd_vote::vote_t(simd_active_threads_mask()));
  o[8] = uint(quad_vote::vote_t(quad_ballot(in[lane] & 2)));
  o[9] = uint(quad_vote::vote_t(quad_active_threads_mask()));
  o[10] = simd_is_first() | quad_is_first() << 1;
  o[11] = simd_any(in[lane] > 8) | simd_all(in[lane] < 12) << 1 | quad_any(in[lane] > 8) << 2 | quad_all(in[lane] < 12) << 3;
}
template [[host_name("bits_uint")]] kernel void bits<uint>(device const int *, device uint *, constant uint &, uint);
template [[host_name("bits_uchar")]] kernel void bits<uchar>(device const int *, device uint *, constant uint &, uint);
