//go:build linux

/* Buffers are this process's memory. A dispatch brings them to the card and back (memory.c). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

static uint64_t page_bytes(void) { return (uint64_t)sysconf(_SC_PAGESIZE); }

/* Fresh memory has an inaccessible page on either side. */
static bool map(gpu_buffer *b) {
  uint64_t page = page_bytes(), whole = (b->bytes + page - 1) / page * page;
  b->mapping_bytes = whole + 2 * page;
  b->mapping = mmap(NULL, b->mapping_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (b->mapping == MAP_FAILED) return false;
  b->contents = (unsigned char *)b->mapping + page;
  if (mprotect(b->contents, whole, PROT_READ | PROT_WRITE) == 0) return true;
  munmap(b->mapping, b->mapping_bytes);
  return false;
}

gpu_status cuda_make_buffer(gpu_device *d, void *memory, uint64_t bytes, gpu_buffer **out, void **contents, char *why,
                            size_t why_bytes) {
  uint64_t page = page_bytes();
  if (!out) return cuda_refuse(why, why_bytes, GPU_INVALID, "out is NULL; a place for the buffer is wanted");
  *out = NULL;
  if (bytes == 0) return cuda_refuse(why, why_bytes, GPU_INVALID, "a buffer of 0 bytes; at least 1 is wanted");
  size_t all = 0;
  if (d->cu->device_memory(&all, d->card) == CU_SUCCESS && bytes > all)
    return cuda_refuse(why, why_bytes, GPU_NO_MEMORY, "a buffer of %llu bytes; the card has %llu", (unsigned long long)bytes,
                       (unsigned long long)all);
  if (memory && (uintptr_t)memory % page)
    return cuda_refuse(why, why_bytes, GPU_INVALID, "memory at %p is not aligned to %llu bytes, as wrapping wants", memory,
                       (unsigned long long)page);
  gpu_buffer *b = calloc(1, sizeof *b);
  if (!b) return cuda_refuse(why, why_bytes, GPU_NO_MEMORY, "no memory for a buffer");
  b->device = d;
  b->bytes = bytes;
  b->contents = memory;
  if (!memory && !map(b)) {
    int error = errno;
    free(b);
    return cuda_refuse(why, why_bytes, GPU_NO_MEMORY, "no memory for a buffer of %llu bytes: %s", (unsigned long long)bytes,
                       strerror(error));
  }
  *out = b;
  if (contents) *contents = b->contents;
  return GPU_OK;
}

void cuda_free_buffer(gpu_device *d, gpu_buffer *b) {
  (void)d;
  if (!b) return;
  if (b->mapping) munmap(b->mapping, b->mapping_bytes);
  free(b);
}
