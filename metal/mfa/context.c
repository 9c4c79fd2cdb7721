#include <stdlib.h>
#include <string.h>

#include "internal.h"

static void finish(mfa_object *object) {
  mfa_context *context = (mfa_context *)object;
  mfa_gpu_close(context->gpu);
  pthread_mutex_destroy(&context->lock);
  free(context);
}

int32_t mfa_create_context_on(const struct gpu_api *api, mfa_context_t *out) {
  if (!out) return mfa_fail(MFA_ERROR_INVALID_ARGS, "context: the place for the handle is NULL");
  *out = NULL;
  if (mfa_is_forked()) return MFA_ERROR_EXECUTION_FAILED;
  mfa_context *context = calloc(1, sizeof *context);
  if (!context) return mfa_fail(MFA_ERROR_MEMORY_ALLOCATION, "no memory for a context");
  int32_t status = mfa_gpu_open(api, &context->gpu);
  if (status != MFA_SUCCESS) {
    free(context);
    return status;
  }
  pthread_mutex_init(&context->lock, NULL);
  context->object = (mfa_object){.references = 1, .kind = MFA_OBJECT_CONTEXT, .finish = finish};
  *out = mfa_handle_create(&context->object);
  if (*out) return MFA_SUCCESS;
  finish(&context->object);
  return mfa_fail(MFA_ERROR_MEMORY_ALLOCATION, "no more handles");
}

int32_t mfa_create_context(mfa_context_t *out) {
  if (!out) return mfa_fail(MFA_ERROR_INVALID_ARGS, "context: the place for the handle is NULL");
  *out = NULL;
  const gpu_api *api = mfa_default_device();
  if (!api) return mfa_is_forked() ? MFA_ERROR_EXECUTION_FAILED : MFA_ERROR_DEVICE_NOT_SUPPORTED;
  return mfa_create_context_on(api, out);
}

void mfa_destroy_context(mfa_context_t handle) {
  if (!mfa_is_forked() && !mfa_handle_destroy(handle, MFA_OBJECT_CONTEXT))
    mfa_fail(MFA_ERROR_INVALID_ARGS, "context: not a live context handle");
}

mfa_context *mfa_context_acquire(mfa_context_t handle) {
  if (mfa_is_forked()) return NULL;
  mfa_object *object = mfa_handle_acquire(handle, MFA_OBJECT_CONTEXT);
  if (!object) mfa_fail(MFA_ERROR_INVALID_ARGS, "context: not a live context handle");
  return (mfa_context *)object;
}

double mfa_get_gpu_latency(mfa_context_t handle) {
  mfa_context *context = mfa_context_acquire(handle);
  if (!context) return 0.0;
  pthread_mutex_lock(&context->lock);
  double latency = context->latency;
  pthread_mutex_unlock(&context->lock);
  mfa_object_release(&context->object);
  return latency;
}

int32_t mfa_get_counters(mfa_context_t handle, mfa_counters *out) {
  if (!out) return mfa_fail(MFA_ERROR_INVALID_ARGS, "counters: the place for them is NULL");
  memset(out, 0, sizeof *out);
  mfa_context *context = mfa_context_acquire(handle);
  if (!context) return MFA_ERROR_INVALID_ARGS;
  pthread_mutex_lock(&context->lock);
  out->calls = context->calls;
  out->dispatches = context->dispatches;
  out->refused = context->refused;
  pthread_mutex_unlock(&context->lock);
  out->buffers = atomic_load(&context->buffers);
  mfa_gpu *gpu = context->gpu;
  pthread_mutex_lock(&gpu->lock);
  out->pipelines = gpu->pipeline_count;
  out->pipelines_compiled = gpu->compiled;
  out->pipeline_hits = gpu->hits;
  out->compile_seconds = gpu->compile_seconds;
  pthread_mutex_unlock(&gpu->lock);
  mfa_object_release(&context->object);
  return MFA_SUCCESS;
}

bool mfa_is_device_supported(void) {
  const gpu_api *api = mfa_default_device();
  gpu_device_info info;
  return api && api->describe(api->device, &info) == GPU_OK;
}

void mfa_get_version(int *major, int *minor, int *patch) {
  if (major) *major = 1;
  if (minor) *minor = 0;
  if (patch) *patch = 0;
}
