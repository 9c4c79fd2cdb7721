#include "call.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "splitmix64.h"

uint64_t fuzz_next(fuzz_random *r) { return splitmix64(&r->state); }

uint32_t fuzz_below(fuzz_random *r, uint32_t n) { return (uint32_t)(fuzz_next(r) % n); }

uint64_t fuzz_hostile(fuzz_random *r) {
  static const uint64_t edges[] = {INT32_MAX, UINT32_MAX, (uint64_t)INT32_MAX + 1, (uint64_t)UINT32_MAX + 1, INT64_MAX,
                                   (uint64_t)INT64_MAX + 1, UINT64_MAX, UINT64_MAX / 4 + 1, 1ull << 62};
  uint32_t n = sizeof edges / sizeof *edges, i = fuzz_below(r, n + 1);
  return i < n ? edges[i] : fuzz_next(r) | 1ull << 40;
}

void *fuzz_no_handle(fuzz_random *r, void *live) {
  static char somewhere[64];
  switch (fuzz_below(r, 5)) {
    case 0: return NULL;
    case 1: return somewhere;
    case 2: return (void *)(uintptr_t)fuzz_below(r, 100);
    case 3: return (void *)((uintptr_t)live + ((uintptr_t)1 << 40)); /* another generation */
    default: return (void *)((uintptr_t)live ^ 3);                   /* another kind */
  }
}

static mfa_buffer_t make_buffer(fuzz_call *call, fuzz_random *r, int slot, size_t bytes) {
  mfa_buffer_t buffer = NULL;
  if (!bytes) {
    static char somewhere[1];
    if (fuzz_below(r, 2)) mfa_buffer_from_ptr(call->context, somewhere, 0, &buffer);
    return buffer;
  }
  if (fuzz_below(r, 2)) {
    mfa_create_buffer(call->context, bytes, &buffer);
    return buffer;
  }
  call->memory[slot] = calloc(1, bytes);
  if (call->memory[slot]) mfa_buffer_from_ptr(call->context, call->memory[slot], bytes, &buffer);
  return buffer;
}

static void make_mask(fuzz_call *call, fuzz_random *r) {
  mfa_attention_desc *d = &call->desc;
  d->mask_type = (int32_t)fuzz_below(r, 3);
  if (d->mask_type == MFA_MASK_NONE) return;
  d->mask_scalar = d->mask_type == MFA_MASK_BOOL ? 0 : 1 + (int32_t)fuzz_below(r, 3);
  const int64_t full[4] = {d->batch, d->heads, d->q_len, d->kv_len};
  size_t elements = 1;
  d->mask_ndim = 1 + fuzz_below(r, 4);
  d->mask_has_strides = fuzz_below(r, 2);
  for (uint32_t i = d->mask_ndim; i-- > 0;) {
    d->mask_shape[i] = fuzz_below(r, 3) ? full[i + 4 - d->mask_ndim] : 1;
    d->mask_strides[i] = (int64_t)elements;
    elements *= (size_t)d->mask_shape[i];
  }
  d->mask_bytes = elements * (d->mask_scalar == 3 ? 4 : d->mask_scalar ? 2 : 1);
  if (!d->mask_bytes && fuzz_below(r, 2)) return;
  d->mask = call->mask = calloc(1, d->mask_bytes ? d->mask_bytes : 1);
}

