/* A device in use: one record for all contexts on it, with the pipelines that they share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { WHY_BYTES = 800 };

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static mfa_gpu *gpus;
static const char *kernel_source;
static const gpu_api *default_api, *found_api; /* found: by device_finder, never given up */
static mfa_device_finder device_finder;

void mfa_set_kernel_source(const char *text) { kernel_source = text; }
void mfa_set_device_finder(mfa_device_finder finder) { device_finder = finder; }

void mfa_set_default_device(const gpu_api *api) {
  pthread_mutex_lock(&list_lock);
  default_api = api;
  pthread_mutex_unlock(&list_lock);
}

const gpu_api *mfa_default_device(void) {
  if (mfa_is_forked()) return NULL;
  pthread_mutex_lock(&list_lock);
  const gpu_api *api = default_api;
  pthread_mutex_unlock(&list_lock);
  if (api) return api;
  const char *name = getenv("ATTEST_DEVICE");
  if (!name || !*name) name = "host";
  char message[WHY_BYTES] = "this build has no device of its own; set one with mfa_set_default_device";
  if (device_finder && (api = device_finder(name, message, sizeof message))) {
    pthread_mutex_lock(&list_lock);
    found_api = api;
    pthread_mutex_unlock(&list_lock);
    return api;
  }
  mfa_fail(MFA_ERROR_DEVICE_NOT_SUPPORTED, "device %s: %s", name, message);
  return NULL;
}

static int32_t start(const gpu_api *api, mfa_gpu **out) {
  mfa_gpu *gpu = calloc(1, sizeof *gpu);
  if (!gpu) return mfa_fail(MFA_ERROR_MEMORY_ALLOCATION, "no memory for a device record");
  gpu->api = *api;
  int32_t status = api->describe(api->device, &gpu->info);
  if (status == GPU_OK && (gpu->info.page_bytes == 0 || (gpu->info.page_bytes & (gpu->info.page_bytes - 1))))
    status = GPU_UNSUPPORTED;
  if (status != GPU_OK) {
    free(gpu);
    return mfa_fail(status, "the device does not describe itself (status %d)", status);
  }
  pthread_mutex_init(&gpu->lock, NULL);
  *out = gpu;
  return MFA_SUCCESS;
}

int32_t mfa_gpu_open(const gpu_api *api, mfa_gpu **out) {
  if (!api) return mfa_fail(MFA_ERROR_INVALID_ARGS, "the device is NULL");
  if (api->abi != GPU_DEVICE_ABI)
    return mfa_fail(MFA_ERROR_DEVICE_NOT_SUPPORTED, "the device speaks interface %u, this library %u", api->abi,
                    GPU_DEVICE_ABI);
  mfa_watch_forks();
  pthread_mutex_lock(&list_lock);
  mfa_gpu *gpu = gpus;
  while (gpu && gpu->api.device != api->device) gpu = gpu->next;
  int32_t status = MFA_SUCCESS;
  if (!gpu) {
    status = start(api, &gpu);
    if (status == MFA_SUCCESS) {
      gpu->next = gpus;
      gpus = gpu;
    }
  }
  if (status == MFA_SUCCESS) {
    gpu->contexts++;
    if (found_api && found_api->device == api->device) gpu->lasting = true;
  }
  pthread_mutex_unlock(&list_lock);
  *out = gpu;
  return status;
}

void mfa_gpu_close(mfa_gpu *gpu) {
  pthread_mutex_lock(&list_lock);
  bool last = --gpu->contexts == 0 && !gpu->lasting;
  if (last) {
    mfa_gpu **link = &gpus;
    while (*link != gpu) link = &(*link)->next;
    *link = gpu->next;
  }
  pthread_mutex_unlock(&list_lock);
  if (!last) return;
  for (mfa_pipeline *p = gpu->pipelines, *next; p; p = next) {
    next = p->next;
    gpu->api.free_pipeline(gpu->api.device, p->pipeline);
    free(p);
  }
  pthread_mutex_destroy(&gpu->lock);
  free(gpu);
}

static bool same_variant(const mfa_variant *a, const mfa_variant *b) {
#define SAME(index, name, value) && a->name == b->name
  return a->input_precision == b->input_precision && a->head_class == b->head_class && a->math == b->math && a->narrow == b->narrow && a->join == b->join
      MFA_KERNEL_CONSTANTS(SAME);
#undef SAME
}

/* Under the device's lock, so that a variant is never compiled twice. */
static int32_t compile(mfa_gpu *gpu, const mfa_variant *variant, mfa_pipeline **out) {
  static const char *const types[] = {"fp16", "bf16", "fp32"};
  if (!kernel_source) return mfa_fail(MFA_ERROR_KERNEL_COMPILATION, "this build carries no kernel text");
  char function[64];
  if (variant->join) snprintf(function, sizeof function, "attention_join");
  else snprintf(function, sizeof function, "attention_%s_%s%u", types[variant->input_precision], variant->narrow ? "narrow_" : "",
                variant->head_class);
#define CONSTANT(number, name, value) {.index = number, .type = GPU_BOOL, .bits = variant->name},
  const gpu_constant constants[] = {MFA_KERNEL_CONSTANTS(CONSTANT)};
#undef CONSTANT
  gpu_program program = {.source = kernel_source, .file = "attention.metal", .function = function,
                         .constants = constants, .constant_count = sizeof constants / sizeof *constants,
                         .math = variant->math == MFA_MATH_FAST ? GPU_MATH_FAST : GPU_MATH_SAFE,
                         .language_version = 310};
  mfa_pipeline *p = calloc(1, sizeof *p);
  if (!p) return mfa_fail(MFA_ERROR_MEMORY_ALLOCATION, "no memory for a pipeline record");
  char message[WHY_BYTES] = "";
  int32_t status = gpu->api.compile(gpu->api.device, &program, &p->pipeline, &p->info, message, sizeof message);
  if (status != GPU_OK) {
    free(p);
    return mfa_fail(status, "%s: %s", function, message);
  }
  p->variant = *variant;
  p->next = gpu->pipelines;
  gpu->pipelines = p;
  gpu->pipeline_count++;
  gpu->compiled++;
  gpu->compile_seconds += p->info.compile_seconds;
  *out = p;
  return MFA_SUCCESS;
}

int32_t mfa_gpu_pipeline(mfa_gpu *gpu, const mfa_variant *variant, const mfa_pipeline **out, bool *compiled) {
  pthread_mutex_lock(&gpu->lock);
  mfa_pipeline *p = gpu->pipelines;
  while (p && !same_variant(&p->variant, variant)) p = p->next;
  int32_t status = MFA_SUCCESS;
  *compiled = !p;
  if (p) gpu->hits++;
  else status = compile(gpu, variant, &p);
  pthread_mutex_unlock(&gpu->lock);
  *out = p;
  return status;
}
