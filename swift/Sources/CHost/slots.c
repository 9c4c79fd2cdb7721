#include "internal.h"
#include "standin.h"

void standin_slots(const gpu_pipeline *pipeline, uint32_t *buffers, uint32_t *threadgroup_arguments) {
  *buffers = pipeline->entry->buffers;
  *threadgroup_arguments = pipeline->entry->threadgroup_args;
}
