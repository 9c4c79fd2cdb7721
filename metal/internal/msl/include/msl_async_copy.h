/* simdgroup_async_copy: Apple never published it, but kernels call it, by declaring the compiler's functions with
 * the linker names below. Those are defined here. A copy lands at once or, if the runtime is asked to be adverse, no
 * sooner than it is waited for. */
#ifndef ATTEST_MSL_ASYNC_COPY_H
#define ATTEST_MSL_ASYNC_COPY_H

#include "msl_simd.h"

namespace metal {
namespace msl_simd {

#ifdef MSL_WIDE
MSL_NOINLINE void carry_copy(__private msl_lane *lane, uint mask, int line) {
  const msl_async_copy copy = slot_of<msl_async_copy>(lane - lane->lane + __builtin_ctz(mask));
  const unsigned long event = msl_wide_runtime()->async_copy((msl_lane *)lane, &copy, line);
  for (uint w = mask; w; w &= w - 1) slot_of<unsigned long>(lane - lane->lane + __builtin_ctz(w)) = event;
}
MSL_INLINE unsigned long start_copy(msl_async_copy copy, place here) {
  __private msl_lane *own = msl_wide_own();
  slot_of<msl_async_copy>(own) = copy;
  msl_wide_together((const void *)&carry_copy, here.line);
  return slot_of<unsigned long>(own);
}
#else
/* Every lane gets the event of the copy that one of them starts. */
MSL_INLINE unsigned long start_copy(msl_async_copy copy, place here) {
  __private msl_lane *lane = msl_self();
  if (uint mask = arrive(lane, here)) {
    if (mask != lane->simdgroup->present) report_stray(lane, mask, lane->simdgroup->present & ~mask, here.line);
    const unsigned long event = msl_runtime_table->async_copy((msl_lane *)lane, &copy, here.line);
    for (uint w = mask; w; w &= w - 1) slot_of<unsigned long>(lane - lane->lane + __builtin_ctz(w)) = event;
  }
  return slot_of<unsigned long>(lane);
}
#endif

MSL_INLINE unsigned long start_copy_1d(ulong bytes, unsigned long to, unsigned long from, ulong count) {
  return start_copy(msl_async_copy{(void *)to, (const void *)from, bytes, count, count, count, 1, count, 1, 0}, place(0));
}
MSL_INLINE unsigned long start_copy_2d(ulong bytes, unsigned long to, ulong to_stride, vec<ulong, 2> to_tile, unsigned long from,
                                       ulong from_stride, vec<ulong, 2> from_tile, int clamp) {
  return start_copy(msl_async_copy{(void *)to, (const void *)from, bytes, to_stride, from_stride, to_tile.x, to_tile.y,
                                   from_tile.x, from_tile.y, clamp == 1}, place(0));
}

} // namespace msl_simd
} // namespace metal

#define MSL_COPY_1D(name, to_space, from_space, label)                                                              \
  __private void *name(ulong bytes, ulong align, to_space void *to, const from_space void *from, ulong count)       \
      __asm(label);                                                                                                 \
  __private void *name(ulong bytes, ulong, to_space void *to, const from_space void *from, ulong count) {           \
    return (__private void *)metal::msl_simd::start_copy_1d(bytes, (unsigned long)to, (unsigned long)from, count);    \
  }
#define MSL_COPY_2D(name, to_space, from_space, label)                                                              \
  __private void *name(ulong bytes, ulong align, to_space void *to, ulong to_stride, ulong one, metal::vec<ulong, 2> to_tile, \
                       const from_space void *from, ulong from_stride, ulong also_one, metal::vec<ulong, 2> from_tile, \
                       metal::vec<long, 2> offset, int clamp) __asm(label);                                         \
  __private void *name(ulong bytes, ulong, to_space void *to, ulong to_stride, ulong, metal::vec<ulong, 2> to_tile, \
                       const from_space void *from, ulong from_stride, ulong, metal::vec<ulong, 2> from_tile,       \
                       metal::vec<long, 2>, int clamp) {                                                            \
    return (__private void *)metal::msl_simd::start_copy_2d(bytes, (unsigned long)to, to_stride, to_tile,             \
                                                          (unsigned long)from, from_stride, from_tile, clamp);      \
  }
extern "C" {
MSL_COPY_1D(msl_copy_1d_in, __local, __global, "air.simdgroup_async_copy_1d.p3i8.p1i8")
MSL_COPY_1D(msl_copy_1d_out, __global, __local, "air.simdgroup_async_copy_1d.p1i8.p3i8")
MSL_COPY_2D(msl_copy_2d_in, __local, __global, "air.simdgroup_async_copy_2d.p3i8.p1i8")
MSL_COPY_2D(msl_copy_2d_out, __global, __local, "air.simdgroup_async_copy_2d.p1i8.p3i8")

void msl_wait_events(int count, __private void *__private *events) __asm("air.wait_simdgroup_events");
void msl_wait_events(int count, __private void *__private *events) {
  using namespace metal::msl_simd;
#ifdef MSL_WIDE
  for (int i = 0; i < count; ++i) msl_wide_await((unsigned long)events[i]);
#else
  __private msl_lane *lane = msl_self();
  if (arrive(lane, place(0)))
    msl_runtime_table->async_wait((msl_lane *)lane, (uint)count, (const unsigned long *)events, 0);
#endif
}
}
#undef MSL_COPY_1D
#undef MSL_COPY_2D

#endif
