//go:build linux

/* Buffers are this process's memory. A dispatch brings them to the card and back (memory.c). */
#define _GNU_SOURCE
#include "internal.h"
#include "shared_memory.h"

gpu_status cuda_make_buffer(gpu_device *d, void *memory, uint64_t bytes, gpu_buffer **out, void **contents, char *message,
                            size_t message_bytes) {
  size_t all = 0;
  if (d->cu->device_memory(&all, d->card) != CU_SUCCESS) all = SIZE_MAX; /* making it will tell */
  return gpu_make_shared_buffer(d, all, memory, bytes, out, contents, message, message_bytes);
}

void cuda_free_buffer(gpu_device *d, gpu_buffer *b) {
  (void)d;
  gpu_free_shared_buffer(b);
}
