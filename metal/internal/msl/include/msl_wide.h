/* What a kernel sees where a simdgroup is one fiber (metal/internal/wide): the lanes' operations are functions that nobody
 * defines here. The vectoriser knows each by its name and puts code for all 32 lanes in its place.
 *
 * An operation stays where the text has it and is never made one with another. It orders memory, as a lane that waits
 * does; marks and multiplications do not, which attributes_of in package wide says for all of them.
 */
#ifndef ATTEST_MSL_WIDE_H
#define ATTEST_MSL_WIDE_H

#define MSL_OPAQUE __attribute__((convergent, nothrow, nomerge))
#define MSL_LIST(...) __VA_ARGS__

extern "C" {
__private struct msl_lane *msl_wide_self(void); /* the identity of lane 0 */
unsigned msl_wide_lane(void);
unsigned msl_wide_position(unsigned coordinate); /* of the lane: 0 to 2 in its threadgroup, 3 to 5 in the grid */
MSL_OPAQUE void msl_wide_enter(unsigned loop); /* the lane comes to a loop around operations */
MSL_OPAQUE void msl_wide_turn(unsigned loop);
MSL_OPAQUE void msl_wide_leave(unsigned loop);
MSL_OPAQUE void msl_wide_threadgroup_barrier(unsigned flags, int line);
MSL_OPAQUE void msl_wide_simdgroup_barrier(void);
MSL_OPAQUE void msl_wide_together(const void *carry_out, int line); /* void carry_out(lane 0, mask, line) */
MSL_OPAQUE void msl_wide_await(unsigned long event);
MSL_OPAQUE float msl_wide_sum_f32(float);
MSL_OPAQUE float msl_wide_max_f32(float);
MSL_OPAQUE float msl_wide_min_f32(float);
MSL_OPAQUE unsigned msl_wide_sum_i32(unsigned);
MSL_OPAQUE unsigned msl_wide_ballot(unsigned);
MSL_OPAQUE unsigned msl_wide_first(unsigned);
MSL_OPAQUE unsigned msl_wide_shuffle(unsigned value, unsigned from);
MSL_OPAQUE float msl_wide_multiply(float ax, float ay, float bx, float by, float cx, float cy, unsigned which);
MSL_OPAQUE float msl_wide_tile_load(const void *, unsigned long elements_per_row, unsigned transposed, unsigned which);
MSL_OPAQUE void msl_wide_tile_store(void *, unsigned long elements_per_row, unsigned transposed, float x, float y);
MSL_OPAQUE void *msl_wide_variable(unsigned id, unsigned long bytes, unsigned long align, const __constant char *name, int line);
MSL_OPAQUE void msl_wide_initial(unsigned id, const void *value, unsigned long bytes);
MSL_OPAQUE __attribute__((noreturn)) void msl_wide_fail(int line);
__attribute__((nothrow)) void msl_wide_log(unsigned level, const __constant char *subsystem, const __constant char *category,
                                           const __constant char *format, unsigned count, const struct msl_log_argument *);
}

inline __attribute__((always_inline)) __private struct msl_lane *msl_self() { return msl_wide_self(); }
inline __attribute__((always_inline)) unsigned msl_lane_index() { return msl_wide_lane(); }
inline __attribute__((always_inline)) __private struct msl_lane *msl_wide_own() { return msl_wide_self() + msl_wide_lane(); }
inline __attribute__((always_inline)) unsigned msl_wide_threadgroup_position(unsigned i) { return msl_wide_position(i); }
inline __attribute__((always_inline)) unsigned msl_wide_grid_position(unsigned i) { return msl_wide_position(3 + i); }
/* A threadgroup has at most 1024 threads: package wide sees by the masks that lanes' numbers do not wrap around. */
inline __attribute__((always_inline)) unsigned msl_thread_index() { return (msl_wide_self()->thread & 0x3e0) + msl_wide_lane(); }
inline __attribute__((always_inline)) unsigned msl_wide_simdgroup_index() { return ((__private struct msl_simdgroup *)msl_wide_self()->simdgroup)->index & 31; }
inline __attribute__((always_inline)) __private struct msl_simdgroup *msl_simdgroup_self() {
  return (__private struct msl_simdgroup *)msl_wide_self()->simdgroup;
}

