/* NVIDIA GPUs as a device of six calls (device.h). */
#ifndef ATTEST_CUDA_H
#define ATTEST_CUDA_H

#include "device.h"

/* Compiles a program to PTX, as metal/internal/msl does, with the lines of its text where they are wanted: the path of a file,
 * which the cache keeps. */
typedef struct {
  char path[1024];
  bool cached;
} cuda_ptx;
typedef gpu_status cuda_compile(void *context, const gpu_program *, bool lines, cuda_ptx *out, char *message, size_t message_bytes);
/* Told when the driver begins to prepare a dispatch, with a context, code of PTX, or memory, or to clean up after one, and when it
 * has ended: one thing at a time on a device. */
typedef void cuda_preparing(void *context, bool begins);

typedef enum {
  CUDA_MEMORY_COPIED = 0, /* buffers are copied to the GPU before a dispatch, and what changed back after it */
  CUDA_MEMORY_MAPPED = 1  /* kernels read and write the process's own memory, over the bus */
} cuda_memory;

typedef struct {
  uint32_t index;         /* of the GPU */
  const char *library;    /* NULL: libcuda.so.1 */
  cuda_memory memory;
  uint32_t registers;     /* the most that a thread may have; 0: as many as let the threadgroup run */
  bool device_limits;     /* threadgroup memory as the GPU has it, in place of Metal's 32 KB */
  bool check;             /* for compute-sanitizer: lines of the text, and memory of its own for each buffer */
  const char *toolchain;  /* for the device's description */
  cuda_compile *compile;
  cuda_preparing *preparing; /* NULL: nobody asks */
  void *compile_context;  /* of both */
} cuda_options;

/* How many GPUs the driver has; 0 with the reason where there is no driver. */
uint32_t cuda_count(const char *library, char *message, size_t message_bytes);

gpu_status cuda_device_create(const cuda_options *, gpu_api *out, char *message, size_t message_bytes);
void cuda_device_destroy(gpu_device *);

/* How many multiprocessors the GPU has, and how often its context was remade. */
uint32_t cuda_multiprocessors(const gpu_device *);
uint32_t cuda_remade(gpu_device *);
/* Whether a kernel failed here or did not end, after which the driver may refuse all further work in this process. */
bool cuda_lost(gpu_device *);

#endif
