#include "corners.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/asan_interface.h>

#include "../internal.h"

enum { PAGE = 4096 };

struct gpu_device {
  atomic_long live;
};
struct gpu_buffer {
  char *memory;
  uint64_t bytes, allocated; /* allocated 0: wrapped */
};
struct gpu_pipeline {
  uint32_t element_bytes;
  bool has_mask, joins;
};

static gpu_device device;
static atomic_uint_fast64_t sink; /* keeps the reads */

static gpu_status describe(gpu_device *d, gpu_device_info *out) {
  (void)d;
  *out = (gpu_device_info){.name = "corners", .toolchain = "none", .simd_width = 32, .max_threads_per_threadgroup = 1024,
                           .max_threadgroup_memory = 32768, .max_buffer_bytes = 1 << 30, .page_bytes = PAGE,
                           .deterministic = true};
  return GPU_OK;
}

static gpu_status refuse(gpu_status status, char *message, size_t message_bytes, const char *text) {
  snprintf(message, message_bytes, "%s", text);
  return status;
}

static gpu_status make_buffer(gpu_device *d, void *memory, uint64_t bytes, gpu_buffer **out, void **contents, char *message,
                              size_t message_bytes) {
  if (bytes == 0 || bytes > 1 << 30) return refuse(GPU_NO_MEMORY, message, message_bytes, "expected 1 byte to 1 GB");
  if ((uintptr_t)memory % PAGE || (memory && bytes % PAGE))
    return refuse(GPU_INVALID, message, message_bytes, "expected whole pages");
  gpu_buffer *b = calloc(1, sizeof *b);
  b->bytes = bytes;
  b->memory = memory;
  if (!memory) {
    b->allocated = (bytes + PAGE - 1) / PAGE * PAGE;
    b->memory = aligned_alloc(PAGE, b->allocated);
    memset(b->memory, 0, b->allocated);
    ASAN_POISON_MEMORY_REGION(b->memory + bytes, b->allocated - bytes);
  }
  atomic_fetch_add(&d->live, 1);
  *out = b;
  *contents = b->memory;
  return GPU_OK;
}

static void free_buffer(gpu_device *d, gpu_buffer *b) {
  if (b->allocated) {
    ASAN_UNPOISON_MEMORY_REGION(b->memory, b->allocated);
    free(b->memory);
  }
  free(b);
  atomic_fetch_sub(&d->live, 1);
}

static gpu_status compile(gpu_device *d, const gpu_program *program, gpu_pipeline **out, gpu_pipeline_info *info,
                          char *message, size_t message_bytes) {
  if (strncmp(program->function, "attention_", 10)) return refuse(GPU_COMPILE, message, message_bytes, "no such function");
  gpu_pipeline *p = calloc(1, sizeof *p);
  p->element_bytes = strstr(program->function, "fp32") ? 4 : 2;
  p->has_mask = program->constants[0].bits;
  p->joins = !strcmp(program->function, "attention_join");
  *info = (gpu_pipeline_info){.max_threads = 1024, .simd_width = 32, .compile_seconds = 0.001};
  atomic_fetch_add(&d->live, 1);
  *out = p;
  return GPU_OK;
}

static void free_pipeline(gpu_device *d, gpu_pipeline *p) {
  free(p);
  atomic_fetch_sub(&d->live, 1);
}

static void touch(const gpu_binding *b, const uint64_t extent[4], mfa_kernel_strides s, uint32_t bytes, bool write) {
  if (!extent[0] || !extent[1] || !extent[2] || !extent[3]) return;
  uint64_t last = (extent[0] - 1) * s.batch + (extent[1] - 1) * s.head + (extent[2] - 1) * s.row +
                  (extent[3] - 1) * s.column;
  char *ends[2] = {b->buffer->memory + b->offset, b->buffer->memory + b->offset + last * bytes};
  for (int i = 0; i < 2; i++)
    for (uint32_t n = 0; n < bytes; n++) {
      if (write) ends[i][n] = 1;
      else atomic_fetch_add(&sink, (uint64_t)ends[i][n]);
    }
}

/* The first and the last word of all parts of all rows. */
static void touch_parts(const gpu_binding *scratch, const mfa_kernel_params *p, uint64_t heads, bool write) {
  const uint64_t words[4] = {1, heads * p->q_len, p->parts, 3 + p->v_head_dim};
  touch(scratch, words, (mfa_kernel_strides){0, words[2] * words[3], words[3], 1}, 4, write);
}

