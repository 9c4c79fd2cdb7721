//go:build linux

/* A child of fork() has a device's memory but not its threads: it would wait for them for ever. So a device refuses there.
 * A child that calls exec, as all that Go starts do, is not concerned. */
#include <pthread.h>
#include <stdatomic.h>

#include "internal.h"

static atomic_bool forked;
static pthread_once_t watched = PTHREAD_ONCE_INIT;

static void in_child(void) { atomic_store(&forked, true); }
static void watch(void) { pthread_atfork(NULL, NULL, in_child); }

void host_watch_forks(void) { pthread_once(&watched, watch); }
bool host_is_forked(void) { return atomic_load_explicit(&forked, memory_order_relaxed); }

gpu_status host_refuse_forked(char *message, size_t message_bytes) {
  return gpu_refuse(message, message_bytes, GPU_EXECUTION, "this process was forked from one that has a device, whose threads it "
                     "does not have: fork before the first device is made, or call exec in the child");
}
