//go:build linux

/* Running a pipeline: first everything that Metal would refuse is refused, then it runs. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "internal.h"

struct reason {
  char *text;
  size_t bytes;
};

#define REFUSE(...) return gpu_refuse(r->text, r->bytes, GPU_INVALID, __VA_ARGS__)

static gpu_status check_shape(const gpu_dispatch *d, struct msl_launch *launch, uint32_t *threads_out, uint64_t *total, struct reason *r) {
  static const char axes[] = "xyz";
  uint64_t threads = 1;
  for (int i = 0; i < 3; i++) {
    if (d->threadgroup[i] == 0)
      REFUSE("threadgroup (%u,%u,%u) is empty; each size is at least 1", d->threadgroup[0], d->threadgroup[1], d->threadgroup[2]);
    if (d->grid[i] == 0)
      REFUSE("grid (%u,%u,%u) is empty and would run nothing; each size is at least 1", d->grid[0], d->grid[1], d->grid[2]);
    threads = d->threadgroup[i] > MOST_THREADS ? MOST_THREADS + 1 : threads * d->threadgroup[i];
  }
  if (threads > d->pipeline->max_threads)
    REFUSE("kernel %s: a threadgroup of (%u,%u,%u) has more threads than the pipeline's maximum of %u", d->pipeline->name,
           d->threadgroup[0], d->threadgroup[1], d->threadgroup[2], d->pipeline->max_threads);
  *total = 1;
  for (int i = 0; i < 3; i++) {
    uint64_t in_threads = d->grid_in_threads ? d->grid[i] : (uint64_t)d->grid[i] * d->threadgroup[i];
    if (in_threads > UINT32_MAX)
      REFUSE("grid %c: %llu threads; thread positions have 32 bits", axes[i], (unsigned long long)in_threads);
    launch->full_size[i] = d->threadgroup[i];
    launch->grid[i] = (uint32_t)in_threads;
    launch->groups[i] = d->grid_in_threads ? (d->grid[i] - 1) / d->threadgroup[i] + 1 : d->grid[i];
    if (*total > (uint64_t)1 << 40 || (*total *= launch->groups[i]) > (uint64_t)1 << 40)
      REFUSE("the grid has more than 2^40 threadgroups");
  }
  *threads_out = ((uint32_t)threads + SIMD_WIDTH - 1) / SIMD_WIDTH * SIMD_WIDTH;
  launch->flat = launch->groups[0] > INT32_MAX || launch->groups[1] > 65535 || launch->groups[2] > 65535;
  return GPU_OK;
}

static gpu_status check_binding(const gpu_dispatch *d, uint32_t i, struct reason *r) {
  const gpu_binding *b = &d->bindings[i];
  switch (b->kind) {
  case GPU_BIND_NULL:
    return GPU_OK;
  case GPU_BIND_BUFFER:
    if (!b->buffer) REFUSE("buffer %u: no buffer is given", b->index);
    if (b->buffer->device != d->pipeline->device) REFUSE("buffer %u belongs to another device", b->index);
    if (b->offset >= b->buffer->bytes)
      REFUSE("buffer %u: offset %llu is beyond the buffer's %llu bytes", b->index, (unsigned long long)b->offset,
             (unsigned long long)b->buffer->bytes);
    return GPU_OK;
  case GPU_BIND_BYTES:
    if (!b->bytes || b->length == 0) REFUSE("buffer %u: no bytes are given", b->index);
    if (b->length > GPU_MAX_BYTES)
      REFUSE("buffer %u: %llu bytes; at most %u go without a buffer", b->index, (unsigned long long)b->length, GPU_MAX_BYTES);
    return GPU_OK;
  case GPU_BIND_THREADGROUP:
    if (b->length == 0 || b->length % 16)
      REFUSE("threadgroup memory %u: %llu bytes; a multiple of 16 is wanted", b->index, (unsigned long long)b->length);
    if (b->length > (uint64_t)d->pipeline->device->threadgroup_bytes)
      REFUSE("threadgroup memory %u: %llu bytes; there are %d", b->index, (unsigned long long)b->length,
             d->pipeline->device->threadgroup_bytes);
    return GPU_OK;
  }
  REFUSE("binding %u: kind %d is none of buffer, bytes, threadgroup, null", i, (int)b->kind);
}

static gpu_status check_bindings(const gpu_dispatch *d, uint64_t *threadgroup_bytes, struct reason *r) {
  if (d->binding_count && !d->bindings) REFUSE("bindings is NULL but binding_count is %u", d->binding_count);
  uint32_t buffers = 0, arguments = 0;
  *threadgroup_bytes = 0;
  for (uint32_t i = 0; i < d->binding_count; i++) {
    const gpu_binding *b = &d->bindings[i];
    bool local = b->kind == GPU_BIND_THREADGROUP;
    if (b->index >= GPU_MAX_BUFFERS)
      REFUSE("%s index %u; indices are 0 to %u", local ? "threadgroup memory" : "buffer", b->index, GPU_MAX_BUFFERS - 1);
    uint32_t *taken = local ? &arguments : &buffers;
    if (*taken >> b->index & 1) REFUSE("%s %u is bound twice", local ? "threadgroup memory" : "buffer", b->index);
    gpu_status status = check_binding(d, i, r);
    if (status != GPU_OK) return status;
    *taken |= 1u << b->index;
    if (local) *threadgroup_bytes += b->length;
  }
  const gpu_pipeline *p = d->pipeline;
  if (p->buffers & ~buffers)
    REFUSE("kernel %s: buffer %d is named by the kernel and nothing is bound to it", p->name, __builtin_ctz(p->buffers & ~buffers));
  if (p->threadgroup_args & ~arguments)
    REFUSE("kernel %s: threadgroup memory %d is named by the kernel and has no length", p->name,
           __builtin_ctz(p->threadgroup_args & ~arguments));
  if (*threadgroup_bytes > (uint64_t)p->device->threadgroup_bytes)
    REFUSE("kernel %s: %llu bytes of threadgroup memory; there are %d", p->name, (unsigned long long)*threadgroup_bytes,
           p->device->threadgroup_bytes);
  return GPU_OK;
}

/* Places [[threadgroup(i)]] memory behind what the module needs for itself, and returns the bytes of all. */
static uint32_t place_arguments(const gpu_dispatch *d, uint32_t threads, struct msl_launch *launch) {
  uint32_t at = MSL_CLAIM_BYTES + MSL_PATH_BYTES(d->pipeline->depth, threads);
  for (uint32_t i = 0; i < d->binding_count; i++) {
    const gpu_binding *b = &d->bindings[i];
    if (b->kind != GPU_BIND_THREADGROUP) continue;
    at = (at + 127) / 128 * 128;
    launch->threadgroup_args[b->index] = at;
    at += (uint32_t)b->length;
  }
  return at;
}

