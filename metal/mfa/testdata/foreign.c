/* Another library with the mfa interface, as a loader may meet one: fp32 by plain loops, its own kind of handles, and
 * some functions missing. */
#include <math.h>
#include <stdlib.h>

#include "../mfa.h"

typedef struct {
  void *data;
  bool owned;
} foreign_buffer;

static double latency;

int32_t mfa_create_context(mfa_context_t *out) {
  *out = calloc(1, 1);
  return *out ? MFA_SUCCESS : MFA_ERROR_MEMORY_ALLOCATION;
}
void mfa_destroy_context(mfa_context_t context) { free(context); }

static int32_t make(void *data, bool owned, mfa_buffer_t *out) {
  foreign_buffer *b = malloc(sizeof *b);
  *b = (foreign_buffer){data, owned};
  *out = b;
  return MFA_SUCCESS;
}
int32_t mfa_create_buffer(mfa_context_t context, size_t bytes, mfa_buffer_t *out) {
  (void)context;
  return make(calloc(1, bytes), true, out);
}
int32_t mfa_buffer_from_ptr(mfa_context_t context, void *data, size_t bytes, mfa_buffer_t *out) {
  (void)context, (void)bytes;
  return make(data, false, out);
}
void *mfa_buffer_contents(mfa_buffer_t buffer) { return ((foreign_buffer *)buffer)->data; }
void mfa_destroy_buffer(mfa_buffer_t buffer) {
  foreign_buffer *b = buffer;
  if (b->owned) free(b->data);
  free(b);
}

static void row(const float *q, const float *k, const float *v, float *out, uint32_t keys, uint16_t head_dim,
                float scale, const unsigned char *mask) {
  double sum = 0, values[256] = {0};
  for (uint32_t j = 0; j < keys; j++) {
    if (mask && !mask[j]) continue;
    double score = 0;
    for (uint16_t d = 0; d < head_dim; d++) score += (double)q[d] * k[j * head_dim + d];
    double weight = exp(scale * score);
    sum += weight;
    for (uint16_t d = 0; d < head_dim; d++) values[d] += weight * v[j * head_dim + d];
  }
  for (uint16_t d = 0; d < head_dim; d++) out[d] = sum > 0 ? (float)(values[d] / sum) : 0;
}

int32_t mfa_attention_forward(
    mfa_context_t context, mfa_buffer_t q, mfa_buffer_t k, mfa_buffer_t v, mfa_buffer_t out, uint32_t batch_size,
    uint32_t seq_len_q, uint32_t seq_len_kv, uint32_t num_heads, uint16_t head_dim, float softmax_scale, bool causal,
    int32_t input_precision, int32_t intermediate_precision, int32_t output_precision, bool transpose_q,
    bool transpose_k, bool transpose_v, bool transpose_o, const void *mask, size_t mask_bytes,
    const int64_t *mask_shape, const int64_t *mask_strides, uint32_t mask_ndim, int32_t mask_type,
    int32_t mask_scalar) {
  (void)context, (void)intermediate_precision, (void)mask_scalar;
  if (input_precision != MFA_PRECISION_FP32 || output_precision != MFA_PRECISION_FP32 || mask_strides || transpose_q ||
      transpose_k || transpose_v || transpose_o || head_dim > 256)
    return MFA_ERROR_INVALID_ARGS;
  if (mask_type == MFA_MASK_BOOL && (mask_ndim != 2 || mask_shape[0] != seq_len_q || mask_shape[1] != seq_len_kv ||
                                     mask_bytes != (size_t)seq_len_q * seq_len_kv))
    return MFA_ERROR_INVALID_ARGS;
  for (uint32_t head = 0; head < batch_size * num_heads; head++)
    for (uint32_t i = 0; i < seq_len_q; i++) {
      size_t q_at = ((size_t)head * seq_len_q + i) * head_dim, kv_at = (size_t)head * seq_len_kv * head_dim;
      uint32_t keys = causal && i + 1 < seq_len_kv ? i + 1 : seq_len_kv;
      row((float *)mfa_buffer_contents(q) + q_at, (float *)mfa_buffer_contents(k) + kv_at,
          (float *)mfa_buffer_contents(v) + kv_at, (float *)mfa_buffer_contents(out) + q_at, keys, head_dim,
          softmax_scale, mask ? (const unsigned char *)mask + (size_t)i * seq_len_kv : NULL);
    }
  latency += 0.25;
  return MFA_SUCCESS;
}

double mfa_get_gpu_latency(mfa_context_t context) {
  (void)context;
  return latency;
}
