/* The functions that exist for a simdgroup (32 lanes) and for a quad (4) alike; MSL gives them two sets of names.
 *
 * Lanes beyond an end: shuffle_up and shuffle_down leave the lanes that have no partner as they are, the rotations wrap
 * around, the and_fill forms take from the far end of the filling data; modulo (a power of two) makes every run of so
 * many lanes a group of its own.
 */
#ifndef ATTEST_MSL_LANES_H
#define ATTEST_MSL_LANES_H

#include "msl_simd.h"

namespace metal {
namespace msl_simd {

/* The lane of a group of `width` that `from` names, as an index into the simdgroup; out of range where it leaves it. */
template <uint width> MSL_INLINE uint lane_at(uint from) {
  return from < width ? msl_lane_index() / width * width + from : MSL_SIMD_WIDTH;
}
template <uint width> MSL_INLINE uint own_lane() { return msl_lane_index() % width; }

template <uint width, class T> MSL_INLINE T shuffle(T data, uint from, place here) {
  return value_from(data, lane_at<width>(from), here);
}
template <uint width, class T> MSL_INLINE T shuffle_up(T data, uint delta, place here) {
  const uint own = own_lane<width>();
  return value_from(data, lane_at<width>(own >= delta ? own - delta : own), here);
}
template <uint width, class T> MSL_INLINE T shuffle_down(T data, uint delta, place here) {
  const uint own = own_lane<width>();
  return value_from(data, lane_at<width>(own + delta < width ? own + delta : own), here);
}
template <uint width, class T> MSL_INLINE T rotate_up(T data, uint delta, place here) {
  return value_from(data, lane_at<width>((own_lane<width>() - delta) % width), here);
}
template <uint width, class T> MSL_INLINE T rotate_down(T data, uint delta, place here) {
  return value_from(data, lane_at<width>((own_lane<width>() + delta) % width), here);
}
template <uint width, class T> MSL_INLINE T shuffle_xor(T data, uint mask, place here) {
#ifdef MSL_PTX
  if (__builtin_constant_p(mask) && mask < width) return value_across(data, mask, here);
#endif
  return shuffle<width>(data, own_lane<width>() ^ mask, here);
}

template <class T> struct with_filling {
  T value, filling;
};
template <class T> MSL_INLINE T fill(T data, T filling, uint from, bool filled, place here) {
  const with_filling<T> got = value_from(with_filling<T>{data, filling}, from, here);
  return filled ? got.filling : got.value;
}
template <uint width, class T> MSL_INLINE T fill_up(T data, T filling, uint delta, uint modulo, place here) {
  const uint own = own_lane<width>(), base = own / modulo * modulo, at = own % modulo;
  const bool filled = at < delta;
  return fill(data, filling, lane_at<width>(base + (filled ? (at + modulo - delta) % modulo : at - delta)), filled, here);
}
template <uint width, class T> MSL_INLINE T fill_down(T data, T filling, uint delta, uint modulo, place here) {
  const uint own = own_lane<width>(), base = own / modulo * modulo, at = own % modulo;
  return fill(data, filling, lane_at<width>(base + (at + delta) % modulo), at + delta >= modulo, here);
}

template <uint width, class T, class Op> MSL_INLINE T reduce(T data, Op, place here) {
  return together<reduction<Op, width>>(data, here);
}

} // namespace msl_simd
} // namespace metal

#define MSL_SHUFFLE(prefix, width, name, function) \
  template <class T> MSL_COLLECTIVE T prefix##name(T data, ushort with, MSL_HERE) { return msl_simd::function<width>(data, uint(with), here); }
#define MSL_FILL(prefix, width, name, function)                                                            \
  template <class T> MSL_COLLECTIVE T prefix##name(T data, T filling, ushort delta, MSL_HERE) {            \
    return msl_simd::function<width>(data, filling, uint(delta), uint(width), here);                         \
  }                                                                                                        \
  template <class T> MSL_COLLECTIVE T prefix##name(T data, T filling, ushort delta, ushort modulo, MSL_HERE) { \
    return msl_simd::function<width>(data, filling, uint(delta), uint(modulo), here);                        \
  }
#define MSL_REDUCTION(prefix, width, name, op) \
  template <class T> MSL_COLLECTIVE T prefix##name(T data, MSL_HERE) { return msl_simd::reduce<width>(data, msl_simd::op(), here); }
#define MSL_PREFIX(pre, width, name, op, inclusive) \
  template <class T> MSL_COLLECTIVE T pre##name(T data, MSL_HERE) { return msl_simd::together<msl_simd::prefix<msl_simd::op, width, inclusive>>(data, here); }

