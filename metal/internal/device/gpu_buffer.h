/* A buffer that is memory of this process, as the devices written in C have it. */
#ifndef ATTEST_GPU_BUFFER_H
#define ATTEST_GPU_BUFFER_H

#include "device.h"

struct gpu_buffer {
  gpu_device *device;
  unsigned char *contents;
  uint64_t bytes;
  void *mapping;          /* NULL where the memory is the caller's */
  uint64_t mapping_bytes; /* the pages around the contents included */
};

#endif