static gpu_status check_shared(const gpu_pipeline *p, const cuda_variant *v, uint64_t arguments, uint32_t dynamic, struct reason *r) {
  const gpu_device *d = p->device;
  if ((uint64_t)v->shared_bytes + arguments > (uint64_t)d->threadgroup_bytes)
    REFUSE("kernel %s: %llu bytes of threadgroup memory, %d of them the kernel's own variables; there are %d", p->name,
           (unsigned long long)(arguments + v->shared_bytes), v->shared_bytes, d->threadgroup_bytes);
  if ((int64_t)v->shared_bytes + dynamic > d->shared_bytes)
    return gpu_refuse(r->text, r->bytes, GPU_UNSUPPORTED,
                       "kernel %s: its threads' paths need %u bytes of shared memory beside the kernel's; the GPU has %d", p->name,
                       dynamic, d->shared_bytes);
  cu_result result = dynamic > 48 * 1024 || v->shared_bytes + dynamic > 48 * 1024
                         ? d->cu->function_set(v->function, CU_FUNCTION_MAX_DYNAMIC_SHARED, (int)dynamic)
                         : CU_SUCCESS;
  return cuda_fail(p->device, result, r->text, r->bytes, "give a kernel its shared memory");
}

static gpu_status launch_once(gpu_pipeline *p, const cuda_variant *v, struct msl_launch *launch, uint64_t total, uint32_t threads,
                              uint32_t shared, struct reason *r) {
  gpu_device *d = p->device;
  void *arguments[] = {launch};
  if (!launch->flat)
    return cuda_fail(d, d->cu->launch(v->function, launch->groups[0], launch->groups[1], launch->groups[2], threads, 1, 1, shared,
                                      d->stream, arguments, NULL), r->text, r->bytes, "launch a kernel");
  for (launch->first = 0; launch->first < total;) {
    uint64_t left = total - launch->first, now = left < INT32_MAX ? left : INT32_MAX;
    gpu_status status = cuda_fail(d, d->cu->launch(v->function, (unsigned)now, 1, 1, threads, 1, 1, shared, d->stream, arguments, NULL),
                                  r->text, r->bytes, "launch a kernel");
    if (status != GPU_OK) return status;
    launch->first += now;
  }
  return GPU_OK;
}

