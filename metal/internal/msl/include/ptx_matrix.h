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
 * every bfloat. Tensor cores cut their sums off, so no more than eight products are summed in them: what was there before is
 * added outside.
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

/* start + left right; `right` is the pair of the transposed right operand. */
#ifdef __FAST_MATH__
/* The low part is rounded here, for the tensor core cuts off what a tf32 has no bits for, and products would lean to zero.
 * The high part is cut off: rounded, the largest floats would become infinite, and a weight of 0 would not silence them. */
MSL_INLINE uint high_part(float x) { return __builtin_bit_cast(uint, x) & 0xffffe000u; }
MSL_INLINE uint low_part(float x) {
  return __builtin_bit_cast(uint, x - __builtin_bit_cast(float, high_part(x))) + 0x1000u;
}
/* Rows 0 to 7 in x and y, rows 8 to 15 in z and w. */
#define MSL_MMA(b0, b1)                                                                                                   \
  __asm__("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
          : "+f"(x), "+f"(y), "+f"(z), "+f"(w) : "r"(parts[0]), "r"(parts[1]), "r"(parts[2]), "r"(parts[3]), "r"(b0), "r"(b1));
MSL_INLINE pair_of_floats multiply_pairs(pair_of_floats left, pair_of_floats right, pair_of_floats start) {
  float x = 0.0f, y = 0.0f, z = 0.0f, w = 0.0f;
  const uint parts[4] = {high_part(left.x), low_part(left.x), high_part(left.y), low_part(left.y)};
  MSL_MMA(low_part(right.x), low_part(right.y))
  MSL_MMA(high_part(right.x), high_part(right.y))
  return pair_of_floats(start.x + (x + z), start.y + (y + w));
}
/* The same where a tf32 holds each element of the right operand. */
MSL_INLINE pair_of_floats multiply_by_short(pair_of_floats left, pair_of_floats right, pair_of_floats start) {
  float x = 0.0f, y = 0.0f, z = 0.0f, w = 0.0f;
  const uint parts[4] = {high_part(left.x), low_part(left.x), high_part(left.y), low_part(left.y)};
  MSL_MMA(__builtin_bit_cast(uint, right.x), __builtin_bit_cast(uint, right.y))
  return pair_of_floats(start.x + (x + z), start.y + (y + w));
}
#undef MSL_MMA
template <class T> MSL_INLINE pair_of_floats multiply_halves(vec<T, 2> left, vec<T, 2> right, pair_of_floats start) {
  float x = 0.0f, y = 0.0f, z = 0.0f, w = 0.0f;
  const uint a = __builtin_bit_cast(uint, left), b = __builtin_bit_cast(uint, right);
  if constexpr (is_same<T, half>::value)
    __asm__("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
            : "+f"(x), "+f"(y), "+f"(z), "+f"(w) : "r"(a), "r"(0u), "r"(b));
  else
    __asm__("mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
            : "+f"(x), "+f"(y), "+f"(z), "+f"(w) : "r"(a), "r"(0u), "r"(b));
  return pair_of_floats(start.x + x, start.y + y);
}
#else
MSL_INLINE pair_of_floats multiply_pairs(pair_of_floats left, pair_of_floats right, pair_of_floats start) {
  double x = start.x, y = start.y;
#define MSL_MMA(a, b) \
  __asm__("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%3}, {%0, %1};" : "+d"(x), "+d"(y) : "d"((double)a), "d"((double)b));
  MSL_MMA(left.x, right.x)
  MSL_MMA(left.y, right.y)
#undef MSL_MMA
  return pair_of_floats((float)x, (float)y);
}
MSL_INLINE pair_of_floats multiply_by_short(pair_of_floats left, pair_of_floats right, pair_of_floats start) {
  return multiply_pairs(left, right, start);
}
template <class T> MSL_INLINE pair_of_floats multiply_halves(vec<T, 2> left, vec<T, 2> right, pair_of_floats start) {
  return multiply_pairs(pair_of_floats(float(left.x), float(left.y)), pair_of_floats(float(right.x), float(right.y)), start);
}
#endif

} // namespace msl_simd

