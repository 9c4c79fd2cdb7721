//go:build linux

/* Running a pipeline: first everything that a real device would refuse is refused, then it runs. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

struct reason {
  char *text;
  size_t bytes;
};

#define REFUSE(...) return gpu_refuse(r->text, r->bytes, GPU_INVALID, __VA_ARGS__)

static gpu_status check_shape(const gpu_dispatch *d, struct job *job, struct reason *r) {
  static const char axes[] = "xyz";
  uint64_t threads = 1;
  for (int i = 0; i < 3; i++) {
    if (d->threadgroup[i] == 0)
      REFUSE("threadgroup (%u,%u,%u) is empty; each size is at least 1", d->threadgroup[0], d->threadgroup[1],
             d->threadgroup[2]);
    if (d->grid[i] == 0)
      REFUSE("grid (%u,%u,%u) is empty and would run nothing; each size is at least 1", d->grid[0], d->grid[1],
             d->grid[2]);
    if (d->threadgroup[i] > MAX_THREADS) threads = MAX_THREADS + 1;
    else threads *= d->threadgroup[i];
  }
  if (threads > d->pipeline->max_threads)
    REFUSE("kernel %s: a threadgroup of (%u,%u,%u) has more threads than the pipeline's maximum of %u",
           d->pipeline->entry->name, d->threadgroup[0], d->threadgroup[1], d->threadgroup[2], d->pipeline->max_threads);
  job->total = 1;
  for (int i = 0; i < 3; i++) {
    uint64_t in_threads = d->grid_in_threads ? d->grid[i] : (uint64_t)d->grid[i] * d->threadgroup[i];
    if (in_threads > UINT32_MAX)
      REFUSE("grid %c: %llu threads; thread positions have 32 bits", axes[i], (unsigned long long)in_threads);
    job->grid[i] = (uint32_t)in_threads;
    job->groups[i] = d->grid_in_threads ? (uint32_t)((d->grid[i] - 1) / d->threadgroup[i] + 1) : d->grid[i];
    if (job->total > (uint64_t)1 << 40 || (job->total *= job->groups[i]) > (uint64_t)1 << 40)
      REFUSE("the grid has more than 2^40 threadgroups");
  }
  return GPU_OK;
}

static gpu_status bind_buffer(const gpu_dispatch *d, const gpu_binding *b, struct job *job, struct reason *r) {
  if (!b->buffer) REFUSE("buffer %u: no buffer is given", b->index);
  if (b->buffer->device != d->pipeline->device) REFUSE("buffer %u belongs to another device", b->index);
  if (b->offset >= b->buffer->bytes)
    REFUSE("buffer %u: offset %llu is beyond the buffer's %llu bytes", b->index, (unsigned long long)b->offset,
           (unsigned long long)b->buffer->bytes);
  job->buffers[b->index] = b->buffer->contents + b->offset;
  return GPU_OK;
}

static uint64_t room_for(const gpu_binding *b) { return (b->length + BYTES_ALIGN - 1) / BYTES_ALIGN * BYTES_ALIGN; }

static gpu_status bind_bytes(const gpu_binding *b, struct job *job, struct reason *r) {
  if (!b->bytes || b->length == 0) REFUSE("buffer %u: no bytes are given", b->index);
  if (b->length > GPU_MAX_BYTES)
    REFUSE("buffer %u: %llu bytes; at most %u go without a buffer", b->index, (unsigned long long)b->length,
           GPU_MAX_BYTES);
  job->given_bytes += room_for(b);
  return GPU_OK;
}

/* Copies what is given without a buffer, as Metal does: the caller's bytes may lie at any address, and the kernel's type
 * may want one that is a multiple of its size. */
static gpu_status copy_bytes(const gpu_dispatch *d, struct job *job, struct reason *r) {
  if (!job->given_bytes) return GPU_OK;
  unsigned char *at = job->given = aligned_alloc(BYTES_ALIGN, job->given_bytes);
  if (!at)
    return gpu_refuse(r->text, r->bytes, GPU_NO_MEMORY, "no memory for the %llu bytes that are given without a buffer",
                       (unsigned long long)job->given_bytes);
  for (uint32_t i = 0; i < d->binding_count; i++) {
    const gpu_binding *b = &d->bindings[i];
    if (b->kind != GPU_BIND_BYTES) continue;
    job->buffers[b->index] = memcpy(at, b->bytes, b->length);
    at += room_for(b);
  }
  return GPU_OK;
}

static gpu_status bind_threadgroup(const gpu_dispatch *d, const gpu_binding *b, struct job *job, struct reason *r) {
  uint64_t limit = d->pipeline->device->options.max_threadgroup_memory;
  if (b->length == 0 || b->length % 16)
    REFUSE("threadgroup memory %u: %llu bytes; a multiple of 16 is wanted", b->index, (unsigned long long)b->length);
  if (b->length > limit)
    REFUSE("threadgroup memory %u: %llu bytes; there are %llu", b->index, (unsigned long long)b->length,
           (unsigned long long)limit);
  job->threadgroup_bytes[b->index] = (uint32_t)b->length;
  job->threadgroup_mask |= 1u << b->index;
  return GPU_OK;
}

