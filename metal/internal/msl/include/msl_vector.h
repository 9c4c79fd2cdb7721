/* vec<T, N>: MSL's vectors of 2, 3 and 4 components, with their alignment, constructors, operators and swizzles.
 *
 * A swizzle is a property: reading v.zx calls a function that returns a vec<T, 2> by value, assigning to it calls one
 * that writes the named components. So swizzles nest, mix in expressions and overload like any other vector. Which
 * ones exist is said by MSL_SWIZZLES_OF_N, which the rewriter defines with those that the kernel's text names.
 */
#ifndef ATTEST_MSL_VECTOR_H
#define ATTEST_MSL_VECTOR_H

#include "msl_bfloat.h"

namespace metal {
template <class T, int N> struct vec;
template <class T, int N> struct packed_vec;
namespace msl_detail {
/* Types of which an object becomes a vector V by itself where it is assigned to one. */
template <class U, class V> struct becomes : false_type {};
template <class U, class T, int N> struct becomes<U, vec<T, N>> : scalar<U> {};
template <class U, class T, int N> struct becomes<U, packed_vec<T, N>> : scalar<U> {};
template <class T, int N> struct becomes<packed_vec<T, N>, vec<T, N>> : true_type {};
template <class T, int N> struct becomes<vec<T, N>, packed_vec<T, N>> : true_type {};
} // namespace msl_detail
} // namespace metal

#ifndef MSL_SWIZZLES_OF_2
#define MSL_SWIZZLES_OF_2
#define MSL_SWIZZLES_OF_3
#define MSL_SWIZZLES_OF_4
#endif

#define MSL_SWIZZLE_READ(name, count, ...)                                                          \
  MSL_INLINE vec<T, count> msl_get_##name() const { return vec<T, count>(__VA_ARGS__); }            \
  MSL_INLINE vec<T, count> msl_get_##name() const __constant { return vec<T, count>(__VA_ARGS__); }