/* Why a kernel failed, in words like those of the processor's device. */
static const char *fault_words(cu_result result) {
  switch (result) {
  case CU_ILLEGAL_ADDRESS: return "an access to an address where no memory is";
  case CU_MISALIGNED_ADDRESS: return "an access to a misaligned address";
  case CU_ILLEGAL_INSTRUCTION: return "an illegal instruction";
  case CU_HARDWARE_STACK: return "a thread needs more stack than it has";
  case CU_INVALID_ADDRESS_SPACE: return "an access to an address of another address space";
  case CU_INVALID_PC: return "a jump to where no code is";
  case CU_LAUNCH_FAILED: return "the kernel stopped with a fault (a trap, or an access beyond threadgroup memory)";
  case CU_LAUNCH_TIMEOUT: return "the driver stopped the kernel for the time it took";
  }
  return NULL;
}

static void null_slots(const gpu_dispatch *d, char *text, size_t bytes) {
  size_t used = 0;
  *text = 0;
  for (uint32_t i = 0; i < d->binding_count; i++)
    if (d->bindings[i].kind == GPU_BIND_NULL && used + 48 < bytes)
      used += (size_t)snprintf(text + used, bytes - used, "%s buffer %u is bound to a null pointer", used ? "," : ";", d->bindings[i].index);
}

static gpu_status describe_failure(const gpu_dispatch *d, cu_result result, struct reason *r) {
  char words[256], slots[512];
  const char *fault = fault_words(result);
  null_slots(d, slots, sizeof slots);
  cuda_error_words(d->pipeline->device->cu, result, words, sizeof words);
  return gpu_refuse(r->text, r->bytes, GPU_EXECUTION, "kernel %s: %s (%s)%s", d->pipeline->name, fault ? fault : "it failed", words,
                     result == CU_ILLEGAL_ADDRESS ? slots : "");
}

/* Waits for all that was launched. Looks often at first: most kernels are short. */
static gpu_status await(const gpu_dispatch *d, double deadline, struct reason *r) {
  gpu_device *device = d->pipeline->device;
  double start = gpu_now();
  for (;;) {
    cu_result result = device->cu->stream_query(device->stream);
    if (result == CU_SUCCESS) return GPU_OK;
    if (result != CU_NOT_READY) {
      gpu_status status = describe_failure(d, result, r);
      device->lost = true;
      cuda_abandon(device, false);
      return status;
    }
    double now = gpu_now();
    if (deadline > 0 && now > deadline) {
      device->lost = true;
      cuda_abandon(device, true);
      return gpu_refuse(r->text, r->bytes, GPU_EXECUTION,
                         "kernel %s: stopped at its deadline: the GPU's context is made anew, and what ran there ends with this "
                         "process at the latest", d->pipeline->name);
    }
    if (now - start > 200e-6) {
      struct timespec pause = {0, now - start > 20e-3 ? 1000000 : 50000};
      nanosleep(&pause, NULL);
    }
  }
}

