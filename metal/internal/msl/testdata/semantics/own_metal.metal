#include "case.h"
// A library whose namespace has one called metal of its own, and in it functions that bear the names of MSL's.
namespace lib {
namespace metal {
template <typename F, typename... Arguments> using result_of = decltype(::metal::declval<F>()(::metal::declval<Arguments>()...));
namespace detail {
template <typename T> struct summed { using type = T; };
template <> struct summed<bfloat> { using type = float; };
} // namespace detail
template <typename T> inline ::metal::
    enable_if_t<!::metal::is_same_v<T, long>, T>
    simd_sum(T x) { return T(::metal::simd_sum(typename detail::summed<T>::type(x))); }
template <typename T> inline ::metal::enable_if_t<::metal::is_same_v<T, long>, T> simd_sum(T x) {
  for (ushort i = 16; i > 0; i /= 2) x += as_type<T>(::metal::simd_shuffle_and_fill_down(as_type<int2>(x), int2(0), i));
  return as_type<T>(::metal::simd_broadcast(as_type<int2>(x), 0));
}
template <typename T> ::metal::enable_if_t<::metal::is_floating_point_v<T>, T> most(T a, T b) {
  return ::metal::isunordered(a, b) ? NAN : ::metal::max(a, b);
}
template <> inline bfloat most(bfloat a, bfloat b) { return bfloat(::metal::isunordered(a, b) ? NAN : ::metal::max(float(a), float(b))); }
template <typename T, typename U, ::metal::enable_if_t<::metal::is_integral_v<T> && ::metal::is_integral_v<U>, bool> = true>
inline decltype(T(0) + U(0)) floored(T x, U y) {
  const auto quotient = x / y;
  return (x < 0) == (y < 0) ? quotient : (x % y != 0) ? quotient - 1 : quotient;
}
struct Copied { float x; Copied() {} Copied(const Copied &o) : x(o.x + 1) {} };
struct Plain { float x; };
struct Adds { template <typename T> T operator()(const T a, const T b) { return a + b; } };
template <typename T> ::metal::array<T, 2> two(T a, T b) { return ::metal::array<T, 2>{a, b}; }
float twice(float x) { return metal::simd_sum(x) + metal::most(x, x); }
} // namespace metal
} // namespace lib

TEST(in_a_namespace_of_that_name) {
  lib::metal::Copied copied = *(constant lib::metal::Copied *)&p;
  lib::metal::Plain plain = *(constant lib::metal::Plain *)&p;
  lib::metal::result_of<lib::metal::Adds, float, float> sum = lib::metal::Adds()(1.5f, 2.0f);
  out[0] = copied.x, out[1] = plain.x, out[2] = sum, out[3] = lib::metal::floored(-7, 2);
  out[4] = lib::metal::most(bfloat(2), bfloat(3)), out[5] = lib::metal::two(4.0f, 5.0f)[1];
}
TEST(wrappers_of_their_names) {
  float all = lib::metal::simd_sum(1.0f), whole = lib::metal::simd_sum(long(lane)), narrow = lib::metal::simd_sum(bfloat(1));
  float both = lib::metal::twice(1);
  if (lane == 0) out[0] = all, out[1] = whole, out[2] = narrow, out[3] = both;
}
// Each side of a branch calls the wrapper at a place of its own: lanes of one side are not together with those of the other.
TEST(wrappers_in_divergent_code) {
  float n;
  if (lane % 4 == 0) n = lib::metal::simd_sum(1.0f);
  else n = lib::metal::simd_sum(1.0f);
  if (lane < 2) out[lane] = n;
}

// What is called by a name that it was given under, in divergent code.
struct Sums { static float all(float x) { return simd_sum(x); } };
float all_of_them(float x) { return simd_sum(x); }
template <float (*f)(float)> float applied(float x) { return f(x); }
float handed(float x, float (*f)(float)) { return f(x); }
TEST(callbacks_in_divergent_code) {
  float sum = 0;
  for (uint k = 0; k < 1 + lane % 3; ++k) { if (lane % 2) sum += applied<all_of_them>(1); else sum += applied<all_of_them>(100); }
  out[lane] = sum + (lane < 8 ? handed(1, all_of_them) * 10000 : 0);
}
TEST(member_callbacks_in_divergent_code) {
  float sum = 0;
  for (uint k = 0; k < 1 + lane % 3; ++k) { if (lane % 2) sum += applied<Sums::all>(1); else sum += applied<Sums::all>(100); }
  out[lane] = sum + (lane < 8 ? handed(1, Sums::all) * 10000 : 0);
}
