/* What the parts of the library know of each other. Not installed. */
#ifndef MFA_INTERNAL_H
#define MFA_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "../internal/device/device.h"
#include "mfa.h"
#include "scalars.h"

/* ---- error.c */

/* Records the text for mfa_last_error and returns code. */
int32_t mfa_fail(int32_t code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- fork.c */

/* Whether this process is a child of fork() that must not use the library; records that for mfa_last_error. */
bool mfa_is_forked(void);
/* From the first context on, children know. */
void mfa_watch_forks(void);

/* ---- handle.c: objects behind handles, counted by reference */

typedef enum { MFA_OBJECT_CONTEXT = 1, MFA_OBJECT_BUFFER = 2 } mfa_object_kind;

typedef struct mfa_object {
  atomic_uint references;
  mfa_object_kind kind;
  void (*finish)(struct mfa_object *); /* frees it, when the last reference goes */
} mfa_object;

/* A handle that owns one reference to the object; NULL without memory. */
void *mfa_handle_create(mfa_object *object);
/* The object with a reference more, or NULL where the handle is not a live one of that kind. */
mfa_object *mfa_handle_acquire(void *handle, mfa_object_kind kind);
/* Ends the handle and gives up its reference; false where it was none. */
bool mfa_handle_destroy(void *handle, mfa_object_kind kind);
void mfa_object_retain(mfa_object *object);
void mfa_object_release(mfa_object *object);

/* ---- gpu.c: a device in use, shared by its contexts, with its pipelines */

typedef struct {
  int32_t input_precision;
  uint32_t head_class; /* 16, 32, 64, 128, 256 or 576: the most columns of v that the kernel has accumulators for */
  int32_t math;
  bool narrow; /* tiles in threadgroup memory have the inputs' 16 bits an element */
  bool join;   /* attention_join, which is one for all inputs: of what is here, math alone matters to it */
#define CONSTANT(index, name, value) bool name;
  MFA_KERNEL_CONSTANTS(CONSTANT)
#undef CONSTANT
} mfa_variant;

typedef struct mfa_pipeline {
  struct mfa_pipeline *next;
  mfa_variant variant;
  gpu_pipeline *pipeline;
  gpu_pipeline_info info;
} mfa_pipeline;

typedef struct mfa_gpu {
  struct mfa_gpu *next;
  uint32_t contexts; /* under the list's lock */
  bool lasting;      /* the library's own device, which stays: so do its pipelines when no context is left */
  gpu_api api;
  gpu_device_info info;
  pthread_mutex_t lock; /* of all that follows */
  mfa_pipeline *pipelines;
  uint64_t pipeline_count, compiled, hits;
  double compile_seconds;
} mfa_gpu;

int32_t mfa_gpu_open(const gpu_api *api, mfa_gpu **out);
void mfa_gpu_close(mfa_gpu *gpu);

/* The pipeline of a variant, compiled at most once. *compiled tells whether this call did it. */
int32_t mfa_gpu_pipeline(mfa_gpu *gpu, const mfa_variant *variant, const mfa_pipeline **out, bool *compiled);

/* Finds a device by name for a process that set none; installed by the shared library, not by Go. */
typedef const gpu_api *(*mfa_device_finder)(const char *name, char *message, size_t message_bytes);
void mfa_set_device_finder(mfa_device_finder finder);

/* The kernel's text, NUL-terminated and immortal; whoever links the library installs it before the first call. */
void mfa_set_kernel_source(const char *text);

/* ---- context.c */

typedef struct {
  mfa_object object;
  mfa_gpu *gpu;
  pthread_mutex_t lock; /* of what follows */
  double latency;
  uint64_t calls, dispatches, refused;
  atomic_uint_fast64_t buffers;
} mfa_context;

mfa_context *mfa_context_acquire(mfa_context_t handle);

/* ---- buffer.c */

typedef struct {
  mfa_object object;
  mfa_context *context; /* holds a reference */
  gpu_buffer *memory;   /* NULL where bytes is 0: no device has a buffer of no bytes */
  uint64_t offset;      /* of contents in memory: wrapped memory starts at its page */
  void *contents;
  uint64_t bytes;
  uint32_t ndim;        /* 0: no layout of its own */
  int64_t shape[4], strides[4];
} mfa_buffer;

/* A span of a device's memory: a buffer's, or the caller's for the length of a call. */
typedef struct {
  gpu_buffer *memory;
  uint64_t offset;
} mfa_binding;

/* Wraps bytes at data, whatever their alignment. */
int32_t mfa_wrap(const mfa_gpu *gpu, const void *data, uint64_t bytes, const char *what, mfa_binding *out);

/* ---- layout.c: shapes, strides and the bytes that they reach */

typedef struct {
  uint64_t extent[4], stride[4]; /* batch, head, row, column; elements */
} mfa_layout;

uint64_t mfa_precision_bytes(int32_t precision);
/* Whether it has no element: an extent is 0. Its strides say nothing. */
bool mfa_layout_empty(const mfa_layout *layout);
/* Elements from the first to one past the last that the layout reaches, 0 where it is empty; false on overflow. */
bool mfa_layout_span(const mfa_layout *layout, uint64_t *elements);
/* Whether two of its elements share an address. May say so of exotic layouts that do not. */
bool mfa_layout_overlaps_itself(const mfa_layout *layout);
void mfa_layout_contiguous(mfa_layout *layout, bool transposed);

/* ---- validate.c: an untrusted descriptor becomes a request, or an error */

typedef struct {
  mfa_buffer *buffer;  /* acquired; NULL for a mask in the caller's memory, where absent, or of an empty tensor */
  mfa_layout layout;
  uint64_t offset;     /* bytes from the buffer's contents */
  uintptr_t begin, end; /* the addresses that the layout reaches */
} mfa_tensor;

typedef struct {
  const mfa_attention_desc *desc;
  mfa_tensor q, k, v, out, lse, mask, sinks, slopes, ranges, table, k_scales, k_zeros, v_scales, v_zeros;
  bool has_lse, has_mask;
} mfa_request;

/* Pages of a batch entry; 0: k and v are not paged. */
static inline uint32_t mfa_pages_each(const mfa_attention_desc *d) {
  return d->page_size ? (uint32_t)(((uint64_t)d->kv_len + d->page_size - 1) / d->page_size) : 0;
}

/* quantised.c: scales and zero points of k and v, once these have their places. */
int32_t mfa_request_quantised(mfa_request *request, const mfa_context *context);
/* Bytes of a row of so many integers. */
uint32_t mfa_quantised_row(int32_t format, uint32_t columns);

/* Columns of v and out. */
static inline uint32_t mfa_v_head_dim(const mfa_attention_desc *d) { return d->v_head_dim ? d->v_head_dim : d->head_dim; }

/* Acquires the buffers; mfa_request_release gives them back, after failure too. */
int32_t mfa_request_init(mfa_request *request, const mfa_context *context, const mfa_attention_desc *desc);
void mfa_request_release(mfa_request *request);
/* mask.c: the part about the mask. */
int32_t mfa_request_mask(mfa_request *request, const mfa_context *context);
/* tensor.c. Fills in buffer, begin and end of a tensor whose layout and offset are set, and holds them against the buffer.
 * An empty tensor may have none: handle NULL. */
int32_t mfa_tensor_place(mfa_tensor *tensor, const mfa_context *context, mfa_buffer_t handle, uint64_t element_bytes,
                         const char *name);

/* ---- forward.c */

/* Runs a descriptor of this library's own size. */
int32_t mfa_forward(mfa_context_t context, mfa_attention_desc *desc);
/* For a call that fails before it is a descriptor. */
void mfa_count_refusal(mfa_context *context);

/* ---- plan.c: how a request runs */

typedef struct {
  uint64_t batch, head, row, column;
} mfa_kernel_strides;

/* AttentionParams of attention.metal, field by field. */
typedef struct {
  mfa_kernel_strides q, k, v, o, mask;
  int64_t first_key, end_key;
  uint64_t k_page, v_page;
#define MEMBER(type, name, value) type name;
  MFA_KERNEL_SCALARS(MEMBER)
#undef MEMBER
} mfa_kernel_params;

/* All scalars take four bytes, so they follow each other as they do in Metal; the whole is a multiple of eight. */
#define BYTES(type, name, value) + sizeof(type)
_Static_assert(sizeof(mfa_kernel_params) == (5 * 32 + 4 * 8 MFA_KERNEL_SCALARS(BYTES) + 7) / 8 * 8,
               "AttentionParams has no padding but at its end");
#undef BYTES

/* QuantParams of attention.metal, field by field, and QuantisedParams. */
typedef struct {
  mfa_kernel_strides scale;
  uint64_t scale_page;
  uint32_t format, scale_columns, has_zeros, unused;
} mfa_kernel_quant;
typedef struct {
  mfa_kernel_quant k, v;
} mfa_kernel_quantised;
_Static_assert(sizeof(mfa_kernel_quantised) == 2 * (32 + 8 + 16), "QuantisedParams has no padding");

typedef struct {
  mfa_variant variant;
  mfa_kernel_params params;
  mfa_kernel_quantised quantised;
  uint32_t simdgroups;
  uint32_t grid[3];
  uint64_t threadgroup_bytes;
  uint32_t part_keys, parts;             /* 0: a row's keys are not cut */
  uint64_t scratch_bytes;                /* of the parts, zero before the first has written; 0 with them */
  uint32_t join_grid[3], join_simdgroups;
} mfa_plan;

void mfa_variant_of(const mfa_request *request, const mfa_gpu *gpu, mfa_variant *variant);
/* The variant that joins parts which the given one computed. */
mfa_variant mfa_join_of(const mfa_variant *variant);
int32_t mfa_plan_init(mfa_plan *plan, const mfa_request *request, const mfa_gpu *gpu, const mfa_pipeline *pipeline);

#endif
