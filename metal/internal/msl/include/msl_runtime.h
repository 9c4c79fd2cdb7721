/* What a running kernel thread sees of the runtime that runs it (metal/internal/host), and what it may call.
 *
 * Read by clang's C++ for OpenCL mode (in a module) and by plain C (in the runtime) alike, so: no standard headers,
 * and the two sides share these layouts word for word. A module is compiled for one version of this file; msl_abi.h's
 * MSL_ABI_VERSION covers it too.
 *
 * A module needs no symbol of the process that loads it. It exports `msl_module` (msl_abi.h) and the variable
 * `msl_runtime_table`, which the loader points at its table of functions before any thread runs.
 */
#ifndef ATTEST_MSL_RUNTIME_H
#define ATTEST_MSL_RUNTIME_H

#include "msl_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MSL_SIMD_WIDTH 32u
#define MSL_SLOT_BYTES 128u

/* Stacks of a worker's lanes lie side by side in one aligned region, and the lanes' identities at its start: entry i
 * of the array belongs to stack i. So a thread's stack address leads to its identity (msl_self). */
#define MSL_STACK_LOG 17u
#define MSL_STACK_BYTES (1ul << MSL_STACK_LOG)
#define MSL_REGION_BYTES (1ul << 28)
#define MSL_FIRST_STACK 4u /* the stacks below it are where the lanes' identities and simdgroups lie */
#define MSL_SIMDGROUPS_AT (3 * MSL_STACK_BYTES)

/* The checkers ask at any access which path a thread is on, so its nodes are written when the text says so. Elsewhere
 * only operations ask, and between two of them the compiler may write as late as it likes, or never. */
#ifdef MSL_CHECKED
#define MSL_IN_ORDER volatile
#else
#define MSL_IN_ORDER
#endif

/* A call, or a loop in one of its turns, that a thread is in. They lie on the thread's own stack. */
struct msl_path {
  struct msl_path *MSL_IN_ORDER outer;     /* NULL: the kernel itself */
  MSL_IN_ORDER unsigned id;                /* of the call or loop; it grows in the order of the text */
  MSL_IN_ORDER unsigned turn;              /* of a loop, from 1; of a call 0 while its arguments are computed, then 1 */
  MSL_IN_ORDER unsigned long digest;       /* of the path outside */
};

/* One kernel thread. */
struct msl_lane {
  void *stack_pointer;                     /* of a lane that waits */
  struct msl_simdgroup *simdgroup;
  struct msl_threadgroup *threadgroup;
  const void *site;                        /* the operation it waits at: its number, or the address of the call */
  unsigned bit;                            /* 1 << lane */
  unsigned lane;                           /* thread_index_in_simdgroup */
  unsigned thread;                         /* thread_index_in_threadgroup */
  int line;                                /* of the operation it waits at, or waited at last */
  unsigned position_in_threadgroup[3];     /* thread_position_in_threadgroup */
  unsigned position_in_grid[3];            /* thread_position_in_grid */
  unsigned long turn;                      /* bit, and bit << 32: what a lane that waits flips in ready and waiting */
  struct msl_lane *next;                   /* the lane that most likely goes on when this one waits */
  struct msl_path *MSL_IN_ORDER path;      /* the innermost of the calls and loops that it is in */
  MSL_IN_ORDER unsigned long digest;       /* of the path: equal for lanes on equal paths */
  unsigned reserved[6];
  /* What the lane gives to an operation of its simdgroup, and what it gets back. Only the lane itself writes here,
   * and the one lane that carries an operation out while all others of the operation wait: so a lane that runs ahead
   * can never overwrite what another has not read. */
  unsigned char slot[MSL_SLOT_BYTES];
} __attribute__((aligned(256)));

struct msl_simdgroup {
  struct msl_lane *lanes;                  /* of its 32; those that the threadgroup does not fill never run */
  unsigned index;                          /* simdgroup_index_in_threadgroup */
  unsigned alive;                          /* lanes that have not returned */
  unsigned ready __attribute__((aligned(8))), waiting; /* those that can run; that wait at a simd operation */
  unsigned mixed;                          /* the waiting ones do not all wait at one operation on one path */
  unsigned leader, leader_mask;            /* the lane to resume first, to carry out an operation of these lanes */
  unsigned present;                        /* lanes that the threadgroup fills */
  const void *site;                        /* where the first of the waiting ones waits */
  unsigned long digest;                    /* and on which path */
  unsigned stepped;                        /* lanes that wait at an access to memory, where all go in step */
  /* Operands and result of a matrix operation, as whole tiles in row-major order. A lane writes its own elements. */
  float a[64] __attribute__((aligned(64)));
  float b[64], c[64], d[64];
};

struct msl_threadgroup {
  void *buffers[MSL_MAX_BUFFERS];                     /* [[buffer(i)]] with the binding's offset added */
  void *threadgroup_args[MSL_MAX_THREADGROUP_ARGS];   /* [[threadgroup(i)]] */
  unsigned position[3];                               /* threadgroup_position_in_grid */
  unsigned size[3];                                   /* threads_per_threadgroup: of this one, smaller at an edge */
  unsigned full_size[3];                              /* dispatch_threads_per_threadgroup */
  unsigned groups[3];                                 /* threadgroups_per_grid */
  unsigned grid[3];                                   /* threads_per_grid */
  unsigned simdgroups;                                /* simdgroups_per_threadgroup of this one */
  unsigned full_simdgroups;                           /* dispatch_simdgroups_per_threadgroup */
  unsigned threads;                                   /* of this one, in all */
};

/* Kinds of access that a checked module reports. */
#define MSL_READ 0u
#define MSL_WRITE 1u
#define MSL_ATOMIC 2u  /* may be joined with MSL_WRITE */
#define MSL_ALIGNED 4u /* may be joined: the type promises that the address is a multiple of the size, or of 8 */

