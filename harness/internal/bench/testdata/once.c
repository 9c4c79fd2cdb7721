/* A library with the mfa interface that sleeps instead of computing. As ONCE it dispatches a single time, however often
 * it is asked to, and spreads the time over all that were asked for: five times the speed for a caller who asks for
 * five. */
#include <stdlib.h>
#include <time.h>

#include "../../../../metal/mfa/mfa.h"

#define DISPATCH_SECONDS 0.002

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static double dispatch(void) {
  double begin = now();
  struct timespec t = {0, (long)(1e9 * DISPATCH_SECONDS)};
  nanosleep(&t, NULL);
  return now() - begin;
}

int32_t mfa_create_context(mfa_context_t *out) {
  *out = calloc(1, 1);
  return *out ? MFA_SUCCESS : MFA_ERROR_MEMORY_ALLOCATION;
}
void mfa_destroy_context(mfa_context_t context) { free(context); }

int32_t mfa_create_buffer(mfa_context_t context, size_t bytes, mfa_buffer_t *out) {
  (void)context;
  *out = calloc(1, bytes);
  return *out ? MFA_SUCCESS : MFA_ERROR_MEMORY_ALLOCATION;
}
int32_t mfa_buffer_from_ptr(mfa_context_t context, void *data, size_t bytes, mfa_buffer_t *out) {
  (void)data, (void)bytes;
  return mfa_create_buffer(context, 1, out);
}
void *mfa_buffer_contents(mfa_buffer_t buffer) { return buffer; }
void mfa_destroy_buffer(mfa_buffer_t buffer) { free(buffer); }

int32_t mfa_attention_forward_desc(mfa_context_t context, mfa_attention_desc *d) {
  (void)context;
  uint32_t asked = d->dispatches ? d->dispatches : 1;
  double begin = now();
#ifdef ONCE
  double once = dispatch();
  for (uint32_t i = 0; i < asked; i++) d->dispatch_seconds[i] = once / asked;
  d->gpu_seconds = once;
#else
  d->gpu_seconds = 0;
  for (uint32_t i = 0; i < asked; i++) d->gpu_seconds += d->dispatch_seconds[i] = dispatch();
#endif
  d->wall_seconds = now() - begin;
  return MFA_SUCCESS;
}
