/* The compiler builtins that metal_stdlib is made of on Apple's side, for texts that call them themselves, as MLX does
 * to give its own types the functions of metal_math. The last argument says which math mode is meant; there is one.
 */
#ifndef ATTEST_MSL_BUILTINS_H
#define ATTEST_MSL_BUILTINS_H

#include "metal_math"

enum { __METAL_MAYBE_FAST_MATH__ = 0, __METAL_FAST_MATH__ = 1, __METAL_PRECISE_MATH__ = 2 };

#define MSL_BUILTIN_1(name, function) \
  template <class T> MSL_INLINE auto __metal_##name(T a, int = 0) { return metal::function(a); }
#define MSL_BUILTIN_2(name, function) \
  template <class A, class B> MSL_INLINE auto __metal_##name(A a, B b, int = 0) { return metal::function(a, b); }
#define MSL_BUILTIN_3(name, function) \
  template <class A, class B, class C> MSL_INLINE auto __metal_##name(A a, B b, C c, int = 0) { return metal::function(a, b, c); }
MSL_BUILTIN_1(acos, acos)
MSL_BUILTIN_1(acosh, acosh)
MSL_BUILTIN_1(asin, asin)
MSL_BUILTIN_1(asinh, asinh)
MSL_BUILTIN_1(atan, atan)
MSL_BUILTIN_1(atanh, atanh)
MSL_BUILTIN_1(ceil, ceil)
MSL_BUILTIN_1(cos, cos)
MSL_BUILTIN_1(cosh, cosh)
MSL_BUILTIN_1(cospi, cospi)
MSL_BUILTIN_1(exp, exp)
MSL_BUILTIN_1(exp2, exp2)
MSL_BUILTIN_1(exp10, exp10)
MSL_BUILTIN_1(fabs, fabs)
MSL_BUILTIN_1(floor, floor)
MSL_BUILTIN_1(fract, fract)
MSL_BUILTIN_1(ilogb, ilogb)
MSL_BUILTIN_1(isfinite, isfinite)
MSL_BUILTIN_1(isinf, isinf)
MSL_BUILTIN_1(isnan, isnan)
MSL_BUILTIN_1(isnormal, isnormal)
MSL_BUILTIN_1(log, log)
MSL_BUILTIN_1(log2, log2)
MSL_BUILTIN_1(log10, log10)
MSL_BUILTIN_1(rint, rint)
MSL_BUILTIN_1(round, round)
MSL_BUILTIN_1(rsqrt, rsqrt)
MSL_BUILTIN_1(sign, sign)
MSL_BUILTIN_1(signbit, signbit)
MSL_BUILTIN_1(sin, sin)
MSL_BUILTIN_1(sinh, sinh)
MSL_BUILTIN_1(sinpi, sinpi)
MSL_BUILTIN_1(sqrt, sqrt)
MSL_BUILTIN_1(tan, tan)
MSL_BUILTIN_1(tanh, tanh)
MSL_BUILTIN_1(tanpi, tanpi)
MSL_BUILTIN_1(trunc, trunc)
MSL_BUILTIN_1(saturate, saturate)
MSL_BUILTIN_2(atan2, atan2)
MSL_BUILTIN_2(copysign, copysign)
MSL_BUILTIN_2(divide, divide)
MSL_BUILTIN_2(fdim, fdim)
MSL_BUILTIN_2(fmax, fmax)
MSL_BUILTIN_2(fmin, fmin)
MSL_BUILTIN_2(fmod, fmod)
MSL_BUILTIN_2(ldexp, ldexp)
MSL_BUILTIN_2(nextafter, nextafter)
MSL_BUILTIN_2(pow, pow)
MSL_BUILTIN_2(powr, powr)
MSL_BUILTIN_3(clamp, clamp)
MSL_BUILTIN_3(fma, fma)
MSL_BUILTIN_3(fmax3, fmax3)
MSL_BUILTIN_3(fmedian3, fmedian3)
MSL_BUILTIN_3(fmin3, fmin3)
MSL_BUILTIN_3(mix, mix)
MSL_BUILTIN_3(smoothstep, smoothstep)
#undef MSL_BUILTIN_1
#undef MSL_BUILTIN_2
#undef MSL_BUILTIN_3
/* The second result goes through a pointer. */
template <class T, class P> MSL_INLINE T __metal_frexp(T a, P exponent, int = 0) { return metal::frexp(a, *exponent); }
template <class T, class P> MSL_INLINE T __metal_modf(T a, P whole, int = 0) { return metal::modf(a, *whole); }
template <class T, class P> MSL_INLINE T __metal_sincos(T a, P cosine, int = 0) { return metal::sincos(a, *cosine); }

#endif
