//go:build linux

#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

gpu_status cuda_fail(gpu_device *d, cu_result r, char *message, size_t message_bytes, const char *doing) {
  char words[256];
  if (r == CU_SUCCESS) return GPU_OK;
  return gpu_refuse(message, message_bytes, r == CU_OUT_OF_MEMORY ? GPU_NO_MEMORY : GPU_EXECUTION, "%s: cannot %s: %s", d->name,
                     doing, cuda_error_words(d->cu, r, words, sizeof words));
}

uint32_t cuda_count(const char *library, char *message, size_t message_bytes) {
  const cuda_driver *cu = cuda_open_driver(library, message, message_bytes);
  int count = 0;
  if (!cu) return 0;
  if (cu->device_count(&count) != CU_SUCCESS || count < 1) {
    gpu_refuse(message, message_bytes, GPU_UNSUPPORTED, "the driver of NVIDIA GPUs has no GPU");
    return 0;
  }
  return (uint32_t)count;
}

static gpu_status describe(gpu_device *d, gpu_device_info *out) {
  if (!out) return GPU_INVALID;
  memset(out, 0, sizeof *out);
  snprintf(out->name, sizeof out->name, "%s", d->name);
  snprintf(out->toolchain, sizeof out->toolchain, "%s", d->toolchain);
  out->simd_width = SIMD_WIDTH;
  out->max_threads_per_threadgroup = MOST_THREADS;
  out->max_threadgroup_memory = (uint64_t)d->threadgroup_bytes;
  out->processors = (uint32_t)d->multiprocessors;
  out->max_buffer_bytes = d->chunk_bytes ? ANY_BYTES : cuda_most_bytes(d);
  out->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
  out->deterministic = true; /* as far as the kernel is: threadgroups run in any order */
  return GPU_OK;
}

static int attribute(gpu_device *d, int which) {
  int value = 0;
  return d->cu->device_attribute(&value, which, d->handle) == CU_SUCCESS ? value : 0;
}

gpu_status cuda_device_create(const cuda_options *options, gpu_api *out, char *message, size_t message_bytes) {
  if (!out || !options || !options->compile)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "options with a compiler and a place for the six calls are wanted");
  memset(out, 0, sizeof *out);
  if ((unsigned)options->memory > CUDA_MEMORY_MAPPED)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "memory %d is none of copied, mapped", (int)options->memory);
  if (options->registers && (options->registers < 16 || options->registers > MOST_REGISTERS))
    return gpu_refuse(message, message_bytes, GPU_INVALID, "registers is %u; 16 to %u, or 0", options->registers, MOST_REGISTERS);
  uint32_t count = cuda_count(options->library, message, message_bytes);
  if (!count) return GPU_UNSUPPORTED;
  if (options->index >= count)
    return gpu_refuse(message, message_bytes, GPU_UNSUPPORTED, "GPU %u: there %s %u, numbered from 0", options->index,
                       count == 1 ? "is" : "are", count);
  gpu_device *d = calloc(1, sizeof *d);
  if (!d) return gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory for a device");
  d->cu = cuda_open_driver(options->library, message, message_bytes);
  d->options = *options;
  d->options.library = NULL; /* the caller's */
  snprintf(d->toolchain, sizeof d->toolchain, "%s", options->toolchain ? options->toolchain : "msl to PTX");
  d->options.toolchain = NULL;
  snprintf(d->name, sizeof d->name, "cuda:%u", options->index);
  int version = 0;
  cu_result r = d->cu->device_get(&d->handle, (int)options->index);
  if (r == CU_SUCCESS) r = d->cu->device_name(d->model, sizeof d->model, d->handle);
  if (r != CU_SUCCESS) {
    gpu_status status = cuda_fail(d, r, message, message_bytes, "ask the GPU for its name");
    free(d);
    return status;
  }
  d->cu->driver_version(&version);
  d->multiprocessors = attribute(d, CU_ATTRIBUTE_MULTIPROCESSORS);
  d->shared_bytes = attribute(d, CU_ATTRIBUTE_SHARED_PER_BLOCK_OPTIN);
  d->threadgroup_bytes = METAL_THREADGROUP_BYTES;
  if (options->device_limits && d->shared_bytes - OWN_SHARED_BYTES > d->threadgroup_bytes)
    d->threadgroup_bytes = d->shared_bytes - OWN_SHARED_BYTES;
  d->major = attribute(d, CU_ATTRIBUTE_CAPABILITY_MAJOR);
  d->minor = attribute(d, CU_ATTRIBUTE_CAPABILITY_MINOR);
  d->chunk_bytes = cuda_spread_chunk(d);
  snprintf(d->name, sizeof d->name, "cuda:%u (%.60s, CUDA %d.%d, memory %s)", options->index, d->model, version / 1000,
           version % 1000 / 10, options->memory == CUDA_MEMORY_MAPPED ? "mapped" : d->chunk_bytes ? "copied, large buffers by their pages" : "copied");
  if (d->major < 8) {
    gpu_status status = gpu_refuse(message, message_bytes, GPU_UNSUPPORTED,
                                    "%s has compute capability %d.%d; kernels are compiled for 8.0 and later", d->name,
                                    d->major, d->minor);
    free(d);
    return status;
  }
  pthread_mutex_init(&d->lock, NULL);
  *out = (gpu_api){GPU_DEVICE_ABI,        d,        describe,         cuda_make_buffer,
                   cuda_compile_pipeline, cuda_run, cuda_free_buffer, cuda_free_pipeline};
  return GPU_OK;
}

void cuda_device_destroy(gpu_device *d) {
  if (!d) return;
  if (d->context) {
    if (d->cu->context_set(d->context) == CU_SUCCESS) {
      cuda_spread_drop_kept(d);
      if (d->staging) d->cu->host_free(d->staging);
    }
    cuda_abandon(d, false);
  }
  pthread_mutex_destroy(&d->lock);
  free(d);
}

uint32_t cuda_multiprocessors(const gpu_device *d) { return (uint32_t)d->multiprocessors; }

bool cuda_lost(gpu_device *d) {
  pthread_mutex_lock(&d->lock);
  bool lost = d->lost;
  pthread_mutex_unlock(&d->lock);
  return lost;
}

uint32_t cuda_remade(gpu_device *d) {
  pthread_mutex_lock(&d->lock);
  uint32_t n = d->generation ? d->generation - 1 : 0;
  pthread_mutex_unlock(&d->lock);
  return n;
}
