//go:build cgo

package processor

/*
#cgo CFLAGS: -std=gnu11 -O3 -Wall
#include <stdint.h>

// Each turn multiplies every sum and adds to it. There are as many sums as hide how long that takes, and no more than registers
// hold beside the two factors: two at a time for 4 or 5 cycles on x86, whose AVX2 has 16 registers, and four on arm64, which has 32.
#if defined(__x86_64__)
#define SUMS 12
#else
#define SUMS 16
#endif

// Whatever compiler: fused where the processor fuses.
#if defined(__clang__)
#define WIDE(features) __attribute__((target(features), noinline))
#define FUSE _Pragma("clang fp contract(fast)")
#else
#define WIDE(features) __attribute__((target(features), optimize("unroll-loops", "fp-contract=fast"), noinline))
#define FUSE
#endif

#define LOOP(vector)                                                                     \
  FUSE vector s[SUMS], a = {0}, b = {0};                                                 \
  for (int i = 0; i < (int)(sizeof(vector) / 4); i++) a[i] = factor, b[i] = 1 - factor; \
  for (int i = 0; i < SUMS; i++) s[i] = a * (float)i;                                    \
  for (uint64_t n = 0; n < turns; n++)                                                   \
    for (int i = 0; i < SUMS; i++) s[i] = s[i] * a + b;                                  \
  for (int i = 1; i < SUMS; i++) s[0] += s[i];                                           \
  return s[0][0];

typedef float v4 __attribute__((vector_size(16)));
#if defined(__x86_64__)
typedef float v8 __attribute__((vector_size(32)));
typedef float v16 __attribute__((vector_size(64)));
WIDE("avx512f,fma") static float turns16(uint64_t turns, float factor) { LOOP(v16) }
WIDE("avx,fma") static float turns8(uint64_t turns, float factor) { LOOP(v8) }
WIDE("avx") static float turns8apart(uint64_t turns, float factor) { LOOP(v8) }
#endif
#if defined(__clang__)
__attribute__((noinline))
#else
__attribute__((optimize("unroll-loops", "fp-contract=fast"), noinline))
#endif
static float turns4(uint64_t turns, float factor) { LOOP(v4) }

static int bits(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return 512;
  if (__builtin_cpu_supports("avx")) return 256;
#endif
  return 128;
}

static volatile float kept;
static void turn(uint64_t turns) {
#if defined(__x86_64__)
  switch (bits()) {
  case 512: kept = turns16(turns, 0.999f); return;
  case 256: kept = __builtin_cpu_supports("fma") ? turns8(turns, 0.999f) : turns8apart(turns, 0.999f); return;
  }
#endif
  kept = turns4(turns, 0.999f);
}
*/
import "C"

// Bits are those of the processor's vectors; 0: there is no C here.
func Bits() int { return int(C.bits()) }

// Operations is what a turn counts: of each element of each sum a multiplication and an addition. 0: there is no C here.
func Operations() float64 { return 2 * C.SUMS * float64(Bits()/32) }

// Turn takes so many turns on the calling thread.
func Turn(turns uint64) { C.turn(C.uint64_t(turns)) }
