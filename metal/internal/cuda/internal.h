/* What the files of this device share. */
#ifndef ATTEST_CUDA_INTERNAL_H
#define ATTEST_CUDA_INTERNAL_H

#include <pthread.h>

#include "clock.h"
#include "cuda.h"
#include "driver.h"
#include "gpu_buffer.h"
#include "ptx_launch.h"
#include "refusal.h"

enum {
  SIMD_WIDTH = 32, MOST_THREADS = 1024, METAL_THREADGROUP_BYTES = 32768, OWN_SHARED_BYTES = 65536, REGISTERS_OF_A_BLOCK = 65536, MOST_REGISTERS = 255,
  MOST_SPILLED_BYTES = 256, /* of a thread, beside which two blocks on a processor are still worth more than registers */
  EVENTS = 65,            /* one more than the runs that are under way at once */
  BAND_BYTES = 4096,      /* before and after what a kernel may touch */
  MOST_STAGING_BYTES = 64 << 20, /* what comes back through pinned memory at once */
  KEPT_ARENA_BYTES = 256 << 20,  /* what stays on the GPU from one dispatch to the next; others may want the rest */
  MEMORY_TRIES = 40,             /* a twentieth of a second apart: another process may be about to release its memory */
  SPREAD_TRIES = 400,            /* likewise for a spread, which may be large, as those are that it waits for */
  KEPT_SPREADS = 4,              /* that stay mapped from one dispatch to the next */
  SPREAD_HOLES = 3,              /* sizes of the pieces of zeros that all chunks without memory share */
  VARIANTS = 4            /* of a module: by the registers that its threads may have */
};

/* spread.c: a large buffer of which little has memory. It has a range of the GPU's addresses of its own, in chunks, and a
 * chunk has memory of its own only where the buffer has some. */
typedef struct {
  cu_pointer at;            /* of the range: a band of one page, the buffer's pages, the band behind them; 0: no spread */
  uint64_t chunks, pages;   /* of the range, and of the buffer */
  unsigned char *resident;  /* for each page of the buffer, in its lowest bit: whether it has memory */
  unsigned char *backed;    /* for each chunk: whether it has memory of its own */
  uint64_t backed_chunks, mapped_chunks;
  bool ready;               /* all of it is mapped, and may be read and written */
  cu_pointer holes[SPREAD_HOLES]; /* where the memory that all other chunks share is to be seen; 0: none is mapped */
} cuda_spread;

struct gpu_device {
  const cuda_driver *cu;
  cu_device handle;
  cuda_options options;
  char name[128], toolchain[128], model[80];
  int multiprocessors, shared_bytes, major, minor;
  int threadgroup_bytes;  /* that a kernel may ask for; beside it a block has what the module needs for itself */
  pthread_mutex_t lock;   /* of all that follows: one dispatch runs at a time */
  cu_context context;     /* NULL: to be made when it is needed */
  cu_stream stream;
  cu_event events[EVENTS];
  bool lost;              /* a kernel failed, or did not end */
  uint32_t generation;    /* of the context: what was made in an older one is gone */
  cu_pointer arena;       /* on the GPU: what dispatches read and write */
  size_t arena_bytes;
  unsigned char *staging; /* in pinned memory: what came back */
  size_t staging_bytes;
  uint64_t chunk_bytes;   /* of a spread (spread.c); 0: there are none on this machine */
  cuda_spread kept[KEPT_SPREADS]; /* of the dispatch before, still mapped */
};

/* A module as the driver has compiled it, for threads with so many registers. */
typedef struct {
  uint32_t generation, registers;
  cu_module module;
  cu_function function;
  int shared_bytes, local_bytes, used_registers;
} cuda_variant;

struct gpu_pipeline {
  gpu_device *device;
  char *text;             /* PTX */
  char *name;             /* of the kernel */
  char entry[32];
  uint32_t depth, buffers, threadgroup_args, max_threads;
  bool spills;            /* with the registers that let two large blocks share a processor, more than MOST_SPILLED_BYTES */
  cuda_variant variants[VARIANTS];
  uint32_t next_variant;  /* to be replaced */
};

/* A refusal in the driver's words; GPU_NO_MEMORY where it has none. */
gpu_status cuda_fail(gpu_device *, cu_result, char *message, size_t message_bytes, const char *doing);

