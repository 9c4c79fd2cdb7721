/* Buffers that are memory of this process: of every device whose kernels, or whose copies to another memory, read it in
 * place. One .c file of a device includes this. */
#ifndef ATTEST_GPU_SHARED_MEMORY_H
#define ATTEST_GPU_SHARED_MEMORY_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gpu_buffer.h"
#include "refusal.h"

/* Fresh memory has an inaccessible page on either side. */
static bool gpu_map_memory(gpu_buffer *b, uint64_t page) {
  uint64_t whole = (b->bytes + page - 1) / page * page;
  b->mapping_bytes = whole + 2 * page;
  b->mapping = mmap(NULL, b->mapping_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (b->mapping == MAP_FAILED) return false;
  b->contents = (unsigned char *)b->mapping + page;
  if (mprotect(b->contents, whole, PROT_READ | PROT_WRITE) == 0) return true;
  munmap(b->mapping, b->mapping_bytes);
  return false;
}

/* make_buffer of device.h, for a device that takes at most so many bytes. */
static gpu_status gpu_make_shared_buffer(gpu_device *d, uint64_t most_bytes, void *memory, uint64_t bytes, gpu_buffer **out,
                                         void **contents, char *message, size_t message_bytes) {
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  if (!out) return gpu_refuse(message, message_bytes, GPU_INVALID, "out is NULL; a place for the buffer is wanted");
  *out = NULL;
  if (bytes == 0) return gpu_refuse(message, message_bytes, GPU_INVALID, "a buffer of 0 bytes; at least 1 is wanted");
  if (bytes > most_bytes)
    return gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "a buffer of %llu bytes; the device takes at most %llu",
                      (unsigned long long)bytes, (unsigned long long)most_bytes);
  if (memory && (uintptr_t)memory % page)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "memory at %p is not aligned to %llu bytes, as wrapping wants",
                      memory, (unsigned long long)page);
  gpu_buffer *b = calloc(1, sizeof *b);
  if (!b) return gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory for a buffer");
  b->device = d;
  b->bytes = bytes;
  b->contents = memory;
  if (!memory && !gpu_map_memory(b, page)) {
    int error = errno;
    free(b);
    return gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory for a buffer of %llu bytes: %s",
                      (unsigned long long)bytes, strerror(error));
  }
  *out = b;
  if (contents) *contents = b->contents;
  return GPU_OK;
}

static void gpu_free_shared_buffer(gpu_buffer *b) {
  if (!b) return;
  if (b->mapping) munmap(b->mapping, b->mapping_bytes);
  free(b);
}

#endif
