/* The line between attention and hardware: a device is six calls.
 *
 * A device computes MSL kernels: the compute subset of Metal and nothing more. Nothing attention-shaped is
 * below this line, so the same device also runs kernels that are not ours. Implementations: the SIMT runtime on
 * the CPU (metal/internal/host), Metal.framework (swift/).
 *
 * Every call is safe from several threads at once. A call that fails returns a gpu_status other than GPU_OK and,
 * where it takes `message`, writes one NUL-terminated line there that names what was wrong and what would be accepted.
 * A refused dispatch never runs in part and never passes silently.
 */
#ifndef ATTEST_GPU_DEVICE_H
#define ATTEST_GPU_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GPU_DEVICE_ABI 2u
#define GPU_MAX_BUFFERS 31u      /* Metal's buffer argument table */
#define GPU_MAX_BYTES 4096u      /* setBytes takes at most 4 KB */

/* The numbers are those of the mfa ABI's error codes, so that they pass through unchanged. */
typedef enum {
  GPU_OK = 0,
  GPU_INVALID = 1,      /* an argument */
  GPU_NO_MEMORY = 2,
  GPU_UNSUPPORTED = 3,  /* this device cannot do it */
  GPU_COMPILE = 4,      /* the kernel text, with the compiler's diagnostic in message */
  GPU_EXECUTION = 5     /* the dispatch failed while it ran */
} gpu_status;

typedef struct gpu_device gpu_device;
typedef struct gpu_buffer gpu_buffer;
typedef struct gpu_pipeline gpu_pipeline;

typedef struct {
  char name[128];                        /* "host (x86-64, 2 threads)", "Apple M3 Max" */
  char toolchain[128];                   /* what compiles MSL here, with its version */
  uint32_t simd_width;                   /* threads of a simdgroup: 32 */
  uint32_t max_threads_per_threadgroup;  /* 1024 */
  uint64_t max_threadgroup_memory;       /* bytes: 32768; more only where a device was asked for more than Metal has */
  uint64_t max_buffer_bytes;
  uint64_t page_bytes;                   /* alignment and granularity of wrapped memory */
  bool deterministic;                    /* the same dispatch has the same bits */
  uint32_t processors;                   /* that compute a threadgroup each; 0: not known */
} gpu_device_info;

/* One function constant, by index as in [[function_constant(index)]], or by name where name is not NULL. */
typedef enum {
  GPU_BOOL = 0, GPU_CHAR, GPU_UCHAR, GPU_SHORT, GPU_USHORT, GPU_INT, GPU_UINT, GPU_LONG, GPU_ULONG,
  GPU_HALF, GPU_FLOAT, GPU_BFLOAT
} gpu_scalar;

typedef struct {
  const char *name;
  uint32_t index;
  gpu_scalar type;
  uint64_t bits;     /* the value's bit pattern, zero-extended; GPU_FLOAT and GPU_HALF as IEEE bits */
} gpu_constant;

typedef enum { GPU_MATH_SAFE = 0, GPU_MATH_FAST = 1, GPU_MATH_FAST_FOLDED = 2 /* tests for NaN and infinity folded */ } gpu_math;

typedef struct {
  const char *source;           /* MSL text, NUL-terminated */
  const char *file;             /* the name diagnostics use; may be NULL */
  const char *function;         /* kernel or host_name to run */
  const gpu_constant *constants;
  uint32_t constant_count;
  gpu_math math;
  uint32_t language_version;    /* major * 100 + minor * 10: 310 is MSL 3.1; 0: 310 */
  uint32_t max_threads;         /* the pipeline's own maximum threads per threadgroup; 0: the device's */
} gpu_program;

typedef struct {
  uint32_t max_threads;              /* maxTotalThreadsPerThreadgroup */
  uint32_t simd_width;
  uint64_t static_threadgroup_bytes; /* 0 where the device only knows when it runs */
  double compile_seconds;            /* wall time of this call's compilation */
  bool cached;                       /* served from an on-disk cache */
} gpu_pipeline_info;

/* GPU_BIND_NULL binds a null pointer to a buffer slot: the kernel names it, and does not read it this time. */
typedef enum { GPU_BIND_BUFFER = 0, GPU_BIND_BYTES = 1, GPU_BIND_THREADGROUP = 2, GPU_BIND_NULL = 3 } gpu_bind_kind;

typedef struct {
  gpu_bind_kind kind;
  uint32_t index;        /* [[buffer(index)]] or [[threadgroup(index)]] */
  gpu_buffer *buffer;    /* GPU_BIND_BUFFER */
  uint64_t offset;       /* bytes into buffer */
  const void *bytes;     /* GPU_BIND_BYTES: copied before the call returns */
  uint64_t length;       /* bytes of GPU_BIND_BYTES, or of the threadgroup memory of GPU_BIND_THREADGROUP */
} gpu_binding;

typedef struct {
  gpu_pipeline *pipeline;
  const gpu_binding *bindings;
  uint32_t binding_count;
  uint32_t grid[3];          /* threadgroups, or threads where grid_in_threads */
  uint32_t threadgroup[3];   /* threads per threadgroup */
  bool grid_in_threads;      /* as dispatchThreads: edge threadgroups are smaller, never rounded up */
  uint32_t repeat;           /* how many times to run it, in order; at least 1 */
  double deadline_seconds;   /* of the whole call; 0: none */
  double *seconds;           /* out, [repeat]: device seconds of each run; may be NULL */
} gpu_dispatch;

/* A device: its six calls, and itself as their first argument. */
typedef struct gpu_api {
  uint32_t abi; /* GPU_DEVICE_ABI */
  gpu_device *device;

  gpu_status (*describe)(gpu_device *, gpu_device_info *out);

  /* memory NULL: the device allocates page-aligned, zeroed, shared memory. Else it wraps without a copy: memory
   * must be aligned to page_bytes and stays the caller's, who keeps it alive until free. */
  gpu_status (*make_buffer)(gpu_device *, void *memory, uint64_t bytes, gpu_buffer **out, void **contents,
                            char *message, size_t message_bytes);

  gpu_status (*compile)(gpu_device *, const gpu_program *, gpu_pipeline **out, gpu_pipeline_info *info,
                        char *message, size_t message_bytes);

  /* Runs and waits. */
  gpu_status (*run)(gpu_device *, const gpu_dispatch *, char *message, size_t message_bytes);

  void (*free_buffer)(gpu_device *, gpu_buffer *);
  void (*free_pipeline)(gpu_device *, gpu_pipeline *);
} gpu_api;

#ifdef __cplusplus
}
#endif
#endif
