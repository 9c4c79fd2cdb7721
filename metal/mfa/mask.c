/* The mask of a request: type, shape, broadcast, and the memory that it lies in. */
#include "internal.h"

#define REFUSE(...) return mfa_fail(MFA_ERROR_INVALID_ARGS, __VA_ARGS__)

static uint64_t scalar_bytes(int32_t scalar) {
  switch (scalar) {
    case MFA_MASK_SCALAR_BYTE: return 1;
    case MFA_MASK_SCALAR_FP32: return 4;
    default: return 2;
  }
}

static int32_t check_absent(const mfa_attention_desc *d) {
  if (d->mask || d->mask_buffer || d->mask_bytes) REFUSE("mask: given, but mask_type is none (0)");
  return MFA_SUCCESS;
}

static int32_t check_type(const mfa_attention_desc *d) {
  if (d->mask_type != MFA_MASK_BOOL && d->mask_type != MFA_MASK_ADDITIVE)
    REFUSE("mask_type: %d, expected none (0), bool (1) or additive (2)", d->mask_type);
  if (d->mask_scalar < MFA_MASK_SCALAR_BYTE || d->mask_scalar > MFA_MASK_SCALAR_FP32)
    REFUSE("mask_scalar: %d, expected byte (0), fp16 (1), bf16 (2) or fp32 (3)", d->mask_scalar);
  if ((d->mask_type == MFA_MASK_BOOL) != (d->mask_scalar == MFA_MASK_SCALAR_BYTE))
    REFUSE("mask_scalar: %d, a bool mask holds bytes (0), an additive one fp16 (1), bf16 (2) or fp32 (3)",
           d->mask_scalar);
  if (d->mask && d->mask_buffer) REFUSE("mask: expected either memory or a buffer");
  if (d->mask_ndim < 1 || d->mask_ndim > 4) REFUSE("mask_ndim: %u, expected 1 to 4", d->mask_ndim);
  return MFA_SUCCESS;
}

/* Dimensions align at the last; one of extent 1 is broadcast, whatever its stride. */
static int32_t broadcast(mfa_layout *layout, const mfa_attention_desc *d) {
  const uint64_t full[4] = {d->batch, d->heads, d->q_len, d->kv_len};
  uint64_t contiguous = 1;
  *layout = (mfa_layout){.extent = {1, 1, 1, 1}};
  for (uint32_t n = d->mask_ndim; n-- > 0;) {
    uint32_t i = n + 4 - d->mask_ndim;
    int64_t extent = d->mask_shape[n], stride = d->mask_has_strides ? d->mask_strides[n] : (int64_t)contiguous;
    if (extent != 1 && (extent < 0 || (uint64_t)extent != full[i]))
      REFUSE("mask_shape[%u]: %lld, expected 1 or %llu", n, (long long)extent, (unsigned long long)full[i]);
    if (stride < 0) REFUSE("mask_strides[%u]: %lld, expected 0 or more elements", n, (long long)stride);
    layout->extent[i] = (uint64_t)extent;
    layout->stride[i] = extent == 1 ? 0 : (uint64_t)stride;
    if (__builtin_mul_overflow(contiguous, (uint64_t)extent, &contiguous) || contiguous > INT64_MAX)
      REFUSE("mask_shape: more than 2^63 elements");
  }
  return MFA_SUCCESS;
}

/* Memory of the caller's is bound for the length of the call; only its size can be held against the layout here. */
static int32_t place_memory(mfa_tensor *mask, const mfa_attention_desc *d, uint64_t element_bytes) {
  uint64_t span, bytes;
  if (!mfa_layout_span(&mask->layout, &span) || __builtin_mul_overflow(span, element_bytes, &bytes))
    REFUSE("mask: shape and strides reach past 2^64 bytes");
  if (bytes > d->mask_bytes)
    REFUSE("mask: %zu bytes, shape and strides reach %llu", d->mask_bytes, (unsigned long long)bytes);
  if ((uintptr_t)d->mask % element_bytes)
    REFUSE("mask: %p, expected a multiple of %llu", d->mask, (unsigned long long)element_bytes);
  mask->begin = (uintptr_t)d->mask;
  mask->end = mask->begin + bytes;
  if (mask->end < mask->begin) REFUSE("mask: %llu bytes at %p reach past the address space", (unsigned long long)bytes,
                                      d->mask);
  return MFA_SUCCESS;
}

int32_t mfa_request_mask(mfa_request *r, const mfa_context *context) {
  const mfa_attention_desc *d = r->desc;
  if (d->mask_type == MFA_MASK_NONE) return check_absent(d);
  int32_t status;
  if ((status = check_type(d))) return status;
  if ((status = broadcast(&r->mask.layout, d))) return status;
  if (!d->mask && !d->mask_buffer && !mfa_layout_empty(&r->mask.layout)) REFUSE("mask: expected either memory or a buffer");
  r->has_mask = true;
  uint64_t element_bytes = scalar_bytes(d->mask_scalar);
  if (d->mask) return place_memory(&r->mask, d, element_bytes);
  return mfa_tensor_place(&r->mask, context, d->mask_buffer, element_bytes, "mask");
}