#define MSL_LANE_OPERATIONS(pre, width)                                                                            \
  MSL_SHUFFLE(pre, width, shuffle, shuffle)                                                                        \
  MSL_SHUFFLE(pre, width, broadcast, shuffle)                                                                      \
  MSL_SHUFFLE(pre, width, shuffle_up, shuffle_up)                                                                  \
  MSL_SHUFFLE(pre, width, shuffle_down, shuffle_down)                                                              \
  MSL_SHUFFLE(pre, width, shuffle_rotate_up, rotate_up)                                                            \
  MSL_SHUFFLE(pre, width, shuffle_rotate_down, rotate_down)                                                        \
  MSL_SHUFFLE(pre, width, shuffle_xor, shuffle_xor)                                                                \
  MSL_FILL(pre, width, shuffle_and_fill_up, fill_up)                                                               \
  MSL_FILL(pre, width, shuffle_and_fill_down, fill_down)                                                           \
  MSL_REDUCTION(pre, width, sum, sum)                                                                              \
  MSL_REDUCTION(pre, width, product, product)                                                                      \
  MSL_REDUCTION(pre, width, min, least)                                                                            \
  MSL_REDUCTION(pre, width, max, greatest)                                                                         \
  MSL_REDUCTION(pre, width, and, bits_and)                                                                         \
  MSL_REDUCTION(pre, width, or, bits_or)                                                                           \
  MSL_REDUCTION(pre, width, xor, bits_xor)                                                                         \
  MSL_PREFIX(pre, width, prefix_inclusive_sum, sum, true)                                                          \
  MSL_PREFIX(pre, width, prefix_exclusive_sum, sum, false)                                                         \
  MSL_PREFIX(pre, width, prefix_inclusive_product, product, true)                                                  \
  MSL_PREFIX(pre, width, prefix_exclusive_product, product, false)                                                 \
  template <class T> MSL_COLLECTIVE T pre##broadcast_first(T data, MSL_HERE) {                                     \
    return msl_simd::together<msl_simd::first_value<width>>(data, here);                                               \
  }                                                                                                                \
  MSL_COLLECTIVE bool pre##all(bool x, MSL_HERE) { return !msl_simd::together<msl_simd::ballot<width>>(uint(!x), here); } \
  MSL_COLLECTIVE bool pre##any(bool x, MSL_HERE) { return msl_simd::together<msl_simd::ballot<width>>(uint(x), here); } \
  MSL_COLLECTIVE bool pre##is_first(MSL_HERE) {                                                                    \
    return __builtin_ctz(msl_simd::together<msl_simd::ballot<width>>(1u, here)) == msl_simd::own_lane<width>();          \
  }

/* The names under which the functions stand in Apple's own headers; some texts use them. */
#define MSL_BUILTIN(pre, name) \
  template <class... A> MSL_INLINE auto __metal_##pre##name(A... a) MSL_BUILTIN_OF(metal::pre##name) { return metal::pre##name(a...); }
#define MSL_LANE_BUILTINS(pre)              \
  MSL_BUILTIN(pre, shuffle)                 \
  MSL_BUILTIN(pre, broadcast)               \
  MSL_BUILTIN(pre, shuffle_up)              \
  MSL_BUILTIN(pre, shuffle_down)            \
  MSL_BUILTIN(pre, shuffle_rotate_up)       \
  MSL_BUILTIN(pre, shuffle_rotate_down)     \
  MSL_BUILTIN(pre, shuffle_xor)             \
  MSL_BUILTIN(pre, shuffle_and_fill_up)     \
  MSL_BUILTIN(pre, shuffle_and_fill_down)   \
  MSL_BUILTIN(pre, sum)                     \
  MSL_BUILTIN(pre, product)                 \
  MSL_BUILTIN(pre, min)                     \
  MSL_BUILTIN(pre, max)                     \
  MSL_BUILTIN(pre, and)                     \
  MSL_BUILTIN(pre, or)                      \
  MSL_BUILTIN(pre, xor)                     \
  MSL_BUILTIN(pre, prefix_inclusive_sum)    \
  MSL_BUILTIN(pre, prefix_exclusive_sum)    \
  MSL_BUILTIN(pre, prefix_inclusive_product)\
  MSL_BUILTIN(pre, prefix_exclusive_product)\
  MSL_BUILTIN(pre, broadcast_first)         \
  MSL_BUILTIN(pre, all)                     \
  MSL_BUILTIN(pre, any)                     \
  MSL_BUILTIN(pre, is_first)                \
  MSL_BUILTIN(pre, ballot)                  \
  MSL_BUILTIN(pre, active_threads_mask)

#endif
