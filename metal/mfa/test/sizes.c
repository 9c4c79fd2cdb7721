/* Descriptors of headers older and newer than the library's, each in memory of exactly its size, under the address
 * sanitizer. Prints what is wrong; exits 0 where nothing is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../internal.h"
#include "call.h"
#include "corners.h"

static int wrong;

/* The first version of the header ended here. */
static const size_t FIRST = offsetof(mfa_attention_desc, bytes_copied) + sizeof(uint64_t);

static void expect(bool holds, const char *what, size_t size) {
  if (holds) return;
  fprintf(stderr, "size %zu: %s; last error: %s\n", size, what, mfa_last_error());
  wrong++;
}

/* Calls with a descriptor of so many bytes, whose byte `set` is 1 where it is not 0. */
static int32_t call_with(const fuzz_call *call, size_t size, size_t set, mfa_attention_desc *after) {
  size_t known = size < sizeof call->desc ? size : sizeof call->desc;
  char *bytes = calloc(1, size);
  memcpy(bytes, &call->desc, known);
  mfa_attention_desc *d = (mfa_attention_desc *)bytes;
  d->size = (uint32_t)size;
  if (set) bytes[set] = 1;
  int32_t status = mfa_attention_forward_desc(call->context, d);
  memset(after, 0, sizeof *after);
  memcpy(after, bytes, known);
  free(bytes);
  return status;
}

/* The newest members: in a descriptor that ends before one, its default stands, whatever lies behind the caller's memory;
 * in one that has it, nonsense is refused by its name. */
static void newest_members(fuzz_call *call) {
  mfa_attention_desc after, good = call->desc;
#define NONSENSE(member, value)                                                                                     \
  do {                                                                                                              \
    const size_t step = _Alignof(mfa_attention_desc), begin = offsetof(mfa_attention_desc, member);                 \
    call->desc = good;                                                                                              \
    call->desc.member = (value);                                                                                    \
    expect(call_with(call, sizeof call->desc, 0, &after) == MFA_ERROR_INVALID_ARGS, #member ": nonsense is accepted", begin); \
    expect(strstr(mfa_last_error(), #member) != NULL, #member ": the refusal does not name it", begin);             \
    const size_t before = begin / step * step;                                                                      \
    expect(call_with(call, before, 0, &after) == MFA_SUCCESS, #member ": a header without it is refused", before);   \
  } while (0)
  NONSENSE(softcap, -1.0f);
  NONSENSE(kv_offset, UINT32_MAX);
  NONSENSE(packed_entries, UINT32_MAX);
  NONSENSE(page_size, UINT32_MAX);
  NONSENSE(page_count, UINT32_MAX);
  NONSENSE(k_quant.format, 5);
  NONSENSE(k_quant.format, -1);
  NONSENSE(k_quant.span, 3);
  NONSENSE(v_quant.format, INT32_MAX);
  NONSENSE(v_quant.span, -1);
  NONSENSE(v_head_dim, 577);
  NONSENSE(v_head_dim, UINT32_MAX);
  NONSENSE(key_parts, 33);
  NONSENSE(key_parts, UINT32_MAX);
#undef NONSENSE

  /* Members that are numbers by themselves, and wrong beside the others. */
  const struct {
    const char *words;
    int what;
  } together[] = {{"k_quant.scales", 0}, {"v_quant.scales", 1}, {"k_quant: scales, zeros or a span", 2}, {"v_quant.format", 3},
                  {"v: the buffer has", 4}, {"page_size: 16, page_count: 0", 5}, {"v_quant.zeros: it is contiguous", 6}};
  for (size_t i = 0; i < sizeof together / sizeof *together; i++) {
    mfa_attention_desc *d = &call->desc;
    *d = good;
    switch (together[i].what) {
      case 0: d->k_quant.format = MFA_QUANT_INT8; break; /* and no scales */
      case 1: d->v_quant.format = MFA_QUANT_INT4; break;
      case 2: d->k_quant.span = MFA_SCALES_BLOCK; break; /* of k that is not quantised */
      case 3: d->v_quant.format = MFA_QUANT_Q8_0, d->v_head_dim = 33; break;
      case 4: d->v_head_dim = 576; break; /* more columns than the buffer has */
      case 5: d->page_size = 16; break;
      default:
        d->v_quant = (mfa_quantised){.format = MFA_QUANT_INT8, .scales = {.buffer = d->q.buffer}, .zeros = {.buffer = d->q.buffer, .strides = {0, 0, 0, 1}}};
        break;
    }
    expect(call_with(call, sizeof *d, 0, &after) == MFA_ERROR_INVALID_ARGS, together[i].words, i);
    expect(strstr(mfa_last_error(), together[i].words) != NULL, "the refusal does not say", i);
  }
  call->desc = good;
}

int main(void) {
  mfa_set_kernel_source("the corners device compiles nothing");
  mfa_set_default_device(corners_device());
  mfa_context_t context;
  if (mfa_create_context(&context)) return 1;
  fuzz_random r = {7};
  fuzz_call call;
  do { /* a call that needs no field of the later part */
    if (!fuzz_call_make(&call, &r, context, false)) return 1;
    if (call.desc.mask_type == MFA_MASK_NONE) break;
    fuzz_call_free(&call);
  } while (true);
  call.desc.causal = call.desc.windowed = false;
  mfa_attention_desc after;
  const size_t step = _Alignof(mfa_attention_desc), least = (offsetof(mfa_attention_desc, causal) + step - 1) / step * step;

  for (size_t size = least; size <= FIRST; size += step) {
    expect(call_with(&call, size, 0, &after) == MFA_SUCCESS, "an older header's descriptor is refused", size);
    expect(after.size == size, "the size was overwritten", size);
    if (size == FIRST) expect(after.gpu_seconds > 0 && after.wall_seconds > 0, "the times did not come back", size);
  }
  for (size_t size = sizeof call.desc + step; size <= sizeof call.desc + 16 * step; size += step) {
    expect(call_with(&call, size, 0, &after) == MFA_SUCCESS, "a newer header's descriptor is refused", size);
    expect(after.gpu_seconds > 0, "the times did not come back", size);
    expect(call_with(&call, size, size - 1, &after) == MFA_ERROR_INVALID_ARGS, "an unknown field is ignored", size);
    expect(strstr(mfa_last_error(), "a field that it does not know is set") != NULL, "the refusal is not explained", size);
  }
  for (size_t size = sizeof(uint64_t); size < least; size += step)
    expect(call_with(&call, size, 0, &after) == MFA_ERROR_INVALID_ARGS, "a descriptor without a problem is accepted", size);
  expect(call_with(&call, FIRST - 1, 0, &after) == MFA_ERROR_INVALID_ARGS, "half a field is accepted", FIRST - 1);
  call.desc.size = UINT32_MAX;
  expect(mfa_attention_forward_desc(context, &call.desc) == MFA_ERROR_INVALID_ARGS, "any size is believed", UINT32_MAX);

  newest_members(&call);
  fuzz_call_free(&call);
  mfa_destroy_context(context);
  printf("%d wrong\n", wrong);
  return wrong != 0;
}
