#include "library.h"

#include "../internal/device/device.h"
#include "scalars.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const mfa_library *mfa_library_builtin(void) {
#define MEMBER(name) .name = mfa_##name,
  static const mfa_library builtin = {MFA_LIBRARY_FUNCTIONS(MEMBER) MFA_LIBRARY_EXTENSIONS(MEMBER)};
#undef MEMBER
  return &builtin;
}

mfa_library *mfa_library_open(const char *path, char *message, size_t message_bytes) {
  void *file = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!file) {
    const char *reason = dlerror();
    snprintf(message, message_bytes, "%s", reason ? reason : "dlopen failed");
    return NULL;
  }
  mfa_library *library = calloc(1, sizeof *library);
  if (!library) {
    snprintf(message, message_bytes, "no memory");
    dlclose(file);
    return NULL;
  }
  library->file = file;
#define MEMBER(name) *(void **)&library->name = dlsym(file, "mfa_" #name);
  MFA_LIBRARY_FUNCTIONS(MEMBER) MFA_LIBRARY_EXTENSIONS(MEMBER)
#undef MEMBER
  return library;
}

void mfa_library_close(mfa_library *library) {
  if (library->file) dlclose(library->file);
  free(library);
}

mfa_library *mfa_library_without_descriptor(const mfa_library *library) {
  mfa_library *plain = malloc(sizeof *plain);
  if (!plain) return NULL;
  *plain = *library;
  plain->file = NULL;
  plain->attention_forward_desc = NULL;
  return plain;
}

const char *mfa_library_missing(const mfa_library *library, unsigned index) {
#define MEMBER(name) \
  if (!library->name && index-- == 0) return "mfa_" #name;
  MFA_LIBRARY_FUNCTIONS(MEMBER)
#undef MEMBER
  return NULL;
}

static int32_t refuse(int32_t code, char *message, size_t message_bytes, const char *text) {
  snprintf(message, message_bytes, "%s", text);
  return code;
}

/* Fetches the text at once: it belongs to this thread. A library without words for the call may have some for the code. */
static int32_t explain(const mfa_library *library, int32_t status, char *message, size_t message_bytes) {
  if (status == MFA_SUCCESS) return status;
  const char *last = library->last_error ? library->last_error() : NULL;
  if (last) {
    snprintf(message, message_bytes, "%s", last);
  } else if (library->error_string) {
    char *text = library->error_string(status);
    if (text) snprintf(message, message_bytes, "%s", text);
    free(text);
  }
  return status;
}

const struct gpu_api *mfa_library_device(const mfa_library *library, char *message, size_t message_bytes) {
  if (!library->default_device) {
    snprintf(message, message_bytes, "the library computes attention and nothing else: it lacks mfa_default_device");
    return NULL;
  }
  const gpu_api *api = library->default_device();
  if (!api) {
    snprintf(message, message_bytes, "%s", library->last_error ? library->last_error() : "the library has no device");
    return NULL;
  }
  if (api->abi == GPU_DEVICE_ABI) return api;
  snprintf(message, message_bytes, "the library's device speaks interface %u, this program %u", api->abi, GPU_DEVICE_ABI);
  return NULL;
}

int32_t mfa_library_context(const mfa_library *library, const struct gpu_api *api, mfa_context_t *context, char *message,
                            size_t message_bytes) {
  if (api && !library->create_context_on)
    return refuse(MFA_ERROR_DEVICE_NOT_SUPPORTED, message, message_bytes, "the library chooses its device itself");
  if (!library->create_context)
    return refuse(MFA_ERROR_DEVICE_NOT_SUPPORTED, message, message_bytes, "the library lacks mfa_create_context");
  int32_t status = api ? library->create_context_on(api, context) : library->create_context(context);
  return explain(library, status, message, message_bytes);
}

int32_t mfa_library_buffer(const mfa_library *library, mfa_context_t context, void *data, size_t bytes,
                           const int64_t *shape, const int64_t *strides, uint32_t ndim, mfa_buffer_t *buffer,
                           char *message, size_t message_bytes) {
  int32_t status;
  if (ndim) {
    if (!library->buffer_from_ptr_with_strides)
      return refuse(MFA_ERROR_DEVICE_NOT_SUPPORTED, message, message_bytes,
                    "the library lacks mfa_buffer_from_ptr_with_strides");
    status = library->buffer_from_ptr_with_strides(context, data, bytes, shape, strides, ndim, buffer);
  } else if (data) {
    if (!library->buffer_from_ptr)
      return refuse(MFA_ERROR_DEVICE_NOT_SUPPORTED, message, message_bytes, "the library lacks mfa_buffer_from_ptr");
    status = library->buffer_from_ptr(context, data, bytes, buffer);
  } else {
    if (!library->create_buffer || !library->buffer_contents)
      return refuse(MFA_ERROR_DEVICE_NOT_SUPPORTED, message, message_bytes,
                    "the library lacks mfa_create_buffer or mfa_buffer_contents");
    status = library->create_buffer(context, bytes, buffer);
  }
  return explain(library, status, message, message_bytes);
}

