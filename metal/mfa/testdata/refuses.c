/* A library that has every function which can refuse, and refuses each call with another code; but for the buffers that
 * WRAPS makes, and for contexts. NOTHING: success without a buffer. It has words for its codes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../mfa.h"

int32_t mfa_create_context(mfa_context_t *out) { return *out = malloc(1), 0; }
void mfa_destroy_context(mfa_context_t context) { free(context); }

int32_t mfa_create_buffer(mfa_context_t context, size_t bytes, mfa_buffer_t *out) {
  (void)context, (void)bytes, (void)out;
  return 2;
}
int32_t mfa_buffer_from_ptr(mfa_context_t context, void *data, size_t bytes, mfa_buffer_t *out) {
  (void)context, (void)bytes;
#ifdef NOTHING
  (void)data, (void)out;
  return 0;
#elif defined(WRAPS)
  return *out = data, 0;
#else
  (void)data, (void)out;
  return 1;
#endif
}
int32_t mfa_buffer_from_ptr_with_strides(mfa_context_t context, void *data, size_t bytes, const int64_t *shape,
                                         const int64_t *strides, uint32_t ndim, mfa_buffer_t *out) {
  (void)context, (void)data, (void)bytes, (void)shape, (void)strides, (void)ndim, (void)out;
  return 3;
}
void *mfa_buffer_contents(mfa_buffer_t buffer) { return buffer; }
void mfa_destroy_buffer(mfa_buffer_t buffer) { (void)buffer; }

int32_t mfa_attention_forward(mfa_context_t c, mfa_buffer_t q, mfa_buffer_t k, mfa_buffer_t v, mfa_buffer_t out,
                              uint32_t batch, uint32_t rows, uint32_t keys, uint32_t heads, uint16_t dim, float scale,
                              bool causal, int32_t in, int32_t mid, int32_t to, bool tq, bool tk, bool tv, bool tout,
                              const void *mask, size_t mask_bytes, const int64_t *shape, const int64_t *strides,
                              uint32_t ndim, int32_t type, int32_t scalar) {
  (void)c, (void)q, (void)k, (void)v, (void)out, (void)batch, (void)rows, (void)keys, (void)heads, (void)dim;
  (void)scale, (void)causal, (void)in, (void)mid, (void)to, (void)tq, (void)tk, (void)tv, (void)tout, (void)shape;
  (void)strides, (void)ndim, (void)scalar;
  if (type == MFA_MASK_NONE) return 4;
  const unsigned char *bytes = mask;
  return mask_bytes == 3 && bytes[0] == 7 && bytes[1] == 8 && bytes[2] == 9 ? 77 : 1; /* 77: the mask has arrived */
}
int32_t mfa_attention_forward_with_lse(mfa_context_t c, mfa_buffer_t q, mfa_buffer_t k, mfa_buffer_t v,
                                       mfa_buffer_t out, mfa_buffer_t lse, uint32_t batch, uint32_t rows,
                                       uint32_t keys, uint32_t heads, uint16_t dim, float scale, bool causal,
                                       int32_t in, int32_t mid, bool tq, bool tk, bool tv, bool tout) {
  (void)c, (void)q, (void)k, (void)v, (void)out, (void)lse, (void)batch, (void)rows, (void)keys, (void)heads;
  (void)dim, (void)scale, (void)causal, (void)in, (void)mid, (void)tq, (void)tk, (void)tv, (void)tout;
  return 5;
}

char *mfa_error_string(int32_t code) {
  char text[40];
  snprintf(text, sizeof text, "the words for code %d", code);
  return strdup(text);
}
