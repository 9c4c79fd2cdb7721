/* The functions of the C library that metal_math is made of, for an NVIDIA GPU, where there is no library.
 *
 * In safe math, and in metal::precise always, they are computed in double, whose error then is that of one rounding to float:
 * MSL promises 4 ulp or more of most (exp2, log2: 4; tan: 6; pow: 16). exp2 alone is the hardware's in both modes, within 2
 * ulp. In fast math exp is made of that, within 3. NaN is told by bits, so
 * that it stays one where the compiler assumes that there is none.
 */
#ifndef ATTEST_PTX_MATH_H
#define ATTEST_PTX_MATH_H

#include "msl_base.h"

#pragma float_control(precise, on, push)

namespace metal {
namespace msl_ptx {

MSL_INLINE bool is_nan(float x) { return (__builtin_bit_cast(uint, x) & 0x7fffffffu) > 0x7f800000u; }
MSL_INLINE bool is_infinite(float x) { return (__builtin_bit_cast(uint, x) & 0x7fffffffu) == 0x7f800000u; }
MSL_INLINE bool is_negative(float x) { return __builtin_bit_cast(uint, x) >> 31; }
MSL_INLINE float of_bits(uint b) { return __builtin_bit_cast(float, b); }
MSL_INLINE float some_nan() { return of_bits(0x7fc00000u); }
MSL_INLINE double power_of_two(int n) { return __builtin_bit_cast(double, (ulong)(n + 1023) << 52); }

/* Constants by their bits, and quotients by a function: a literal is a float here, as it is in MSL, and doubles made of
 * floats would be no better. ln_2_rest and half_pi_rest are what these have beyond a double. */
MSL_INLINE double log2_e() { return __builtin_bit_cast(double, 0x3ff71547652b82feul); }
MSL_INLINE double ln_2() { return __builtin_bit_cast(double, 0x3fe62e42fefa39eful); }
MSL_INLINE double ln_2_rest() { return __builtin_bit_cast(double, 0x3c7abc9e3b39803ful); }
MSL_INLINE double ln_10() { return __builtin_bit_cast(double, 0x40026bb1bbb55516ul); }
MSL_INLINE double log10_e() { return __builtin_bit_cast(double, 0x3fdbcb7b1526e50eul); }
MSL_INLINE double pi() { return __builtin_bit_cast(double, 0x400921fb54442d18ul); }
MSL_INLINE double half_pi() { return __builtin_bit_cast(double, 0x3ff921fb54442d18ul); }
MSL_INLINE double half_pi_rest() { return __builtin_bit_cast(double, 0x3c91a62633145c07ul); }
MSL_INLINE double quarter_pi() { return __builtin_bit_cast(double, 0x3fe921fb54442d18ul); }
MSL_INLINE double two_over_pi() { return __builtin_bit_cast(double, 0x3fe45f306dc9c883ul); }
MSL_INLINE double over(double n) { return (double)1 / n; } /* n is a float as well as a double */

/* The polynomial in x with these coefficients, the highest first, one fused step for each. */
MSL_INLINE double horner(double, double p) { return p; }
template <class... Rest> MSL_INLINE double horner(double x, double p, double next, Rest... rest) {
  return horner(x, __builtin_fma(p, x, next), rest...);
}

/* e^x; beyond what a float holds a number that becomes its infinity or zero. */
MSL_INLINE double exp_of(double x) {
  x = x > 200.0 ? 200.0 : x < -200.0 ? -200.0 : x;
  const double n = __builtin_rint(x * log2_e());
  double r = __builtin_fma(n, -ln_2(), x);
  r = __builtin_fma(n, -ln_2_rest(), r);
  const double p = horner(r, over(39916800.0), over(3628800.0), over(362880.0), over(40320.0), over(5040.0),
                          over(720.0), over(120.0), over(24.0), over(6.0), 0.5, 1.0, 1.0);
  return p * power_of_two((int)n);
}

/* The power of any float, of a base whose logarithm is given. */
MSL_INLINE float power_in(float x, double log_base) {
  return is_nan(x) ? x : is_infinite(x) ? (is_negative(x) ? 0.0f : x) : (float)exp_of((double)x * log_base);
}

/* ln x of a positive finite x. */
MSL_INLINE double log_of(double x) {
  const ulong bits = __builtin_bit_cast(ulong, x);
  int e = (int)(bits >> 52) - 1023;
  double m = __builtin_bit_cast(double, (bits & 0xffffffffffffful) | 0x3ff0000000000000ul);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    e += 1;
  }
  const double s = (m - 1.0) / (m + 1.0), q = s * s;
  const double p = horner(q, over(17.0), over(15.0), over(13.0), over(11.0), over(9.0), over(7.0), over(5.0),
                          over(3.0));
  return __builtin_fma((double)e, ln_2(), __builtin_fma(2.0 * s * q, p, 2.0 * s));
}
/* ln(1 + x), also of small x. */
MSL_INLINE double log_of_one_more(double x) {
  const double u = 1.0 + x;
  return log_of(u) + (x - (u - 1.0)) / u;
}
/* The logarithm in a base, of any float. */
MSL_INLINE float log_in(float x, double per_e) {
  if (is_nan(x)) return x;
  if (x == 0.0f) return of_bits(0xff800000u);
  if (is_negative(x)) return some_nan();
  if (is_infinite(x)) return x;
  return (float)(log_of((double)x) * per_e);
}

/* x less a whole number of quarter turns, and how many those were modulo 4. */
struct angle {
  double rest;
  uint quarter;
};
/* Of angles of 2^30 and more: x = m 2^e with a whole m, and of 2/pi 2^e only the bits below 4 matter. */
static __attribute__((noinline)) angle reduced_large(float x) {
  const uint bits = __builtin_bit_cast(uint, x), m = (bits & 0x7fffffu) | 0x800000u;
  const int e = (int)(bits >> 23 & 0xff) - 150, from = e - 2; /* the first bit that matters, counted from 0 */
  uint word[4];
  for (int i = 0; i < 4; ++i) {
    const int at = from / 32 + i;
    word[i] = at == 0 ? 0xa2f9836eu : at == 1 ? 0x4e441529u : at == 2 ? 0xfc2757d1u : at == 3 ? 0xf534ddc0u
            : at == 4 ? 0xdb629599u : at == 5 ? 0x3c439041u : at == 6 ? 0xfe5163abu : 0xdebbc561u;
  }
  const uint shift = (uint)from % 32;
  uint window[3];
  for (int i = 0; i < 3; ++i) window[i] = shift ? word[i] << shift | word[i + 1] >> (32 - shift) : word[i];
  /* window has 2 bits before the point and 94 behind; times m, modulo 4 */
  ulong carry = (ulong)window[2] * m;
  const uint low = (uint)carry;
  carry = (ulong)window[1] * m + (carry >> 32);
  const uint middle = (uint)carry;
  const uint high = (uint)((ulong)window[0] * m + (carry >> 32));
  angle a;
  a.quarter = high >> 30;
  double f = (double)(high & 0x3fffffffu) * 0x1p-30 + (double)middle * 0x1p-62 + (double)low * 0x1p-94;
  if (f > 0.5) {
    f = ((double)(int)((high & 0x3fffffffu) - 0x40000000u)) * 0x1p-30 + ((double)middle * 0x1p-62 + (double)low * 0x1p-94);
    a.quarter += 1;
  }
  a.rest = f * half_pi();
  if (is_negative(x)) {
    a.rest = -a.rest;
    a.quarter = 0u - a.quarter;
  }
  return a;
}
MSL_INLINE angle reduced(float x) {
  if (__builtin_fabsf(x) >= 0x1p30f) return reduced_large(x);
  const double n = __builtin_rint((double)x * two_over_pi());
  return angle{__builtin_fma(n, -half_pi_rest(), __builtin_fma(n, -half_pi(), (double)x)), (uint)(int)(long)n};
}
MSL_INLINE double sine_of(double r) {
  const double q = r * r;
  const double p = horner(q, -over(1307674368000.0), over(6227020800.0), -over(39916800.0), over(362880.0),
                          -over(5040.0), over(120.0), -over(6.0));
  return __builtin_fma(r * q, p, r);
}
MSL_INLINE double cosine_of(double r) {
  const double q = r * r;
  const double p = horner(q, -over(87178291200.0), over(479001600.0), -over(3628800.0), over(40320.0), -over(720.0),
                          over(24.0), -0.5);
  return __builtin_fma(q, p, 1.0);
}
/* The sine of x and a number of quarter turns. */
static __attribute__((noinline)) float sine_ahead(float x, uint quarters) {
  if (is_nan(x) || is_infinite(x)) return some_nan();
  if (x == 0.0f && !quarters) return x;
  const angle a = reduced(x);
  const uint quarter = a.quarter + quarters;
  const double s = quarter & 1 ? cosine_of(a.rest) : sine_of(a.rest);
  return (float)(quarter & 2 ? -s : s);
}

/* atan of 0 to 1. */
MSL_INLINE double atan_of_ratio(double t) {
  double base = 0.0;
  if (t > 0.41421356237309503) {
    t = (t - 1.0) / (t + 1.0);
    base = quarter_pi();
  }
  const double q = t * t;
  const double p = horner(-q, over(29.0), over(27.0), over(25.0), over(23.0), over(21.0), over(19.0), over(17.0),
                          over(15.0), over(13.0), over(11.0), over(9.0), over(7.0), over(5.0), over(3.0));
  return base + __builtin_fma(t * q, -p, t);
}
/* The angle of (x, y), both doubles that are finite or, where both are infinite, 1. */
MSL_INLINE double angle_of(double y, double x) {
  const double a = __builtin_fabs(y), b = __builtin_fabs(x);
  const double most = a > b ? a : b, least = a > b ? b : a;
  double r = most == 0.0 ? 0.0 : atan_of_ratio(least / most);
  if (a > b) r = half_pi() - r;
  if (__builtin_bit_cast(ulong, x) >> 63) r = pi() - r;
  return __builtin_copysign(r, y);
}
/* The angle whose sine, or cosine, is x. */
MSL_INLINE float angle_on_circle(float x, bool sine) {
  if (is_nan(x)) return x;
  if (__builtin_fabsf(x) > 1.0f) return some_nan();
  const double other = __builtin_sqrt((1.0 - (double)x) * (1.0 + (double)x));
  return (float)(sine ? angle_of((double)x, other) : angle_of(other, (double)x));
}
MSL_INLINE double sinh_of(double x) {
  if (__builtin_fabs(x) < 0.5) {
    const double q = x * x;
    const double p = horner(q, over(6227020800.0), over(39916800.0), over(362880.0), over(5040.0), over(120.0),
                          over(6.0));
    return __builtin_fma(x * q, p, x);
  }
  return 0.5 * (exp_of(x) - exp_of(-x));
}
MSL_INLINE double cosh_of(double x) { return 0.5 * (exp_of(x) + exp_of(-x)); }

} // namespace msl_ptx
} // namespace metal

