/* Attention from C: wraps its own arrays, runs once for the answer and many times for the clock.
 *
 *   ./attention          a small case, checked against plain loops
 *   ./attention bench    the cost of a call that does nothing, and of one head of 1024 rows
 */
#include <math.h>
#include <mfa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void check(int32_t status, const char *call) {
  if (status == MFA_SUCCESS) return;
  char *text = mfa_error_string(status);
  fprintf(stderr, "%s: %s: %s\n", call, text, mfa_last_error());
  free(text);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* q, k, v and out of one shape, in memory of this program that the library reads in place. */
typedef struct {
  mfa_context_t context;
  uint32_t heads, rows;
  uint16_t head_dim;
  float *data[4];
  mfa_buffer_t buffer[4];
} problem;

static void make(problem *p, mfa_context_t context, uint32_t heads, uint32_t rows, uint16_t head_dim) {
  *p = (problem){.context = context, .heads = heads, .rows = rows, .head_dim = head_dim};
  size_t count = (size_t)heads * rows * head_dim;
  for (int i = 0; i < 4; i++) {
    p->data[i] = malloc(count * sizeof(float));
    for (size_t n = 0; n < count; n++) p->data[i][n] = (float)rand() / RAND_MAX - 0.5f;
    check(mfa_buffer_from_ptr(context, p->data[i], count * sizeof(float), &p->buffer[i]), "mfa_buffer_from_ptr");
  }
}

static void unmake(problem *p) {
  for (int i = 0; i < 4; i++) {
    mfa_destroy_buffer(p->buffer[i]);
    free(p->data[i]);
  }
}

static int32_t forward(const problem *p, uint32_t rows, bool causal) {
  return mfa_attention_forward(p->context, p->buffer[0], p->buffer[1], p->buffer[2], p->buffer[3], 1, rows, rows,
                               p->heads, p->head_dim, 1.0f / sqrtf(p->head_dim), causal, MFA_PRECISION_FP32,
                               MFA_PRECISION_FP32, MFA_PRECISION_FP32, false, false, false, false, NULL, 0, NULL, NULL,
                               0, MFA_MASK_NONE, MFA_MASK_SCALAR_BYTE);
}

/* The largest distance from causal attention by plain loops in double. */
static double error_of(const problem *p) {
  double worst = 0;
  size_t d_count = p->head_dim;
  for (uint32_t h = 0; h < p->heads; h++)
    for (uint32_t i = 0; i < p->rows; i++) {
      const float *q = p->data[0] + (h * p->rows + i) * d_count;
      double sum = 0, out[256] = {0};
      for (uint32_t j = 0; j <= i; j++) {
        const float *k = p->data[1] + (h * p->rows + j) * d_count, *v = p->data[2] + (h * p->rows + j) * d_count;
        double score = 0;
        for (size_t d = 0; d < d_count; d++) score += (double)q[d] * k[d];
        double weight = exp(score / sqrt((double)d_count));
        sum += weight;
        for (size_t d = 0; d < d_count; d++) out[d] += weight * v[d];
      }
      for (size_t d = 0; d < d_count; d++) {
        double distance = fabs(out[d] / sum - p->data[3][(h * p->rows + i) * d_count + d]);
        if (!(distance <= worst)) worst = distance;
      }
    }
  return worst;
}

static void bench(mfa_context_t context) {
  problem p;
  make(&p, context, 1, 1024, 64);
  enum { REFUSALS = 1000000 };
  double begin = now();
  for (int i = 0; i < REFUSALS; i++) forward(&p, 0, false); /* refused before anything runs: the cost of the call */
  printf("a refused call   %8.1f ns\n", (now() - begin) / REFUSALS * 1e9);
  check(forward(&p, 1024, false), "mfa_attention_forward");
  double best = INFINITY, gpu = 0;
  for (int i = 0; i < 5; i++) {
    begin = now();
    check(forward(&p, 1024, false), "mfa_attention_forward");
    double took = now() - begin;
    if (took < best) {
      best = took;
      gpu = mfa_get_gpu_latency(context);
    }
  }
  printf("N=1024 D=64      %8.3f ms, %.3f ms of it on the device\n", best * 1e3, gpu * 1e3);
  unmake(&p);
}

int main(int argc, char **argv) {
  int major, minor, patch;
  mfa_get_version(&major, &minor, &patch);
  mfa_context_t context;
  check(mfa_create_context(&context), "mfa_create_context");
  double error = 0;
  if (argc > 1 && strcmp(argv[1], "bench") == 0) {
    bench(context);
  } else {
    problem p;
    make(&p, context, 3, 50, 20);
    check(forward(&p, 50, true), "mfa_attention_forward");
    error = error_of(&p);
    printf("mfa %d.%d.%d: 3 heads of 50 rows, head_dim 20, causal: off by at most %.2g; %.3f ms on the device\n", major,
           minor, patch, error, mfa_get_gpu_latency(context) * 1e3);
    unmake(&p);
  }
  mfa_destroy_context(context);
  return error <= 1e-5 ? 0 : 1;
}
