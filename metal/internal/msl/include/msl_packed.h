/* packed_vec<T, N>: a vector aligned to its component. It is read and written; arithmetic happens on vec<T, N>. */
#ifndef ATTEST_MSL_PACKED_H
#define ATTEST_MSL_PACKED_H

#include "msl_vector.h"

#define MSL_PACKED_BODY(N, list)                                                          \
  typedef T value_type;                                                                   \
  MSL_COPYING(packed_vec, MSL_OF_##N(o))                                                                 \
  MSL_INDEXING \
  MSL_MAKE_IF((msl_detail::scalar<U>::value), packed_vec(U s), : packed_vec(vec<T, N>(s)))\
  MSL_MAKE_IF((!is_same<U, T>::value), explicit packed_vec(vec<U, N> v), : packed_vec(vec<T, N>(v)))\
  MSL_INLINE constexpr operator vec<T, N>() const { return vec<T, N> list; }              \
  MSL_INLINE constexpr operator vec<T, N>() const __constant { return vec<T, N> list; }   \
  template <class U, class = enable_if_t<!is_same<U, T>::value>>                          \
  MSL_INLINE constexpr explicit operator vec<U, N>() const { return vec<U, N>(vec<T, N> list); } \
  template <class U, class = enable_if_t<!is_same<U, T>::value>>                          \
  MSL_INLINE constexpr explicit operator vec<U, N>() const __constant { return vec<U, N>(vec<T, N> list); } \
  MSL_SWIZZLES_OF_##N

namespace metal {

template <class T, int N> struct packed_vec;

template <class T> struct packed_vec<T, 2> {
  T x, y;
  MSL_COLOUR(r, x) MSL_COLOUR(g, y)
  MSL_MAKE(packed_vec(T a, T b), : x(a), y(b))
  MSL_MAKE(packed_vec(vec<T, 2> v), : x(v.x), y(v.y))
  MSL_PACKED_BODY(2, (x, y))
};

template <class T> struct packed_vec<T, 3> {
  T x, y, z;
  MSL_COLOUR(r, x) MSL_COLOUR(g, y) MSL_COLOUR(b, z)
  MSL_MAKE(packed_vec(T a, T b, T c), : x(a), y(b), z(c))
  MSL_MAKE(packed_vec(vec<T, 3> v), : x(v.x), y(v.y), z(v.z))
  MSL_PACKED_BODY(3, (x, y, z))
};

template <class T> struct packed_vec<T, 4> {
  T x, y, z, w;
  MSL_COLOUR(r, x) MSL_COLOUR(g, y) MSL_COLOUR(b, z) MSL_COLOUR(a, w)
  MSL_MAKE(packed_vec(T p, T q, T s, T t), : x(p), y(q), z(s), w(t))
  MSL_MAKE(packed_vec(vec<T, 4> v), : x(v.x), y(v.y), z(v.z), w(v.w))
  MSL_PACKED_BODY(4, (x, y, z, w))
};

namespace msl_detail {

/* What a type computes as: packed vectors as vectors. */
template <class T> struct unpacked { typedef T type; enum { is_packed = 0, size = 1 }; typedef T element; };
template <class T, int N> struct unpacked<vec<T, N>> { typedef vec<T, N> type; enum { is_packed = 0, size = N }; typedef T element; };
template <class T, int N> struct unpacked<packed_vec<T, N>> { typedef vec<T, N> type; enum { is_packed = 1, size = N }; typedef T element; };

/* The vector type that an operator with a packed operand computes in. */
template <class A, class B, bool packed = unpacked<A>::is_packed || unpacked<B>::is_packed> struct packed_join {};
template <class A, class B> struct packed_join<A, B, true> {
  typedef typename conditional<(int)unpacked<A>::size != 1, typename unpacked<A>::type, typename unpacked<B>::type>::type type;
};

} // namespace msl_detail

#define MSL_PACKED_BINARY(op)                                                              \
  template <class A, class B, class V = typename msl_detail::packed_join<A, B>::type>          \
  MSL_INLINE constexpr auto operator op(A a, B b) { return V(a) op V(b); }
#define MSL_PACKED_ASSIGN(op)                                                              \
  template <class T, int N, class B>                                                       \
  MSL_INLINE packed_vec<T, N> &operator op##=(packed_vec<T, N> &a, B b) { return a = packed_vec<T, N>(vec<T, N>(a) op vec<T, N>(b)); } \
  template <class T, int N, class B>                                                       \
  MSL_INLINE packed_vec<T, N> &operator op##=(__private packed_vec<T, N> &a, B b) { return a = packed_vec<T, N>(vec<T, N>(a) op vec<T, N>(b)); } \
  template <class T, int N, class B>                                                       \
  MSL_INLINE packed_vec<T, N> &operator op##=(__global packed_vec<T, N> &a, B b) { return a = packed_vec<T, N>(vec<T, N>(a) op vec<T, N>(b)); } \
  template <class T, int N, class B>                                                       \
  MSL_INLINE packed_vec<T, N> &operator op##=(__local packed_vec<T, N> &a, B b) { return a = packed_vec<T, N>(vec<T, N>(a) op vec<T, N>(b)); }
#define MSL_PACKED_BOTH(op) MSL_PACKED_BINARY(op) MSL_PACKED_ASSIGN(op)
MSL_PACKED_BOTH(+)
MSL_PACKED_BOTH(-)
MSL_PACKED_BOTH(*)
MSL_PACKED_BOTH(/)
MSL_PACKED_BOTH(%)
MSL_PACKED_BOTH(&)
MSL_PACKED_BOTH(|)
MSL_PACKED_BOTH(^)
MSL_PACKED_BOTH(<<)
MSL_PACKED_BOTH(>>)
MSL_PACKED_BINARY(==)
MSL_PACKED_BINARY(!=)
MSL_PACKED_BINARY(<)
MSL_PACKED_BINARY(<=)
MSL_PACKED_BINARY(>)
MSL_PACKED_BINARY(>=)
MSL_PACKED_BINARY(&&)
MSL_PACKED_BINARY(||)
#define MSL_PACKED_UNARY(op) \
  template <class T, int N> MSL_INLINE constexpr auto operator op(packed_vec<T, N> a) { return op vec<T, N>(a); }
MSL_PACKED_UNARY(+)
MSL_PACKED_UNARY(-)
MSL_PACKED_UNARY(~)
MSL_PACKED_UNARY(!)
#undef MSL_PACKED_BINARY
#undef MSL_PACKED_ASSIGN
#undef MSL_PACKED_BOTH
#undef MSL_PACKED_UNARY

} // namespace metal

#endif