static gpu_status check_bindings(const gpu_dispatch *d, struct job *job, struct reason *r) {
  if (d->binding_count && !d->bindings) REFUSE("bindings is NULL but binding_count is %u", d->binding_count);
  uint32_t buffers = 0;
  uint64_t threadgroup_bytes = 0;
  for (uint32_t i = 0; i < d->binding_count; i++) {
    const gpu_binding *b = &d->bindings[i];
    bool local = b->kind == GPU_BIND_THREADGROUP;
    if (b->kind != GPU_BIND_BUFFER && b->kind != GPU_BIND_BYTES && b->kind != GPU_BIND_NULL && !local)
      REFUSE("binding %u: kind %d is none of buffer, bytes, threadgroup, null", i, (int)b->kind);
    if (b->index >= GPU_MAX_BUFFERS)
      REFUSE("%s index %u; indices are 0 to %u", local ? "threadgroup memory" : "buffer", b->index, GPU_MAX_BUFFERS - 1);
    uint32_t *taken = local ? &job->threadgroup_mask : &buffers;
    if (*taken >> b->index & 1) REFUSE("%s %u is bound twice", local ? "threadgroup memory" : "buffer", b->index);
    gpu_status status = local ? bind_threadgroup(d, b, job, r)
                        : b->kind == GPU_BIND_NULL  ? GPU_OK /* the slots begin as null pointers */
                        : b->kind == GPU_BIND_BYTES ? bind_bytes(b, job, r)
                                                    : bind_buffer(d, b, job, r);
    if (status != GPU_OK) return status;
    *taken |= 1u << b->index;
    if (local) threadgroup_bytes += b->length;
  }
  const gpu_pipeline *p = d->pipeline;
  const char *name = p->entry->name;
  uint64_t limit = p->device->options.max_threadgroup_memory;
  if (p->buffers & ~buffers)
    REFUSE("kernel %s: buffer %d is named by the kernel and nothing is bound to it", name, __builtin_ctz(p->buffers & ~buffers));
  if (p->threadgroup_args & ~job->threadgroup_mask)
    REFUSE("kernel %s: threadgroup memory %d is named by the kernel and has no length", name,
           __builtin_ctz(p->threadgroup_args & ~job->threadgroup_mask));
  if (threadgroup_bytes > limit)
    REFUSE("kernel %s: %llu bytes of threadgroup memory; there are %llu", name,
           (unsigned long long)threadgroup_bytes, (unsigned long long)limit);
  return GPU_OK;
}

static uint64_t gcd(uint64_t a, uint64_t b) {
  while (b) {
    uint64_t c = a % b;
    a = b;
    b = c;
  }
  return a;
}

/* A permutation of the threadgroups that the seed decides: n -> (n * stride + shift) mod total. */
static void shuffle(const gpu_device *device, struct job *job) {
  uint64_t r = host_mix(device->options.seed);
  job->shift = r % job->total;
  job->stride = host_mix(r) % job->total;
  while (gcd(job->stride, job->total) != 1) job->stride = (job->stride + 1) % (job->total + 1);
}

static gpu_status run_once(gpu_device *device, const struct job *plan, double deadline,
                           double *seconds, struct reason *r) {
  struct job job = *plan;
  gpu_status status = GPU_OK;
  size_t reports_before = device->options.check ? host_report_count(device) : 0;
  if (device->options.check) status = host_check_begin(&job, r->text, r->bytes);
  if (status == GPU_OK) status = host_run_job(device, &job, deadline, r->text, r->bytes);
  if (atomic_load(&job.rerun)) status = host_rerun_on_fibers(device, &job, deadline, r->text, r->bytes);
  if (job.check && status == GPU_OK) host_check_rerun(&job, plan, deadline, reports_before);
  if (job.check) host_check_end(&job);
  if (seconds) *seconds = job.ended - job.started;
  gpu_pipeline *p = job.pipeline;
  if (device->options.engine == HOST_AUTO && p->program && !p->wide && job.ended > job.started)
    atomic_fetch_add(&p->nanoseconds, (uint64_t)((job.ended - job.started) * 1e9));
  return status;
}

/* The pipeline that runs a dispatch: the one that was asked for, or its kernel's on fibers where HOST_AUTO wants these. */
static gpu_pipeline *chosen(gpu_pipeline *asked, struct reason *r) {
  const host_options *o = &asked->device->options;
  if (o->engine != HOST_AUTO || !o->choose || o->choose(o->compile_context, asked->wide) || !asked->wide) return asked;
  return host_fibers_of(asked, r->text, r->bytes);
}

gpu_status host_run(gpu_device *device, const gpu_dispatch *d, char *message, size_t message_bytes) {
  struct reason reason = {message, message_bytes}, *r = &reason;
  if (host_is_forked()) return host_refuse_forked(message, message_bytes);
  if (!d || !d->pipeline) REFUSE("a dispatch needs a pipeline");
  if (d->pipeline->device != device) REFUSE("the pipeline belongs to another device");
  if (d->repeat == 0) REFUSE("repeat is 0 and would run nothing; at least 1 is wanted");
  if (!(d->deadline_seconds >= 0)) REFUSE("deadline_seconds is negative or not a number; 0 means none");
  struct job job;
  memset(&job, 0, sizeof job);
  job.dispatch = d;
  if (!(job.pipeline = chosen(d->pipeline, r))) return GPU_COMPILE;
  job.wide = job.pipeline->wide;
  gpu_status status = check_shape(d, &job, r);
  if (status == GPU_OK) status = check_bindings(d, &job, r);
  if (status == GPU_OK) status = copy_bytes(d, &job, r);
  if (status != GPU_OK) return status;
  shuffle(device, &job);
  double deadline = d->deadline_seconds > 0 ? gpu_now() + d->deadline_seconds : 0;
  for (uint32_t i = 0; i < d->repeat && status == GPU_OK; i++)
    status = run_once(device, &job, deadline, d->seconds ? &d->seconds[i] : NULL, r);
  free(job.given);
  return status;
}
