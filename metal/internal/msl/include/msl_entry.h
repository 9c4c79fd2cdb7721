/* What the entry points of a module need: the types of a kernel's parameters, and how each is fetched. */
#ifndef ATTEST_MSL_ENTRY_H
#define ATTEST_MSL_ENTRY_H

#include "msl_runtime.h"
#ifdef MSL_PTX
#include "ptx_runtime.h"
#endif
#include "msl_types.h"
#include "msl_side.h"

namespace metal {
namespace msl_detail {

template <int i, class... P> struct nth;
template <class A, class... P> struct nth<0, A, P...> { typedef A type; };
template <int i, class A, class... P> struct nth<i, A, P...> : nth<i - 1, P...> {};
template <class F> struct signature;
template <class R, class... P> struct signature<R(P...)> {
  template <int i> using at = nth<i, P...>;
};

/* What a reference that function constants say is absent refers to. Nobody may use it; but a compiler that does not know the
 * constants yet reads what any reference refers to wherever it likes, also before it asks whether that is needed. */
template <class T> struct absent { alignas(16) alignas(T) static constexpr __constant char memory[sizeof(T)] = {}; };

/* A buffer or threadgroup memory at an address, or absent. */
template <class P> struct argument;
template <class T> struct argument<T *> {
  static MSL_INLINE T *at(void *address) { return (T *)address; }
  static MSL_INLINE T *at(bool present, void *address) { return present ? at(address) : nullptr; }
};
template <class T> struct argument<__constant T *> {
  static MSL_INLINE __constant T *at(void *address) { return (__constant T *)(unsigned long)address; }
  static MSL_INLINE __constant T *at(bool present, void *address) { return present ? at(address) : nullptr; }
};
template <class T> struct argument<T &> {
  static MSL_INLINE T &at(void *address) { return *(T *)address; }
  static MSL_INLINE T &at(bool present, void *address) { return *(T *)(present ? address : (void *)(unsigned long)absent<T>::memory); }
};
template <class T> struct argument<__constant T &> {
  static MSL_INLINE __constant T &at(void *address) { return *(__constant T *)(unsigned long)address; }
  static MSL_INLINE __constant T &at(bool present, void *address) {
    return *(__constant T *)(present ? (unsigned long)address : (unsigned long)absent<T>::memory);
  }
};
template <class P> struct argument<const P> : argument<P> {};

#ifdef MSL_PTX
/* Threadgroup memory at an offset in the block's shared memory, where Metal gives 16 bytes of alignment. */
template <class P> struct shared_argument;
template <class T> struct shared_argument<__local T *> {
  /* The launch makes it a multiple of 16; where that is computed, not assumed, clang still knows it many steps later. */
  static MSL_INLINE __local T *at(unsigned offset) {
    return (__local T *)((unsigned long)(msl_dynamic_memory() + offset) & ~15ul);
  }
};
template <class T> struct shared_argument<__local T &> {
  static MSL_INLINE __local T &at(unsigned offset) { return *(__local T *)(msl_dynamic_memory() + offset); }
};
template <class P> struct shared_argument<const P> : shared_argument<P> {};
#endif

template <class P> struct position { static MSL_INLINE P of(unsigned x, unsigned, unsigned) { return (P)x; } };
template <class T> struct position<vec<T, 2>> { static MSL_INLINE vec<T, 2> of(unsigned x, unsigned y, unsigned) { return vec<T, 2>((T)x, (T)y); } };
template <class T> struct position<vec<T, 3>> {
  static MSL_INLINE vec<T, 3> of(unsigned x, unsigned y, unsigned z) { return vec<T, 3>((T)x, (T)y, (T)z); }
};
template <class P> struct position<const P> : position<P> {};

} // namespace msl_detail
} // namespace metal

static constexpr __constant unsigned msl_origin[3] = {0, 0, 0};

/* Pointers move by constants that are types, as metal::integral_constant: clang converts no class to an integer where
 * a pointer has an address space. */
#define MSL_MOVE(space, op)                                                                                        \
  template <class T, class I, class = decltype(I::value), class = typename I::value_type>                         \
  MSL_INLINE space T *operator op(space T *p, I) { return p op (long)I::value; }                                  \
  template <class T, class I, class = decltype(I::value), class = typename I::value_type>                         \
  MSL_INLINE space T *operator op##=(space T *__private &p, I) { return p = p op (long)I::value; }
#define MSL_MOVES(space) MSL_MOVE(space, +) MSL_MOVE(space, -)
MSL_MOVES(__private)
MSL_MOVES(__global)
MSL_MOVES(__local)
MSL_MOVES(__constant)
#undef MSL_MOVE
#undef MSL_MOVES

#endif