int32_t mfa_library_counters(const mfa_library *library, mfa_context_t context, mfa_counters *counters, char *message,
                             size_t message_bytes) {
  if (!library->get_counters)
    return refuse(MFA_ERROR_DEVICE_NOT_SUPPORTED, message, message_bytes, "the library keeps no counters");
  return explain(library, library->get_counters(context, counters), message, message_bytes);
}

/* What the calls of the interface cannot say, or NULL. */
static const char *inexpressible(const mfa_library *library, const mfa_attention_desc *d) {
  const mfa_operand *operands[] = {&d->q, &d->k, &d->v, &d->out, &d->lse};
  for (int i = 0; i < 5; i++) {
    if (operands[i]->offset) return "the library has no offsets into buffers";
    for (int s = 0; s < 4; s++)
      if (operands[i]->strides[s]) return "the library takes strides with a buffer, not with a call";
  }
  if (d->kv_heads != d->heads) return "the library has no grouped-query attention";
  if (d->causal && d->align != MFA_ALIGN_TOP_LEFT) return "the library's causal mask is top-left";
  if (d->windowed) return "the library has no sliding window";
  if (d->kv_offset && d->causal) return "the library's causal mask begins at the first key: kv_offset";
#define LACKS(member) \
  if (d->member != 0) return "the library has no " #member;
  MFA_LATER_SCALARS(LACKS)
#undef LACKS
  if (d->sinks.buffer) return "the library has no sinks";
  if (d->slopes.buffer) return "the library has no slopes";
  if (d->ranges.buffer) return "the library has no lengths of batch entries";
  if (d->k_quant.format || d->v_quant.format) return "the library has no quantised k and v";
  if (d->page_size) return "the library has no pages of k and v";
  if (d->v_head_dim && d->v_head_dim != d->head_dim) return "the library's v has the head_dim of q: v_head_dim";
  if (d->math != MFA_MATH_SAFE) return "the library chooses its math mode itself";
  if (d->head_dim > UINT16_MAX) return "the library's head_dim has 16 bits";
  if (d->lse.buffer) {
    if (d->mask_type != MFA_MASK_NONE) return "the library gives no logsumexp with a mask";
    if (d->output_precision != d->input_precision) return "the library's logsumexp call has no output precision";
    if (!library->attention_forward_with_lse) return "the library lacks mfa_attention_forward_with_lse";
  } else if (!library->attention_forward) {
    return "the library lacks mfa_attention_forward";
  }
  if (d->mask_buffer && !library->buffer_contents) return "the library lacks mfa_buffer_contents";
  return NULL;
}

static int32_t call_once(const mfa_library *l, mfa_context_t context, const mfa_attention_desc *d) {
  if (d->lse.buffer)
    return l->attention_forward_with_lse(
        context, d->q.buffer, d->k.buffer, d->v.buffer, d->out.buffer, d->lse.buffer, d->batch, d->q_len, d->kv_len,
        d->heads, (uint16_t)d->head_dim, d->softmax_scale, d->causal, d->input_precision, d->intermediate_precision,
        d->q.transposed, d->k.transposed, d->v.transposed, d->out.transposed);
  bool masked = d->mask_type != MFA_MASK_NONE;
  const void *mask = d->mask_buffer ? l->buffer_contents(d->mask_buffer) : d->mask;
  return l->attention_forward(
      context, d->q.buffer, d->k.buffer, d->v.buffer, d->out.buffer, d->batch, d->q_len, d->kv_len, d->heads,
      (uint16_t)d->head_dim, d->softmax_scale, d->causal, d->input_precision, d->intermediate_precision,
      d->output_precision, d->q.transposed, d->k.transposed, d->v.transposed, d->out.transposed, mask, d->mask_bytes,
      masked ? d->mask_shape : NULL, masked && d->mask_has_strides ? d->mask_strides : NULL, d->mask_ndim,
      d->mask_type, d->mask_scalar);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int32_t mfa_library_forward(const mfa_library *library, mfa_context_t context, mfa_attention_desc *d, char *message,
                            size_t message_bytes) {
  if (library->attention_forward_desc)
    return explain(library, library->attention_forward_desc(context, d), message, message_bytes);
  const char *reason = inexpressible(library, d);
  if (reason) return refuse(MFA_ERROR_DEVICE_NOT_SUPPORTED, message, message_bytes, reason);
  double begin = now();
  d->gpu_seconds = d->compile_seconds = 0;
  d->cached = false;
  int32_t status = MFA_SUCCESS;
  for (uint32_t i = 0; i < (d->dispatches ? d->dispatches : 1) && status == MFA_SUCCESS; i++) {
    status = explain(library, call_once(library, context, d), message, message_bytes);
    double seconds = library->get_gpu_latency ? library->get_gpu_latency(context) : 0;
    if (d->dispatch_seconds) d->dispatch_seconds[i] = seconds;
    d->gpu_seconds += seconds;
  }
  d->wall_seconds = now() - begin;
  return status;
}
