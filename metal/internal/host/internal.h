/* How the runtime's parts fit: a device owns workers (OS threads), pipelines and buffers; a job is one run of a
 * dispatch; a worker takes threadgroups from a job and runs each as a group of fibers. */
#ifndef ATTEST_HOST_INTERNAL_H
#define ATTEST_HOST_INTERNAL_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

#include "clock.h"
#include "fiber.h"
#include "gpu_buffer.h"
#include "host.h"
#include "msl_runtime.h"
#include "refusal.h"
#include "splitmix64.h"

#define MAX_THREADS 1024u
#define MAX_SIMDGROUPS (MAX_THREADS / MSL_SIMD_WIDTH)
#define MAX_VARIABLES 256u
#define MAX_THREADGROUP_MEMORY (1u << 20) /* what host_options may ask for */
#define ARENA_GAP 4096u                   /* between threadgroup allocations where the checkers watch */
#define ARENA_BYTES (MAX_THREADGROUP_MEMORY + (MAX_VARIABLES + MSL_MAX_THREADGROUP_ARGS) * 2 * ARENA_GAP)
#define GUARD_BYTES 16384u                /* at the low end of each stack; whole pages, also of 16 KB */
#define MAX_LATE_COPIES 256u
#define MAX_WORKERS 256u
#define BYTES_ALIGN 256u                  /* of what is given without a buffer: more than any type of MSL wants */
#define WIDE_STACK_BYTES (1ul << 20)      /* of a simdgroup: what 32 lanes have in common, and their private variables */

struct check;
struct worker;
struct job;

/* A piece of the threadgroup's arena: a variable of the kernel or a [[threadgroup(i)]] argument. */
struct allocation {
  uint32_t offset, bytes;
  const char *name; /* NULL for an argument */
  uint32_t argument;
};

/* One threadgroup while it runs. */
struct group {
  struct msl_threadgroup shared; /* first: what compiled code sees */
  struct worker *worker;
  struct job *job;
  uint64_t index;                /* of the threadgroup, in the grid's row-major order */
  uint32_t alive, at_barrier;    /* lanes that have not returned; that wait at a barrier */
  const void *barrier_site;      /* where the first of them waits */
  uint32_t barrier_mixed;        /* they do not all wait at one */
  uint32_t barrier_flags;
  uint64_t random;               /* state of HOST_RANDOM's choices */
  void *host_stack;              /* of the worker, while lanes run */
  int why;                       /* fibers are to run it: MSL_AGAIN_... */
  uintptr_t module_low, module_high; /* where the job's module lies */
  struct allocation allocations[MAX_VARIABLES + MSL_MAX_THREADGROUP_ARGS];
  uint32_t allocation_count;
  uint16_t variable_at[MAX_VARIABLES]; /* allocation + 1 of a variable that has been asked for */
  uint64_t initialised[MAX_VARIABLES / 64]; /* a bit for each that has its initial value */
  uint32_t arena_used;           /* bytes, gaps counted */
  uint64_t memory_used;          /* bytes, as the limit counts them */
  struct msl_async_copy late[MAX_LATE_COPIES];
  uint8_t late_open[MAX_LATE_COPIES];
  uint32_t late_count;
  struct msl_simdgroup *simdgroups; /* MAX_SIMDGROUPS, in the worker's region */
};

/* How a threadgroup's run ended: what host_switch returns on the worker's own stack. */
enum { RUN_DONE = 1, RUN_FAILED, RUN_INTERRUPTED, RUN_FAULT, RUN_ON_FIBERS };

struct worker {
  pthread_t thread;
  gpu_device *device;
  unsigned char *region;         /* the lanes' identities, then their stacks */
  uint32_t stacks;               /* how many have their guard page */
  unsigned char *wide;           /* stacks of whole simdgroups; NULL until there is a job for them */
  unsigned char *arena;
  struct group *group;
  struct job *_Atomic job;       /* that it works for */
  bool looking;                  /* for a job, and will see the next one; the device's lock */
  atomic_int in_lanes;           /* lanes run: a signal may take the thread off them */
  atomic_int critical;           /* the runtime is at work on a lane's stack: it may not */
  int fault_signal, fault_code;  /* why RUN_FAULT */
  uintptr_t fault_address, fault_pc, fault_stack;
};