/* What widened code calls of the runtime, one call for all lanes. */
inline __attribute__((always_inline)) __global const struct msl_runtime *msl_wide_runtime() { return msl_runtime_table; }
extern "C" {
#define MSL_KEPT __attribute__((used, always_inline, visibility("hidden")))
MSL_KEPT void msl_wide_call_barrier(struct msl_lane *l, unsigned flags, int line) {
  __attribute__((nomerge)) msl_runtime_table->threadgroup_barrier(l, flags, line);
}
MSL_KEPT void *msl_wide_call_variable(struct msl_lane *l, unsigned id, unsigned long bytes, unsigned long align, const __constant char *name, int line) {
  return msl_runtime_table->threadgroup_variable(l, id, bytes, align, name, line);
}
MSL_KEPT void msl_wide_call_initial(struct msl_lane *l, unsigned id, const void *value, unsigned long bytes) {
  msl_runtime_table->initial_value(l, id, value, bytes);
}
MSL_KEPT void msl_wide_call_await(struct msl_lane *l, unsigned long event) { msl_runtime_table->async_wait(l, 1, &event, 0); }
MSL_KEPT void msl_wide_call_again(struct msl_lane *l, int why) { msl_runtime_table->fail(l, why, nullptr); }
/* Whether every simdgroup is a piece of one row of the threadgroup, so that its lanes differ in x alone. */
MSL_KEPT bool msl_wide_call_rows(struct msl_lane *l) {
  const unsigned *size = l->threadgroup->size;
  return size[0] % MSL_SIMD_WIDTH == 0 || size[1] * size[2] == 1;
}
MSL_KEPT unsigned msl_wide_call_position(struct msl_lane *l, unsigned i) {
  return i < 3 ? l->position_in_threadgroup[i] : l->position_in_grid[i - 3];
}
MSL_KEPT void msl_wide_call_positions(struct msl_lane *l, unsigned i, unsigned *all) {
  for (int lane = 0; lane < MSL_SIMD_WIDTH; ++lane) all[lane] = msl_wide_call_position(l + lane, i);
}
/* A lane's message. The lanes that have one send it one after another. */
MSL_KEPT void msl_wide_call_log(struct msl_lane *l, unsigned lane, unsigned level, const __constant char *subsystem, const __constant char *category,
                                const __constant char *format, unsigned count, const struct msl_log_argument *arguments) {
  msl_runtime_table->log(l + lane, level, subsystem, category, format, count, arguments);
}
MSL_KEPT unsigned msl_wide_present(struct msl_lane *l) { return l->simdgroup->present; }
#undef MSL_KEPT
}

/* The rewritten text asks the runtime's table; here its functions are the operations above. */
struct msl_wide_table {
  inline __attribute__((always_inline)) void *threadgroup_variable(__private struct msl_lane *, unsigned id, unsigned long bytes,
                                                                   unsigned long align, const __constant char *name, int line) {
    return msl_wide_variable(id, bytes, align, name, line);
  }
  inline __attribute__((always_inline)) void initial_value(__private struct msl_lane *, unsigned id, const void *value, unsigned long bytes) {
    msl_wide_initial(id, value, bytes);
  }
  inline __attribute__((always_inline)) void fail(struct msl_lane *, int line, const __constant char *) { msl_wide_fail(line); }
  inline __attribute__((always_inline)) void log(struct msl_lane *, unsigned level, const __constant char *subsystem,
                                                 const __constant char *category, const __constant char *format, unsigned count,
                                                 const struct msl_log_argument *arguments) {
    msl_wide_log(level, subsystem, category, format, count, arguments);
  }
};
#define msl_runtime_table ((__private struct msl_wide_table *)64)

#endif
