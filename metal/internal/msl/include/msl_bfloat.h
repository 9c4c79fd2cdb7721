/* bfloat: the upper half of a float. Arithmetic rounds once per operation, to nearest even, as MSL's does. */
#ifndef ATTEST_MSL_BFLOAT_H
#define ATTEST_MSL_BFLOAT_H

#include "metal_type_traits"

namespace metal {
namespace msl_detail {
/* What is an integer in an expression: integers, bool, enumerations, structs that convert to one of them. */
template <class T> __private T &object();
template <class T, class = void> struct whole : false_type {};
template <class T> struct whole<T, enable_if_t<integral<plain_t<decltype(+object<T>())>>::value>> : true_type {};
template <> struct whole<bfloat> : false_type {};
} // namespace msl_detail
} // namespace metal

struct bfloat {
  uint16_t bits;

  bfloat() = default;
  bfloat(const bfloat &) = default;
  bfloat &operator=(const bfloat &) = default;
  /* The second of each makes objects in constant memory. */
  template <class T, class = metal::enable_if_t<metal::is_same<T, bfloat>::value>>
  MSL_INLINE constexpr bfloat(const __constant T &x) : bits(x.bits) {}
  template <class T, class = metal::enable_if_t<metal::is_same<T, bfloat>::value>>
  MSL_INLINE constexpr bfloat(const __constant T &x) __constant : bits(x.bits) {}
  /* An integer, and what converts to one by itself, becomes a bfloat where one is expected. */
  template <class T, class = metal::enable_if_t<metal::msl_detail::whole<T>::value>>
  MSL_INLINE constexpr bfloat(T x) : bits(rounded((float)x)) {}
  template <class T, class = metal::enable_if_t<metal::msl_detail::whole<T>::value>>
  MSL_INLINE constexpr bfloat(T x) __constant : bits(rounded((float)x)) {}
  /* A float or half only where the text says so, as in Metal: bfloat(x), static_cast<bfloat>(x). */
  MSL_INLINE explicit constexpr bfloat(float x) : bits(rounded(x)) {}
  MSL_INLINE explicit constexpr bfloat(float x) __constant : bits(rounded(x)) {}
  /* `o[i] = v` with v in constant memory. */
  template <class T, class = metal::enable_if_t<metal::is_same<T, bfloat>::value>>
  MSL_INLINE bfloat &operator=(const __constant T &x) { bits = x.bits; return *this; }
  template <class T, metal::enable_if_t<metal::msl_detail::integral<T>::value, int> = 0>
  MSL_INLINE bfloat &operator=(const __constant T &x) { bits = rounded((float)x); return *this; }

  MSL_INLINE constexpr operator float() const { return __builtin_bit_cast(float, (uint32_t)bits << 16); }
  MSL_INLINE constexpr operator float() const __constant { return __builtin_bit_cast(float, (uint32_t)bits << 16); }

  static MSL_INLINE constexpr bfloat from_bits(uint16_t b) {
    bfloat x(0.0f);
    x.bits = b;
    return x;
  }
  static MSL_INLINE constexpr uint16_t rounded(float x) {
    const uint32_t b = __builtin_bit_cast(uint32_t, x);
    if ((b & 0x7fffffffu) > 0x7f800000u) return (b >> 16) | 0x40; /* a NaN stays one */
    return (b + 0x7fffu + ((b >> 16) & 1)) >> 16;
  }

  friend MSL_INLINE constexpr bfloat operator-(bfloat a) { return from_bits(a.bits ^ 0x8000); }
  friend MSL_INLINE constexpr bfloat operator+(bfloat a) { return a; }
  MSL_INLINE bfloat &operator++() { return *this = bfloat((float)*this + 1.0f); }
  MSL_INLINE bfloat &operator--() { return *this = bfloat((float)*this - 1.0f); }
  MSL_INLINE bfloat operator++(int) { bfloat old = *this; ++*this; return old; }
  MSL_INLINE bfloat operator--(int) { bfloat old = *this; --*this; return old; }
};

namespace metal {
namespace msl_detail {
/* Where an integer meets a bfloat, bfloat wins; where a float or half does, the result is float. */
template <class A, class B> struct bfloat_join {};
template <> struct bfloat_join<bfloat, bfloat> { typedef bfloat type; };
template <class B> struct bfloat_join<bfloat, B> : enable_if<scalar<B>::value, conditional_t<floating<B>::value, float, bfloat>> {};
template <class A> struct bfloat_join<A, bfloat> : enable_if<scalar<A>::value, conditional_t<floating<A>::value, float, bfloat>> {};
} // namespace msl_detail
} // namespace metal

#define MSL_BFLOAT_ARITHMETIC(op)                                                                           \
  template <class A, class B, class R = typename metal::msl_detail::bfloat_join<A, B>::type>                    \
  MSL_INLINE constexpr R operator op(A a, B b) { return R((float)a op (float)b); }                          \
  template <class B, class = metal::enable_if_t<metal::is_same<typename metal::msl_detail::bfloat_join<bfloat, B>::type, bfloat>::value>> \
  MSL_INLINE bfloat &operator op##=(bfloat &a, B b) { return a = bfloat((float)a op (float)b); }
#define MSL_BFLOAT_COMPARISON(op)                                                                           \
  template <class A, class B, class = typename metal::msl_detail::bfloat_join<A, B>::type>                      \
  MSL_INLINE constexpr bool operator op(A a, B b) { return (float)a op (float)b; }
MSL_BFLOAT_ARITHMETIC(+)
MSL_BFLOAT_ARITHMETIC(-)
MSL_BFLOAT_ARITHMETIC(*)
MSL_BFLOAT_ARITHMETIC(/)
MSL_BFLOAT_COMPARISON(==)
MSL_BFLOAT_COMPARISON(!=)
MSL_BFLOAT_COMPARISON(<)
MSL_BFLOAT_COMPARISON(<=)
MSL_BFLOAT_COMPARISON(>)
MSL_BFLOAT_COMPARISON(>=)
#undef MSL_BFLOAT_ARITHMETIC
#undef MSL_BFLOAT_COMPARISON

namespace metal {
using ::bfloat;
}

#endif
