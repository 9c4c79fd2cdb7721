//go:build linux

/* The context that all work on a GPU is done in. After a kernel that failed nothing works in it any more, and while one does
 * not end nothing in it can be waited for; such a context is abandoned, and the next call makes a new one. After a failure
 * drivers of these years let a process make none any more; then every call fails with that reason. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static void forget(gpu_device *d) {
  d->context = NULL;
  d->stream = NULL;
  memset(d->events, 0, sizeof d->events);
  d->arena = 0;
  d->arena_bytes = 0;
  d->staging = NULL;
  d->staging_bytes = 0;
  cuda_spread_drop_kept(d); /* without a context it gives nothing back, and forgets */
}

gpu_status cuda_enter(gpu_device *d, char *message, size_t message_bytes) {
  if (d->context) return cuda_fail(d, d->cu->context_set(d->context), message, message_bytes, "take the GPU's context");
  cu_result r = d->cu->context_create(&d->context, CU_CONTEXT_BLOCKING_SYNC, d->handle);
  if (r != CU_SUCCESS) {
    d->context = NULL;
    return cuda_fail(d, r, message, message_bytes,
                     d->lost ? "make a new context on the GPU after a kernel failed there: this process has to end" : "make a context on the GPU");
  }
  d->generation++;
  r = d->cu->stream_create(&d->stream, CU_STREAM_NON_BLOCKING);
  for (int i = 0; i < EVENTS && r == CU_SUCCESS; i++) r = d->cu->event_create(&d->events[i], 0);
  if (r == CU_SUCCESS) return GPU_OK;
  cuda_abandon(d, false);
  return cuda_fail(d, r, message, message_bytes, "make a stream and events");
}

struct doomed {
  const cuda_driver *cu;
  cu_context context;
};

static void *destroy(void *argument) {
  struct doomed *doomed = argument;
  doomed->cu->context_destroy(doomed->context);
  free(doomed);
  return NULL;
}

/* Destroying a context waits for what runs in it. A thread of its own does that, since a kernel may never end. */
void cuda_abandon(gpu_device *d, bool running) {
  struct doomed *doomed = running ? malloc(sizeof *doomed) : NULL;
  pthread_t thread;
  if (doomed) {
    *doomed = (struct doomed){d->cu, d->context};
    if (pthread_create(&thread, NULL, destroy, doomed) == 0) pthread_detach(thread);
    else free(doomed);
  } else if (!running) {
    d->cu->context_destroy(d->context);
  }
  d->cu->context_set(NULL);
  forget(d);
}