#define MSL_SWIZZLE(name, count, ...)          \
  MSL_SWIZZLE_READ(name, count, __VA_ARGS__)   \
  __declspec(property(get = msl_get_##name)) vec<T, count> name;
#define MSL_SWIZZLE_RW2(name, p, q)                                                                  \
  MSL_SWIZZLE_READ(name, 2, p, q)                                                                    \
  MSL_INLINE vec<T, 2> msl_put_##name(vec<T, 2> v) & { p = v.x, q = v.y; return v; }                          \
  __declspec(property(get = msl_get_##name, put = msl_put_##name)) vec<T, 2> name;
#define MSL_SWIZZLE_RW3(name, p, q, s)                                                               \
  MSL_SWIZZLE_READ(name, 3, p, q, s)                                                                 \
  MSL_INLINE vec<T, 3> msl_put_##name(vec<T, 3> v) & { p = v.x, q = v.y, s = v.z; return v; }              \
  __declspec(property(get = msl_get_##name, put = msl_put_##name)) vec<T, 3> name;
#define MSL_SWIZZLE_RW4(name, p, q, s, t)                                                            \
  MSL_SWIZZLE_READ(name, 4, p, q, s, t)                                                              \
  MSL_INLINE vec<T, 4> msl_put_##name(vec<T, 4> v) & { p = v.x, q = v.y, s = v.z, t = v.w; return v; }  \
  __declspec(property(get = msl_get_##name, put = msl_put_##name)) vec<T, 4> name;

/* One expression per component. */
#define MSL_EACH_2(R, f) vec<R, 2>(R(f(0)), R(f(1)))
#define MSL_EACH_3(R, f) vec<R, 3>(R(f(0)), R(f(1)), R(f(2)))
#define MSL_EACH_4(R, f) vec<R, 4>(R(f(0)), R(f(1)), R(f(2)), R(f(3)))

/* Component access keeps the address space, so that a component binds to a reference of it. The components lie side
 * by side, so the first one's address is that of all. */
#define MSL_INDEXING \
  MSL_INLINE constexpr T operator[](int i) const && { return (&x)[i]; }                                     \
  MSL_INLINE constexpr __private T &operator[](int i) __private & { return (&x)[i]; }                       \
  MSL_INLINE constexpr __global T &operator[](int i) __global & { return (&x)[i]; }                         \
  MSL_INLINE constexpr __local T &operator[](int i) __local & { return (&x)[i]; }                           \
  MSL_INLINE constexpr T &operator[](int i) __generic & { return (&x)[i]; }                                 \
  MSL_INLINE constexpr const __private T &operator[](int i) const __private & { return (&x)[i]; }           \
  MSL_INLINE constexpr const __global T &operator[](int i) const __global & { return (&x)[i]; }             \
  MSL_INLINE constexpr const __local T &operator[](int i) const __local & { return (&x)[i]; }               \
  MSL_INLINE constexpr const __constant T &operator[](int i) const __constant & { return (&x)[i]; }         \
  MSL_INLINE constexpr const T &operator[](int i) const __generic & { return (&x)[i]; }

/* A constructor of objects in all memory that can be written, and of those in constant memory. */
#define MSL_MAKE(signature, ...)                                 \
  constexpr MSL_INLINE signature __VA_ARGS__ {}                  \
  constexpr MSL_INLINE signature __constant __VA_ARGS__ {}
#define MSL_MAKE_IF(condition, signature, ...)                                                                             \
  template <class U, class = metal::enable_if_t<condition>> constexpr MSL_INLINE signature __VA_ARGS__ {}                  \
  template <class U, class = metal::enable_if_t<condition>> constexpr MSL_INLINE signature __constant __VA_ARGS__ {}
#define MSL_LIST(...) __VA_ARGS__
#define MSL_MAKE_OF(parameters, types, signature, ...)                                                                     \
  template <MSL_LIST parameters, class = metal::enable_if_t<metal::msl_detail::narrows<T, MSL_LIST types>::value>>         \
  constexpr MSL_INLINE signature __VA_ARGS__ {}                                                                            \
  template <MSL_LIST parameters, class = metal::enable_if_t<metal::msl_detail::narrows<T, MSL_LIST types>::value>>         \
  constexpr MSL_INLINE signature __constant __VA_ARGS__ {}

/* Copies out of __constant are templates, not copy constructors: those would be ambiguous with the others wherever a
 * conversion comes first, and would make the type less than trivial. */
#define MSL_COPYING(type, ...)                                                                              \
  type() = default;                                                                                         \
  type(const type &) = default;                                                                             \
  type &operator=(const type &) = default;                                                                  \
  MSL_MAKE_IF((metal::is_same<U, type>::value), type(const __constant U &o), : type __VA_ARGS__) \
  template <class U, class = metal::enable_if_t<metal::is_same<U, type>::value>>                            \
  MSL_INLINE type &operator=(const __constant U &o) { return *this = metal::msl_detail::from_constant(o); }   \
  /* Clang makes no temporary of an object in constant memory that is of another type. */                     \
  template <class U, metal::enable_if_t<metal::msl_detail::becomes<U, type>::value, int> = 0>                \
  MSL_INLINE type &operator=(const __constant U &o) {                                                         \
    const type value = o;                                                                                     \
    return *this = value;                                                                                     \
  }
#define MSL_OF_2(o) (o.x, o.y)
#define MSL_OF_3(o) (o.x, o.y, o.z)
#define MSL_OF_4(o) (o.x, o.y, o.z, o.w)

/* r, g, b, a are other names of x, y, z, w. */
#define MSL_COLOUR(name, component)                                                        \
  MSL_INLINE constexpr T msl_get_##name() const { return component; }                      \
  MSL_INLINE constexpr T msl_get_##name() const __constant { return component; }           \
  MSL_INLINE T msl_put_##name(T v) & { return component = v; }                                 \
  __declspec(property(get = msl_get_##name, put = msl_put_##name)) T name;

#define MSL_VECTOR_BINARY(N, op) \
  friend MSL_INLINE constexpr vec operator op(vec a, vec b) { return MSL_BINARY_##N(T, op); } \
  MSL_INLINE vec &operator op##=(vec b) { return *this = vec(*this) op b; }
#define MSL_VECTOR_COMPARE(N, op) \
  friend MSL_INLINE constexpr vec<bool, N> operator op(vec a, vec b) { return MSL_BINARY_##N(bool, op); }
/* How far is said in any type of integer: it is the left operand's type that counts. */
#define MSL_VECTOR_SHIFT(op)                                                                             \
  template <class U, int M, class = metal::enable_if_t<!metal::is_same<U, T>::value>>                    \
  MSL_INLINE vec &operator op##=(vec<U, M> b) { return *this = vec(*this) op b; }
#define MSL_BINARY_2(R, op) vec<R, 2>(R(a.x op b.x), R(a.y op b.y))
#define MSL_BINARY_3(R, op) vec<R, 3>(R(a.x op b.x), R(a.y op b.y), R(a.z op b.z))
#define MSL_BINARY_4(R, op) vec<R, 4>(R(a.x op b.x), R(a.y op b.y), R(a.z op b.z), R(a.w op b.w))
#define MSL_UNARY_2(R, op) vec<R, 2>(R(op a.x), R(op a.y))
#define MSL_UNARY_3(R, op) vec<R, 3>(R(op a.x), R(op a.y), R(op a.z))
#define MSL_UNARY_4(R, op) vec<R, 4>(R(op a.x), R(op a.y), R(op a.z), R(op a.w))

#define MSL_VECTOR_BODY(N)                                                                               \
  typedef T value_type;                                                                                  \
  typedef T element_type;                                                                                \
  MSL_COPYING(vec, MSL_OF_##N(o))                                                                                       \
  MSL_INDEXING \
  MSL_VECTOR_BINARY(N, +) MSL_VECTOR_BINARY(N, -) MSL_VECTOR_BINARY(N, *) MSL_VECTOR_BINARY(N, /)        \
  MSL_VECTOR_BINARY(N, %) MSL_VECTOR_BINARY(N, &) MSL_VECTOR_BINARY(N, |) MSL_VECTOR_BINARY(N, ^)        \
  MSL_VECTOR_BINARY(N, <<) MSL_VECTOR_BINARY(N, >>)                                                      \
  MSL_VECTOR_SHIFT(<<) MSL_VECTOR_SHIFT(>>)                                                              \
  MSL_VECTOR_COMPARE(N, ==) MSL_VECTOR_COMPARE(N, !=) MSL_VECTOR_COMPARE(N, <) MSL_VECTOR_COMPARE(N, <=) \
  MSL_VECTOR_COMPARE(N, >) MSL_VECTOR_COMPARE(N, >=) MSL_VECTOR_COMPARE(N, &&) MSL_VECTOR_COMPARE(N, ||) \
  friend MSL_INLINE constexpr vec operator+(vec a) { return a; }                                         \
  friend MSL_INLINE constexpr vec operator-(vec a) { return MSL_UNARY_##N(T, -); }                       \
  friend MSL_INLINE constexpr vec operator~(vec a) { return MSL_UNARY_##N(T, ~); }                       \
  friend MSL_INLINE constexpr vec<bool, N> operator!(vec a) { return MSL_UNARY_##N(bool, !); }           \
  MSL_INLINE vec &operator++() { return *this = vec(*this) + vec(T(1)); }                                \
  MSL_INLINE vec &operator--() { return *this = vec(*this) - vec(T(1)); }                                \
  MSL_INLINE vec operator++(int) { vec old = *this; ++*this; return old; }                               \
  MSL_INLINE vec operator--(int) { vec old = *this; --*this; return old; }                               \
  MSL_SWIZZLES_OF_##N

namespace metal {

namespace msl_detail {
template <class V> MSL_INLINE V from_constant(const __constant V &o) {
  alignas(V) unsigned char bytes[sizeof(V)]; /* V may have no default constructor */
  __builtin_memcpy(bytes, (const void *)(unsigned long)&o, sizeof(V));
  return *(__private V *)bytes;
}
struct generic_source {}; /* an argument that stands for nothing but this (copies.go) */
/* The same for a struct that says itself how it is copied: its bytes, so that its own copying is done once. */
template <class V> struct bytes_of {
  alignas(V) unsigned char bytes[sizeof(V)];
  MSL_INLINE bytes_of(const __constant V &o) { __builtin_memcpy(bytes, (const void *)(unsigned long)&o, sizeof(V)); }
  MSL_INLINE const __private V &object() const { return *(const __private V *)bytes; }
};
/* Where the parts of a vector are named, its type is too: bfloat2(0.5f, x) says that a float becomes a bfloat. */
template <class T, class... U> struct narrows : bool_constant<is_same<T, bfloat>::value && (scalar<U>::value && ...) &&
                                                              ((floating<U>::value && !is_same<U, bfloat>::value) || ...)> {};
} // namespace msl_detail

/* Longer vectors are storage only: metal::vec<T, 64> is a whole simdgroup matrix to some kernels. */
template <class T, int N> struct vec {
  T d[N];
  MSL_INLINE T &operator[](int i) { return d[i]; }
  MSL_INLINE const T &operator[](int i) const { return d[i]; }
};

template <class T> struct alignas(2 * sizeof(T)) vec<T, 2> {
  T x, y;
  MSL_COLOUR(r, x) MSL_COLOUR(g, y)
  MSL_MAKE(vec(T a, T b), : x(a), y(b))
  MSL_MAKE_OF((class U, class V), (U, V), vec(U a, V b), : x(T(a)), y(T(b)))
  MSL_MAKE_IF((msl_detail::scalar<U>::value), vec(U a), : x(T(a)), y(T(a)))
  MSL_MAKE_IF((!is_same<U, T>::value), explicit vec(vec<U, 2> a), : x(T(a.x)), y(T(a.y)))
  MSL_VECTOR_BODY(2)
};

template <class T> struct alignas(4 * sizeof(T)) vec<T, 3> {
  T x, y, z;
  MSL_COLOUR(r, x) MSL_COLOUR(g, y) MSL_COLOUR(b, z)
  MSL_MAKE(vec(T a, T b, T c), : x(a), y(b), z(c))
  MSL_MAKE(vec(T a, T b), : x(a), y(b), z(T(0)))
  MSL_MAKE(vec(vec<T, 2> a, T c), : x(a.x), y(a.y), z(c))
  MSL_MAKE(vec(T a, vec<T, 2> b), : x(a), y(b.x), z(b.y))
  MSL_MAKE_OF((class U, class V, class W), (U, V, W), vec(U a, V b, W c), : x(T(a)), y(T(b)), z(T(c)))
  MSL_MAKE_IF((msl_detail::scalar<U>::value), vec(U a), : x(T(a)), y(T(a)), z(T(a)))
  MSL_MAKE_IF((!is_same<U, T>::value), explicit vec(vec<U, 3> a), : x(T(a.x)), y(T(a.y)), z(T(a.z)))
  MSL_VECTOR_BODY(3)
};

template <class T> struct alignas(4 * sizeof(T)) vec<T, 4> {
  T x, y, z, w;
  MSL_COLOUR(r, x) MSL_COLOUR(g, y) MSL_COLOUR(b, z) MSL_COLOUR(a, w)
  MSL_MAKE(vec(T p, T q, T s, T t), : x(p), y(q), z(s), w(t))
  MSL_MAKE(vec(T p, T q, T s), : x(p), y(q), z(s), w(T(0))) /* uint4 v = {1, 2, 3}; */
  MSL_MAKE(vec(vec<T, 2> p, T q, T s), : x(p.x), y(p.y), z(q), w(s))
  MSL_MAKE(vec(T p, vec<T, 2> q, T s), : x(p), y(q.x), z(q.y), w(s))
  MSL_MAKE(vec(T p, T q, vec<T, 2> s), : x(p), y(q), z(s.x), w(s.y))
  MSL_MAKE(vec(vec<T, 2> p, vec<T, 2> q), : x(p.x), y(p.y), z(q.x), w(q.y))
  MSL_MAKE(vec(vec<T, 3> p, T q), : x(p.x), y(p.y), z(p.z), w(q))
  MSL_MAKE(vec(T p, vec<T, 3> q), : x(p), y(q.x), z(q.y), w(q.z))
  MSL_MAKE_OF((class U, class V, class W, class X), (U, V, W, X), vec(U p, V q, W s, X t), : x(T(p)), y(T(q)), z(T(s)), w(T(t)))
  MSL_MAKE_IF((msl_detail::scalar<U>::value), vec(U p), : x(T(p)), y(T(p)), z(T(p)), w(T(p)))
  MSL_MAKE_IF((!is_same<U, T>::value), explicit vec(vec<U, 4> p), : x(T(p.x)), y(T(p.y)), z(T(p.z)), w(T(p.w)))
  MSL_VECTOR_BODY(4)
};

#define MSL_SHIFT(N, op)                                                                                              \
  template <class T, class U, class = enable_if_t<!is_same<T, U>::value && !msl_detail::floating<T>::value && !msl_detail::floating<U>::value>> \
  MSL_INLINE constexpr vec<T, N> operator op(vec<T, N> a, vec<U, N> b) { return MSL_BINARY_##N(T, op); }
MSL_SHIFT(2, <<)
MSL_SHIFT(3, <<)
MSL_SHIFT(4, <<)
MSL_SHIFT(2, >>)
MSL_SHIFT(3, >>)
MSL_SHIFT(4, >>)
#undef MSL_SHIFT

} // namespace metal

#endif
