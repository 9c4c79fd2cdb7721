/* Simdgroup matrices on an NVIDIA GPU: a warp holds them, its tensor cores multiply them.
 *
 * Hardware lane h = 4 g + t holds row g, columns 2t and 2t + 1: the pair of Metal's lane, which is numbered so
 * (ptx_runtime.h). The inner index may run in any order as long as both operands agree: slot t of an mma is taken for index
 * 2t, and slot t + 4, or the second mma, for 2t + 1. So the pair is, as it is, the fragment of a left operand and of a
 * result, and the pair of the transposed matrix is the fragment of a right one.
 *
 * Products of floats are exact in safe math: two mma of doubles, which also sum in double and round once. In fast math an
 * operand is the sum of two tf32, 11 bits each, and two mma make all four products: rows 0 to 7 take what the high parts of
 * the left operand give, rows 8 to 15 what its low parts give. A float has 24 bits and the low part is rounded, so an operand
 * is off by 2^-22 of itself at most. Infinities and numbers near them make NaN there, as fast math allows. Of 16-bit operands
 * one mma forms exact products in fast math; of a float and a 16-bit operand one mma too, for a tf32 holds every half and
 * every bfloat.
 *
 * Tensor cores cut their sums off, so sums of many keys would lean to zero. In fast math up to eight products are summed in
 * them, of a matrix that was filled with zeros: where the compiler cannot count them, and beyond them, what was there before
 * is added outside, rounded.
 */
#ifndef ATTEST_PTX_MATRIX_H
#define ATTEST_PTX_MATRIX_H

#include "metal_simdgroup"

namespace metal {
namespace msl_simd {

MSL_INLINE uint matrix_row() { return msl_hardware_lane() >> 2; }
MSL_INLINE uint matrix_column() { return (msl_hardware_lane() & 3) * 2; }

/* The pair of the transposed matrix: element (2t, g) lies in lane 8t + g / 2. */
template <class T> MSL_INLINE vec<T, 2> transposed(vec<T, 2> p) {
  const uint g = msl_hardware_lane() >> 2, t = msl_hardware_lane() & 3, first = 8 * t + g / 2;
  const vec<T, 2> upper = value_of_lane(~0u, p, first), lower = value_of_lane(~0u, p, first + 4);
  if (g & 1) return vec<T, 2>(upper.y, lower.y);
  return vec<T, 2>(upper.x, lower.x);
}

typedef vec<float, 2> pair_of_floats;

/* What an mma has summed: of the left operand's high parts, or of all of it, and of its low parts. An operand without parts
 * has zeros in the place of those, whose products are of no use (and NaN where the right operand is infinite): `idle`. */
struct sums {
  pair_of_floats high, low, idle;
};

/* start + left right; `right` is the pair of the transposed right operand. */
#ifdef __FAST_MATH__
/* The low part is rounded here, for the tensor core cuts off what a tf32 has no bits for, and products would lean to zero.
 * The high part is cut off: rounded, the largest floats would become infinite, and a weight of 0 would not silence them. */
MSL_INLINE uint high_part(float x) { return __builtin_bit_cast(uint, x) & 0xffffe000u; }
MSL_INLINE uint low_part(float x) {
  return __builtin_bit_cast(uint, x - __builtin_bit_cast(float, high_part(x))) + 0x1000u;
}
/* Rows 0 to 7 are sums.high, rows 8 to 15 sums.low. */
MSL_INLINE sums mma_of_parts(const __private uint *left, uint right_x, uint right_y, sums start) {
  float x, y, z, w;
  __asm__("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"
          : "=f"(x), "=f"(y), "=f"(z), "=f"(w)
          : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right_x), "r"(right_y), "f"(start.high.x), "f"(start.high.y),
            "f"(start.low.x), "f"(start.low.y));
  return sums{pair_of_floats(x, y), pair_of_floats(z, w), start.idle};
}
MSL_INLINE sums multiply_pairs(pair_of_floats left, pair_of_floats right, sums start) {
  const uint parts[4] = {high_part(left.x), low_part(left.x), high_part(left.y), low_part(left.y)};
  start = mma_of_parts(parts, low_part(right.x), low_part(right.y), start);
  return mma_of_parts(parts, high_part(right.x), high_part(right.y), start);
}
/* The same where a tf32 holds each element of the right operand. */
MSL_INLINE sums multiply_by_short(pair_of_floats left, pair_of_floats right, sums start) {
  const uint parts[4] = {high_part(left.x), low_part(left.x), high_part(left.y), low_part(left.y)};
  return mma_of_parts(parts, __builtin_bit_cast(uint, right.x), __builtin_bit_cast(uint, right.y), start);
}
template <class T> MSL_INLINE sums multiply_halves(vec<T, 2> left, vec<T, 2> right, sums start) {
  float x, y, z, w;
  const uint a = __builtin_bit_cast(uint, left), b = __builtin_bit_cast(uint, right);
#define MSL_MMA(type)                                                                                                     \
  __asm__("mma.sync.aligned.m16n8k8.row.col.f32." type "." type ".f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %8, %9, %10};"  \
          : "=f"(x), "=f"(y), "=f"(z), "=f"(w)                                                                            \
          : "r"(a), "r"(0u), "r"(b), "f"(start.high.x), "f"(start.high.y), "f"(start.idle.x), "f"(start.idle.y));
  if constexpr (is_same<T, half>::value) {
    MSL_MMA("f16")
  } else {
    MSL_MMA("bf16")
  }
#undef MSL_MMA
  return sums{pair_of_floats(x, y), start.low, pair_of_floats(z, w)};
}
#else
/* Sums in double, rounded once: all of it is high. */
MSL_INLINE sums multiply_pairs(pair_of_floats left, pair_of_floats right, sums start) {
  double x = start.high.x, y = start.high.y;
#define MSL_MMA(a, b) \
  __asm__("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%3}, {%0, %1};" : "+d"(x), "+d"(y) : "d"((double)a), "d"((double)b));
  MSL_MMA(left.x, right.x)
  MSL_MMA(left.y, right.y)
#undef MSL_MMA
  return sums{pair_of_floats((float)x, (float)y), start.low, start.idle};
}
MSL_INLINE sums multiply_by_short(pair_of_floats left, pair_of_floats right, sums start) { return multiply_pairs(left, right, start); }
template <class T> MSL_INLINE sums multiply_halves(vec<T, 2> left, vec<T, 2> right, sums start) {
  return multiply_pairs(pair_of_floats(float(left.x), float(left.y)), pair_of_floats(float(right.x), float(right.y)), start);
}
#endif

} // namespace msl_simd

