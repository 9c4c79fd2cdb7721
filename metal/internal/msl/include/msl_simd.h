/* Where an operation of a simdgroup stands and how it joins two values; then how it works on this machine. On a GPU that
 * is ptx_simd.h; on a processor every lane puts its operand into its own slot and waits; the lane that the
 * runtime picks carries the operation out for all that take part; each lane then finds its result in its slot.
 *
 * Which lanes take part is what the runtime says: those that have come to this very call. A lane that did not is
 * never read: where an operation names one, its result is all ones (NaN in a floating type), so that a kernel which
 * leans on it is seen to.
 */
#ifndef ATTEST_MSL_SIMD_H
#define ATTEST_MSL_SIMD_H

#include "msl_types.h"
#include "msl_runtime.h"

#define MSL_NOINLINE static __attribute__((noinline))

/* Marks of what threads do together. The compiler finds these declarations by the marks, whatever they are called
 * (collective.go), and inlines all that calls them.
 *   MSL_COLLECTIVE         in front of a function, in place of MSL_INLINE
 *   MSL_COLLECTIVE_TYPE    in front of a type's name: what handles such a value calls collectives
 *   MSL_COLLECTIVE_LABEL   a linker name under which a text declares such a function for itself
 *   MSL_BUILTIN_OF         behind a function's parameters: the compiler's own name of another function
 * The last parameter of a collective is where it stands in the kernel's text:
 *   MSL_HERE               the lanes of a simdgroup meet there, and path.go passes the place
 *   MSL_MATRIX_HERE        the same, of a multiplication of matrices; some targets carry that out without lanes waiting
 *   MSL_LINE               nobody waits for lanes on the same path: the line is for messages alone
 */
#define MSL_COLLECTIVE MSL_INLINE
#define MSL_COLLECTIVE_TYPE
#define MSL_COLLECTIVE_LABEL(label) __asm(label)
#define MSL_BUILTIN_OF(name)
#define MSL_HERE metal::msl_simd::place here = metal::msl_simd::place(__builtin_LINE())
#define MSL_MATRIX_HERE MSL_HERE
#define MSL_LINE MSL_HERE

namespace metal {
namespace msl_simd {

/* Where in the kernel's text an operation stands. A type of its own, so that no operand is taken for it. The number is
 * the rewriter's (path.go) and grows in the order in which operations of a function are carried out. */
struct place {
  int line;
  uint number;
  explicit constexpr place(int l, uint n = 0) : line(l), number(n) {}
};

struct sum {
  template <class T> static MSL_INLINE T identity() { return T(0); }
  template <class T> static MSL_INLINE T join(T a, T b) { return T(a + b); }
};
struct product {
  template <class T> static MSL_INLINE T identity() { return T(1); }
  template <class T> static MSL_INLINE T join(T a, T b) { return T(a * b); }
};
/* MSL combines bits of integers only. A text may name it for a float in code that no kernel reaches. */
template <class T> __attribute__((error("simd_and, simd_or and simd_xor combine integers, not floating-point numbers"))) T no_bits_of(T);
struct bits_and {
  template <class T> static MSL_INLINE T join(T a, T b) {
    if constexpr (is_floating_point<T>::value) return no_bits_of(a);
    else return T(a & b);
  }
};
struct bits_or {
  template <class T> static MSL_INLINE T join(T a, T b) {
    if constexpr (is_floating_point<T>::value) return no_bits_of(a);
    else return T(a | b);
  }
};
struct bits_xor {
  template <class T> static MSL_INLINE T join(T a, T b) {
    if constexpr (is_floating_point<T>::value) return no_bits_of(a);
    else return T(a ^ b);
  }
};
/* As fmin and fmax: a NaN loses against a number. */
struct least {
  template <class T> static MSL_INLINE T join(T a, T b) { return b < a || a != a ? b : a; }
  template <class T, int N> static MSL_INLINE vec<T, N> join(vec<T, N> a, vec<T, N> b) {
    for (int i = 0; i < N; ++i) a[i] = join(T(a[i]), T(b[i]));
    return a;
  }
};
struct greatest {
  template <class T> static MSL_INLINE T join(T a, T b) { return b > a || a != a ? b : a; }
  template <class T, int N> static MSL_INLINE vec<T, N> join(vec<T, N> a, vec<T, N> b) {
    for (int i = 0; i < N; ++i) a[i] = join(T(a[i]), T(b[i]));
    return a;
  }
};

} // namespace msl_simd
} // namespace metal

