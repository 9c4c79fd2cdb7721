/* simdgroup_async_copy: Apple never published it, but kernels call it, by declaring the compiler's functions with
 * the linker names below. Those are defined here. A copy lands at once or, if the runtime is asked to be adverse, no
 * sooner than it is waited for. */
#ifndef ATTEST_MSL_ASYNC_COPY_H
#define ATTEST_MSL_ASYNC_COPY_H

#include "msl_simd.h"

namespace metal {
namespace msl_simd {

#ifdef MSL_PTX
/* The lanes that start a copy share its elements out among them, at once. There is nothing to wait for but each other. */
template <class W> MSL_INLINE void copy_words(msl_async_copy c, uint words, uint first, uint step) {
  const ulong columns = c.destination_columns * words, all = columns * c.destination_rows;
  for (ulong i = first; i < all; i += step) {
    const ulong row = i / columns, column = i % columns / words, word = i % words;
    ulong from_row = row, from_column = column;
    if (c.clamp_to_edge && c.source_rows && c.source_columns) {
      from_row = row < c.source_rows ? row : c.source_rows - 1;
      from_column = column < c.source_columns ? column : c.source_columns - 1;
    }
    const bool there = from_row < c.source_rows && from_column < c.source_columns;
    ((W *)c.destination)[(row * c.destination_stride + column) * words + word] =
        there ? ((const W *)c.source)[(from_row * c.source_stride + from_column) * words + word] : W(0);
  }
}
MSL_INLINE unsigned long start_copy(msl_async_copy c, place here) {
  const group lanes(arrive(here));
  const uint first = __builtin_popcount(lanes.mask & ((1u << msl_lane_index()) - 1)), step = __builtin_popcount(lanes.mask);
  const ulong shape = c.element_bytes | (ulong)c.destination | (ulong)c.source;
  if (shape % 4 == 0) copy_words<uint>(c, c.element_bytes / 4, first, step);
  else if (shape % 2 == 0) copy_words<ushort>(c, c.element_bytes / 2, first, step);
  else copy_words<uchar>(c, c.element_bytes, first, step);
  __nvvm_bar_warp_sync(lanes.hardware);
  return 0;
}
#elif defined(MSL_WIDE)
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

/* The address in the space of all; on a GPU memory of a threadgroup has addresses of its own. */
#ifdef MSL_PTX
#define MSL_GENERIC(p) ((unsigned long)(const volatile void *)(p))
#else
#define MSL_GENERIC(p) ((unsigned long)(p))
#endif
#define MSL_COPY_1D(name, to_space, from_space, label)                                                              \
  __private void *name(ulong bytes, ulong align, to_space void *to, const from_space void *from, ulong count)       \
      MSL_COLLECTIVE_LABEL(label);                                                                                  \
  __private void *name(ulong bytes, ulong, to_space void *to, const from_space void *from, ulong count) {           \
    return (__private void *)metal::msl_simd::start_copy_1d(bytes, MSL_GENERIC(to), MSL_GENERIC(from), count);    \
  }
#define MSL_COPY_2D(name, to_space, from_space, label)                                                              \
  __private void *name(ulong bytes, ulong align, to_space void *to, ulong to_stride, ulong one, metal::vec<ulong, 2> to_tile, \
                       const from_space void *from, ulong from_stride, ulong also_one, metal::vec<ulong, 2> from_tile, \
                       metal::vec<long, 2> offset, int clamp) MSL_COLLECTIVE_LABEL(label);                          \
  __private void *name(ulong bytes, ulong, to_space void *to, ulong to_stride, ulong, metal::vec<ulong, 2> to_tile, \
                       const from_space void *from, ulong from_stride, ulong, metal::vec<ulong, 2> from_tile,       \
                       metal::vec<long, 2>, int clamp) {                                                            \
    return (__private void *)metal::msl_simd::start_copy_2d(bytes, MSL_GENERIC(to), to_stride, to_tile,             \
                                                          MSL_GENERIC(from), from_stride, from_tile, clamp);      \
  }
extern "C" {
MSL_COPY_1D(msl_copy_1d_in, __local, __global, "air.simdgroup_async_copy_1d.p3i8.p1i8")
MSL_COPY_1D(msl_copy_1d_out, __global, __local, "air.simdgroup_async_copy_1d.p1i8.p3i8")
MSL_COPY_2D(msl_copy_2d_in, __local, __global, "air.simdgroup_async_copy_2d.p3i8.p1i8")
MSL_COPY_2D(msl_copy_2d_out, __global, __local, "air.simdgroup_async_copy_2d.p1i8.p3i8")

void msl_wait_events(int count, __private void *__private *events) MSL_COLLECTIVE_LABEL("air.wait_simdgroup_events");
void msl_wait_events(int count, __private void *__private *events) {
  using namespace metal::msl_simd;
#ifdef MSL_PTX
  __nvvm_bar_warp_sync(arrive(place(0)));
#elif defined(MSL_WIDE)
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
#undef MSL_GENERIC

#endif
