/* How a function of scalars becomes one of vectors: component by component, in the type its arguments join to.
 *
 * MSL has an overload per type; here one template serves all. The arguments' joint type is the vector among them, with
 * packed vectors counted as vectors, or, among scalars, what arithmetic on them would give (short and half stay).
 */
#ifndef ATTEST_MSL_ELEMENTWISE_H
#define ATTEST_MSL_ELEMENTWISE_H

#include "msl_types.h"

namespace metal {
namespace msl_detail {

template <class A, class B, bool vectors = (unpacked<A>::size > 1 || unpacked<B>::size > 1)> struct join2;
template <class A> struct join2<A, A, false> { typedef A type; };
template <class A, class B> struct join2<A, B, false> { typedef decltype(A(0) + B(0)) type; };
template <class A, class B> struct join2<A, B, true> {
  typedef conditional_t<(unpacked<A>::size > 1), typename unpacked<A>::type, typename unpacked<B>::type> type;
};
template <class A, class... B> struct join { typedef typename join2<A, typename join<B...>::type>::type type; };
template <class A> struct join<A> { typedef typename unpacked<A>::type type; };

template <class V> struct is_value : bool_constant<(unpacked<V>::size > 1) || scalar<V>::value> {};
template <class... A> struct all_values : true_type {};
template <class A, class... B> struct all_values<A, B...> : bool_constant<is_value<A>::value && all_values<B...>::value> {};

/* A text's own types are not joined, not even to see that they cannot be: a function of its own of that name is meant. */
template <bool values, class... A> struct join_if {};
template <class... A> struct join_if<true, A...> { typedef typename join<A...>::type type; };
template <class... A> using join_t = typename join_if<all_values<A...>::value, A...>::type;
template <class V> using element_t = typename unpacked<V>::element;

/* f of each component; R is the component type of the result. */
template <class R, class F, class T, class... S>
MSL_INLINE constexpr vec<R, 2> each(F f, vec<T, 2> a, S... b) { return vec<R, 2>(f(a.x, b.x...), f(a.y, b.y...)); }
template <class R, class F, class T, class... S>
MSL_INLINE constexpr vec<R, 3> each(F f, vec<T, 3> a, S... b) {
  return vec<R, 3>(f(a.x, b.x...), f(a.y, b.y...), f(a.z, b.z...));
}
template <class R, class F, class T, class... S>
MSL_INLINE constexpr vec<R, 4> each(F f, vec<T, 4> a, S... b) {
  return vec<R, 4>(f(a.x, b.x...), f(a.y, b.y...), f(a.z, b.z...), f(a.w, b.w...));
}
template <class R, class F, class T, class... S, class = enable_if_t<scalar<T>::value>>
MSL_INLINE constexpr R each(F f, T a, S... b) { return f(a, b...); }

} // namespace msl_detail

/* Defines a function of scalars and the vectors' version of it. `scalar` is an expression in a, b, c and their type T. */
#define MSL_ELEMENTWISE_1(name, scalar)                                                                      \
  namespace msl_detail { struct name##_of { template <class T> MSL_INLINE constexpr T operator()(T a) const { return T(scalar); } }; } \
  template <class A, class V = msl_detail::join_t<A>>                                                            \
  MSL_INLINE constexpr V name(A a) { return msl_detail::each<msl_detail::element_t<V>>(msl_detail::name##_of(), V(a)); }
#define MSL_ELEMENTWISE_2(name, scalar)                                                                      \
  namespace msl_detail { struct name##_of { template <class T> MSL_INLINE constexpr T operator()(T a, T b) const { return T(scalar); } }; } \
  template <class A, class B, class V = msl_detail::join_t<A, B>>                                                \
  MSL_INLINE constexpr V name(A a, B b) { return msl_detail::each<msl_detail::element_t<V>>(msl_detail::name##_of(), V(a), V(b)); }
#define MSL_ELEMENTWISE_3(name, scalar)                                                                      \
  namespace msl_detail { struct name##_of { template <class T> MSL_INLINE constexpr T operator()(T a, T b, T c) const { return T(scalar); } }; } \
  template <class A, class B, class C, class V = msl_detail::join_t<A, B, C>>                                    \
  MSL_INLINE constexpr V name(A a, B b, C c) { return msl_detail::each<msl_detail::element_t<V>>(msl_detail::name##_of(), V(a), V(b), V(c)); }

/* The same with a bool per component as the result. */
#define MSL_ELEMENTWISE_BOOL(name, scalar)                                                                   \
  namespace msl_detail { struct name##_of { template <class T> MSL_INLINE constexpr bool operator()(T a) const { return scalar; } }; } \
  template <class A, class V = msl_detail::join_t<A>>                                                            \
  MSL_INLINE constexpr auto name(A a) { return msl_detail::each<bool>(msl_detail::name##_of(), V(a)); }

} // namespace metal

#endif
