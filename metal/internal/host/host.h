/* The SIMT runtime: Metal kernels on the processor. A device of six calls (device.h) whose threads are fibers.
 *
 * A kernel thread is a fiber with its own stack; a barrier or a simdgroup operation is where it waits; simdgroups of a
 * threadgroup take turns on one OS thread; threadgroups are spread over the device's own OS threads. What a real
 * device leaves open (the order in which simdgroups and threadgroups run, what threadgroup memory holds at first,
 * when an asynchronous copy lands) is an option here: a right kernel writes the same bits under all of them.
 *
 * Not modelled: a GPU's order of accumulation inside a matrix operation, weak memory, textures.
 */
#ifndef ATTEST_HOST_H
#define ATTEST_HOST_H

#include "device.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In lockstep the lanes of a simdgroup come as close to each other as they can, one access to memory at a time (modules
 * are compiled for the checkers then, and are slow); the rest is as in forward order. */
typedef enum { HOST_FORWARD = 0, HOST_REVERSE, HOST_RANDOM, HOST_LOCKSTEP } host_order;
typedef enum { HOST_FILL_NAN = 0, HOST_FILL_ZERO, HOST_FILL_GARBAGE } host_fill;
/* What runs the 32 threads of a simdgroup: a fiber each, or one fiber for all, as vectors, where the compiler knows how, or
 * what the compiler callback has at hand. A checked device, and one in lockstep, has fibers whatever is asked for; so has a
 * pipeline in fast math of HOST_AUTO, for there the two have not the same bits. */
typedef enum { HOST_FIBERS = 0, HOST_WIDE, HOST_AUTO } host_engine;
typedef enum { HOST_MATH_AS_ASKED = 0, HOST_MATH_SAFE, HOST_MATH_FAST, HOST_MATH_FAST_FOLDED } host_math;

/* What a compiler callback made. */
typedef struct {
  char path[4096]; /* a shared object as msl_abi.h describes it */
  double seconds;  /* wall time of the compilation */
  bool cached;
} host_module;

/* Compiles the program's text to a module, for fibers where HOST_WIDE is asked for and not to be had. With HOST_AUTO it is
 * one for vectors if that is there already, else one for fibers. Called from any thread. `message` gets the diagnostics. */
typedef gpu_status host_compile(void *context, const gpu_program *program, bool checked, host_engine engine,
                                host_module *out, char *message, size_t message_bytes);

/* Asked before each dispatch of HOST_AUTO whether vectors run it. `wide`: the pipeline has them; where it has not, fibers run it
 * whatever is returned. Called from any thread. */
typedef bool host_choose(void *context, bool wide);

/* Told of a pipeline of HOST_AUTO that was on fibers, when it is freed: the seconds that it ran. Called from any thread. */
typedef void host_spent(void *context, const gpu_program *program, double seconds);

typedef struct {
  uint32_t workers;                /* OS threads; 0: one a processor */
  host_order order;                /* of simdgroups in a threadgroup and of threadgroups in a grid */
  uint64_t seed;                   /* of HOST_RANDOM and HOST_FILL_GARBAGE */
  host_fill fill;                  /* threadgroup memory at a threadgroup's start */
  uint32_t max_threads;            /* of every pipeline; 0: 1024 */
  uint64_t max_threadgroup_memory; /* bytes; 0: 32768 */
  bool late_copies;                /* an asynchronous copy lands when it is waited for, not before */
  bool check;                      /* compile and run with the checkers; see host_take_reports */
  bool partial;                    /* with check: note each HOST_PARTIAL_SIMD */
  bool folded;                     /* what is compiled in fast math is compiled with tests for NaN and infinity folded */
  host_math math;                  /* HOST_MATH_AS_ASKED: that of each program */
  host_engine engine;
  host_compile *compile;           /* NULL: runs the `attest` command (see compile_command.c), which has no HOST_AUTO */
  host_spent *spent;               /* may be NULL */
  host_choose *choose;             /* may be NULL: vectors run what they can */
  void *compile_context;           /* of the three */
  const char *toolchain;           /* for gpu_device_info; NULL: "attest msl" */
} host_options;

/* Makes a device. `options` may be NULL. The device lives until host_device_destroy, which waits for dispatches under
 * way; buffers and pipelines must have been freed. */
gpu_status host_device_create(const host_options *options, gpu_api *out, char *message, size_t message_bytes);
void host_device_destroy(gpu_device *);

/* What a checked device found. */
typedef enum {
  HOST_OUT_OF_BOUNDS = 1,      /* device or constant memory that no binding covers */
  HOST_OUT_OF_BOUNDS_LOCAL,    /* threadgroup memory outside every variable */
  HOST_RACE,                   /* two threads, one address, no ordering, not both reads */
  HOST_UNINITIALIZED,          /* a read of threadgroup memory that nothing has written, and a result depends on it */
  HOST_DIVERGENT_BARRIER,
  HOST_DIVERGENT_SIMD,         /* a simdgroup operation whose result depends on lanes that do not take part */
  HOST_FAULT,                  /* the processor stopped the thread; `detail` has the words */
  HOST_UNINITIALIZED_PRIVATE,  /* a result depends on what a private variable held that nothing has written */
  HOST_MISALIGNED,             /* the address is no multiple of `bytes`, which its type promises. A vector is seen as its
                                * elements */
  HOST_PARTIAL_SIMD            /* no mistake: a simdgroup operation over the active lanes, of which some are missing */
} host_report_kind;

typedef struct {
  uint32_t threadgroup[3];
  uint32_t thread[3];          /* thread_position_in_threadgroup */
  uint32_t simdgroup, lane;
  uint64_t site;               /* offset in the module of the code that accessed; 0: unknown */
  int32_t line;                /* where the runtime knows it itself; 0: ask the module's line table for site */
  bool write, atomic;
} host_access;

typedef struct {
  host_report_kind kind;
  char kernel[128];
  char module[1024];           /* the shared object, for its line table */
  char object[64];             /* "buffer 3", "threadgroup variable sK", ... */
  int64_t offset;              /* bytes from the object's start; negative before it */
  uint64_t object_bytes;       /* of the object; 0: unknown */
  uint32_t bytes;              /* of the access */
  host_access access;
  bool has_other;
  host_access other;           /* the earlier access of a race */
  uint32_t lanes;              /* simd: who took part; barrier: who waits */
  uint32_t missing;            /* simd and barrier: who did not */
  bool one_simdgroup;          /* race: both threads are lanes of one simdgroup, and it is known how their paths follow */
  int32_t order;               /* then: which access comes first in step: below 0 `access`, above 0 `other`, by the turn of
                                * a loop where it is 2; 0: as their lines do */
  uint64_t count;              /* how often this pair of places was seen */
  char detail[512];
} host_report;

/* Takes the oldest line that kernels have logged (os_log) since the device was made, cut to fit; false where none is
 * left. */
bool host_take_message(gpu_device *, char *line, size_t line_bytes);

/* Moves up to `max` reports out of the device and returns how many there were room for; the rest stay. */
size_t host_take_reports(gpu_device *, host_report *out, size_t max);

#ifdef __cplusplus
}
#endif
#endif