/* A matrix as its pair, and where that is known as the pair of the transposed one too. Which of them hold is known when
 * everything is inlined, so the other costs nothing. */
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
    turned = elements;
    has_turned = true;
  }

  MSL_INLINE __private vec<T, 2> &thread_elements() __private {
    has_turned = false; /* it may be written through */
    return elements;
  }
  MSL_INLINE const __private vec<T, 2> &thread_elements() const __private { return elements; }
  MSL_INLINE vec<T, 2> msl_turned() const __private {
    if (has_turned) return turned;
    return msl_simd::transposed<T>(elements);
  }

  vec<T, 2> elements;
  vec<T, 2> turned;
  bool has_turned;
};

namespace msl_simd {
template <class T> MSL_INLINE simdgroup_matrix<T, 8, 8> matrix_of(vec<T, 2> elements) {
  simdgroup_matrix<T, 8, 8> m;
  m.elements = elements;
  m.has_turned = false;
  return m;
}
template <class T> MSL_INLINE simdgroup_matrix<T, 8, 8> filled(T value) {
  simdgroup_matrix<T, 8, 8> m;
  m.elements = m.turned = vec<T, 2>(value, value);
  m.has_turned = true;
  return m;
}
template <class T> MSL_INLINE pair_of_floats as_floats(vec<T, 2> p) { return pair_of_floats(float(p.x), float(p.y)); }
template <class D, class A, class B, class C>
MSL_INLINE simdgroup_matrix<D, 8, 8> multiplied(simdgroup_matrix<A, 8, 8> a, simdgroup_matrix<B, 8, 8> b, simdgroup_matrix<C, 8, 8> c, place) {
  pair_of_floats d;
  const vec<B, 2> right = b.msl_turned();
  if constexpr (is_same<A, B>::value && sizeof(A) == 2) d = multiply_halves<A>(a.elements, right, as_floats(c.elements));
  else if constexpr (sizeof(B) == 2) d = multiply_by_short(as_floats(a.elements), as_floats(right), as_floats(c.elements));
  else d = multiply_pairs(as_floats(a.elements), as_floats(right), as_floats(c.elements));
  return matrix_of<D>(vec<D, 2>(D(d.x), D(d.y)));
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
    const uint row = msl_simd::matrix_row(), column = msl_simd::matrix_column();                                       \
    const vec<T, 2> along = msl_simd::neighbours<T>(src, elements_per_row, matrix_origin);                             \
    src += matrix_origin.y * elements_per_row + matrix_origin.x;                                                       \
    const vec<T, 2> across = vec<T, 2>(src[column * elements_per_row + row], src[(column + 1) * elements_per_row + row]); \
    d.elements = transpose_matrix ? across : along;                                                                    \
    d.turned = transpose_matrix ? along : across;                                                                      \
    d.has_turned = true;                                                                                               \
  }                                                                                                                    \
  template <class T, int C, int R>                                                                                     \
  MSL_COLLECTIVE void simdgroup_store(simdgroup_matrix<T, C, R> a, space T *dst, ulong elements_per_row = 8,               \
                                  vec<ulong, 2> matrix_origin = vec<ulong, 2>(0ul), bool transpose_matrix = false) {   \
    const ulong row = msl_simd::matrix_row(), column = msl_simd::matrix_column();                                      \
    dst += matrix_origin.y * elements_per_row + matrix_origin.x;                                                       \
    if (transpose_matrix) {                                                                                            \
      dst[column * elements_per_row + row] = a.elements.x;                                                             \
      dst[(column + 1) * elements_per_row + row] = a.elements.y;                                                       \
    } else {                                                                                                           \
      dst[row * elements_per_row + column] = a.elements.x;                                                             \
      dst[row * elements_per_row + column + 1] = a.elements.y;                                                         \
    }                                                                                                                  \
  }
MSL_MATRIX_MEMORY(__global)
MSL_MATRIX_MEMORY(__local)
#undef MSL_MATRIX_MEMORY

} // namespace metal

#endif
