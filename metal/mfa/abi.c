/* The calls of the original interface, as descriptors. */
#include <string.h>

#include "internal.h"

static mfa_operand operand(mfa_buffer_t buffer, bool transposed) {
  return (mfa_operand){.buffer = buffer, .transposed = transposed};
}

/* Counts a call that ends before there is a descriptor. Its error stands unless the context is none. */
static int32_t refuse(mfa_context_t handle, int32_t status) {
  mfa_context *context = mfa_context_acquire(handle);
  if (!context) return MFA_ERROR_INVALID_ARGS;
  mfa_count_refusal(context);
  mfa_object_release(&context->object);
  return status;
}

static int32_t set_mask(mfa_attention_desc *d, const void *mask, size_t mask_bytes, const int64_t *shape,
                        const int64_t *strides, uint32_t ndim, int32_t type, int32_t scalar) {
  d->mask_type = type;
  d->mask_scalar = scalar;
  d->mask = mask;
  d->mask_bytes = mask_bytes;
  if (type == MFA_MASK_NONE) return MFA_SUCCESS;
  if (!mask) return mfa_fail(MFA_ERROR_INVALID_ARGS, "mask: NULL, but mask_type is %d", type);
  if (!shape) return mfa_fail(MFA_ERROR_INVALID_ARGS, "mask_shape: NULL, but mask_type is %d", type);
  if (ndim < 1 || ndim > 4) return mfa_fail(MFA_ERROR_INVALID_ARGS, "mask_ndim: %u, expected 1 to 4", ndim);
  d->mask_ndim = ndim;
  memcpy(d->mask_shape, shape, ndim * sizeof *shape);
  if (!strides) return MFA_SUCCESS;
  d->mask_has_strides = true;
  memcpy(d->mask_strides, strides, ndim * sizeof *strides);
  if (strides[ndim - 1] != 1 && shape[ndim - 1] != 1)
    return mfa_fail(MFA_ERROR_INVALID_ARGS, "mask_strides[%u]: %lld, the last must be 1", ndim - 1,
                    (long long)strides[ndim - 1]);
  return MFA_SUCCESS;
}

int32_t mfa_attention_forward(
    mfa_context_t context, mfa_buffer_t q, mfa_buffer_t k, mfa_buffer_t v, mfa_buffer_t out, uint32_t batch_size,
    uint32_t seq_len_q, uint32_t seq_len_kv, uint32_t num_heads, uint16_t head_dim, float softmax_scale, bool causal,
    int32_t input_precision, int32_t intermediate_precision, int32_t output_precision, bool transpose_q,
    bool transpose_k, bool transpose_v, bool transpose_o, const void *mask, size_t mask_bytes,
    const int64_t *mask_shape, const int64_t *mask_strides, uint32_t mask_ndim, int32_t mask_type,
    int32_t mask_scalar) {
  mfa_attention_desc d = {
      .size = sizeof d, .version = MFA_ATTENTION_DESC_VERSION,
      .q = operand(q, transpose_q), .k = operand(k, transpose_k), .v = operand(v, transpose_v),
      .out = operand(out, transpose_o),
      .batch = batch_size, .q_len = seq_len_q, .kv_len = seq_len_kv, .heads = num_heads, .kv_heads = num_heads,
      .head_dim = head_dim, .softmax_scale = softmax_scale, .input_precision = input_precision,
      .intermediate_precision = intermediate_precision, .output_precision = output_precision, .causal = causal};
  int32_t status = set_mask(&d, mask, mask_bytes, mask_shape, mask_strides, mask_ndim, mask_type, mask_scalar);
  return status == MFA_SUCCESS ? mfa_attention_forward_desc(context, &d) : refuse(context, status);
}

int32_t mfa_attention_forward_with_lse(
    mfa_context_t context, mfa_buffer_t q, mfa_buffer_t k, mfa_buffer_t v, mfa_buffer_t out, mfa_buffer_t lse,
    uint32_t batch_size, uint32_t seq_len_q, uint32_t seq_len_kv, uint32_t num_heads, uint16_t head_dim,
    float softmax_scale, bool causal, int32_t input_precision, int32_t intermediate_precision, bool transpose_q,
    bool transpose_k, bool transpose_v, bool transpose_o) {
  if (!lse) return refuse(context, mfa_fail(MFA_ERROR_INVALID_ARGS, "lse: not a live buffer handle"));
  mfa_attention_desc d = {
      .size = sizeof d, .version = MFA_ATTENTION_DESC_VERSION,
      .q = operand(q, transpose_q), .k = operand(k, transpose_k), .v = operand(v, transpose_v),
      .out = operand(out, transpose_o), .lse = operand(lse, false),
      .batch = batch_size, .q_len = seq_len_q, .kv_len = seq_len_kv, .heads = num_heads, .kv_heads = num_heads,
      .head_dim = head_dim, .softmax_scale = softmax_scale, .input_precision = input_precision,
      .intermediate_precision = intermediate_precision, .output_precision = input_precision, .causal = causal};
  return mfa_attention_forward_desc(context, &d);
}

int32_t mfa_attention_backward(
    mfa_context_t context, mfa_buffer_t dout, mfa_buffer_t q, mfa_buffer_t k, mfa_buffer_t v, mfa_buffer_t out,
    mfa_buffer_t lse, mfa_buffer_t dq, mfa_buffer_t dk, mfa_buffer_t dv, mfa_buffer_t scratch, uint32_t batch_size,
    uint32_t seq_len_q, uint32_t seq_len_kv, uint32_t num_heads, uint16_t head_dim, float softmax_scale, bool causal,
    int32_t input_precision, int32_t intermediate_precision, bool transpose_q, bool transpose_k, bool transpose_v,
    bool transpose_o) {
  (void)context, (void)dout, (void)q, (void)k, (void)v, (void)out, (void)lse, (void)dq, (void)dk, (void)dv;
  (void)scratch, (void)batch_size, (void)seq_len_q, (void)seq_len_kv, (void)num_heads, (void)head_dim;
  (void)softmax_scale, (void)causal, (void)input_precision, (void)intermediate_precision, (void)transpose_q;
  (void)transpose_k, (void)transpose_v, (void)transpose_o;
  return mfa_fail(MFA_ERROR_DEVICE_NOT_SUPPORTED, "attention backward: this library computes forward only");
}
