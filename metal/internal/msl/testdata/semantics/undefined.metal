#include "case.h"

/* Registers past an edge: they are computed with as they are, and nothing comes of it. 8 threads, 3 of them inside. */

static __attribute__((noinline)) float own(float x) { return x * 2; }
static __attribute__((noinline)) float2 own(float2 x, int scale) { return x * scale; }
static __attribute__((noinline)) float through(thread const float &x) { return x + 1; }

#define EDGE(name, type, compute)                                    \
  kernel void name(device float *out [[buffer(0)]], device const float *in [[buffer(1)]], \
                   uint i [[thread_position_in_grid]]) {              \
    type x;                                                           \
    const bool inside = i < 3;                                        \
    if (inside) x = type(in[i]);                                      \
    const type y = type(compute);                                     \
    if (inside) out[i] = float(y);                                    \
  }

EDGE(edge_exp2, float, exp2(x))
EDGE(edge_fast_exp, float, fast::exp(x - 1))
EDGE(edge_pow, float, pow(x, x))
EDGE(edge_half, half, log2(x))
EDGE(edge_own, float, own(x))
EDGE(edge_own_vector, float, own(float2(x, x), 3).y)
EDGE(edge_reference, float, through(x))
EDGE(edge_shuffle, float, simd_shuffle_xor(x, 0))
EDGE(edge_integer, int, popcount(x))

/* A tile of which the last part never gets a value, as in a loop over keys that ends early. */
kernel void tile(device float *out [[buffer(0)]], device const float *in [[buffer(1)]], constant Params &p [[buffer(2)]],
                 uint i [[thread_position_in_grid]]) {
  float s[8];
#pragma clang loop unroll(full)
  for (ushort k = 0; k < 8; k++)
    if (k < 2) s[k] = in[k] + i;
#pragma clang loop unroll(full)
  for (ushort k = 0; k < 8; k++) s[k] = exp2(s[k] * p.scalar - 1);
  if (i < 3) out[i] = s[0] + s[1];
}
