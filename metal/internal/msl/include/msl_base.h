/* The ground all other headers stand on: extensions, integer names, and how an inline function is written.
 *
 * Kernel texts are compiled as C++ for OpenCL, where address spaces are types. An unqualified pointer, reference or
 * `this` is __generic there: __private, __local and __global convert to it, it converts to none of them, and
 * __constant converts to nothing.
 */
#ifndef ATTEST_MSL_BASE_H
#define ATTEST_MSL_BASE_H

#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#pragma OPENCL EXTENSION __cl_clang_function_pointers : enable
#pragma OPENCL EXTENSION __cl_clang_bitfields : enable

#ifndef MSL_INLINE
#define MSL_INLINE inline __attribute__((always_inline))
#endif

/* A static member of a struct as a function of no struct: where one is wanted, R and A are told by what is wanted. */
namespace metal {
namespace msl_detail {
/* T by a name, for what a struct cannot have written out (function_types.go). */
template <class T> using declared_type = T;
/* Of a pointer to a function, a reference to such a function. */
template <class T> struct callee { using type = T; };
template <class T> struct callee<T *> { using type = T &; };
template <class T> struct callee<T *const> { using type = T &; };
template <class T> using called = typename callee<T>::type;
template <auto F, class R, class... A> MSL_INLINE R as_free(A... arguments) { return F(arguments...); }
} // namespace msl_detail
} // namespace metal

/* Infinity and NaN as values. In fast math the compiler takes a constant that is one for undefined and drops what is
 * computed from it; Metal's does not. So there it is not told: where no constant expression is wanted, the bits come
 * from an empty assembler statement. */
#ifdef __FAST_MATH__
MSL_INLINE float msl_untold(unsigned bits) {
  __asm__("" : "+r"(bits));
  return __builtin_bit_cast(float, bits);
}
MSL_INLINE constexpr float msl_infinity() { return __builtin_is_constant_evaluated() ? __builtin_inff() : msl_untold(0x7f800000u); }
MSL_INLINE constexpr float msl_nan() { return __builtin_is_constant_evaluated() ? __builtin_nanf("") : msl_untold(0x7fc00000u); }
#else
MSL_INLINE constexpr float msl_infinity() { return __builtin_inff(); }
MSL_INLINE constexpr float msl_nan() { return __builtin_nanf(""); }
#endif

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef __INTPTR_TYPE__ intptr_t;
typedef __UINTPTR_TYPE__ uintptr_t;

#endif