#ifdef MSL_PTX
#include "ptx_simd.h"
#else
namespace metal {
namespace msl_simd {

MSL_INLINE ulong digest_of(ulong outer, uint id) { return (outer * 0x9e3779b97f4a7c15ul + id) * 0xbf58476d1ce4e5b9ul; }

#ifdef MSL_WIDE
/* The same marks for the vectoriser, which reads them where they stand (metal/internal/wide). Calls need none: a call is
 * inlined, and two copies of an operation stay two. */
struct loop {
  uint id;
  MSL_INLINE explicit loop(uint i) : id(i) { msl_wide_enter(i); }
  MSL_INLINE void turn() { msl_wide_turn(id); }
  MSL_INLINE ~loop() { msl_wide_leave(id); }
};
struct call {
  MSL_INLINE explicit call(uint) {}
};
struct frame {};
#else
/* A loop that the lane is in: lives from before the first turn until the lane is out of it. */
struct loop {
  msl_path node;
  MSL_INLINE explicit loop(uint id) {
    __private msl_lane *lane = msl_self();
    node.outer = lane->path;
    node.id = id;
    node.turn = 1;
    node.digest = lane->digest;
    lane->path = &node;
    lane->digest = digest_of(node.digest, id) + 1;
  }
  MSL_INLINE void turn() {
    node.turn++;
    msl_self()->digest++;
  }
  MSL_INLINE ~loop() {
    __private msl_lane *lane = msl_self();
    lane->path = node.outer;
    lane->digest = node.digest;
  }
};

/* A call of a function that leads to an operation: made before its arguments are computed. The function's frame takes
 * it over. */
struct call {
  msl_path node;
  MSL_INLINE explicit call(uint id) {
    __private msl_lane *lane = msl_self();
    node.outer = lane->path;
    node.id = id;
    node.turn = 0;
    node.digest = lane->digest;
    lane->path = &node;
    lane->digest = digest_of(node.digest, id);
  }
  MSL_INLINE ~call() { /* where the function has no frame */
    __private msl_lane *lane = msl_self();
    if (lane->path != &node) return;
    lane->path = node.outer;
    lane->digest = node.digest;
  }
};

/* The lane is in the body of such a function. A function that is called by other ways than its name (a constructor, an
 * operator, a pointer) has a call of its own, number 0. */
struct frame {
  msl_path own;
  msl_path *outer;
  ulong digest;
  MSL_INLINE frame() {
    __private msl_lane *lane = msl_self();
    msl_path *node = lane->path;
    if (!node || node->turn) {
      own.outer = node;
      own.id = 0;
      own.digest = lane->digest;
      node = &own;
      lane->path = node;
      lane->digest = digest_of(lane->digest, 0);
    }
    node->turn = 1;
    outer = node->outer;
    digest = node->digest;
    lane->digest++;
  }
  MSL_INLINE ~frame() {
    __private msl_lane *lane = msl_self();
    lane->path = outer;
    lane->digest = digest;
  }
};
#endif

template <class T> MSL_INLINE __private T &slot_of(__private msl_lane *lane) {
  static_assert(sizeof(T) <= MSL_SLOT_BYTES, "the operand of a simdgroup operation is too large");
  return *(__private T *)lane->slot;
}

#ifndef MSL_WIDE
/* Where there is no number the address of the call tells which operation it is, so two calls must not become one. */
MSL_INLINE uint arrive(__private msl_lane *lane, place here) {
  uint mask;
  __attribute__((nomerge)) mask = msl_runtime_table->simd_arrive((msl_lane *)lane, here.line, here.number);
  return mask;
}
#endif

/* The lanes of one operation, as the lane that carries it out sees them. */
template <class T> struct operands {
  __private msl_lane *lane; /* that carries it out */
  uint mask;
  int line;
  MSL_INLINE bool has(uint i) const { return i < MSL_SIMD_WIDTH && mask >> i & 1; }
  MSL_INLINE __private T &operator[](uint i) const { return slot_of<T>(lane - lane->lane + i); }
};

MSL_INLINE void report_stray(__private msl_lane *lane, uint mask, uint missing, int line) {
#ifdef MSL_CHECKED
  msl_runtime_table->stray((msl_lane *)lane, mask, missing, line);
#endif
}

/* The operation, out of line: one copy for each kind and type, however often the kernel uses it. */
template <class Operation, class T> MSL_NOINLINE void carry_out(__private msl_lane *lane, uint mask, int line) {
  Operation::apply(operands<T>{lane, mask, line});
}

#ifdef MSL_WIDE
/* An operation that the vectoriser knows has a specialisation below. Any other: each lane's operand goes into its slot, as
 * ever, and one call carries it out for all that take part. */
template <class Operation, class T> struct known { enum { value = 0 }; };
template <class Operation, class T> MSL_INLINE T together(T value, place here) {
  if constexpr (known<Operation, T>::value) return known<Operation, T>::apply(value);
  else {
    __private msl_lane *own = msl_wide_own();
    slot_of<T>(own) = value;
    msl_wide_together((const void *)&carry_out<Operation, T>, here.line);
    return slot_of<T>(own);
  }
}
#else
template <class Operation, class T> MSL_INLINE T together(T value, place here) {
  __private msl_lane *lane = msl_self();
  slot_of<T>(lane) = value;
  if (uint mask = arrive(lane, here)) carry_out<Operation, T>(lane, mask, here.line);
  return slot_of<T>(lane);
}
#endif

/* What a lane gets where it names one that does not take part. In fast math the compiler is not told that it may be NaN. */
template <class T> MSL_INLINE T absent() {
  T x;
  int ones = 0xff;
#ifdef __FAST_MATH__
  __asm__("" : "+r"(ones));
#endif
  __builtin_memset((void *)&x, ones, sizeof x);
  return x;
}

template <class T> struct addressed {
  T value;
  uint from; /* the lane whose value is asked for */
};

/* Every lane gets the value of the lane that it names. */
struct gather {
  template <class P> static MSL_INLINE void apply(operands<P> o) {
    typedef decltype(P().value) T;
    T values[MSL_SIMD_WIDTH];
    uint missing = 0;
    for (uint i = 0; i < MSL_SIMD_WIDTH; ++i) values[i] = o[i].value;
    for (uint w = o.mask; w; w &= w - 1) {
      const uint i = __builtin_ctz(w), from = o[i].from;
      if (o.has(from)) {
        o[i].value = values[from];
      } else {
        missing |= from < MSL_SIMD_WIDTH ? 1u << from : 0;
        o[i].value = absent<T>();
      }
    }
    if (missing) report_stray(o.lane, o.mask, missing, o.line);
  }
};

template <class T> MSL_INLINE T value_from(T value, uint lane, place here) {
  return together<gather>(addressed<T>{value, lane}, here).value;
}

/* Calls f(first lane, mask) for every part of `width` lanes: the simdgroup itself, or its quads. */
template <uint width, class T> struct parts {
  operands<T> o;
  MSL_INLINE uint mask_of(uint part) const {
    return width == MSL_SIMD_WIDTH ? o.mask : o.mask & ((1u << width % 32) - 1) << part * width;
  }
};

/* Where a lane does not take part, because it went another way or has returned, the result depends on who came. That is
 * defined: such an operation is one over the active lanes. So it is worth a note at most. */
template <class T> MSL_INLINE void report_partial(operands<T> o) {
#ifdef MSL_CHECKED
  if (o.mask != o.lane->simdgroup->present) report_stray(o.lane, o.mask, 0, o.line);
#endif
}

/* In a tree, halves onto halves, as hardware does: the rounding error grows with the logarithm of the lanes. */
template <class Op, uint width> struct reduction {
  template <class T> static MSL_INLINE void apply(operands<T> o) {
    report_partial(o);
    for (uint part = 0; part < MSL_SIMD_WIDTH / width; ++part) {
      const uint mask = parts<width, T>{o}.mask_of(part);
      T x[width];
      uint n = 0;
      for (uint w = mask; w; w &= w - 1) x[n++] = o[__builtin_ctz(w)];
      for (uint half_of = width / 2; half_of; half_of /= 2)
        for (uint i = 0; i < half_of; ++i)
          if (i + half_of < n) x[i] = Op::join(x[i], x[i + half_of]);
      for (uint w = mask; w; w &= w - 1) o[__builtin_ctz(w)] = x[0];
    }
  }
};

template <class Op, uint width, bool inclusive> struct prefix {
  template <class T> static MSL_INLINE void apply(operands<T> o) {
    report_partial(o);
    for (uint part = 0; part < MSL_SIMD_WIDTH / width; ++part) {
      T so_far = Op::template identity<T>();
      for (uint w = parts<width, T>{o}.mask_of(part); w; w &= w - 1) {
        const uint i = __builtin_ctz(w);
        const T next = Op::join(so_far, T(o[i]));
        o[i] = inclusive ? next : so_far;
        so_far = next;
      }
    }
  }
};

/* Every lane gets a mask of lanes: those of its part that gave something other than 0, or all that came. */
template <uint width> struct ballot {
  static MSL_INLINE void apply(operands<uint> o) {
    uint yes = 0;
    for (uint w = o.mask; w; w &= w - 1)
      if (o[__builtin_ctz(w)]) yes |= 1u << __builtin_ctz(w);
    for (uint w = o.mask; w; w &= w - 1) {
      const uint i = __builtin_ctz(w);
      o[i] = width == MSL_SIMD_WIDTH ? yes : yes >> (i / width * width) & ((1u << width % 32) - 1);
    }
  }
};

/* Every lane gets the value of the first of its part that came. */
template <uint width> struct first_value {
  template <class T> static MSL_INLINE void apply(operands<T> o) {
    for (uint part = 0; part < MSL_SIMD_WIDTH / width; ++part) {
      const uint mask = parts<width, T>{o}.mask_of(part);
      if (!mask) continue;
      const T first = o[__builtin_ctz(mask)];
      for (uint w = mask; w; w &= w - 1) o[__builtin_ctz(w)] = first;
    }
  }
};

struct nothing {
  template <class T> static MSL_INLINE void apply(operands<T>) {}
};

#ifdef MSL_WIDE
#define MSL_KNOWN(operation, type, ...)                                                                 \
  template <> struct known<operation, type> {                                                           \
    enum { value = 1 };                                                                                 \
    static MSL_INLINE type apply(type x) { return __VA_ARGS__; }                                        \
  };
MSL_KNOWN(MSL_LIST(reduction<sum, 32>), float, msl_wide_sum_f32(x))
MSL_KNOWN(MSL_LIST(reduction<greatest, 32>), float, msl_wide_max_f32(x))
MSL_KNOWN(MSL_LIST(reduction<least, 32>), float, msl_wide_min_f32(x))
MSL_KNOWN(MSL_LIST(reduction<sum, 32>), uint, msl_wide_sum_i32(x))
MSL_KNOWN(MSL_LIST(reduction<sum, 32>), int, int(msl_wide_sum_i32(uint(x))))
MSL_KNOWN(ballot<32>, uint, msl_wide_ballot(x))
MSL_KNOWN(first_value<32>, float, __builtin_bit_cast(float, msl_wide_first(__builtin_bit_cast(uint, x))))
MSL_KNOWN(first_value<32>, uint, msl_wide_first(x))
MSL_KNOWN(first_value<32>, int, int(msl_wide_first(uint(x))))
#undef MSL_KNOWN
template <class T> struct known<gather, addressed<T>> {
  enum { value = (sizeof(T) == 4 || sizeof(T) == 2) && !__is_class(T) };
  static MSL_INLINE addressed<T> apply(addressed<T> x) {
    if constexpr (sizeof(T) == 4) x.value = __builtin_bit_cast(T, msl_wide_shuffle(__builtin_bit_cast(uint, x.value), x.from));
    else x.value = __builtin_bit_cast(T, (ushort)msl_wide_shuffle(__builtin_bit_cast(ushort, x.value), x.from));
    return x;
  }
};
#endif

} // namespace msl_simd
} // namespace metal
#endif

#endif