/* A matrix as its pair, and where that is known as the pair of the transposed one too. Which of them hold is known when
 * everything is inlined, so the other costs nothing. Of a sum in the tensor cores `low` is still to be added, and so many
 * products may follow there as `room` says. */
template <class T, int Cols = 8, int Rows = Cols> struct MSL_COLLECTIVE_TYPE simdgroup_matrix {
  static_assert(Cols == 8 && Rows == 8, "a simdgroup_matrix has 8 columns and 8 rows");
  static_assert(is_floating_point<T>::value, "a simdgroup_matrix holds float, half or bfloat");
  typedef vec<T, 2> storage_type;

  simdgroup_matrix() = default;
  simdgroup_matrix(const simdgroup_matrix &) = default;
  simdgroup_matrix &operator=(const simdgroup_matrix &) = default;
  /* The diagonal matrix with this value. */
  MSL_INLINE explicit simdgroup_matrix(T diagonal) {
    elements.x = T(msl_simd::matrix_row() == msl_simd::matrix_column() ? diagonal : T(0));
    elements.y = T(msl_simd::matrix_row() == msl_simd::matrix_column() + 1 ? diagonal : T(0));
    low = msl_simd::pair_of_floats(0.0f, 0.0f);
    room = 0;
    turned = elements;
    has_turned = true;
  }

  MSL_INLINE __private vec<T, 2> &thread_elements() __private {
    msl_set(msl_value()); /* it may be written through */
    return elements;
  }
  MSL_INLINE const __private vec<T, 2> &thread_elements() const __private {
    elements = msl_value();
    low = msl_simd::pair_of_floats(0.0f, 0.0f);
    room = 0;
    return elements;
  }
  MSL_INLINE vec<T, 2> msl_value() const __private {
#ifdef __FAST_MATH__
    if constexpr (is_same<T, float>::value) return vec<T, 2>(elements.x + low.x, elements.y + low.y);
#endif
    return elements;
  }
  MSL_INLINE vec<T, 2> msl_turned() const __private {
    if (has_turned) return turned;
    return msl_simd::transposed<T>(msl_value());
  }
  MSL_INLINE void msl_set(vec<T, 2> value) __private {
    elements = value;
    low = idle = msl_simd::pair_of_floats(0.0f, 0.0f);
    room = 0;
    has_turned = false;
  }

  mutable vec<T, 2> elements;
  mutable msl_simd::pair_of_floats low;
  msl_simd::pair_of_floats idle;
  mutable uint room;
  vec<T, 2> turned;
  bool has_turned;
};