bool fuzz_call_make(fuzz_call *call, fuzz_random *r, mfa_context_t context, bool empty) {
  memset(call, 0, sizeof *call);
  call->context = context;
  mfa_attention_desc *d = &call->desc;
  d->size = sizeof *d;
  d->version = MFA_ATTENTION_DESC_VERSION;
  d->batch = 1 + fuzz_below(r, 3);
  d->heads = d->kv_heads = 1 + fuzz_below(r, 3);
  d->q_len = 1 + fuzz_below(r, 20);
  d->kv_len = 1 + fuzz_below(r, 80);
  d->key_parts = fuzz_below(r, 2) ? 0 : fuzz_below(r, MFA_MOST_KEY_PARTS + 1);
  d->head_dim = 1 + fuzz_below(r, 40);
  if (empty && fuzz_below(r, 2)) {
    uint32_t *extents[] = {&d->batch, &d->q_len, &d->kv_len};
    *extents[fuzz_below(r, 3)] = 0;
    *extents[fuzz_below(r, 3)] = 0;
  }
  d->softmax_scale = (float)fuzz_below(r, 100) / 16 - 2;
  d->causal = fuzz_below(r, 2);
  d->input_precision = (int32_t)fuzz_below(r, 3);
  d->intermediate_precision = (int32_t)fuzz_below(r, 3);
  d->output_precision = (int32_t)fuzz_below(r, 3);
  size_t in = d->input_precision == 2 ? 4 : 2, out = d->output_precision == 2 ? 4 : 2;
  size_t rows = (size_t)d->batch * d->heads;
  d->q.buffer = make_buffer(call, r, 0, rows * d->q_len * d->head_dim * in);
  d->k.buffer = make_buffer(call, r, 1, rows * d->kv_len * d->head_dim * in);
  d->v.buffer = make_buffer(call, r, 2, rows * d->kv_len * d->head_dim * in);
  d->out.buffer = make_buffer(call, r, 3, rows * d->q_len * d->head_dim * out);
  d->q.transposed = fuzz_below(r, 2);
  d->k.transposed = fuzz_below(r, 2);
  d->v.transposed = fuzz_below(r, 2);
  d->out.transposed = fuzz_below(r, 2);
  make_mask(call, r);
  if (d->mask_type == MFA_MASK_NONE && d->output_precision == d->input_precision && fuzz_below(r, 2))
    d->lse.buffer = make_buffer(call, r, 4, rows * d->q_len * 4);
  bool outputs = rows * d->q_len != 0, keys = rows * d->kv_len != 0;
  return (d->q.buffer || !outputs) && (d->k.buffer || !keys) && (d->v.buffer || !keys) && (d->out.buffer || !outputs) &&
         (d->mask || d->mask_type == MFA_MASK_NONE || !d->mask_bytes);
}

void fuzz_call_free(fuzz_call *call) {
  mfa_destroy_buffer(call->desc.q.buffer);
  mfa_destroy_buffer(call->desc.k.buffer);
  mfa_destroy_buffer(call->desc.v.buffer);
  mfa_destroy_buffer(call->desc.out.buffer);
  if (call->desc.lse.buffer) mfa_destroy_buffer(call->desc.lse.buffer);
  for (int i = 0; i < 5; i++) free(call->memory[i]);
  free(call->mask);
}

int32_t fuzz_call_run(fuzz_call *call, bool desc) {
  mfa_attention_desc *d = &call->desc;
  if (desc) return mfa_attention_forward_desc(call->context, d);
  uint16_t head_dim = d->head_dim > UINT16_MAX ? UINT16_MAX : (uint16_t)d->head_dim;
  if (d->lse.buffer)
    return mfa_attention_forward_with_lse(call->context, d->q.buffer, d->k.buffer, d->v.buffer, d->out.buffer,
                                          d->lse.buffer, d->batch, d->q_len, d->kv_len, d->heads, head_dim,
                                          d->softmax_scale, d->causal, d->input_precision, d->intermediate_precision,
                                          d->q.transposed, d->k.transposed, d->v.transposed, d->out.transposed);
  return mfa_attention_forward(call->context, d->q.buffer, d->k.buffer, d->v.buffer, d->out.buffer, d->batch, d->q_len,
                               d->kv_len, d->heads, head_dim, d->softmax_scale, d->causal, d->input_precision,
                               d->intermediate_precision, d->output_precision, d->q.transposed, d->k.transposed,
                               d->v.transposed, d->out.transposed, d->mask, d->mask_bytes, d->mask_shape,
                               d->mask_has_strides ? d->mask_strides : NULL, d->mask_ndim, d->mask_type,
                               d->mask_scalar);
}