/* The names of the C library. Out of line: they are long, and seldom where time goes. */
#define MSL_PTX_FUNCTION(name) static __attribute__((noinline)) float msl_ptx_##name
MSL_PTX_FUNCTION(sinf)(float x) { return metal::msl_ptx::sine_ahead(x, 0); }
MSL_PTX_FUNCTION(cosf)(float x) { return metal::msl_ptx::sine_ahead(x, 1); }
MSL_PTX_FUNCTION(tanf)(float x) {
  using namespace metal::msl_ptx;
  if (is_nan(x) || is_infinite(x)) return some_nan();
  if (x == 0.0f) return x;
  const angle a = reduced(x);
  const double s = sine_of(a.rest), c = cosine_of(a.rest);
  return (float)(a.quarter & 1 ? -c / s : s / c);
}
MSL_PTX_FUNCTION(atan2f)(float y, float x) {
  using namespace metal::msl_ptx;
  if (is_nan(x)) return x;
  if (is_nan(y)) return y;
  if (is_infinite(x) && is_infinite(y)) return (float)angle_of(__builtin_copysign(1.0, (double)y), __builtin_copysign(1.0, (double)x));
  if (is_infinite(x)) return (float)__builtin_copysign(is_negative(x) ? pi() : 0.0, (double)y);
  if (is_infinite(y)) return (float)__builtin_copysign(half_pi(), (double)y);
  return (float)angle_of((double)y, (double)x);
}
MSL_PTX_FUNCTION(atanf)(float x) { return msl_ptx_atan2f(x, 1.0f); }
MSL_PTX_FUNCTION(asinf)(float x) { return metal::msl_ptx::angle_on_circle(x, true); }
MSL_PTX_FUNCTION(acosf)(float x) { return metal::msl_ptx::angle_on_circle(x, false); }
MSL_PTX_FUNCTION(sinhf)(float x) {
  using namespace metal::msl_ptx;
  return is_nan(x) || is_infinite(x) ? x : (float)sinh_of((double)x);
}
MSL_PTX_FUNCTION(coshf)(float x) {
  using namespace metal::msl_ptx;
  return is_nan(x) ? x : is_infinite(x) ? of_bits(0x7f800000u) : (float)cosh_of((double)x);
}
MSL_PTX_FUNCTION(tanhf)(float x) {
  using namespace metal::msl_ptx;
  if (is_nan(x)) return x;
  if (__builtin_fabsf(x) > 20.0f || is_infinite(x)) return is_negative(x) ? -1.0f : 1.0f;
  return (float)(sinh_of((double)x) / cosh_of((double)x));
}
MSL_PTX_FUNCTION(asinhf)(float x) {
  using namespace metal::msl_ptx;
  if (is_nan(x) || is_infinite(x)) return x;
  const double a = __builtin_fabs((double)x);
  return (float)__builtin_copysign(log_of_one_more(a + a * a / (1.0 + __builtin_sqrt(1.0 + a * a))), (double)x);
}
MSL_PTX_FUNCTION(acoshf)(float x) {
  using namespace metal::msl_ptx;
  if (is_nan(x)) return x;
  if (x < 1.0f) return some_nan();
  if (is_infinite(x)) return x;
  const double t = (double)x - 1.0;
  return (float)log_of_one_more(t + __builtin_sqrt(t * (t + 2.0)));
}
MSL_PTX_FUNCTION(atanhf)(float x) {
  using namespace metal::msl_ptx;
  if (is_nan(x)) return x;
  const float a = __builtin_fabsf(x);
  if (a > 1.0f) return some_nan();
  if (a == 1.0f) return of_bits(is_negative(x) ? 0xff800000u : 0x7f800000u);
  return (float)__builtin_copysign(0.5 * log_of_one_more(2.0 * (double)a / (1.0 - (double)a)), (double)x);
}
MSL_PTX_FUNCTION(exp10f)(float x) { return metal::msl_ptx::power_in(x, metal::msl_ptx::ln_10()); }
MSL_PTX_FUNCTION(expf)(float x) { return metal::msl_ptx::power_in(x, 1.0); }
MSL_PTX_FUNCTION(logf)(float x) { return metal::msl_ptx::log_in(x, 1.0); }
MSL_PTX_FUNCTION(log2f)(float x) { return metal::msl_ptx::log_in(x, metal::msl_ptx::log2_e()); }
MSL_PTX_FUNCTION(log10f)(float x) { return metal::msl_ptx::log_in(x, metal::msl_ptx::log10_e()); }
MSL_PTX_FUNCTION(ldexpf)(float x, int e) {
  using namespace metal::msl_ptx;
  if (is_nan(x) || is_infinite(x)) return x;
  e = e > 400 ? 400 : e < -400 ? -400 : e;
  return (float)((double)x * power_of_two(e));
}
/* The remainder is exact: so is each step, which takes away b times a power of two. */
MSL_PTX_FUNCTION(fmodf)(float x, float y) {
  using namespace metal::msl_ptx;
  if (is_nan(x) || is_nan(y) || is_infinite(x) || y == 0.0f) return some_nan();
  if (is_infinite(y)) return x;
  double a = __builtin_fabs((double)x);
  const double b = __builtin_fabs((double)y);
  while (a >= b) {
    const int apart = (int)(__builtin_bit_cast(ulong, a) >> 52) - (int)(__builtin_bit_cast(ulong, b) >> 52);
    double step = b * power_of_two(apart);
    if (step > a) step *= 0.5;
    a -= step;
  }
  return (float)__builtin_copysign(a, (double)x);
}
MSL_PTX_FUNCTION(nextafterf)(float x, float y) {
  using namespace metal::msl_ptx;
  if (is_nan(x)) return x;
  if (is_nan(y) || x == y) return y;
  if (x == 0.0f) return of_bits(is_negative(y) ? 0x80000001u : 1u);
  return of_bits(__builtin_bit_cast(uint, x) + ((x < y) == !is_negative(x) ? 1u : ~0u));
}
MSL_PTX_FUNCTION(powf)(float x, float y) {
  using namespace metal::msl_ptx;
  if (y == 0.0f || x == 1.0f) return 1.0f;
  if (is_nan(x)) return x;
  if (is_nan(y)) return y;
  const float size = __builtin_fabsf(x);
  const bool whole = __builtin_fabsf(y) >= 0x1p23f || __builtin_truncf(y) == y;
  const bool odd = whole && __builtin_fabsf(y) < 0x1p24f && ((long)y & 1);
  if (is_infinite(y)) return size == 1.0f ? 1.0f : (size > 1.0f) == !is_negative(y) ? of_bits(0x7f800000u) : 0.0f;
  float r;
  if (x == 0.0f || is_infinite(x)) r = (x == 0.0f) == is_negative(y) ? of_bits(0x7f800000u) : 0.0f;
  else if (x < 0.0f && !whole) return some_nan();
  else r = (float)exp_of((double)y * log_of((double)size));
  return odd && is_negative(x) ? -r : r;
}
#undef MSL_PTX_FUNCTION