static gpu_status run_join(const gpu_dispatch *dispatch, char *message, size_t message_bytes) {
  const gpu_binding *slots[4] = {0};
  for (uint32_t i = 0; i < dispatch->binding_count; i++)
    if (dispatch->bindings[i].index < 4) slots[dispatch->bindings[i].index] = &dispatch->bindings[i];
  for (int i = 0; i < 4; i++)
    if (!slots[i]) return refuse(GPU_INVALID, message, message_bytes, "a slot is not bound");
  const mfa_kernel_params *p = slots[2]->bytes;
  const uint64_t heads = dispatch->grid[1], batch = dispatch->grid[2];
  const uint64_t out[4] = {batch, heads, p->q_len, p->v_head_dim}, lse[4] = {1, batch, heads, p->q_len};
  if (!p->parts || (uint64_t)dispatch->grid[0] * (dispatch->threadgroup[0] / 32) < p->q_len)
    return refuse(GPU_INVALID, message, message_bytes, "rows are left without a simdgroup that joins them");
  for (uint32_t i = 0; i < dispatch->repeat; i++) {
    touch_parts(slots[0], p, batch * heads, false);
    touch(slots[1], out, p->o, p->output_precision == MFA_PRECISION_FP32 ? 4 : 2, true);
    if (p->writes_logsumexp) touch(slots[3], lse, (mfa_kernel_strides){0, heads * p->q_len, p->q_len, 1}, 4, true);
    if (dispatch->seconds) dispatch->seconds[i] = 1e-6;
  }
  return GPU_OK;
}

static gpu_status run(gpu_device *d, const gpu_dispatch *dispatch, char *message, size_t message_bytes) {
  (void)d;
  if (!dispatch->grid[0] || !dispatch->grid[1] || !dispatch->grid[2])
    return refuse(GPU_INVALID, message, message_bytes, "a grid of no threadgroups");
  const gpu_binding *slots[GPU_MAX_BUFFERS] = {0};
  if (dispatch->pipeline->joins) return run_join(dispatch, message, message_bytes);
  for (uint32_t i = 0; i < dispatch->binding_count; i++)
    if (dispatch->bindings[i].kind != GPU_BIND_THREADGROUP) slots[dispatch->bindings[i].index] = &dispatch->bindings[i];
  for (int i = 0; i < (dispatch->pipeline->has_mask ? 7 : 6); i++)
    if (!slots[i]) return refuse(GPU_INVALID, message, message_bytes, "a slot is not bound");
  const mfa_kernel_params *p = slots[4]->bytes;
  uint32_t in = dispatch->pipeline->element_bytes, out = p->output_precision == MFA_PRECISION_FP32 ? 4 : 2;
  uint64_t heads = dispatch->grid[1], batch = dispatch->grid[2], kv_heads = heads / p->heads_per_kv_head;
  uint64_t q[4] = {batch, heads, p->q_len, p->head_dim}, kv[4] = {batch, kv_heads, p->kv_len, p->head_dim};
  uint64_t mask[4] = {batch, heads, p->q_len, p->kv_len}, lse[4] = {1, batch, heads, p->q_len};
  static const uint32_t mask_bytes[] = {1, 2, 2, 4};
  for (uint32_t i = 0; i < dispatch->repeat; i++) {
    touch(slots[0], q, p->q, in, false);
    touch(slots[1], kv, p->k, in, false);
    touch(slots[2], kv, p->v, in, false);
    if (p->parts) touch_parts(slots[16], p, batch * heads, true);
    else touch(slots[3], q, p->o, out, true);
    if (p->writes_logsumexp && !p->parts)
      touch(slots[5], lse, (mfa_kernel_strides){0, heads * p->q_len, p->q_len, 1}, 4, true);
    if (dispatch->pipeline->has_mask) touch(slots[6], mask, p->mask, mask_bytes[p->mask_scalar], false);
    if (dispatch->seconds) dispatch->seconds[i] = 1e-6;
  }
  return GPU_OK;
}

const gpu_api *corners_device(void) {
  static const gpu_api api = {GPU_DEVICE_ABI, &device, describe, make_buffer, compile, run, free_buffer, free_pipeline};
  return &api;
}

long corners_live(void) { return atomic_load(&device.live); }
