//go:build linux

/* Buffers are this process's memory. A dispatch brings them to the GPU and back (memory.c). */
#define _GNU_SOURCE
#include "internal.h"
#include "shared_memory.h"

uint64_t cuda_most_bytes(gpu_device *d) {
  size_t all = 0;
  if (d->cu->device_memory(&all, d->handle) != CU_SUCCESS) all = (size_t)1 << 30;
  if (d->options.memory != CUDA_MEMORY_COPIED) return all;
  return all / 4 < MOST_COPIED_BYTES ? all / 4 : MOST_COPIED_BYTES;
}

uint64_t cuda_most_spread_bytes(gpu_device *d) {
  size_t all = 0;
  return d->cu->device_memory(&all, d->handle) == CU_SUCCESS ? all / 4 : (uint64_t)1 << 30;
}

gpu_status cuda_make_buffer(gpu_device *d, void *memory, uint64_t bytes, gpu_buffer **out, void **contents, char *message,
                            size_t message_bytes) {
  size_t all = 0;
  if (d->chunk_bytes) return gpu_make_shared_buffer(d, ANY_BYTES, memory, bytes, out, contents, message, message_bytes); /* a dispatch will tell */
  if (d->cu->device_memory(&all, d->handle) != CU_SUCCESS) all = SIZE_MAX; /* making the context will report the error */
  if (bytes > cuda_most_bytes(d) && bytes <= all)
    return gpu_refuse(message, message_bytes, GPU_UNSUPPORTED, "%s: a buffer of %llu MB; %llu MB are copied to the GPU at most, and memory mapped copies none",
                      d->name, (unsigned long long)(bytes >> 20), (unsigned long long)(cuda_most_bytes(d) >> 20));
  return gpu_make_shared_buffer(d, all, memory, bytes, out, contents, message, message_bytes);
}

void cuda_free_buffer(gpu_device *d, gpu_buffer *b) {
  (void)d;
  gpu_free_shared_buffer(b);
}
