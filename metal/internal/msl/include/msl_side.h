/* The two sides of ?:. MSL lets them be objects in different address spaces, a bfloat beside an integer, a scalar beside
 * a vector; clang, for class types, does not. So the rewriter writes each side as msl_side<decltype((the other))>(it),
 * which leaves two objects of one type and space what they are, and makes values of their joint type of others.
 */
#ifndef ATTEST_MSL_SIDE_H
#define ATTEST_MSL_SIDE_H

#include "msl_types.h"

namespace metal {
namespace msl_detail {

template <class T> struct is_lvalue : false_type {};
template <class T> struct is_lvalue<T &> : true_type {};

/* What a side of type P becomes beside one of type Q; both are plain types. */
template <class P, class Q, class = void> struct beside { typedef P type; };
template <class Q> struct beside<bfloat, Q, enable_if_t<scalar<Q>::value>> { typedef typename bfloat_join<bfloat, Q>::type type; };
template <class P> struct beside<P, bfloat, enable_if_t<scalar<P>::value && !is_same<P, bfloat>::value>> {
  typedef typename bfloat_join<P, bfloat>::type type;
};
template <class P, class T, int N> struct beside<P, vec<T, N>, enable_if_t<scalar<P>::value>> { typedef vec<T, N> type; };
template <class P, class T, int N> struct beside<P, packed_vec<T, N>, enable_if_t<scalar<P>::value>> { typedef vec<T, N> type; };
template <class Q, class T, int N> struct beside<packed_vec<T, N>, Q, enable_if_t<!is_same<Q, packed_vec<T, N>>::value>> {
  typedef vec<T, N> type;
};
/* 0 beside a pointer */
template <class P, class Q> struct beside<P, Q, enable_if_t<integral<P>::value && is_pointer<Q>::value>> { typedef Q type; };

template <class A, class B> struct side {
  typedef plain_t<A> P;
  typedef plain_t<B> Q;
  typedef typename beside<P, Q>::type joint;
  enum { value = __is_class(P) || __is_union(P) || !is_same<joint, P>::value || !is_lvalue<A>::value };
  typedef conditional_t<(is_same<A, B>::value && is_lvalue<A>::value) || !value, A, joint> type;
};
template <class A> struct side<A, void> { typedef A type; };

} // namespace msl_detail
} // namespace metal

template <class B, class A> MSL_INLINE constexpr typename metal::msl_detail::side<A, B>::type msl_side(A &&a) {
  typedef typename metal::msl_detail::side<A, B>::type R;
  if constexpr (metal::is_pointer<R>::value && metal::msl_detail::integral<metal::msl_detail::plain_t<A>>::value) return (R)(unsigned long)a;
  else return (R)a;
}

#endif
