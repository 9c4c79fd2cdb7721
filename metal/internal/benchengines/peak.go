//go:build unix

package main

/*
#cgo CFLAGS: -O3
#include <stdint.h>

// 16 sums of vectors, each multiplied and added to: what the processor can do at best, one thread.
#define SUMS 16
#define LOOP(vector)                                                      \
  vector s[SUMS], a = {0}, b = {0};                                       \
  for (int i = 0; i < (int)(sizeof(vector) / 4); i++) a[i] = factor, b[i] = 1 - factor; \
  for (int i = 0; i < SUMS; i++) s[i] = a * (float)i;                     \
  for (uint64_t n = 0; n < turns; n++)                                    \
    for (int i = 0; i < SUMS; i++) s[i] = s[i] * a + b;                   \
  for (int i = 1; i < SUMS; i++) s[0] += s[i];                            \
  return s[0][0];

typedef float v4 __attribute__((vector_size(16)));
typedef float v8 __attribute__((vector_size(32)));
typedef float v16 __attribute__((vector_size(64)));
#if defined(__x86_64__)
__attribute__((target("avx512f,fma"), optimize("unroll-loops", "fp-contract=fast"), noinline)) static float peak16(uint64_t turns, float factor) { LOOP(v16) }
__attribute__((target("avx2,fma"), optimize("unroll-loops", "fp-contract=fast"), noinline)) static float peak8(uint64_t turns, float factor) { LOOP(v8) }
#endif
__attribute__((optimize("unroll-loops", "fp-contract=fast"), noinline)) static float peak4(uint64_t turns, float factor) { LOOP(v4) }

static volatile float kept;
static int peak(uint64_t turns) { // floats of a vector
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return kept = peak16(turns, 0.999f), 16;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kept = peak8(turns, 0.999f), 8;
#endif
  return kept = peak4(turns, 0.999f), 4;
}
*/
import "C"

import "runtime"

// peak measures how many GFLOP/s one thread of this processor makes of multiplications and additions in registers, and the
// bits of its vectors.
func peak() (gflops float64, bits int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const turns = 4 << 20
	floats := int(C.peak(1 << 16))
	for range batches {
		start := threadSeconds()
		C.peak(turns)
		gflops = max(gflops, 2*16*float64(floats)*turns/(threadSeconds()-start)/1e9)
	}
	return gflops, 32 * floats
}

// burn keeps the vector units of one thread busy.
func burn() { C.peak(1 << 19) }
