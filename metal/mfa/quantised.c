/* k and v of small integers: their rows, and where their scales and zero points are. */
#include <stdio.h>

#include "internal.h"

#define REFUSE(...) return mfa_fail(MFA_ERROR_INVALID_ARGS, __VA_ARGS__)

enum { BLOCK = 32 }; /* columns that share a scale where blocks do */

uint32_t mfa_quantised_row(int32_t format, uint32_t columns) {
  switch (format) {
    case MFA_QUANT_INT4: return (columns + 1) / 2;
    case MFA_QUANT_Q8_0: return columns / BLOCK * (2 + BLOCK);
    case MFA_QUANT_Q4_0: return columns / BLOCK * (2 + BLOCK / 2);
  }
  return columns;
}

/* Columns of k or of v, whichever q is about. */
static uint32_t columns_of(const mfa_attention_desc *d, const mfa_quantised *q) {
  return q == &d->v_quant ? mfa_v_head_dim(d) : d->head_dim;
}

static int32_t place(mfa_tensor *t, const mfa_tensor *matrix, const mfa_context *context, const mfa_attention_desc *d,
                     const mfa_quantised *q, const mfa_operand *operand, const char *operand_name, const char *member) {
  char name[40];
  snprintf(name, sizeof name, "%s_quant.%s", operand_name, member);
  for (int i = 0; i < 4; i++)
    if (operand->strides[i]) REFUSE("%s: it is contiguous, expected strides of 0", name);
  if (operand->transposed) REFUSE("%s: it is contiguous, expected no transpose", name);
  uint64_t columns = q->span == MFA_SCALES_BLOCK ? (columns_of(d, q) + BLOCK - 1) / BLOCK : 1;
  t->layout = (mfa_layout){.extent = {matrix->layout.extent[0], d->kv_heads, matrix->layout.extent[2], columns}};
  if (q->span == MFA_SCALES_HEAD) t->layout = (mfa_layout){.extent = {1, d->kv_heads, 1, 1}};
  mfa_layout_contiguous(&t->layout, false);
  t->offset = operand->offset;
  return mfa_tensor_place(t, context, operand->buffer, sizeof(float), name);
}

static int32_t place_scales(mfa_tensor *scales, mfa_tensor *zeros, const mfa_tensor *matrix, const mfa_context *context,
                            const mfa_attention_desc *d, const mfa_quantised *q, const char *name) {
  bool own = q->format == MFA_QUANT_INT8 || q->format == MFA_QUANT_INT4;
  if (!own && (q->scales.buffer || q->zeros.buffer || q->span))
    REFUSE("%s_quant: scales, zeros or a span with format %d, expected them with int8 (1) and int4 (2) alone", name, q->format);
  if ((q->format == MFA_QUANT_Q8_0 || q->format == MFA_QUANT_Q4_0) && columns_of(d, q) % BLOCK)
    REFUSE("%s_quant.format: %d with %u columns, expected a multiple of %d", name, q->format, columns_of(d, q), BLOCK);
  if (!own) return MFA_SUCCESS;
  bool none = mfa_layout_empty(&matrix->layout) && q->span != MFA_SCALES_HEAD;
  if (!q->scales.buffer && !none) REFUSE("%s_quant.scales: NULL, expected the scales of %s", name, name);
  int32_t status = place(scales, matrix, context, d, q, &q->scales, name, "scales");
  if (status == MFA_SUCCESS && q->zeros.buffer) status = place(zeros, matrix, context, d, q, &q->zeros, name, "zeros");
  return status;
}

int32_t mfa_request_quantised(mfa_request *r, const mfa_context *context) {
  const mfa_attention_desc *d = r->desc;
  int32_t status = place_scales(&r->k_scales, &r->k_zeros, &r->k, context, d, &d->k_quant, "k");
  return status == MFA_SUCCESS ? place_scales(&r->v_scales, &r->v_zeros, &r->v, context, d, &d->v_quant, "v") : status;
}
