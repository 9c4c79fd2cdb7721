/* The contract between a compiled kernel module (a shared object made by metal/internal/msl) and the runtime that runs it
 * (metal/internal/host). No standard headers: it is read by clang's C++ for OpenCL mode and by plain C alike.
 *
 * A module exports `msl_module` (type struct msl_module) and `msl_runtime_table` (msl_runtime.h). A kernel thread is a
 * fiber; `struct msl_lane` is its identity and sits where the thread's own stack address tells (see msl_self in the
 * runtime header), so that compiled code finds it without a thread-local read.
 */
#ifndef ATTEST_MSL_ABI_H
#define ATTEST_MSL_ABI_H

#if defined(__OPENCL_CPP_VERSION__)
#pragma OPENCL EXTENSION __cl_clang_function_pointers : enable
#define MSL_CONSTANT __constant /* where a module's tables and literals lie */
#else
#define MSL_CONSTANT
#endif

#define MSL_ABI_VERSION 4u
#define MSL_MAX_BUFFERS 31
#define MSL_MAX_THREADGROUP_ARGS 31

struct msl_lane;
typedef void msl_thread_function(struct msl_lane *);
typedef unsigned msl_slots_function(void);

/* How one entry point binds. Bit i of a mask: slot i. */
struct msl_entry {
  const MSL_CONSTANT char *name;    /* the kernel's name or host_name, as the user asks for it */
  msl_thread_function *run;         /* one thread of it, start to end */
  unsigned buffers;                 /* buffer slots that the signature names, whatever function constants are */
  unsigned threadgroup_args;        /* [[threadgroup(i)]] slots, likewise */
  unsigned max_threads;             /* [[max_total_threads_per_threadgroup(n)]], 0 where absent */
  int line;                         /* of the definition, in the user's text */
  msl_slots_function *buffers_by_constants, *threadgroup_args_by_constants; /* the slots that it names besides, where function
                                       constants have their values; NULL: none */
};

struct msl_module {
  unsigned abi;                     /* MSL_ABI_VERSION */
  unsigned entry_count;
  const MSL_CONSTANT struct msl_entry *entries;
  unsigned flags;                   /* MSL_MODULE_* */
  const MSL_CONSTANT char *file;    /* the name diagnostics use for the kernel's own text */
};

/* A checked module M.so may have a twin, M.twin.so: of the same text, but that private variables without a value start as
 * zeros, where in M.so they start as a pattern that is NaN. A kernel whose results differ reads one. */
#define MSL_MODULE_CHECKED 1u       /* compiled with the checkers' calls on every access */
#define MSL_MODULE_FAST 2u          /* compiled with fast math */
#define MSL_MODULE_WIDE 4u          /* an entry point runs a whole simdgroup, of which it is given lane 0; one whose `run` is NULL stays on fibers */

/* What `fail` is given as a line by a widened kernel: why fibers are to run the threadgroup again. */
#define MSL_AGAIN_FAULT 0           /* something that they report */
#define MSL_AGAIN_PARTED 1          /* some lanes are at a barrier of the threadgroup, and others may still come */
#define MSL_AGAIN_PLACE 2           /* a vector lies at an address that is no multiple of its size */

#endif