/* Puts so many dispatches into the stream, with an event before the first and behind each. */
static gpu_status launch_all(const gpu_dispatch *d, const cuda_variant *v, struct msl_launch *launch, uint64_t total, uint32_t threads,
                             uint32_t shared, uint32_t count, unsigned event_flags, struct reason *r) {
  gpu_device *device = d->pipeline->device;
  gpu_status status = cuda_fail(device, device->cu->event_record(device->events[0], device->stream, event_flags), r->text, r->bytes,
                                "note the time");
  for (uint32_t i = 0; i < count && status == GPU_OK; i++) {
    status = launch_once(d->pipeline, v, launch, total, threads, shared, r);
    if (status == GPU_OK)
      status = cuda_fail(device, device->cu->event_record(device->events[i + 1], device->stream, event_flags), r->text, r->bytes,
                         "note the time");
  }
  return status;
}

/* Several dispatches as one graph, so that the GPU waits for no launch between them. */
typedef struct {
  cu_graph graph;
  cu_graph_made made;
} dispatch_graph;

static gpu_status make_graph(const gpu_dispatch *d, const cuda_variant *v, struct msl_launch *launch, uint64_t total, uint32_t threads,
                             uint32_t shared, uint32_t count, dispatch_graph *g, struct reason *r) {
  gpu_device *device = d->pipeline->device;
  const cuda_driver *cu = device->cu;
  gpu_status status = cuda_fail(device, cu->capture_begin(device->stream, CU_CAPTURE_THREAD_LOCAL), r->text, r->bytes, "begin a graph");
  if (status != GPU_OK) return status;
  status = launch_all(d, v, launch, total, threads, shared, count, CU_EVENT_RECORD_EXTERNAL, r);
  cu_result ended = cu->capture_end(device->stream, &g->graph); /* also where a launch was refused */
  if (status == GPU_OK) status = cuda_fail(device, ended, r->text, r->bytes, "end a graph");
  if (status == GPU_OK) status = cuda_fail(device, cu->graph_make(&g->made, g->graph, 0), r->text, r->bytes, "make a graph of dispatches");
  return status;
}

static void drop_graph(gpu_device *device, dispatch_graph *g) {
  if (device->context && !device->lost) { /* else they went with their context */
    if (g->made) device->cu->graph_made_destroy(g->made);
    if (g->graph) device->cu->graph_destroy(g->graph);
  }
}

static gpu_status run_some(const gpu_dispatch *d, const cuda_variant *v, struct msl_launch *launch, uint64_t total, uint32_t threads,
                           uint32_t shared, uint32_t count, double *seconds, double deadline, struct reason *r) {
  gpu_device *device = d->pipeline->device;
  dispatch_graph graph = {NULL, NULL};
  gpu_status status;
  if (count == 1) {
    status = launch_all(d, v, launch, total, threads, shared, count, 0, r);
  } else {
    status = make_graph(d, v, launch, total, threads, shared, count, &graph, r);
    if (status == GPU_OK)
      status = cuda_fail(device, device->cu->graph_launch(graph.made, device->stream), r->text, r->bytes, "launch a graph of dispatches");
  }
  if (status == GPU_OK) status = await(d, deadline, r);
  for (uint32_t i = 0; i < count && seconds && status == GPU_OK; i++) {
    float milliseconds = 0;
    status = cuda_fail(device, device->cu->event_elapsed(&milliseconds, device->events[i], device->events[i + 1]), r->text, r->bytes,
                       "read the time");
    seconds[i] = 1e-3 * (double)milliseconds;
  }
  drop_graph(device, &graph);
  return status;
}

