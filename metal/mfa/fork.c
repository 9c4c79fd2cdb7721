/* A child of fork() has the library's memory but none of the device's threads, and maybe a lock that a thread which is not
 * there holds. So in it every call that would need them is refused before it takes a lock. A child that calls exec is
 * another program and not concerned. */
#include "internal.h"

static atomic_bool forked;
static pthread_once_t watched = PTHREAD_ONCE_INIT;

static void in_child(void) { atomic_store(&forked, true); }
static void watch(void) { pthread_atfork(NULL, NULL, in_child); }

void mfa_watch_forks(void) { pthread_once(&watched, watch); }

bool mfa_is_forked(void) {
  if (!atomic_load_explicit(&forked, memory_order_relaxed)) return false;
  mfa_fail(MFA_ERROR_EXECUTION_FAILED, "this process was forked from one that had used the library, whose threads it does "
           "not have: fork before the first call of the library, or call exec in the child (in Python: the start method "
           "\"spawn\")");
  return true;
}
