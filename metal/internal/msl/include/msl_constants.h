/* The macros that MSL texts find defined: METAL_FUNC, INFINITY, the M_ constants, the limits. */
#ifndef ATTEST_MSL_CONSTANTS_H
#define ATTEST_MSL_CONSTANTS_H

#define METAL_FUNC inline __attribute__((always_inline))
#define METAL_ALIGN(n) alignas(n)
#define METAL_CONST __attribute__((const))
#define METAL_PURE __attribute__((pure))
#define METAL_VALID_ARGS(...)

/* What does not hold is a line of the run, and the kernel goes on: a GPU has nobody to tell. */
#define assert(...) ((__VA_ARGS__) ? (void)0 : metal::msl_detail::log_message(MSL_LOG_FAULT, "", "", "assertion failed: %s, line %d", #__VA_ARGS__, __LINE__))

#ifdef MSL_FOLDED
/* What INFINITY and -INFINITY are beside a comparison in folded math (folded.go): every number lies between them. */
struct msl_above {};
struct msl_below {};
#define MSL_FOLD(op, above, below)                                                                   \
  template <class T> MSL_INLINE constexpr bool operator op(msl_above, const T &) { return #op[0] == '=' ? false : #op[0] == '!' ? true : #op[0] == '>'; } \
  template <class T> MSL_INLINE constexpr bool operator op(msl_below, const T &) { return #op[0] == '=' ? false : #op[0] == '!' ? true : #op[0] == '<'; } \
  template <class T> MSL_INLINE constexpr bool operator op(const T &, msl_above) { return above; }  \
  template <class T> MSL_INLINE constexpr bool operator op(const T &, msl_below) { return below; }
MSL_FOLD(==, false, false)
MSL_FOLD(!=, true, true)
MSL_FOLD(<, true, false)
MSL_FOLD(<=, true, false)
MSL_FOLD(>, false, true)
MSL_FOLD(>=, false, true)
#undef MSL_FOLD
#endif

#define INFINITY msl_infinity()
#define NAN msl_nan()
#define HUGE_VALF msl_infinity()
#define HUGE_VALH ((half)msl_infinity())
#define MAXFLOAT 0x1.fffffep127f
#define MAXHALF ((half)0x1.ffcp15f)
#define MAXBFLOAT (bfloat(0x1.fep127f))
#define FLT_MAX 0x1.fffffep127f
#define FLT_MIN 0x1p-126f
#define FLT_EPSILON 0x1p-23f
#define FLT_TRUE_MIN 0x1p-149f
#define FLT_DIG 6
#define FLT_MANT_DIG 24
#define FLT_RADIX 2
#define FLT_MAX_EXP 128
#define FLT_MIN_EXP (-125)
#define HALF_MAX ((half)0x1.ffcp15f)
#define HALF_MIN ((half)0x1p-14f)
#define HALF_EPSILON ((half)0x1p-10f)
#define HALF_DIG 3
#define HALF_MANT_DIG 11
#define HALF_RADIX 2
#define HALF_MAX_EXP 16
#define HALF_MIN_EXP (-13)

#define CHAR_BIT 8
#define CHAR_MAX 127
#define CHAR_MIN (-128)
#define SCHAR_MAX 127
#define SCHAR_MIN (-128)
#define UCHAR_MAX 255
#define SHRT_MAX 32767
#define SHRT_MIN (-32768)
#define USHRT_MAX 65535
#define INT_MAX 2147483647
#define INT_MIN (-2147483647 - 1)
#define UINT_MAX 4294967295u
#define LONG_MAX 9223372036854775807l
#define LONG_MIN (-9223372036854775807l - 1)
#define ULONG_MAX 18446744073709551615ul

#define M_E_F 2.71828182845904523536f
#define M_LOG2E_F 1.44269504088896340736f
#define M_LOG10E_F 0.43429448190325182765f
#define M_LN2_F 0.69314718055994530942f
#define M_LN10_F 2.30258509299404568402f
#define M_PI_F 3.14159265358979323846f
#define M_PI_2_F 1.57079632679489661923f
#define M_PI_4_F 0.78539816339744830962f
#define M_1_PI_F 0.31830988618379067154f
#define M_2_PI_F 0.63661977236758134308f
#define M_2_SQRTPI_F 1.12837916709551257390f
#define M_SQRT2_F 1.41421356237309504880f
#define M_SQRT1_2_F 0.70710678118654752440f
#define M_E_H ((half)M_E_F)
#define M_LOG2E_H ((half)M_LOG2E_F)
#define M_LOG10E_H ((half)M_LOG10E_F)
#define M_LN2_H ((half)M_LN2_F)
#define M_LN10_H ((half)M_LN10_F)
#define M_PI_H ((half)M_PI_F)
#define M_PI_2_H ((half)M_PI_2_F)
#define M_PI_4_H ((half)M_PI_4_F)
#define M_1_PI_H ((half)M_1_PI_F)
#define M_2_PI_H ((half)M_2_PI_F)
#define M_2_SQRTPI_H ((half)M_2_SQRTPI_F)
#define M_SQRT2_H ((half)M_SQRT2_F)
#define M_SQRT1_2_H ((half)M_SQRT1_2_F)
#define M_E_BF (bfloat(M_E_F))
#define M_LOG2E_BF (bfloat(M_LOG2E_F))
#define M_LN2_BF (bfloat(M_LN2_F))
#define M_PI_BF (bfloat(M_PI_F))

#endif
