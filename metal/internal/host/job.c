//go:build linux

/* The first thing that goes wrong in a job is what its caller hears; the rest of it then stops. */
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

void host_job_fail(struct job *job, gpu_status status, const char *format, ...) {
  char text[sizeof job->message];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  int none = 0;
  if (!atomic_compare_exchange_strong(&job->failed, &none, 1)) return;
  job->status = status;
  snprintf(job->message, sizeof job->message, "%s", text);
}

void host_fail(struct msl_lane *lane, int line, const char *message) {
  struct group *g = group_of(lane);
  if (g->job->wide) host_hand_to_fibers(lane, line);
  atomic_store(&g->worker->critical, 1);
  host_job_fail(g->job, GPU_EXECUTION, "kernel %s, line %d: %s (thread %u of threadgroup (%u,%u,%u))",
                g->job->pipeline->entry->name, line, message, lane->thread, g->shared.position[0],
                g->shared.position[1], g->shared.position[2]);
  host_switch(&lane->stack_pointer, g->host_stack, RUN_FAILED);
}