struct job {
  const gpu_dispatch *dispatch;
  gpu_pipeline *pipeline;
  void *buffers[MSL_MAX_BUFFERS];
  unsigned char *given;          /* copies of what is given without a buffer, each at a multiple of BYTES_ALIGN */
  uint64_t given_bytes;          /* of all of them, with the gaps */
  uint32_t threadgroup_bytes[MSL_MAX_THREADGROUP_ARGS];
  uint32_t threadgroup_mask;     /* arguments that are bound */
  uint32_t groups[3], grid[3];
  uint64_t total;                /* threadgroups */
  bool wide;                     /* a simdgroup is one fiber, lane 0's */
  atomic_uint_fast64_t rerun;    /* threadgroup + 1 that fibers are to run, to find what is wrong with it; 0: none */
  int why;                       /* that is: MSL_AGAIN_... */
  uint64_t only;                 /* threadgroup + 1 that is all there is to run; 0: all */
  uint64_t stride, shift;        /* of HOST_RANDOM's order of threadgroups */
  atomic_uint_fast64_t next;     /* to hand out */
  atomic_int cancelled, failed;
  uint32_t active;               /* workers on it; the device's lock */
  double started, ended;         /* seconds; the device's lock */
  atomic_bool done;              /* set under the device's lock */
  pthread_cond_t finished;
  gpu_status status;             /* the device's lock */
  char message[1024];
  struct check *check;           /* of a checked device, else NULL */
  struct job *following;         /* in the device's list */
};

struct loaded;

struct gpu_pipeline {
  gpu_device *device;
  struct loaded *module;
  const struct msl_entry *entry;
  bool wide;                     /* the entry point runs a simdgroup */
  struct program *program;       /* a copy, of one that is wide, or may become so when it is compiled again */
  atomic_uint_fast64_t nanoseconds; /* that it ran, of a device with HOST_AUTO */
  struct gpu_pipeline *fibers;   /* the same for fibers, made when it is first needed; the device's lock */
  struct loaded *twin;           /* of a checked module: private variables without a value start as zeros; may be NULL */
  const struct msl_entry *twin_entry;
  uint32_t max_threads;
  uint32_t buffers, threadgroup_args; /* slots that the kernel names, its function constants being what they are */
};

struct gpu_device {
  host_options options;
  char toolchain[128];
  uint32_t worker_count;         /* that the device may have */
  pthread_mutex_t lock;
  pthread_cond_t work;           /* there is a job, or the device ends */
  struct worker *workers[MAX_WORKERS];
  uint32_t started_workers;
  bool ending;
  struct job *jobs;              /* oldest first */
  atomic_uint_fast64_t posted;   /* jobs there have been, for workers that look without the lock */
  struct loaded *modules;
  uint64_t left;                 /* counts the modules that their last user has left */
  struct reports *reports;
  struct messages *messages;
};

/* program.c: a copy of a program. */
struct program *host_copy_program(const gpu_program *);
const gpu_program *host_program(const struct program *);
void host_free_program(struct program *);

/* rerun.c: a threadgroup that vectors could not carry out. */
void host_hand_to_fibers(struct msl_lane *, int why) __attribute__((noreturn)); /* MSL_AGAIN_... */
gpu_status host_rerun_on_fibers(gpu_device *, const struct job *wide, double deadline, char *message, size_t message_bytes);

/* group.c: one threadgroup, start to end. */
void host_run_group(struct worker *, struct job *, uint64_t index);

/* lanes.c: where lanes wait, and who goes on. These run on a lane's stack. */
unsigned host_simd_arrive(struct msl_lane *, int line, unsigned site);
unsigned host_arrive_at(struct msl_lane *, int line, const void *site) __attribute__((visibility("hidden")));
void host_threadgroup_barrier(struct msl_lane *, unsigned flags, int line);
void host_lane_returned(struct msl_lane *);
void host_step(struct msl_lane *, const void *site);
struct msl_lane *host_first_lane(struct group *, uint64_t *value);

/* path.c: which of two lanes is behind, in the order in which the text is carried out. */
int host_compare_paths(const struct msl_lane *, const struct msl_lane *);

