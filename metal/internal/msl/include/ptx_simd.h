/* How an operation of a simdgroup works on an NVIDIA GPU: by shuffles between the lanes of a warp that take part.
 *
 * Which take part is what Metal says (metal/internal/host/DIVERGENCE.md), not where the hardware has its lanes. All 32 at
 * one instruction are all there are, and that is the way nearly every operation goes. Else a lane waits until every lane
 * of its warp waits too, or has returned; then those on the lowest path go on: nobody can come to it any more. A lane's path
 * lies in shared memory, an entry for each call and loop that it is in. The entry of a call is its number and 0 or 1, that
 * of a loop its number and turn, so that entries compare as the text orders them.
 */
#ifndef ATTEST_PTX_SIMD_H
#define ATTEST_PTX_SIMD_H

#include "ptx_runtime.h"

namespace metal {
namespace msl_simd {

/* ---- paths */

#define MSL_AT_OPERATION 0xffffffffu /* in the low half of an entry: it is an operation, and the last */

MSL_INLINE __local uint &path_length() { return ((__local uint *)(msl_dynamic_memory() + MSL_CLAIM_BYTES))[msl_hardware_thread()]; }
MSL_INLINE __local ulong &path_entry(uint level, uint thread) {
  const uint threads = __nvvm_read_ptx_sreg_ntid_x();
  return ((__local ulong *)(msl_dynamic_memory() + MSL_CLAIM_BYTES + 4 * threads))[level * threads + thread];
}
/* How many entries a thread has room for: as deep as the text nests, 0 where it has no operations. Written into the module
 * when the text is known (target_ptx.go). */
MSL_INLINE uint path_depth() {
  uint depth;
  __asm__("mov.u32 %0, MSL_PATH_DEPTH;" : "=r"(depth));
  return depth;
}
MSL_INLINE uint active_lanes() {
  uint mask;
  __asm__ __volatile__("activemask.b32 %0;" : "=r"(mask));
  return mask;
}
MSL_INLINE void begin_path() { path_length() = 0; }
/* The last entry is for the operation. Only recursion may come deeper than there is room. */
MSL_INLINE uint enter(uint id, uint turn) {
  const uint level = path_length();
  if (level + 1 >= path_depth()) __asm__ __volatile__("trap;");
  path_entry(level, msl_hardware_thread()) = (ulong)id << 32 | turn;
  path_length() = level + 1;
  return level;
}

struct loop {
  uint level;
  MSL_INLINE explicit loop(uint id) : level(enter(id, 1)) {}
  MSL_INLINE void turn() { path_entry(level, msl_hardware_thread())++; }
  MSL_INLINE ~loop() { path_length() = level; }
};
struct call {
  uint level;
  MSL_INLINE explicit call(uint id) : level(enter(id, 0)) {}
  MSL_INLINE ~call() { path_length() = level; }
};
/* A call of a function that goes one way only, and what it calls too: lanes that come to it together stay together, so where
 * all do, what they meet at there needs no path. */
struct straight_call {
  uint level;
  MSL_INLINE explicit straight_call(uint id) : level(active_lanes() == ~0u ? ~0u : enter(id, 0)) {}
  MSL_INLINE ~straight_call() {
    if (level != ~0u) path_length() = level;
  }
};
struct frame {
  uint level;
  MSL_INLINE frame() {
    const uint length = path_length();
    if (length && !(uint)path_entry(length - 1, msl_hardware_thread())) {
      level = length - 1;
      path_entry(level, msl_hardware_thread())++;
    } else level = enter(0, 1);
  }
  MSL_INLINE ~frame() { path_length() = level; }
};

/* ---- who takes part */

/* A ballot's bits in the order of Metal's lanes, and back: bits of the index are exchanged, 1 with 3, then 1 with 2. */
MSL_INLINE uint exchanged(uint v, uint mask, uint distance) {
  const uint t = (v >> distance ^ v) & mask;
  return v ^ t ^ t << distance;
}
MSL_INLINE uint metal_mask(uint hardware) { return exchanged(exchanged(hardware, 0x00cc00ccu, 6), 0x0c0c0c0cu, 2); }
MSL_INLINE uint hardware_mask(uint metal) { return exchanged(exchanged(metal, 0x0c0c0c0cu, 2), 0x00cc00ccu, 6); }

/* Waits as said above. Returns the hardware lanes of the operation. All waiting lanes wait in this one function, so they
 * are in step when they look around. */
MSL_NOINLINE uint meet(uint number, bool barrier) {
  const uint own = msl_hardware_thread(), warp = own & ~31u, level = path_length();
  const ulong first = path_entry(0, own);
  path_entry(level, own) = (ulong)number << 32 | MSL_AT_OPERATION;
  if (barrier) path_entry(0, own) = ~0ul; /* behind all operations */
  for (;;) {
    __nvvm_bar_warp_sync(~0u);
    uint lanes = __nvvm_vote_ballot_sync(~0u, true);
    for (uint at = 0;; ++at) {
      ulong least = ~0ul;
      for (uint w = lanes; w; w &= w - 1) {
        const ulong entry = path_entry(at, warp + __builtin_ctz(w));
        least = entry < least ? entry : least;
      }
      uint equal = 0;
      for (uint w = lanes; w; w &= w - 1)
        if (path_entry(at, warp + __builtin_ctz(w)) == least) equal |= w & -w;
      lanes = equal;
      if ((uint)least == MSL_AT_OPERATION) break;
    }
    __nvvm_bar_warp_sync(~0u);
    if (lanes >> (own & 31) & 1) {
      if (barrier) path_entry(0, own) = first;
      return lanes;
    }
  }
}

/* The hardware lanes of an operation. */
MSL_INLINE uint arrive(place here) {
  uint lanes = active_lanes();
  if (lanes != ~0u) lanes = meet(here.number, false);
  return lanes;
}

/* ---- what they do */

template <class T> MSL_INLINE T value_of_lane(uint lanes, T v, uint hardware_lane) {
  int words[(sizeof(T) + 3) / 4] = {};
  __builtin_memcpy((void *)words, (const void *)&v, sizeof(T));
  for (uint i = 0; i < sizeof words / 4; ++i) words[i] = __nvvm_shfl_sync_idx_i32(lanes, words[i], hardware_lane, 31);
  __builtin_memcpy((void *)&v, (const void *)words, sizeof(T));
  return v;
}

/* The same where the hardware's lane numbers differ by a mask. */
template <class T> MSL_INLINE T value_of_lane_across(T v, uint hardware_mask) {
  int words[(sizeof(T) + 3) / 4] = {};
  __builtin_memcpy((void *)words, (const void *)&v, sizeof(T));
  for (uint i = 0; i < sizeof words / 4; ++i) words[i] = __nvvm_shfl_sync_bfly_i32(~0u, words[i], hardware_mask, 31);
  __builtin_memcpy((void *)&v, (const void *)words, sizeof(T));
  return v;
}

/* The lanes of one operation as one of them sees them; masks and numbers are Metal's. */
struct group {
  uint hardware, mask;
  MSL_INLINE explicit group(uint lanes) : hardware(lanes), mask(metal_mask(lanes)) {}
  MSL_INLINE bool has(uint i) const { return i < MSL_SIMD_WIDTH && mask >> i & 1; }
  template <class T> MSL_INLINE T from(T v, uint lane) const { return value_of_lane(hardware, v, msl_hardware_of_metal(lane)); }
  /* The part of `width` lanes that the asking one is in. */
  template <uint width> MSL_INLINE uint part() const {
    return width == MSL_SIMD_WIDTH ? mask : mask & ((1u << width % 32) - 1) << msl_lane_index() / width * width;
  }
};

MSL_INLINE uint nth_of(uint mask, uint n) {
  while (n--) mask &= mask - 1;
  return __builtin_ctz(mask);
}

/* Of some lanes: out of line, one copy for each kind and type. */
template <class Operation, class T> MSL_NOINLINE T some(T value, uint lanes) { return Operation::some(group(lanes), value); }

template <class Operation, class T> MSL_INLINE T together(T value, place here) {
  const uint lanes = arrive(here);
  if (lanes == ~0u) return Operation::whole(value);
  return some<Operation>(value, lanes);
}

template <class T> MSL_INLINE T absent() {
  T x;
  __builtin_memset((void *)&x, 0xff, sizeof x);
  return x;
}

template <class T> MSL_NOINLINE T some_from(T value, uint lane, uint lanes) {
  const group g(lanes);
  const bool there = g.has(lane);
  const T got = g.from(value, there ? lane : msl_lane_index());
  if (there) return got;
  return absent<T>();
}
template <class T> MSL_INLINE T value_from(T value, uint lane, place here) {
  const uint lanes = arrive(here);
  if (lanes != ~0u) return some_from(value, lane, lanes);
  const T got = value_of_lane(~0u, value, msl_hardware_of_metal(lane));
  if (lane < MSL_SIMD_WIDTH) return got;
  return absent<T>();
}

/* Of the lane whose number differs from the asking one's by a mask. */
template <class T> MSL_INLINE T value_across(T value, uint mask, place here) {
  const uint lanes = arrive(here);
  if (lanes != ~0u) return some_from(value, msl_lane_index() ^ mask, lanes);
  return value_of_lane_across(value, msl_hardware_of_metal(mask));
}

/* In a tree, halves onto halves, the lower lane's value always on the left: the same bits as on the processor. */
template <class Op, uint width> struct reduction {
  template <class T> static MSL_INLINE T whole(T v) {
    for (uint half_of = width / 2; half_of; half_of /= 2) {
      const T other = value_of_lane(~0u, v, msl_hardware_lane() ^ msl_hardware_of_metal(half_of));
      if (msl_lane_index() & half_of) v = Op::join(other, v);
      else v = Op::join(v, other);
    }
    return v;
  }
  template <class T> static MSL_INLINE T some(group g, T v) {
    const uint part = g.part<width>(), count = __builtin_popcount(part), own = msl_lane_index();
    const uint rank = __builtin_popcount(part & ((1u << own) - 1));
    for (uint half_of = width / 2; half_of; half_of /= 2) {
      const bool joins = rank < half_of && rank + half_of < count;
      const T other = g.from(v, joins ? nth_of(part, rank + half_of) : own);
      if (joins) v = Op::join(v, other);
    }
    return g.from(v, __builtin_ctz(part));
  }
};

template <class Op, uint width, bool inclusive> struct prefix {
  template <class T> static MSL_INLINE T some(group g, T v) {
    const uint own = msl_lane_index(), base = own / width * width, mask = g.part<width>();
    T before = Op::template identity<T>(), through = before;
    for (uint i = 0; i < width; ++i) {
      const bool there = mask >> (base + i) & 1;
      const T other = g.from(v, there ? base + i : own);
      if (!there || base + i > own) continue;
      before = through;
      through = Op::join(through, other);
    }
    if (inclusive) return through;
    return before;
  }
  template <class T> static MSL_INLINE T whole(T v) { return msl_simd::some<prefix>(v, ~0u); }
};

template <uint width> MSL_INLINE uint votes_of_part(uint yes) {
  return width == MSL_SIMD_WIDTH ? yes : yes >> (msl_lane_index() / width * width) & ((1u << width % 32) - 1);
}
template <uint width> struct ballot {
  static MSL_INLINE uint whole(uint v) { return votes_of_part<width>(metal_mask(__nvvm_vote_ballot_sync(~0u, v != 0))); }
  static MSL_INLINE uint some(group g, uint v) { return votes_of_part<width>(metal_mask(__nvvm_vote_ballot_sync(g.hardware, v != 0))); }
};

template <uint width> struct first_value {
  template <class T> static MSL_INLINE T whole(T v) { return value_of_lane(~0u, v, msl_hardware_of_metal(msl_lane_index() / width * width)); }
  template <class T> static MSL_INLINE T some(group g, T v) { return g.from(v, __builtin_ctz(g.part<width>())); }
};

} // namespace msl_simd
} // namespace metal

#endif
