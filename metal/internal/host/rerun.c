//go:build linux

/* A threadgroup that vectors could not carry out: memory that is not there, threads at different barriers, an assertion.
 * Fibers run that threadgroup again, so that the report names thread and line as ever. */
#include "internal.h"

/* Leaves the threadgroup. Does not return. */
void host_hand_to_fibers(struct msl_lane *lane, int why) {
  struct group *g = group_of(lane);
  g->why = why;
  atomic_store(&g->worker->critical, 1);
  host_resume(g->host_stack, RUN_ON_FIBERS);
  __builtin_unreachable();
}

static const char *const reasons[] = {
    [MSL_AGAIN_FAULT] = "its code for vectors met a fault that theirs does not",
    [MSL_AGAIN_PARTED] = "its threads may come to a barrier in parts",
    [MSL_AGAIN_PLACE] = "a vector lies at an address that is no multiple of its size",
};

/* Runs the threadgroup that `wide` ended with on fibers, and reports what they report. Where they find nothing the dispatch
 * fails all the same: what the threadgroup had written when it was left may have been written twice. */
gpu_status host_rerun_on_fibers(gpu_device *device, const struct job *wide, double deadline, char *message, size_t message_bytes) {
  gpu_pipeline *fibers = host_fibers_of(wide->pipeline, message, message_bytes);
  if (!fibers) return GPU_COMPILE;
  struct job job = *wide;
  job.pipeline = fibers;
  job.wide = false;
  job.only = atomic_load(&wide->rerun);
  atomic_store(&job.rerun, 0);
  atomic_store(&job.next, 0);
  atomic_store(&job.failed, 0);
  atomic_store(&job.cancelled, 0);
  atomic_store(&job.done, false);
  job.active = 0;
  job.started = job.ended = 0;
  job.status = GPU_OK;
  job.following = NULL;
  gpu_status status = host_run_job(device, &job, deadline, message, message_bytes);
  if (status != GPU_OK) return status;
  uint64_t index = job.only - 1;
  return gpu_refuse(message, message_bytes, GPU_EXECUTION,
                     "kernel %s: engine wide cannot carry out threadgroup (%llu,%llu,%llu), and fibers find nothing wrong with "
                     "it: %s; engine fibers runs it", wide->pipeline->entry->name,
                     (unsigned long long)(index % job.groups[0]), (unsigned long long)(index / job.groups[0] % job.groups[1]),
                     (unsigned long long)(index / job.groups[0] / job.groups[1]), reasons[wide->why]);
}
