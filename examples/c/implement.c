/* Attention of your own as a shared library: the five functions that attest needs, fp32, no mask but causal.
 *
 *     cc -O2 -shared -fPIC -o libmine.so examples/c/implement.c -lm
 *     attest run --path lib:./libmine.so
 *
 * All else that the mfa C ABI has (metal/mfa/mfa.h) is refused with error 3 or left out, and attest counts such cases as
 * unsupported. Replace attention() by your kernel; let refused() shrink as it learns more. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { SUCCESS = 0, NO_MEMORY = 2, NOT_SUPPORTED = 3 };
enum { FP16 = 0, BF16 = 1, FP32 = 2 };

/* A context is what calls share: a device, a queue, compiled kernels. Here it is nothing. */
int32_t mfa_create_context(void **context) {
  *context = malloc(1);
  return *context ? SUCCESS : NO_MEMORY;
}
void mfa_destroy_context(void *context) { free(context); }

/* A buffer is the caller's memory, read and written where it lies. A device would map it here. */
int32_t mfa_buffer_from_ptr(void *context, void *data, size_t bytes, void **buffer) {
  (void)context, (void)bytes;
  *buffer = data;
  return SUCCESS;
}
void mfa_destroy_buffer(void *buffer) { (void)buffer; }

/* One head: q and out are [rows, head_dim], k and v [keys, head_dim]. weights has room for all keys. */
static void attention(const float *q, const float *k, const float *v, float *out, size_t rows, size_t keys,
                      size_t head_dim, float scale, bool causal, float *weights) {
  for (size_t i = 0; i < rows; i++) {
    const size_t seen = causal && i + 1 < keys ? i + 1 : keys; /* top-left: key j takes part iff j <= i */
    float top = -INFINITY, sum = 0;
    for (size_t j = 0; j < seen; j++) {
      float score = 0;
      for (size_t d = 0; d < head_dim; d++) score += q[i * head_dim + d] * k[j * head_dim + d];
      weights[j] = score * scale;
      if (!(weights[j] <= top)) top = weights[j]; /* a NaN, too, which then reaches the whole row */
    }
    for (size_t j = 0; j < seen; j++) sum += weights[j] = expf(weights[j] - top); /* at most 1: no overflow */
    for (size_t d = 0; d < head_dim; d++) out[i * head_dim + d] = 0;
    for (size_t j = 0; j < seen; j++)
      for (size_t d = 0; d < head_dim; d++) out[i * head_dim + d] += weights[j] * v[j * head_dim + d];
    for (size_t d = 0; d < head_dim; d++) out[i * head_dim + d] /= sum;
  }
}

int32_t mfa_attention_forward(void *context, void *q, void *k, void *v, void *out, uint32_t batch, uint32_t rows,
                              uint32_t keys, uint32_t heads, uint16_t head_dim, float scale, bool causal, int32_t input,
                              int32_t intermediate, int32_t output, bool transpose_q, bool transpose_k,
                              bool transpose_v, bool transpose_out, const void *mask, size_t mask_bytes,
                              const int64_t *mask_shape, const int64_t *mask_strides, uint32_t mask_dims,
                              int32_t mask_type, int32_t mask_scalar) {
  (void)context, (void)mask, (void)mask_bytes, (void)mask_shape, (void)mask_strides, (void)mask_dims, (void)mask_scalar;
  if (input != FP32 || intermediate != FP32 || output != FP32) return NOT_SUPPORTED;
  if (transpose_q || transpose_k || transpose_v || transpose_out || mask_type) return NOT_SUPPORTED;
  float *weights = malloc(keys * sizeof *weights);
  if (!weights) return NO_MEMORY;
  for (size_t head = 0; head < (size_t)batch * heads; head++) { /* memory is [batch, heads, rows or keys, head_dim] */
    const size_t of_q = head * rows * head_dim, of_kv = head * keys * head_dim;
    attention((float *)q + of_q, (float *)k + of_kv, (float *)v + of_kv, (float *)out + of_q, rows, keys, head_dim, scale,
              causal, weights);
  }
  free(weights);
  return SUCCESS;
}
