//go:build cgo && unix

package main

/*
#cgo LDFLAGS: -lm
#include <math.h>

// Attention as anybody writes it in C, a row at a time, over arrays [n, d]: all scores, their exponentials, the sum over v.
#define ATTENTION(name)                                                                                                   \
  static void name(int n, int d, float scale, const float *restrict q, const float *restrict k, const float *restrict v,  \
                   float *restrict score, float *restrict out) {                                                          \
    for (int i = 0; i < n; i++, q += d, out += d) {                                                                       \
      float most = -INFINITY, sum = 0;                                                                                    \
      for (int j = 0; j < n; j++) {                                                                                       \
        float dot = 0;                                                                                                    \
        for (int c = 0; c < d; c++) dot += q[c] * k[j * d + c];                                                           \
        score[j] = dot * scale;                                                                                           \
        if (score[j] > most) most = score[j];                                                                             \
      }                                                                                                                   \
      for (int j = 0; j < n; j++) sum += score[j] = expf(score[j] - most);                                                \
      for (int c = 0; c < d; c++) out[c] = 0;                                                                             \
      for (int j = 0; j < n; j++)                                                                                         \
        for (int c = 0; c < d; c++) out[c] += score[j] * v[j * d + c];                                                    \
      for (int c = 0; c < d; c++) out[c] /= sum;                                                                          \
    }                                                                                                                     \
  }

#if defined(__x86_64__)
__attribute__((target("avx512f,fma"), noinline)) ATTENTION(plain16)
__attribute__((target("avx2,fma"), noinline)) ATTENTION(plain8)
#endif
__attribute__((noinline)) ATTENTION(plain4)

static void plain_attention(int n, int d, float scale, const float *q, const float *k, const float *v, float *score, float *out) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return plain16(n, d, scale, q, k, v, score, out);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return plain8(n, d, scale, q, k, v, score, out);
#endif
  plain4(n, d, scale, q, k, v, score, out);
}
*/
import "C"

import (
	"math"
	"math/rand/v2"
	"runtime"
)

// plain is how many GFLOP/s one thread makes of attention over n rows and keys of headDim columns in C, in float32, compiled
// with -O3 and for this processor's vectors. The compiler may not add in another order, so it makes no vectors of a dot product.
func plain(n, headDim int) (gflops float64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := rand.New(rand.NewPCG(3, 3))
	var operands [4][]C.float // q, k, v and out
	for i := range operands {
		operands[i] = make([]C.float, n*headDim)
		for j := range operands[i] {
			operands[i][j] = C.float(r.NormFloat64())
		}
	}
	score := make([]C.float, n)
	for range batches {
		begin := threadSeconds()
		C.plain_attention(C.int(n), C.int(headDim), C.float(1/math.Sqrt(float64(headDim))), &operands[0][0], &operands[1][0], &operands[2][0],
			&score[0], &operands[3][0])
		gflops = max(gflops, 4*float64(n)*float64(n)*float64(headDim)/(threadSeconds()-begin)/1e9)
	}
	return gflops
}
