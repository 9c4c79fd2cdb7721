/* A library with the mfa C ABI and no more than a caller needs: fp32 attention in plain loops, over contiguous memory
 * in the layout that LAYOUT_BSHD chooses. WRONG makes it give garbage, REFUSES makes it say
 * "not supported" of what it does not do, and REFUSES_ALL of everything. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int32_t mfa_create_context(void **out) { *out = malloc(1); return 0; }
void mfa_destroy_context(void *c) { free(c); }
int32_t mfa_buffer_from_ptr(void *c, void *data, size_t bytes, void **out) { (void)c, (void)bytes; *out = data; return 0; }
int32_t mfa_create_buffer(void *c, size_t bytes, void **out) { (void)c; *out = calloc(1, bytes); return 0; }
void *mfa_buffer_contents(void *b) { return b; }
void mfa_destroy_buffer(void *b) { (void)b; }

static size_t at(uint32_t b, uint32_t h, uint32_t r, uint32_t heads, uint32_t rows, uint32_t dim) {
#ifdef LAYOUT_BSHD
  return (((size_t)b * rows + r) * heads + h) * dim;
#else
  return (((size_t)b * heads + h) * rows + r) * dim;
#endif
}

int32_t mfa_attention_forward(void *c, void *vq, void *vk, void *vv, void *vo, uint32_t batch, uint32_t n, uint32_t m,
                              uint32_t heads, uint16_t dim, float scale, bool causal, int32_t in, int32_t mid, int32_t out,
                              bool tq, bool tk, bool tv, bool to, const void *mask, size_t mask_bytes, const int64_t *shape,
                              const int64_t *strides, uint32_t ndim, int32_t mask_type, int32_t mask_scalar) {
  (void)c, (void)mid, (void)mask_bytes, (void)shape, (void)strides, (void)ndim, (void)mask_scalar;
#ifdef REFUSES_ALL
  return 3;
#endif
#ifdef REFUSES
  if (in != 2 || mask || causal) return 3;
#endif
  if (in != 2 || out != 2 || tq || tk || tv || to || (mask && mask_type)) return 1;
  const float *q = vq, *k = vk, *v = vv;
  float *o = vo, *p = malloc(m * sizeof *p);
  for (uint32_t b = 0; b < batch; b++)
    for (uint32_t h = 0; h < heads; h++)
      for (uint32_t i = 0; i < n; i++) {
        float top = -INFINITY, sum = 0, *row = o + at(b, h, i, heads, n, dim);
        uint32_t end = causal && i + 1 < m ? i + 1 : m;
        for (uint32_t j = 0; j < end; j++) {
          float s = 0;
          for (uint32_t d = 0; d < dim; d++) s += q[at(b, h, i, heads, n, dim) + d] * k[at(b, h, j, heads, m, dim) + d];
          p[j] = s * scale;
          top = fmaxf(top, p[j]);
        }
        for (uint32_t d = 0; d < dim; d++) row[d] = 0;
        for (uint32_t j = 0; j < end; j++) {
          float w = expf(p[j] - top);
          sum += w;
          for (uint32_t d = 0; d < dim; d++) row[d] += w * v[at(b, h, j, heads, m, dim) + d];
        }
        for (uint32_t d = 0; d < dim; d++) row[d] /= sum;
#ifdef WRONG
        row[0] += 1;
#endif
      }
  free(p);
  return 0;
}
