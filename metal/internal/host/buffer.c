//go:build linux

#define _GNU_SOURCE
#include "internal.h"
#include "shared_memory.h"

#define MOST_BYTES ((uint64_t)1 << 46)

gpu_status host_make_buffer(gpu_device *d, void *memory, uint64_t bytes, gpu_buffer **out, void **contents, char *message,
                            size_t message_bytes) {
  return gpu_make_shared_buffer(d, MOST_BYTES, memory, bytes, out, contents, message, message_bytes);
}

void host_free_buffer(gpu_device *d, gpu_buffer *b) {
  (void)d;
  gpu_free_shared_buffer(b);
}