struct msl_async_copy {
  void *destination;
  const void *source;
  unsigned long element_bytes;
  unsigned long destination_stride, source_stride;    /* elements from row to row */
  unsigned long destination_columns, destination_rows;
  unsigned long source_columns, source_rows;          /* a tile beyond them is filled */
  unsigned clamp_to_edge;                             /* with the nearest element; else with zeros */
};

/* Waits for the lanes of the simdgroup that take part in this operation. Exactly one of them gets their mask back,
 * carries the operation out in the slots of all, and returns; then the others get 0 and go on. `line` is for
 * diagnostics: which operation it is, is told by the lane's path and `site`, a number that grows in the order of the text;
 * where there is none, 0, the address of the call stands for it. */
typedef unsigned msl_simd_arrive_function(struct msl_lane *, int line, unsigned site);

/* flags: mem_flags of the call. */
typedef void msl_barrier_function(struct msl_lane *, unsigned flags, int line);

/* The threadgroup's copy of the module's variable `id` (0 to 255, unique in the module), made when first asked for. */
typedef void *msl_variable_function(struct msl_lane *, unsigned id, unsigned long bytes, unsigned long align,
                                    const MSL_CONSTANT char *name, int line);

/* Gives the threadgroup's copy of a variable its initial value: the first thread that comes there does, so that no
 * other's writes are undone. */
typedef void msl_initial_value_function(struct msl_lane *, unsigned id, const void *value, unsigned long bytes);

/* Ends the command with an error; does not return. */
typedef void msl_fail_function(struct msl_lane *, int line, const MSL_CONSTANT char *message);

/* Starts a copy that the simdgroup has agreed on: called by the one lane that carries it out. Returns the event. */
typedef unsigned long msl_async_copy_function(struct msl_lane *, const struct msl_async_copy *, int line);

/* Completes the copies behind the events (0: none): called by the one lane that carries it out. */
typedef void msl_async_wait_function(struct msl_lane *, unsigned count, const unsigned long *events, int line);

/* os_log: a message with its arguments; a vector is so many of them, the first of which says how many there are. */
#define MSL_LOG_DEFAULT 0u
#define MSL_LOG_DEBUG 1u
#define MSL_LOG_INFO 2u
#define MSL_LOG_ERROR 3u
#define MSL_LOG_FAULT 4u
#define MSL_LOG_SIGNED 0u
#define MSL_LOG_UNSIGNED 1u
#define MSL_LOG_FLOAT 2u /* the bits of a double */
#define MSL_LOG_STRING 3u
#define MSL_LOG_POINTER 4u
struct msl_log_argument {
  unsigned long bits;
  unsigned kind, components;
};
typedef void msl_log_function(struct msl_lane *, unsigned level, const MSL_CONSTANT char *subsystem,
                              const MSL_CONSTANT char *category, const MSL_CONSTANT char *format, unsigned count,
                              const struct msl_log_argument *);

/* Checked modules only: an operation of `mask` lanes at `site` gives a result that depends on lanes that do not take
 * part: those of `missing` (0: every other lane of the simdgroup, and the result is defined all the same). */
typedef void msl_stray_function(struct msl_lane *, unsigned mask, unsigned missing, int line);

/* Checked modules only: an access of the lane that runs; `site` is an address of the calling code. */
typedef void msl_access_function(const void *address, unsigned long bytes, unsigned kind, const void *site);

struct msl_runtime {
  unsigned abi;
  unsigned bytes; /* of this struct */
  msl_simd_arrive_function *simd_arrive;
  msl_barrier_function *threadgroup_barrier;
  msl_variable_function *threadgroup_variable;
  msl_fail_function *fail;
  msl_async_copy_function *async_copy;
  msl_async_wait_function *async_wait;
  msl_access_function *access;
  msl_stray_function *stray;
  msl_initial_value_function *initial_value;
  msl_log_function *log;
};

#ifdef __cplusplus
}
#endif

#if defined(__OPENCL_CPP_VERSION__) && !defined(MSL_PTX)
extern "C" {
/* Filled by the loader. Protected: found by its name, and reached without the global offset table. */
__attribute__((visibility("protected"))) __global const struct msl_runtime *__global msl_runtime_table;
}

#ifdef MSL_WIDE
#include "msl_wide.h"
#else
/* The thread that asks. */
inline __attribute__((always_inline)) __private struct msl_lane *msl_self() {
  unsigned long frame = (unsigned long)__builtin_frame_address(0);
  unsigned long region = frame & ~(MSL_REGION_BYTES - 1);
  return (__private struct msl_lane *)region + ((frame - region) >> MSL_STACK_LOG);
}

/* The same as msl_self()->thread, ->lane and ->simdgroup, without reading memory. */
inline __attribute__((always_inline)) unsigned msl_thread_index() {
  unsigned long frame = (unsigned long)__builtin_frame_address(0);
  return (unsigned)((frame & (MSL_REGION_BYTES - 1)) >> MSL_STACK_LOG) - MSL_FIRST_STACK;
}
inline __attribute__((always_inline)) unsigned msl_lane_index() { return msl_thread_index() % MSL_SIMD_WIDTH; }
inline __attribute__((always_inline)) __private struct msl_simdgroup *msl_simdgroup_self() {
  unsigned long frame = (unsigned long)__builtin_frame_address(0);
  unsigned long region = frame & ~(MSL_REGION_BYTES - 1);
  return (__private struct msl_simdgroup *)(region + MSL_SIMDGROUPS_AT) + msl_thread_index() / MSL_SIMD_WIDTH;
}
#endif
#endif

#endif
