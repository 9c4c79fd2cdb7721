/* Running a request. */
#include <stdlib.h>
#include <time.h>

#include "internal.h"

enum { WHY_BYTES = 800 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static gpu_binding bind(uint32_t index, gpu_buffer *memory, uint64_t offset) {
  return (gpu_binding){.kind = GPU_BIND_BUFFER, .index = index, .buffer = memory, .offset = offset};
}

/* A slot must hold something: the output, where the tensor is absent or empty and the kernel leaves it alone. */
static gpu_binding bind_tensor(uint32_t index, const mfa_tensor *tensor, const mfa_request *r) {
  if (tensor->begin == tensor->end) tensor = &r->out; /* also past the end of its buffer, where an empty one may lie */
  return bind(index, tensor->buffer->memory, tensor->buffer->offset + tensor->offset);
}

/* Memory for the parts of rows, zero before the first is written; none where keys are not cut. */
static int32_t make_scratch(const mfa_context *context, const mfa_plan *plan, gpu_buffer **scratch) {
  const gpu_api *api = &context->gpu->api;
  void *contents;
  char message[WHY_BYTES] = "";
  *scratch = NULL;
  if (!plan->parts) return MFA_SUCCESS;
  int32_t status = api->make_buffer(api->device, NULL, plan->scratch_bytes, scratch, &contents, message, sizeof message);
  return status == GPU_OK ? MFA_SUCCESS
                          : mfa_fail(status, "key_parts: %llu bytes for %u parts of each row: %s",
                                     (unsigned long long)plan->scratch_bytes, plan->parts, message);
}

/* Runs attention_join, whose slots these are, as often as the kernel before it ran, and adds its seconds to that one's. */
static int32_t join_parts(const mfa_context *context, const mfa_request *r, const mfa_plan *plan, gpu_pipeline *join, gpu_buffer *scratch,
                          uint32_t repeat, double deadline_seconds, double *seconds) {
  const gpu_binding bindings[] = {
      bind(0, scratch, 0),
      bind_tensor(1, &r->out, r),
      {.kind = GPU_BIND_BYTES, .index = 2, .bytes = &plan->params, .length = sizeof plan->params},
      bind_tensor(3, &r->lse, r),
  };
  double *own = malloc(repeat * sizeof *own);
  if (!own) return mfa_fail(MFA_ERROR_MEMORY_ALLOCATION, "no memory for the times of %u dispatches", repeat);
  const gpu_dispatch joining = {.pipeline = join, .bindings = bindings, .binding_count = sizeof bindings / sizeof *bindings,
                                .grid = {plan->join_grid[0], plan->join_grid[1], plan->join_grid[2]},
                                .threadgroup = {plan->join_simdgroups * 32, 1, 1}, .repeat = repeat,
                                .deadline_seconds = deadline_seconds, .seconds = own};
  char message[WHY_BYTES] = "";
  int32_t status = context->gpu->api.run(context->gpu->api.device, &joining, message, sizeof message);
  for (uint32_t i = 0; status == GPU_OK && i < repeat; i++) seconds[i] += own[i];
  free(own);
  return status == GPU_OK ? MFA_SUCCESS : mfa_fail(status, "%s", message);
}

/* What is left of a deadline, never 0, which is none: what has no time left is stopped at once. */
static double left_of(double deadline_seconds, double begin) {
  const double least = 1e-3, left = deadline_seconds - (now() - begin);
  return deadline_seconds > 0 && left < least ? least : deadline_seconds > 0 ? left : 0;
}

/* The slots are those of attention_forward. Where keys are cut, a call of several dispatches makes the parts so many times,
 * then joins them so many times: they are the same parts every time, and a dispatch's seconds are those of both. */
static int32_t dispatch(const mfa_context *context, const mfa_request *r, const mfa_plan *plan, gpu_pipeline *pipeline,
                        gpu_pipeline *join, const mfa_binding *mask, mfa_attention_desc *out) {
  gpu_buffer *scratch;
  int32_t status = make_scratch(context, plan, &scratch);
  if (status != MFA_SUCCESS) return status;
  gpu_binding bindings[18] = {
      bind_tensor(0, &r->q, r),
      bind_tensor(1, &r->k, r),
      bind_tensor(2, &r->v, r),
      bind_tensor(3, &r->out, r),
      {.kind = GPU_BIND_BYTES, .index = 4, .bytes = &plan->params, .length = sizeof plan->params},
      bind_tensor(5, &r->lse, r),
      {.kind = GPU_BIND_THREADGROUP, .index = 0, .length = plan->threadgroup_bytes},
  };
  uint32_t bound = 7;
  bindings[bound++] = scratch ? bind(16, scratch, 0) : bind_tensor(16, &r->out, r);
  if (r->has_mask) bindings[bound++] = mask->memory ? bind(6, mask->memory, mask->offset) : bind_tensor(6, &r->out, r);
  if (r->sinks.buffer || r->slopes.buffer) {
    bindings[bound++] = bind_tensor(7, r->sinks.buffer ? &r->sinks : &r->slopes, r);
    bindings[bound++] = bind_tensor(8, r->slopes.buffer ? &r->slopes : &r->sinks, r);
  }
  if (r->ranges.buffer) bindings[bound++] = bind_tensor(9, &r->ranges, r);
  if (r->desc->page_size) bindings[bound++] = bind_tensor(10, &r->table, r);
  if (r->desc->k_quant.format || r->desc->v_quant.format) {
    const mfa_tensor *own[] = {&r->k_scales, &r->k_zeros, &r->v_scales, &r->v_zeros};
    for (uint32_t i = 0; i < 4; i++) bindings[bound++] = bind_tensor(11 + i, own[i], r);
    bindings[bound++] = (gpu_binding){.kind = GPU_BIND_BYTES, .index = 15, .bytes = &plan->quantised, .length = sizeof plan->quantised};
  }
  uint32_t repeat = out->dispatches ? out->dispatches : 1;
  enum { FEW = 64 };
  double few[FEW], *many = NULL, *seconds = out->dispatch_seconds ? out->dispatch_seconds : few;
  if (seconds == few && repeat > FEW && !(seconds = many = malloc(repeat * sizeof *many))) {
    if (scratch) context->gpu->api.free_buffer(context->gpu->api.device, scratch);
    return mfa_fail(MFA_ERROR_MEMORY_ALLOCATION, "no memory for the times of %u dispatches", repeat);
  }
  gpu_dispatch command = {.pipeline = pipeline, .bindings = bindings, .binding_count = bound,
                          .grid = {plan->grid[0], plan->grid[1], plan->grid[2]},
                          .threadgroup = {plan->simdgroups * 32, 1, 1}, .repeat = repeat,
                          .deadline_seconds = out->deadline_seconds, .seconds = seconds};
  char message[WHY_BYTES] = "";
  const double begin = now();
  status = context->gpu->api.run(context->gpu->api.device, &command, message, sizeof message);
  if (status != GPU_OK) status = mfa_fail(status, "%s", message);
  else if (scratch) status = join_parts(context, r, plan, join, scratch, repeat, left_of(out->deadline_seconds, begin), seconds);
  for (uint32_t i = 0; status == MFA_SUCCESS && i < repeat; i++) out->gpu_seconds += seconds[i];
  free(many);
  if (scratch) context->gpu->api.free_buffer(context->gpu->api.device, scratch);
  return status;
}

/* Without a row or a batch there is nothing to write, and a grid of no threadgroups is an error in Metal: no kernel is made
 * or run. */
static int32_t run_nothing(mfa_attention_desc *out) {
  out->cached = true;
  for (uint32_t i = 0; out->dispatch_seconds && i < (out->dispatches ? out->dispatches : 1); i++) out->dispatch_seconds[i] = 0;
  return MFA_SUCCESS;
}

/* The pipeline of a variant; its compilation counts towards the call's. */
static int32_t pipeline_for(mfa_context *context, const mfa_variant *variant, const mfa_pipeline **pipeline, mfa_attention_desc *out) {
  bool compiled;
  int32_t status = mfa_gpu_pipeline(context->gpu, variant, pipeline, &compiled);
  if (status != MFA_SUCCESS) return status;
  if (compiled) out->compile_seconds += (*pipeline)->info.compile_seconds;
  out->cached = out->cached && (!compiled || (*pipeline)->info.cached);
  return MFA_SUCCESS;
}

static int32_t run_request(mfa_context *context, const mfa_request *r, mfa_attention_desc *out) {
  if (mfa_layout_empty(&r->out.layout)) return run_nothing(out);
  mfa_variant variant;
  mfa_variant_of(r, context->gpu, &variant);
  const mfa_pipeline *pipeline, *join = NULL;
  out->cached = true;
  int32_t status = pipeline_for(context, &variant, &pipeline, out);
  if (status != MFA_SUCCESS) return status;
  mfa_plan plan;
  if ((status = mfa_plan_init(&plan, r, context->gpu, pipeline))) return status;
  if (plan.parts) {
    const mfa_variant joining = mfa_join_of(&variant);
    if ((status = pipeline_for(context, &joining, &join, out))) return status;
  }

  mfa_binding mask = {0};
  bool wrapped = r->has_mask && !r->mask.buffer && r->mask.begin < r->mask.end;
  if (wrapped) {
    status = mfa_wrap(context->gpu, r->desc->mask, r->mask.end - r->mask.begin, "mask", &mask);
    if (status != MFA_SUCCESS) return status;
  } else if (r->mask.buffer) {
    mask = (mfa_binding){r->mask.buffer->memory, r->mask.buffer->offset};
  }
  status = dispatch(context, r, &plan, pipeline->pipeline, join ? join->pipeline : NULL, &mask, out);
  if (wrapped) context->gpu->api.free_buffer(context->gpu->api.device, mask.memory);
  return status;
}

static void count_success(mfa_context *context, const mfa_attention_desc *d) {
  pthread_mutex_lock(&context->lock);
  context->latency = d->gpu_seconds;
  context->calls++;
  if (d->batch && d->q_len) context->dispatches += d->dispatches ? d->dispatches : 1;
  pthread_mutex_unlock(&context->lock);
}

void mfa_count_refusal(mfa_context *context) {
  pthread_mutex_lock(&context->lock);
  context->latency = 0.0;
  context->refused++;
  pthread_mutex_unlock(&context->lock);
}

int32_t mfa_forward(mfa_context_t handle, mfa_attention_desc *d) {
  double begin = now();
  d->gpu_seconds = d->wall_seconds = d->compile_seconds = 0;
  d->cached = false;
  d->bytes_copied = 0;
  mfa_context *context = mfa_context_acquire(handle);
  if (!context) return MFA_ERROR_INVALID_ARGS;
  mfa_request request;
  int32_t status = mfa_request_init(&request, context, d);
  if (status == MFA_SUCCESS) status = run_request(context, &request, d);
  mfa_request_release(&request);
  d->wall_seconds = now() - begin;
  if (status == MFA_SUCCESS) count_success(context, d);
  else mfa_count_refusal(context);
  mfa_object_release(&context->object);
  return status;
}