/* context.c: under the device's lock */
gpu_status cuda_enter(gpu_device *, char *message, size_t message_bytes);
/* Gives up a context in which a kernel failed, or does not end. */
void cuda_abandon(gpu_device *, bool running);

/* buffer.c */
/* The most bytes that the buffers of one dispatch may have together. Where they are copied whole, the memory between a
 * tensor's rows travels too, and other processes want memory of the GPU: a quarter of it, and no more than so much. Spreads
 * may have a quarter of it too. */
#define MOST_COPIED_BYTES ((uint64_t)6 << 30)
#define ANY_BYTES ((uint64_t)1 << 46)
uint64_t cuda_most_bytes(gpu_device *);
uint64_t cuda_most_spread_bytes(gpu_device *);
gpu_status cuda_make_buffer(gpu_device *, void *memory, uint64_t bytes, gpu_buffer **, void **contents, char *, size_t);
void cuda_free_buffer(gpu_device *, gpu_buffer *);

/* pipeline.c */
gpu_status cuda_compile_pipeline(gpu_device *, const gpu_program *, gpu_pipeline **, gpu_pipeline_info *, char *, size_t);
void cuda_free_pipeline(gpu_device *, gpu_pipeline *);
/* The kernel for threadgroups of so many threads: under the device's lock, in its context. */
gpu_status cuda_variant_for(gpu_pipeline *, uint32_t threads, const cuda_variant **, char *message, size_t message_bytes);

/* memory.c: what a dispatch's bindings are on the GPU */
typedef struct {
  unsigned char *host;    /* the caller's memory, or bytes of a binding */
  uint64_t bytes;
  uint64_t at;            /* in the arena */
  cu_pointer mapped;      /* where memory is mapped */
  cu_pointer alone;       /* memory of its own, where the device checks */
  bool constant;          /* bytes of a binding: not brought back */
  uint32_t slots;         /* buffer slots that lie here */
  cuda_spread spread;     /* in place of the arena, where chunks is not 0 */
} cuda_segment;
typedef struct {
  cuda_segment segments[GPU_MAX_BUFFERS];
  uint32_t count;
  uint64_t arena_bytes;
  bool strayed;           /* a kernel wrote where a spread has no memory: to be run again with all buffers whole */
} cuda_memory_map;
/* whole: without spreads */
gpu_status cuda_bring_in(gpu_device *, const gpu_dispatch *, bool whole, cuda_memory_map *, struct msl_launch *, char *, size_t);
gpu_status cuda_bring_back(gpu_device *, const gpu_pipeline *, cuda_memory_map *, char *, size_t);
void cuda_leave(gpu_device *, cuda_memory_map *);
void cuda_write_changes(unsigned char *to, const unsigned char *from, uint64_t bytes);
/* Brings so many bytes to the beginning of the staging memory. */
gpu_status cuda_fetch(gpu_device *, cu_pointer from, uint64_t bytes, char *message, size_t message_bytes);

/* spread.c. The size of chunks on this machine and GPU, 0 where there can be no spreads. */
uint64_t cuda_spread_chunk(gpu_device *);
/* Whether a segment shall be a spread: it is large, and most of its chunks would have nothing in them. */
bool cuda_spread_plan(gpu_device *, cuda_segment *);
cu_result cuda_spread_map(gpu_device *, cuda_segment *);
cu_result cuda_spread_copy_in(gpu_device *, cuda_segment *);
cu_pointer cuda_spread_address(const cuda_segment *);
/* Whether the kernel wrote where there is no memory, and then what it wrote where there is some. */
gpu_status cuda_spread_strayed(gpu_device *, cuda_segment *, bool *strayed, char *message, size_t message_bytes);
gpu_status cuda_spread_bring_back(gpu_device *, cuda_segment *, bool *before, bool *after, char *message, size_t message_bytes);
/* Maps again what the dispatch before left mapped for buffers with memory in the same places, and gives back what it left beside. */
void cuda_spread_take_kept(gpu_device *, cuda_memory_map *);
/* Leaves a spread to the dispatch after this one, or gives its memory and addresses back. */
void cuda_spread_leave(gpu_device *, cuda_segment *);
/* Gives the memory back, and the addresses. What was planned stays. */
void cuda_spread_unmap(gpu_device *, cuda_spread *);
/* Gives back what the dispatch before left. */
void cuda_spread_drop_kept(gpu_device *);

/* dispatch.c */
gpu_status cuda_run(gpu_device *, const gpu_dispatch *, char *message, size_t message_bytes);

#endif