/* diverged.c: reports who waits where when a threadgroup cannot go on. */
void host_fail_diverged(struct group *);

/* threadgroup_memory.c */
void *host_threadgroup_variable(struct msl_lane *, unsigned id, unsigned long bytes, unsigned long align,
                                const char *name, int line);
void host_initial_value(struct msl_lane *, unsigned id, const void *value, unsigned long bytes);
bool host_place_arguments(struct group *);
void host_fill_arena(struct group *);

/* log.c: os_log. */
void host_log(struct msl_lane *, unsigned level, const char *subsystem, const char *category, const char *format,
              unsigned count, const struct msl_log_argument *);
void host_drop_messages(gpu_device *);

/* async_copy.c */
unsigned long host_async_copy(struct msl_lane *, const struct msl_async_copy *, int line);
void host_async_wait(struct msl_lane *, unsigned count, const unsigned long *events, int line);
void host_land_copies(struct group *);

/* job.c */
void host_job_fail(struct job *, gpu_status, const char *format, ...) __attribute__((format(printf, 3, 4)));
void host_fail(struct msl_lane *, int line, const char *message);

/* pool.c */
gpu_status host_run_job(gpu_device *, struct job *, double deadline, char *message, size_t message_bytes);
void host_stop_workers(gpu_device *);

/* stacks.c */
bool host_map_worker(struct worker *, char *message, size_t message_bytes);
bool host_ready_stacks(struct worker *, uint32_t lanes);
bool host_ready_wide_stacks(struct worker *);
void host_unmap_worker(struct worker *);
struct worker *host_worker_of_stack(uintptr_t stack_pointer);

/* signals.c */
void host_install_signals(void);
void host_interrupt(struct worker *);
bool host_signal_stack(void);
void host_release_signal_stack(void);
void host_block_signals(void);
void host_describe_fault(struct worker *, struct job *);

/* module.c */
struct loaded *host_load(gpu_device *, const char *path, char *message, size_t message_bytes);
void host_unload(gpu_device *, struct loaded *);
void host_unload_all(gpu_device *); /* that nobody uses */
const struct msl_module *host_module_of(struct loaded *);
const char *host_module_path(struct loaded *);
uint64_t host_module_offset(struct loaded *, const void *site);
void host_module_range(struct loaded *, uintptr_t *low, uintptr_t *high);

/* table.c: the functions that modules call. */
extern const struct msl_runtime host_runtime;

/* buffer.c, pipeline.c, dispatch.c: the six calls. */
gpu_status host_make_buffer(gpu_device *, void *, uint64_t, gpu_buffer **, void **, char *, size_t);
void host_free_buffer(gpu_device *, gpu_buffer *);
gpu_status host_compile_pipeline(gpu_device *, const gpu_program *, gpu_pipeline **, gpu_pipeline_info *, char *, size_t);
void host_free_pipeline(gpu_device *, gpu_pipeline *);
gpu_pipeline *host_fibers_of(gpu_pipeline *, char *message, size_t message_bytes);
gpu_status host_run(gpu_device *, const gpu_dispatch *, char *, size_t);

/* check.c: a checked device's jobs; the rest of it is in check.h. */
gpu_status host_check_begin(struct job *, char *message, size_t message_bytes);
void host_check_end(struct job *);
void host_drop_reports(gpu_device *);

/* command.c: where the attest command is, and a new file to give it, in $TMPDIR or the system's folder for such; -1 with
 * errno and the name in path where none can be made. It is to be unlinked while it is open: where this process is killed
 * before that, another removes it. */
enum { HOST_PATH_BYTES = 4096 };
void host_find_command(char *out, size_t bytes);
int host_scratch(char *path, size_t bytes, const char *suffix);

/* compile_command.c */
gpu_status host_compile_by_command(void *, const gpu_program *, bool checked, host_engine, host_module *, char *, size_t);

/* fork.c */
void host_watch_forks(void);
bool host_is_forked(void);
gpu_status host_refuse_forked(char *message, size_t message_bytes);

/* A digest of 64 bits. */
static inline uint64_t host_mix(uint64_t x) { return splitmix64(&x); }

static inline struct group *group_of(struct msl_lane *lane) { return (struct group *)lane->threadgroup; }

#endif
