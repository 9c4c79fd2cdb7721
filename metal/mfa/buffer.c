#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { WHY_BYTES = 256 };

static void finish(mfa_object *object) {
  mfa_buffer *buffer = (mfa_buffer *)object;
  const gpu_api *api = &buffer->context->gpu->api;
  if (buffer->memory) api->free_buffer(api->device, buffer->memory);
  atomic_fetch_sub(&buffer->context->buffers, 1);
  mfa_object_release(&buffer->context->object);
  free(buffer);
}

int32_t mfa_wrap(const mfa_gpu *gpu, const void *data, uint64_t bytes, const char *what, mfa_binding *out) {
  /* Devices wrap whole pages. Those around the caller's bytes are mapped, as each holds some of them. */
  uintptr_t page = gpu->info.page_bytes, address = (uintptr_t)data, begin = address & ~(page - 1), end;
  if (__builtin_add_overflow(address, bytes, &end) || __builtin_add_overflow(end, page - 1, &end))
    return mfa_fail(MFA_ERROR_INVALID_ARGS, "%s: %llu bytes at %p reach past the address space", what,
                    (unsigned long long)bytes, data);
  end &= ~(page - 1);
  char message[WHY_BYTES] = "";
  void *contents;
  int32_t status = gpu->api.make_buffer(gpu->api.device, (void *)begin, end - begin, &out->memory, &contents, message,
                                        sizeof message);
  if (status != GPU_OK) return mfa_fail(status, "%s: %s", what, message);
  out->offset = address - begin;
  return MFA_SUCCESS;
}

/* A buffer over data, or over new memory where data is NULL. */
static int32_t create(mfa_context_t handle, void *data, uint64_t bytes, mfa_buffer **out) {
  if (bytes == 0 && !data) return mfa_fail(MFA_ERROR_INVALID_ARGS, "bytes: 0, expected at least 1");
  mfa_context *context = mfa_context_acquire(handle);
  if (!context) return MFA_ERROR_INVALID_ARGS;
  mfa_buffer *buffer = calloc(1, sizeof *buffer);
  const mfa_gpu *gpu = context->gpu;
  int32_t status;
  if (!buffer) {
    status = mfa_fail(MFA_ERROR_MEMORY_ALLOCATION, "no memory for a buffer record");
  } else if (data && !bytes) { /* of an empty tensor: nothing to map */
    buffer->contents = data;
    status = MFA_SUCCESS;
  } else if (data) {
    mfa_binding binding;
    status = mfa_wrap(gpu, data, bytes, "data", &binding);
    if (status == MFA_SUCCESS) {
      buffer->memory = binding.memory;
      buffer->offset = binding.offset;
      buffer->contents = data;
    }
  } else {
    char message[WHY_BYTES] = "";
    status = gpu->api.make_buffer(gpu->api.device, NULL, bytes, &buffer->memory, &buffer->contents, message, sizeof message);
    if (status != GPU_OK) mfa_fail(status, "%llu bytes: %s", (unsigned long long)bytes, message);
  }
  if (status != MFA_SUCCESS) {
    free(buffer);
    mfa_object_release(&context->object);
    return status;
  }
  buffer->object = (mfa_object){.references = 1, .kind = MFA_OBJECT_BUFFER, .finish = finish};
  buffer->context = context;
  buffer->bytes = bytes;
  atomic_fetch_add(&context->buffers, 1);
  *out = buffer;
  return MFA_SUCCESS;
}

static int32_t publish(mfa_buffer *buffer, mfa_buffer_t *out) {
  *out = mfa_handle_create(&buffer->object);
  if (*out) return MFA_SUCCESS;
  finish(&buffer->object);
  return mfa_fail(MFA_ERROR_MEMORY_ALLOCATION, "no more handles");
}

int32_t mfa_create_buffer(mfa_context_t context, size_t bytes, mfa_buffer_t *out) {
  if (!out) return mfa_fail(MFA_ERROR_INVALID_ARGS, "buffer: the place for the handle is NULL");
  *out = NULL;
  mfa_buffer *buffer;
  int32_t status = create(context, NULL, bytes, &buffer);
  return status == MFA_SUCCESS ? publish(buffer, out) : status;
}

int32_t mfa_buffer_from_ptr(mfa_context_t context, void *data, size_t bytes, mfa_buffer_t *out) {
  if (!out) return mfa_fail(MFA_ERROR_INVALID_ARGS, "buffer: the place for the handle is NULL");
  *out = NULL;
  if (!data) return mfa_fail(MFA_ERROR_INVALID_ARGS, "data: NULL, expected the caller's memory");
  mfa_buffer *buffer;
  int32_t status = create(context, data, bytes, &buffer);
  return status == MFA_SUCCESS ? publish(buffer, out) : status;
}

static int32_t check_layout(const int64_t *shape, const int64_t *strides, uint32_t ndim) {
  if (!shape || !strides) return mfa_fail(MFA_ERROR_INVALID_ARGS, "shape and strides: both are needed");
  if (ndim < 1 || ndim > 4) return mfa_fail(MFA_ERROR_INVALID_ARGS, "ndim: %u, expected 1 to 4", ndim);
  for (uint32_t i = 0; i < ndim; i++) {
    if (shape[i] < 0)
      return mfa_fail(MFA_ERROR_INVALID_ARGS, "shape[%u]: %lld, expected 0 or more", i, (long long)shape[i]);
    if (strides[i] < 0)
      return mfa_fail(MFA_ERROR_INVALID_ARGS, "strides[%u]: %lld, expected 0 or more elements", i,
                      (long long)strides[i]);
  }
  if (strides[ndim - 1] != 1)
    return mfa_fail(MFA_ERROR_INVALID_ARGS, "strides[%u]: %lld, the last must be 1", ndim - 1,
                    (long long)strides[ndim - 1]);
  return MFA_SUCCESS;
}

int32_t mfa_buffer_from_ptr_with_strides(mfa_context_t context, void *data, size_t bytes, const int64_t *shape,
                                         const int64_t *strides, uint32_t ndim, mfa_buffer_t *out) {
  if (!out) return mfa_fail(MFA_ERROR_INVALID_ARGS, "buffer: the place for the handle is NULL");
  *out = NULL;
  if (!data) return mfa_fail(MFA_ERROR_INVALID_ARGS, "data: NULL, expected the caller's memory");
  int32_t status = check_layout(shape, strides, ndim);
  if (status != MFA_SUCCESS) return status;
  mfa_buffer *buffer;
  status = create(context, data, bytes, &buffer);
  if (status != MFA_SUCCESS) return status;
  buffer->ndim = ndim;
  memcpy(buffer->shape, shape, ndim * sizeof *shape);
  memcpy(buffer->strides, strides, ndim * sizeof *strides);
  return publish(buffer, out);
}

void *mfa_buffer_contents(mfa_buffer_t handle) {
  if (mfa_is_forked()) return NULL;
  mfa_buffer *buffer = (mfa_buffer *)mfa_handle_acquire(handle, MFA_OBJECT_BUFFER);
  if (!buffer) {
    mfa_fail(MFA_ERROR_INVALID_ARGS, "buffer: not a live buffer handle");
    return NULL;
  }
  void *contents = buffer->contents;
  mfa_object_release(&buffer->object);
  return contents;
}

void mfa_destroy_buffer(mfa_buffer_t handle) {
  if (!mfa_is_forked() && !mfa_handle_destroy(handle, MFA_OBJECT_BUFFER))
    mfa_fail(MFA_ERROR_INVALID_ARGS, "buffer: not a live buffer handle");
}