namespace msl_simd {
template <class T> MSL_INLINE simdgroup_matrix<T, 8, 8> matrix_of(vec<T, 2> elements) {
  simdgroup_matrix<T, 8, 8> m;
  m.msl_set(elements);
  return m;
}
template <class T> MSL_INLINE simdgroup_matrix<T, 8, 8> filled(T value) {
  simdgroup_matrix<T, 8, 8> m = matrix_of<T>(vec<T, 2>(value, value));
  m.turned = m.elements;
  m.has_turned = true;
#ifdef __FAST_MATH__
  if constexpr (is_same<T, float>::value) m.room = value == T(0) ? 8 : 0;
#endif
  return m;
}
template <class T> MSL_INLINE pair_of_floats as_floats(vec<T, 2> p) { return pair_of_floats(float(p.x), float(p.y)); }
template <class A, class B>
MSL_INLINE sums multiply(vec<A, 2> left, vec<B, 2> right, sums start) {
  if constexpr (is_same<A, B>::value && sizeof(A) == 2) return multiply_halves<A>(left, right, start);
  else if constexpr (sizeof(B) == 2) return multiply_by_short(as_floats(left), as_floats(right), start);
  else return multiply_pairs(as_floats(left), as_floats(right), start);
}
template <class D, class A, class B, class C>
MSL_INLINE simdgroup_matrix<D, 8, 8> multiplied(simdgroup_matrix<A, 8, 8> a, simdgroup_matrix<B, 8, 8> b, simdgroup_matrix<C, 8, 8> c, place) {
  const vec<A, 2> left = a.msl_value();
  const vec<B, 2> right = b.msl_turned();
#ifdef __FAST_MATH__
  if constexpr (is_same<C, float>::value && is_same<D, float>::value) {
    if (__builtin_constant_p(c.room) && c.room > 0) {
      const sums s = multiply<A, B>(left, right, sums{c.elements, c.low, c.idle});
      simdgroup_matrix<D, 8, 8> m = matrix_of<D>(s.high);
      m.low = s.low;
      m.idle = s.idle;
      m.room = c.room - 1;
      return m;
    }
  }
  const pair_of_floats zeros = pair_of_floats(0.0f, 0.0f), before = as_floats(c.msl_value());
  const sums s = multiply<A, B>(left, right, sums{zeros, zeros, zeros});
  return matrix_of<D>(vec<D, 2>(D(before.x + (s.high.x + s.low.x)), D(before.y + (s.high.y + s.low.y))));
#else
  const sums s = multiply<A, B>(left, right, sums{as_floats(c.elements)});
  return matrix_of<D>(vec<D, 2>(D(s.high.x), D(s.high.y)));
#endif
}
} // namespace msl_simd

/* Of a matrix of 16-bit elements in shared memory the hardware loads the pair of the transposed one in one step, where each
 * row is 16 aligned bytes. Hardware lanes 0 to 7 tell where the rows are. */
extern "C" __attribute__((convergent)) uint msl_ptx_transposed_rows(const __local void *row)
#if __clang_major__ < 15
    __asm__("llvm.nvvm.ldmatrix.sync.aligned.m8n8.x1.trans.b16.p3i8");
#else
    __asm__("llvm.nvvm.ldmatrix.sync.aligned.m8n8.x1.trans.b16.p3");
#endif