/* In fast math a result too small for a normal float is 0, as Metal allows there. */
#ifdef __FAST_MATH__
MSL_INLINE float msl_ptx_exp2f(float x) { return __nvvm_ex2_approx_ftz_f(x); }
#else
MSL_INLINE float msl_ptx_exp2f(float x) { return __nvvm_ex2_approx_f(x); }
#endif

/* e^x of the hardware's 2^x: what the product with log2 e is rounded by is made good. */
MSL_INLINE float msl_ptx_fast_expf(float x) {
  if (metal::msl_ptx::is_nan(x)) return x;
  const float within = x > 200.0f ? 200.0f : x < -200.0f ? -200.0f : x, product = within * 0x1.715476p+0f;
  const float rest = __builtin_fmaf(within, 0x1.4ae0cp-26f, __builtin_fmaf(within, 0x1.715476p+0f, -product));
  const float power = __nvvm_ex2_approx_f(product);
  return metal::msl_ptx::is_infinite(power) ? power : __builtin_fmaf(power, rest * 0x1.62e43p-1f, power);
}

#pragma float_control(pop)

#ifndef __FAST_MATH__
#define msl_ptx_fast_expf msl_ptx_expf
#endif

#define msl_c_acosf msl_ptx_acosf
#define msl_c_acoshf msl_ptx_acoshf
#define msl_c_asinf msl_ptx_asinf
#define msl_c_asinhf msl_ptx_asinhf
#define msl_c_atanf msl_ptx_atanf
#define msl_c_atan2f msl_ptx_atan2f
#define msl_c_atanhf msl_ptx_atanhf
#define msl_c_cosf msl_ptx_cosf
#define msl_c_coshf msl_ptx_coshf
#define msl_c_exp10f msl_ptx_exp10f
#define msl_c_exp2f msl_ptx_exp2f
#define msl_c_expf msl_ptx_fast_expf
#define msl_c_fmodf msl_ptx_fmodf
#define msl_c_ldexpf msl_ptx_ldexpf
#define msl_c_log10f msl_ptx_log10f
#define msl_c_log2f msl_ptx_log2f
#define msl_c_logf msl_ptx_logf
#define msl_c_nextafterf msl_ptx_nextafterf
#define msl_c_powf msl_ptx_powf
#define msl_c_sinf msl_ptx_sinf
#define msl_c_sinhf msl_ptx_sinhf
#define msl_c_tanf msl_ptx_tanf
#define msl_c_tanhf msl_ptx_tanhf

#endif
