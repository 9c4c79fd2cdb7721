/* What a kernel thread knows of itself on an NVIDIA GPU, where no runtime stands beside it.
 *
 * A Metal threadgroup is a block of one dimension, filled up to whole warps; a simdgroup is a warp. Threads beyond the
 * threadgroup's own return at once. A launch's numbers come as one kernel argument, struct msl_launch (ptx_launch.h).
 *
 * Lanes have Metal's numbers, which are not the hardware's: the five bits are permuted so that the two elements of a
 * simdgroup matrix that a Metal lane holds are those that the same hardware lane holds in a fragment of the tensor cores.
 *
 * Dynamic shared memory of a block is what ptx_launch.h says. Threadgroup variables are shared memory of the module.
 */
#ifndef ATTEST_PTX_RUNTIME_H
#define ATTEST_PTX_RUNTIME_H

#include "ptx_launch.h"

inline __attribute__((always_inline)) unsigned msl_hardware_thread() { return __nvvm_read_ptx_sreg_tid_x(); }
inline __attribute__((always_inline)) unsigned msl_hardware_lane() { return msl_hardware_thread() & 31; }

/* Bits 0 and 4 of a lane's number stay; hardware's 1, 2, 3 are Metal's 3, 1, 2. */
inline __attribute__((always_inline)) unsigned msl_metal_of_hardware(unsigned h) { return (h & 0x11) | (h & 2) << 2 | (h >> 1 & 6); }
inline __attribute__((always_inline)) unsigned msl_hardware_of_metal(unsigned m) { return (m & 0x11) | (m >> 2 & 2) | (m & 6) << 1; }

inline __attribute__((always_inline)) unsigned msl_lane_index() { return msl_metal_of_hardware(msl_hardware_lane()); }
inline __attribute__((always_inline)) unsigned msl_thread_index() { return (msl_hardware_thread() & ~31u) | msl_lane_index(); }

/* The shared memory whose size the launch says. Its address is taken in assembler: clang has no such variable. */
inline __attribute__((always_inline)) __local unsigned char *msl_dynamic_memory() {
  unsigned long address;
  __asm__("mov.u64 %0, msl_dynamic;" : "=l"(address));
  return (__local unsigned char *)address;
}

/* A threadgroup variable: shared memory whose name tells its number, size and alignment, declared behind the text
 * (target_ptx.go). */
template <unsigned id, unsigned long bytes, unsigned long align>
inline __attribute__((always_inline)) __local void *msl_threadgroup_variable() {
  unsigned long address;
  __asm__("mov.u64 %0, msl_variable_%1_%2_%3;" : "=l"(address) : "n"(id), "n"(bytes), "n"(align));
  return (__local void *)address;
}

/* Before any thread of the block makes a claim or tells anything. */
inline __attribute__((always_inline)) void msl_begin_claims(__private const msl_launch &launch) {
  __local unsigned *words = (__local unsigned *)msl_dynamic_memory();
  if (msl_hardware_thread() < 32) words[msl_hardware_thread()] = 0;
  if (msl_hardware_thread() == 0) *(__local unsigned long *)(msl_dynamic_memory() + MSL_CLAIM_BYTES - 8) = launch.log;
  __nvvm_barrier_sync(0);
}

/* Gives a threadgroup variable its initial value: the first thread that comes here does, the others wait for it. A
 * variable has two bits among the claims: somebody writes it; it is written. */
inline __attribute__((always_inline)) void msl_initial_value(unsigned id, __local void *variable, const void *value, unsigned long bytes) {
  __local unsigned *claimed = (__local unsigned *)msl_dynamic_memory() + id / 32 % 16, *written = claimed + 16;
  const unsigned bit = 1u << id % 32;
  if (!((unsigned)__nvvm_atom_or_gen_i((int *)claimed, (int)bit) & bit)) {
    __builtin_memcpy((void *)variable, value, bytes);
    __nvvm_membar_cta();
    __nvvm_atom_or_gen_i((int *)written, (int)bit);
  }
  while (!(*(volatile __local unsigned *)written & bit)) {
  }
  __nvvm_membar_cta();
}

/* Where a thread is, as its kernel's parameters ask for it. */
struct msl_ptx_group {
  unsigned position[3], size[3], full_size[3], groups[3], grid[3];
  unsigned threads, simdgroups, full_simdgroups;
};
struct msl_ptx_simdgroup {
  unsigned index;
};
struct msl_ptx_lane {
  msl_ptx_group *threadgroup;
  msl_ptx_simdgroup *simdgroup;
  unsigned thread, lane, position_in_threadgroup[3], position_in_grid[3];
};

inline __attribute__((always_inline)) void msl_place(__private const msl_launch &launch, __private msl_ptx_group &g,
                                                     __private msl_ptx_simdgroup &s, __private msl_ptx_lane &l) {
  if (launch.flat) {
    const unsigned long at = launch.first + __nvvm_read_ptx_sreg_ctaid_x(), plane = (unsigned long)launch.groups[0] * launch.groups[1];
    g.position[2] = (unsigned)(at / plane);
    g.position[1] = (unsigned)(at % plane / launch.groups[0]);
    g.position[0] = (unsigned)(at % launch.groups[0]);
  } else {
    g.position[0] = __nvvm_read_ptx_sreg_ctaid_x();
    g.position[1] = __nvvm_read_ptx_sreg_ctaid_y();
    g.position[2] = __nvvm_read_ptx_sreg_ctaid_z();
  }
  for (int i = 0; i < 3; ++i) {
    const unsigned left = launch.grid[i] - g.position[i] * launch.full_size[i];
    g.full_size[i] = launch.full_size[i];
    g.groups[i] = launch.groups[i];
    g.grid[i] = launch.grid[i];
    g.size[i] = left < launch.full_size[i] ? left : launch.full_size[i];
  }
  g.threads = g.size[0] * g.size[1] * g.size[2];
  g.simdgroups = (g.threads + 31) / 32;
  g.full_simdgroups = (g.full_size[0] * g.full_size[1] * g.full_size[2] + 31) / 32;
  l.threadgroup = &g;
  l.simdgroup = &s;
  l.thread = msl_thread_index();
  l.lane = msl_lane_index();
  s.index = msl_hardware_thread() / 32;
  l.position_in_threadgroup[0] = l.thread % g.size[0];
  l.position_in_threadgroup[1] = l.thread / g.size[0] % g.size[1];
  l.position_in_threadgroup[2] = l.thread / (g.size[0] * g.size[1]);
  for (int i = 0; i < 3; ++i) l.position_in_grid[i] = g.position[i] * g.full_size[i] + l.position_in_threadgroup[i];
}

#endif