static gpu_status run_all(const gpu_dispatch *d, const cuda_variant *v, struct msl_launch *launch, uint64_t total, uint32_t threads,
                          uint32_t shared, double deadline, struct reason *r) {
  for (uint32_t done = 0; done < d->repeat;) {
    uint32_t now = d->repeat - done < EVENTS - 1 ? d->repeat - done : EVENTS - 1;
    gpu_status status = run_some(d, v, launch, total, threads, shared, now, d->seconds ? d->seconds + done : NULL, deadline, r);
    if (status != GPU_OK) return status;
    done += now;
  }
  return GPU_OK;
}

/* What comes before and after the kernel is the driver's work: a context, machine code, memory. It waits for all other
 * processes that use a GPU of this machine, be it a minute, and none of that is a kernel that hangs. */
static void preparing(gpu_device *device, bool begins) {
  if (device->options.preparing) device->options.preparing(device->options.compile_context, begins);
}

static gpu_status prepare_kernel(const gpu_dispatch *d, struct msl_launch *launch, uint32_t threads, uint64_t threadgroup_bytes,
                                 const cuda_variant **v, uint32_t *shared, struct reason *r) {
  gpu_status status = cuda_enter(d->pipeline->device, r->text, r->bytes);
  if (status == GPU_OK) status = cuda_variant_for(d->pipeline, threads, v, r->text, r->bytes);
  if (status != GPU_OK) return status;
  *shared = place_arguments(d, threads, launch);
  return check_shared(d->pipeline, *v, threadgroup_bytes, *shared, r);
}

static gpu_status run_locked(const gpu_dispatch *d, struct msl_launch *launch, uint64_t total, uint32_t threads, uint64_t threadgroup_bytes,
                             struct reason *r) {
  gpu_device *device = d->pipeline->device;
  const cuda_variant *v;
  uint32_t shared;
  preparing(device, true);
  gpu_status status = prepare_kernel(d, launch, threads, threadgroup_bytes, &v, &shared, r);
  preparing(device, false);
  if (status != GPU_OK) return status;
  cuda_memory_map memory;
  bool whole = false;
  do {
    preparing(device, true);
    status = cuda_bring_in(device, d, whole, &memory, launch, r->text, r->bytes);
    preparing(device, false);
    double deadline = d->deadline_seconds > 0 ? gpu_now() + d->deadline_seconds : 0; /* the driver has compiled by now, and copied */
    if (status == GPU_OK) status = run_all(d, v, launch, total, threads, shared, deadline, r);
    if (status == GPU_OK) status = cuda_bring_back(device, d->pipeline, &memory, r->text, r->bytes);
    preparing(device, true);
    cuda_leave(device, &memory);
    preparing(device, false);
    whole = true;
  } while (status == GPU_OK && memory.strayed);
  if (status == GPU_EXECUTION && device->context) { /* does the context work still? */
    cu_result left = device->cu->stream_query(device->stream);
    if (left != CU_SUCCESS && left != CU_NOT_READY) {
      device->lost = true;
      cuda_abandon(device, false);
    }
  }
  return status;
}

gpu_status cuda_run(gpu_device *device, const gpu_dispatch *d, char *message, size_t message_bytes) {
  struct reason reason = {message, message_bytes}, *r = &reason;
  if (!d || !d->pipeline) REFUSE("a dispatch needs a pipeline");
  if (d->pipeline->device != device) REFUSE("the pipeline belongs to another device");
  if (d->repeat == 0) REFUSE("repeat is 0 and would run nothing; at least 1 is wanted");
  if (!(d->deadline_seconds >= 0)) REFUSE("deadline_seconds is negative or not a number; 0 means none");
  struct msl_launch launch;
  memset(&launch, 0, sizeof launch);
  uint32_t threads = 0;
  uint64_t total = 0, threadgroup_bytes = 0;
  gpu_status status = check_shape(d, &launch, &threads, &total, r);
  if (status == GPU_OK) status = check_bindings(d, &threadgroup_bytes, r);
  if (status != GPU_OK) return status;
  pthread_mutex_lock(&device->lock);
  status = run_locked(d, &launch, total, threads, threadgroup_bytes, r);
  pthread_mutex_unlock(&device->lock);
  return status;
}
