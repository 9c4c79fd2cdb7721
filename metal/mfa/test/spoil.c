#include <math.h>
#include <stdlib.h>

#include "call.h"

static int32_t wrong_enum(fuzz_random *r, int32_t valid) {
  int32_t wrong[] = {-1, INT32_MIN, INT32_MAX, valid, valid + 1 + (int32_t)fuzz_below(r, 100)};
  return wrong[fuzz_below(r, 5)];
}

static const char *spoil_shape(mfa_attention_desc *d, fuzz_random *r) {
  uint32_t *lengths[] = {&d->batch, &d->heads, &d->q_len, &d->kv_len, &d->head_dim};
  static const char *const names[] = {"batch", "heads", "q_len", "kv_len", "head_dim"};
  uint32_t i = fuzz_below(r, 5), was = *lengths[i];
  switch (fuzz_below(r, i == 1 || i == 4 ? 3 : 2)) { /* batch, q_len and kv_len may be 0 */
    case 2: *lengths[i] = 0; break;
    case 1: *lengths[i] = (uint32_t)fuzz_hostile(r) | 1u << 31; break;
    default: *lengths[i] = was + 1 + fuzz_below(r, 300); break; /* the buffers hold what was, exactly */
  }
  if (i == 1) d->kv_heads = d->heads;
  return names[i];
}

static const char *spoil_scalar(mfa_attention_desc *d, fuzz_random *r, bool desc) {
  switch (fuzz_below(r, 5)) {
    case 0:
      d->input_precision = wrong_enum(r, 3);
      return "input_precision";
    case 1:
      d->intermediate_precision = wrong_enum(r, 3);
      return "intermediate_precision";
    case 2:
      if (d->lse.buffer && !desc) break;
      d->output_precision = wrong_enum(r, 3);
      return "output_precision";
    case 3:
      d->softmax_scale = NAN;
      return "softmax_scale";
    default: break;
  }
  d->softmax_scale = -INFINITY;
  return "softmax_scale";
}

static const char *spoil_handle(fuzz_call *call, fuzz_random *r, mfa_buffer_t *spare) {
  mfa_attention_desc *d = &call->desc;
  mfa_operand *operands[] = {&d->q, &d->k, &d->v, &d->out};
  static const char *const names[] = {"q", "k", "v", "out"};
  uint32_t i = fuzz_below(r, 5);
  if (i == 4) {
    call->context = fuzz_no_handle(r, call->context);
    return "context";
  }
  *spare = operands[i]->buffer;
  operands[i]->buffer = fuzz_below(r, 4) ? fuzz_no_handle(r, *spare) : call->context;
  return names[i];
}

static const char *spoil_mask(mfa_attention_desc *d, fuzz_random *r) {
  uint32_t last = d->mask_ndim - 1;
  switch (fuzz_below(r, 9)) {
    case 0: d->mask_type = wrong_enum(r, 3); return "mask_type";
    case 1: d->mask_scalar = wrong_enum(r, 4); return "mask_scalar";
    case 2: d->mask_scalar = d->mask_scalar ? 0 : 2; return "mask_scalar of the other mask type";
    case 3: d->mask = NULL; return "mask"; /* it has elements */
    case 4: d->mask_bytes -= 1; return "mask_bytes";
    case 5: d->mask_ndim = fuzz_below(r, 2) ? 0 : 5 + fuzz_below(r, 1000); return "mask_ndim";
    case 6: d->mask_shape[last] = fuzz_below(r, 2) ? -(int64_t)fuzz_below(r, 5) : d->kv_len + 1 + fuzz_below(r, 9);
      return "mask_shape";
    case 7:
      d->mask_has_strides = true;
      d->mask_strides[fuzz_below(r, d->mask_ndim)] = -1 - (int64_t)fuzz_below(r, 1000);
      return "mask_strides";
    default: break;
  }
  d->mask_shape[last] = d->kv_len;
  d->mask_has_strides = true;
  d->mask_strides[last] = d->kv_len > 1 ? (int64_t)(fuzz_hostile(r) >> 1 | 1ull << 40) : -1;
  return "mask_strides past everything";
}

static const char *spoil_descriptor(mfa_attention_desc *d, fuzz_random *r) {
  mfa_operand *operands[] = {&d->q, &d->k, &d->v, &d->out};
  mfa_operand *o = operands[fuzz_below(r, 4)];
  switch (fuzz_below(r, 12)) {
    case 0: /* too little to be a problem, or half a field, or no size at all */
      d->size = fuzz_below(r, 2) ? fuzz_below(r, offsetof(mfa_attention_desc, causal)) : d->size - 1 - fuzz_below(r, 7);
      if (!fuzz_below(r, 4)) d->size = 1u << 31 | (uint32_t)fuzz_next(r);
      return "size";
    case 1: d->version += 1 + fuzz_below(r, 100); return "version";
    case 2: d->kv_heads = d->heads + 1 + fuzz_below(r, 100); return "kv_heads";
    case 3: d->kv_heads = 0; return "kv_heads";
    case 4: o->offset = 1 + 2 * (uint64_t)fuzz_below(r, 100); return "offset between elements";
    case 5: o->offset = fuzz_hostile(r) & ~3ull; return "offset past everything";
    case 6: o->transposed = false; o->strides[fuzz_below(r, 4)] = -1 - (int64_t)fuzz_below(r, 100); return "strides";
    case 7:
      o->transposed = false;
      for (int i = 0; i < 4; i++) o->strides[i] = (int64_t)(fuzz_hostile(r) >> 1 | 1ull << 40);
      if (d->batch * d->heads * d->head_dim == 1) o->strides[0] = -1; /* else a stride of an extent of 1 */
      return "strides past everything";
    case 8: d->align = wrong_enum(r, 2); return "align";
    case 9: d->math = wrong_enum(r, 2); return "math";
    case 10: d->dispatches = 1u << 31 | (uint32_t)fuzz_next(r); return "dispatches";
    default: d->deadline_seconds = fuzz_below(r, 2) ? NAN : -1; return "deadline_seconds";
  }
}

static const char *spoil_alias(fuzz_call *call, mfa_buffer_t *spare) {
  *spare = call->desc.out.buffer;
  call->desc.out.buffer = call->desc.q.buffer;
  return "out, the same as q";
}

const char *fuzz_spoil(fuzz_call *call, fuzz_random *r, bool desc) {
  mfa_attention_desc *d = &call->desc;
  mfa_buffer_t spare = NULL;
  const char *what;
  switch (fuzz_below(r, desc ? 7 : 6)) {
    case 0:
    case 1: what = spoil_shape(d, r); break;
    case 2: what = spoil_scalar(d, r, desc); break;
    case 3: what = spoil_handle(call, r, &spare); break;
    case 4: what = d->mask_type == MFA_MASK_NONE ? spoil_scalar(d, r, desc) : spoil_mask(d, r); break;
    case 5: what = spoil_alias(call, &spare); break;
    default: what = spoil_descriptor(d, r); break;
  }
  mfa_destroy_buffer(spare); /* what the call no longer names is not the call's to free */
  return what;
}
