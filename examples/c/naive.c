/* Attention as the textbook has it: cc -O2 -o mine examples/c/naive.c -lm && attest run --path exec:./mine */
#define _POSIX_C_SOURCE 200809L
#include "attest_client.h"

static const char *attention(const attest_problem *p) {
  int64_t group = p->heads / p->kv_heads;
  double *scores = (double *)malloc((size_t)(p->kv_len + 1) * sizeof *scores);
  if (scores == NULL) return "no memory for a row of scores";
  for (int64_t b = 0; b < p->batch; b++)
    for (int64_t h = 0; h < p->heads; h++)
      for (int64_t i = 0; i < p->q_len; i++) {
        double sink = attest_sink(p, h), most = sink, total = 0;
        for (int64_t j = 0; j < p->kv_len; j++) {
          float bias = attest_bias(p, b, h, i, j);
          double dot = 0;
          scores[j] = -INFINITY;
          if (bias == -INFINITY) continue;
          for (int64_t d = 0; d < p->head_dim; d++) dot += (double)attest_get(&p->q, b, h, i, d) * attest_key(p, b, h / group, j, d);
          scores[j] = p->scale * dot;
          if (p->softcap > 0) scores[j] = p->softcap * tanh(scores[j] / p->softcap);
          scores[j] += bias + attest_linear(p, b, h, i, j);
          if (!(scores[j] <= most)) most = scores[j]; /* a NaN stays one */
        }
        if (sink != -INFINITY) total = exp(sink - most);
        for (int64_t j = 0; j < p->kv_len; j++) {
          scores[j] = scores[j] == -INFINITY ? 0 : exp(scores[j] - most);
          total += scores[j];
        }
        for (int64_t d = 0; d < p->v_head_dim; d++) {
          double sum = 0;
          for (int64_t j = 0; j < p->kv_len; j++)
            if (scores[j] != 0) sum += scores[j] * attest_value(p, b, h / group, j, d);
          attest_set(&p->out, b, h, i, d, (float)(total != 0 ? sum / total : sum));
        }
        if (p->lse.data) attest_set(&p->lse, b, h, i, 0, (float)(most + log(total)));
      }
  free(scores);
  return NULL;
}

int main(void) { return attest_serve("textbook in C", attention, "\"knows\":[\"softcap\",\"sinks\",\"alibi\",\"lengths\",\"v_head_dim\",\"quant\",\"batch=0\",\"q_len=0\",\"kv_len=0\"]"); }