namespace msl_simd {
/* Elements (2t, g) and (2t + 1, g). */
template <class T> MSL_INLINE vec<T, 2> neighbours_below(const __local T *matrix, ulong elements_per_row) {
  if constexpr (sizeof(T) == 2) {
    if (!((uint)(ulong)matrix & 15) && !((uint)elements_per_row & 7))
      return __builtin_bit_cast(vec<T, 2>, msl_ptx_transposed_rows(matrix + (msl_hardware_lane() & 7) * elements_per_row));
  }
  const __local T *p = matrix + matrix_column() * elements_per_row + matrix_row();
  return vec<T, 2>(p[0], p[elements_per_row]);
}
template <class T> MSL_INLINE vec<T, 2> neighbours_below(const __global T *matrix, ulong elements_per_row) {
  const __global T *p = matrix + matrix_column() * elements_per_row + matrix_row();
  return vec<T, 2>(p[0], p[elements_per_row]);
}
} // namespace msl_simd

#define MSL_MATRIX_MEMORY(space)                                                                                       \
  namespace msl_simd {                                                                                                 \
  /* Elements row, column and the next: one access where the matrix begins at an even place of memory, its rows are an   \
   * even number of elements apart, and its origin is at an even column. They are asked for one by one, since the compiler \
   * knows the answer for each, and not for their sum. */                                                              \
  template <class T> MSL_INLINE vec<T, 2> neighbours(const space T *matrix, ulong elements_per_row, vec<ulong, 2> origin) { \
    const space T *p = matrix + (origin.y + matrix_row()) * elements_per_row + (origin.x + matrix_column());           \
    typedef conditional_t<sizeof(T) == 4, uint, ushort> bits;                                                          \
    typedef conditional_t<sizeof(T) == 4, ulong, uint> both;                                                           \
    if (((uint)(ulong)matrix & (2 * sizeof(T) - 1)) || ((uint)(elements_per_row | origin.x) & 1)) \
      return vec<T, 2>(p[0], p[1]);                                                                                    \
    const both x = *(const space both *)p;                                                                             \
    return vec<T, 2>(__builtin_bit_cast(T, (bits)x), __builtin_bit_cast(T, (bits)(x >> 8 * sizeof(T))));               \
  }                                                                                                                    \
  }                                                                                                                    \
  template <class T, int C, int R>                                                                                     \
  MSL_COLLECTIVE void simdgroup_load(__private simdgroup_matrix<T, C, R> &d, const space T *src, ulong elements_per_row = 8, \
                                 vec<ulong, 2> matrix_origin = vec<ulong, 2>(0ul), bool transpose_matrix = false) {    \
    const vec<T, 2> along = msl_simd::neighbours<T>(src, elements_per_row, matrix_origin);                             \
    src += matrix_origin.y * elements_per_row + matrix_origin.x;                                                       \
    const vec<T, 2> across = msl_simd::neighbours_below<T>(src, elements_per_row);                                     \
    d.msl_set(transpose_matrix ? across : along);                                                                      \
    d.turned = transpose_matrix ? along : across;                                                                      \
    d.has_turned = true;                                                                                               \
  }                                                                                                                    \
  template <class T, int C, int R>                                                                                     \
  MSL_COLLECTIVE void simdgroup_store(simdgroup_matrix<T, C, R> a, space T *dst, ulong elements_per_row = 8,               \
                                  vec<ulong, 2> matrix_origin = vec<ulong, 2>(0ul), bool transpose_matrix = false) {   \
    const ulong row = msl_simd::matrix_row(), column = msl_simd::matrix_column();                                      \
    dst += matrix_origin.y * elements_per_row + matrix_origin.x;                                                       \
    const vec<T, 2> value = a.msl_value();                                                                             \
    if (transpose_matrix) {                                                                                            \
      dst[column * elements_per_row + row] = value.x;                                                                  \
      dst[(column + 1) * elements_per_row + row] = value.y;                                                            \
    } else {                                                                                                           \
      dst[row * elements_per_row + column] = value.x;                                                                  \
      dst[row * elements_per_row + column + 1] = value.y;                                                              \
    }                                                                                                                  \
  }
MSL_MATRIX_MEMORY(__global)
MSL_MATRIX_MEMORY(__local)
#undef MSL_MATRIX_MEMORY

} // namespace metal

#endif
