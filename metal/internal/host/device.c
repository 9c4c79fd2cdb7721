//go:build linux

#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#if defined(__x86_64__)
#define MACHINE "x86-64"
#else
#define MACHINE "arm64"
#endif

/* Processors that this process may use. */
static uint32_t processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return (uint32_t)CPU_COUNT(&set);
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n > 0 ? (uint32_t)n : 1;
}

static gpu_status describe(gpu_device *d, gpu_device_info *out) {
  if (!out) return GPU_INVALID;
  memset(out, 0, sizeof *out);
  snprintf(out->name, sizeof out->name, "host (%s, %u thread%s%s)", MACHINE, d->worker_count,
           d->worker_count == 1 ? "" : "s", d->options.check ? ", checked" : "");
  snprintf(out->toolchain, sizeof out->toolchain, "%s", d->toolchain);
  out->simd_width = MSL_SIMD_WIDTH;
  out->max_threads_per_threadgroup = d->options.max_threads;
  out->max_threadgroup_memory = d->options.max_threadgroup_memory;
  out->max_buffer_bytes = (uint64_t)1 << 46;
  out->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
  out->deterministic = true;
  return GPU_OK;
}

static gpu_status check_options(const host_options *o, char *message, size_t message_bytes) {
  if ((unsigned)o->order > HOST_LOCKSTEP)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "order %d is none of forward, reverse, random, lockstep", (int)o->order);
  if ((unsigned)o->fill > HOST_FILL_GARBAGE)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "fill %d is none of NaN, zero, garbage", (int)o->fill);
  if ((unsigned)o->math > HOST_MATH_FAST_FOLDED)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "math %d is none of as asked, safe, fast, fast-folded", (int)o->math);
  if ((unsigned)o->engine > HOST_AUTO)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "engine %d is none of fibers, wide, auto", (int)o->engine);
  if (o->engine == HOST_AUTO && !o->compile)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "engine auto needs a compiler of the caller's; fibers and wide do not");
  if (o->max_threads > MAX_THREADS)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "max_threads is %u; at most %u", o->max_threads, MAX_THREADS);
  if (o->max_threadgroup_memory > MAX_THREADGROUP_MEMORY)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "max_threadgroup_memory is %llu bytes; at most %u",
                       (unsigned long long)o->max_threadgroup_memory, MAX_THREADGROUP_MEMORY);
  if (o->workers > MAX_WORKERS)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "workers is %u; at most %u", o->workers, MAX_WORKERS);
  return GPU_OK;
}

gpu_status host_device_create(const host_options *options, gpu_api *out, char *message, size_t message_bytes) {
  static const host_options plain;
  if (!out) return gpu_refuse(message, message_bytes, GPU_INVALID, "out is NULL; a place for the six calls is wanted");
  memset(out, 0, sizeof *out);
  if (host_is_forked()) return host_refuse_forked(message, message_bytes);
  host_watch_forks();
  if (!options) options = &plain;
  gpu_status status = check_options(options, message, message_bytes);
  if (status != GPU_OK) return status;
  gpu_device *d = calloc(1, sizeof *d);
  if (!d) return gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory for a device");
  d->options = *options;
  if (d->options.max_threads == 0) d->options.max_threads = MAX_THREADS;
  if (d->options.max_threadgroup_memory == 0) d->options.max_threadgroup_memory = 32768;
  if (!d->options.compile) d->options.compile = host_compile_by_command;
  snprintf(d->toolchain, sizeof d->toolchain, "%s", options->toolchain ? options->toolchain : "attest msl");
  d->options.toolchain = d->toolchain;
  d->worker_count = options->workers ? options->workers : processors();
  if (d->worker_count > MAX_WORKERS) d->worker_count = MAX_WORKERS;
  if (options->check || options->order == HOST_LOCKSTEP) d->options.engine = HOST_FIBERS;
  if (options->check) d->worker_count = 1; /* one order of events, and so the same reports each time */
  pthread_mutex_init(&d->lock, NULL);
  pthread_cond_init(&d->work, NULL);
  host_install_signals();
  *out = (gpu_api){GPU_DEVICE_ABI,        d,        describe,         host_make_buffer,
                   host_compile_pipeline, host_run, host_free_buffer, host_free_pipeline};
  return GPU_OK;
}

void host_device_destroy(gpu_device *d) {
  if (!d || host_is_forked()) return; /* in a child: its memory goes with the process */
  host_stop_workers(d);
  host_drop_reports(d);
  host_drop_messages(d);
  host_unload_all(d);
  pthread_cond_destroy(&d->work);
  pthread_mutex_destroy(&d->lock);
  free(d);
}
