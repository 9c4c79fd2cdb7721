#include "fuzz.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

static unsigned long failures, valid, refused;

static void fail(uint64_t n, const char *what, int32_t status) {
  fprintf(stderr, "call %llu: %s: status %d, last error: %s\n", (unsigned long long)n, what, status, mfa_last_error());
  failures++;
}

static void attention(fuzz_random *r, mfa_context_t context, uint64_t n) {
  fuzz_call call;
  bool desc = fuzz_below(r, 2), spoiled = fuzz_below(r, 4) != 0;
  if (!fuzz_call_make(&call, r, context, !spoiled && desc)) {
    fail(n, "a valid call could not be made", -1);
    fuzz_call_free(&call);
    return;
  }
  const char *what = spoiled ? fuzz_spoil(&call, r, desc) : "valid";
  int32_t status = fuzz_call_run(&call, desc);
  if (spoiled ? status < 1 || status > 5 || !*mfa_last_error() : status != MFA_SUCCESS) fail(n, what, status);
  if (spoiled) refused++;
  else valid++;
  call.context = context;
  fuzz_call_free(&call);
}

/* Buffers and contexts with arguments that no caller should give. */
static void objects(fuzz_random *r, mfa_context_t context, uint64_t n) {
  char memory[64];
  int64_t shape[5] = {1, 1, 2, 4, 1}, strides[5] = {8, 8, 4, 1, 1};
  mfa_buffer_t buffer = memory;
  mfa_context_t other = memory;
  int32_t status;
  switch (fuzz_below(r, 12)) {
    case 0: status = mfa_create_buffer(context, 0, &buffer); break;
    case 1: status = mfa_create_buffer(context, fuzz_hostile(r) | 1ull << 50, &buffer); break; /* more than addresses */
    case 2: status = mfa_create_buffer(fuzz_no_handle(r, context), 64, &buffer); break;
    case 3: status = mfa_create_buffer(context, 64, NULL); buffer = NULL; break;
    case 4: status = mfa_buffer_from_ptr(context, NULL, 64, &buffer); break;
    case 5: status = mfa_buffer_from_ptr(context, memory, UINT64_MAX - fuzz_below(r, 4096), &buffer); break;
    case 6: strides[3] = 2; status = mfa_buffer_from_ptr_with_strides(context, memory, 64, shape, strides, 4, &buffer); break;
    case 7: shape[fuzz_below(r, 4)] = -1 - (int64_t)fuzz_below(r, 3);
      status = mfa_buffer_from_ptr_with_strides(context, memory, 64, shape, strides, 4, &buffer); break;
    case 8: status = mfa_buffer_from_ptr_with_strides(context, memory, 64, fuzz_below(r, 2) ? shape : NULL, NULL, 4, &buffer); break;
    case 9: status = mfa_buffer_from_ptr_with_strides(context, memory, 64, shape, strides, fuzz_below(r, 2) ? 0 : 5, &buffer); break;
    case 10: status = mfa_create_context_on(NULL, &other); buffer = other; break;
    default: status = mfa_create_context(NULL); buffer = NULL; break;
  }
  if (status < 1 || status > 5 || buffer || !*mfa_last_error()) fail(n, "a hostile object", status);
  refused++;
}

/* What takes any handle and returns no error. */
static void queries(fuzz_random *r, mfa_context_t context, uint64_t n) {
  void *wrong = fuzz_no_handle(r, context);
  mfa_counters counters;
  mfa_destroy_buffer(wrong);
  if (wrong != (void *)((uintptr_t)context ^ 3)) mfa_destroy_context(wrong);
  if (mfa_buffer_contents(wrong)) fail(n, "contents of no buffer", 0);
  if (mfa_get_gpu_latency(wrong) != 0.0) fail(n, "latency of no context", 0);
  if (mfa_get_counters(wrong, &counters) != MFA_ERROR_INVALID_ARGS) fail(n, "counters of no context", 0);
  if (mfa_get_counters(context, NULL) != MFA_ERROR_INVALID_ARGS) fail(n, "counters to nowhere", 0);
  char *text = mfa_error_string((int32_t)fuzz_next(r));
  if (!text || !*text) fail(n, "no error string", 0);
  free(text);
  mfa_get_version(NULL, NULL, NULL);
  if (mfa_attention_backward(wrong, wrong, wrong, wrong, wrong, wrong, wrong, wrong, wrong, wrong, wrong, 1, 1, 1, 1, 1,
                             1, false, 0, 0, false, false, false, false) != MFA_ERROR_DEVICE_NOT_SUPPORTED)
    fail(n, "backward", 0);
  refused++;
}

/* A context and its buffers, destroyed in the wrong order and twice. */
static void lifetimes(uint64_t n) {
  mfa_context_t context;
  mfa_buffer_t buffer;
  if (mfa_create_context(&context) || mfa_create_buffer(context, 100, &buffer))
    fail(n, "a context or a buffer", -1);
  memset(mfa_buffer_contents(buffer), 1, 100);
  mfa_destroy_context(context);
  mfa_destroy_context(context);
  mfa_buffer_t late = &late;
  if (mfa_create_buffer(context, 100, &late) != MFA_ERROR_INVALID_ARGS || late) fail(n, "a destroyed context", 0);
  memset(mfa_buffer_contents(buffer), 2, 100);
  mfa_destroy_buffer(buffer);
  mfa_destroy_buffer(buffer);
  if (mfa_buffer_contents(buffer)) fail(n, "contents of a destroyed buffer", 0);
  valid++;
}

/* Threads that create, use and destroy each other's handles. */
static mfa_context_t shared_context;
static _Atomic(mfa_buffer_t) shared_buffers[16];

static void *rival(void *seed) {
  fuzz_random r = {(uintptr_t)seed};
  for (int i = 0; i < 5000; i++) {
    uint32_t slot = fuzz_below(&r, 16);
    mfa_buffer_t buffer = shared_buffers[slot];
    switch (fuzz_below(&r, 3)) {
      case 0:
        if (mfa_create_buffer(shared_context, 4096, &buffer) == MFA_SUCCESS)
          mfa_destroy_buffer(atomic_exchange(&shared_buffers[slot], buffer));
        break;
      case 1: mfa_destroy_buffer(buffer); break;
      default: {
        mfa_attention_desc d = {.size = sizeof d, .version = 1, .q = {.buffer = buffer}, .k = {.buffer = buffer},
                                .v = {.buffer = buffer}, .out = {.buffer = shared_buffers[slot ^ 1]}, .batch = 1,
                                .heads = 1, .kv_heads = 1, .q_len = 32, .kv_len = 32, .head_dim = 32,
                                .input_precision = 2, .intermediate_precision = 2, .output_precision = 2};
        mfa_attention_forward_desc(shared_context, &d);
      }
    }
  }
  return NULL;
}

static void rivals(void) {
  pthread_t threads[4];
  for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], NULL, rival, (void *)(i + 1));
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < 16; i++) mfa_destroy_buffer(shared_buffers[i]);
}

unsigned long fuzz_run(uint64_t calls, uint64_t seed) {
  fuzz_random r = {seed};
  if (mfa_create_context(&shared_context)) {
    fail(0, "no context", -1);
    return failures;
  }
  for (uint64_t n = 0; n < calls && failures < 20; n++) {
    switch (fuzz_below(&r, 10)) {
      case 0: objects(&r, shared_context, n); break;
      case 1: queries(&r, shared_context, n); break;
      case 2: lifetimes(n); break;
      default: attention(&r, shared_context, n);
    }
  }
  rivals();
  mfa_counters counters;
  mfa_get_counters(shared_context, &counters);
  mfa_destroy_context(shared_context);
  if (counters.buffers) {
    fprintf(stderr, "left over: %llu buffers\n", (unsigned long long)counters.buffers);
    failures++;
  }
  printf("%llu calls: %lu valid, %lu refused, %lu wrong; %llu pipelines\n", (unsigned long long)calls, valid, refused,
         failures, (unsigned long long)counters.pipelines);
  return failures;
}
