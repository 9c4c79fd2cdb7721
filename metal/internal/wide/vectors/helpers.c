/* What widened kernels call, on whole vectors: each makes the bits that the fibers' code (msl_simd.h and its neighbours)
 * makes one lane at a time. Compiled once for a processor, and made part of every kernel that calls it.
 *
 * Vectors are passed by address, so that no calling convention is asked; all of it is inlined. `present` are the lanes
 * that take part. */
typedef float vf __attribute__((ext_vector_type(32)));
typedef unsigned vu __attribute__((ext_vector_type(32)));
typedef float v4 __attribute__((ext_vector_type(4)));
typedef float v8 __attribute__((ext_vector_type(8)));
typedef float v16 __attribute__((ext_vector_type(16)));
typedef float u8 __attribute__((ext_vector_type(8), aligned(4)));
#define INLINE __attribute__((always_inline))
#define PICK(...) __builtin_shufflevector(__VA_ARGS__)
#define JOIN(a, b) PICK(a, b, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31)
#define LOW(v) PICK(v, v, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15)
#define HIGH(v) PICK(v, v, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31)
#define ALL (~0u)
#define RARELY(x) __builtin_expect(x, 0)

/* The tree of msl_simd.h: halves onto halves over the lanes that came, packed to the front. */
static float sum_join(float a, float b) { return a + b; }
static float max_join(float a, float b) { return b > a || a != a ? b : a; }
static float min_join(float a, float b) { return b < a || a != a ? b : a; }
#define PACKED(name, join)                                                                   \
  static __attribute__((noinline)) float name(const vf *v, unsigned present) {               \
    float x[32];                                                                             \
    unsigned n = 0;                                                                          \
    for (unsigned w = present; w; w &= w - 1) x[n++] = ((const float *)v)[__builtin_ctz(w)]; \
    for (unsigned h = 16; h; h /= 2)                                                         \
      for (unsigned i = 0; i < h; i++)                                                       \
        if (i + h < n) x[i] = join(x[i], x[i + h]);                                          \
    return x[0];                                                                             \
  }
PACKED(sum_packed, sum_join)
PACKED(max_packed, max_join)
PACKED(min_packed, min_join)

INLINE float wide_sum_f32(const vf *x, unsigned present) {
  if (RARELY(present != ALL)) return sum_packed(x, present);
  const vf v = *x;
  const v16 a = LOW(v) + HIGH(v);
  const v8 b = PICK(a, a, 0,1,2,3,4,5,6,7) + PICK(a, a, 8,9,10,11,12,13,14,15);
  const v4 c = PICK(b, b, 0,1,2,3) + PICK(b, b, 4,5,6,7);
  return (c[0] + c[2]) + (c[1] + c[3]);
}
#define CHOOSE(a, b, op) (((b op a) | (a != a)) ? b : a)
#define EXTREME(name, packed, join, op)                                                                   \
  INLINE float name(const vf *x, unsigned present) {                                                      \
    if (RARELY(present != ALL)) return packed(x, present);                                                \
    const vf v = *x;                                                                                      \
    const v16 a0 = LOW(v), a1 = HIGH(v), a = CHOOSE(a0, a1, op);                                          \
    const v8 b0 = PICK(a, a, 0,1,2,3,4,5,6,7), b1 = PICK(a, a, 8,9,10,11,12,13,14,15), b = CHOOSE(b0, b1, op); \
    const v4 c0 = PICK(b, b, 0,1,2,3), c1 = PICK(b, b, 4,5,6,7), c = CHOOSE(c0, c1, op);                  \
    return join(join(c[0], c[2]), join(c[1], c[3]));                                                      \
  }
EXTREME(wide_max_f32, max_packed, max_join, >)
EXTREME(wide_min_f32, min_packed, min_join, <)

static INLINE vu mask_of(unsigned present) {
  const vu lane = {0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31};
  return (vu)present >> lane & 1;
}
static INLINE unsigned bits_of(vu x) { /* a bit for each lane that is not 0 */
  typedef _Bool vb __attribute__((ext_vector_type(32)));
  return __builtin_bit_cast(unsigned, __builtin_convertvector(x != 0, vb));
}
INLINE unsigned wide_sum_i32(const vu *x, unsigned present) {
  return __builtin_reduce_add(mask_of(present) != 0 ? *x : (vu)0);
}
INLINE unsigned wide_ballot(const vu *x, unsigned present) { return bits_of(*x) & present; }
INLINE unsigned wide_first(const vu *x, unsigned present) { return ((const unsigned *)x)[__builtin_ctz(present)]; }

/* Each lane gets what the lane that it names gave; all ones where that does not take part. */
INLINE void wide_shuffle(vu *out, const vu *value, const vu *lane, unsigned present) {
  const vu v = *value, from = *lane;
  vu r;
#ifdef __AVX512F__
  typedef int i16 __attribute__((vector_size(64)));
  typedef float f16 __attribute__((vector_size(64)));
  const i16 a = (i16)LOW(from), b = (i16)HIGH(from);
  const f16 low = (f16)LOW(v), high = (f16)HIGH(v);
  typedef unsigned u16 __attribute__((ext_vector_type(16)));
  r = JOIN((u16)__builtin_ia32_vpermi2varps512(low, a, high), (u16)__builtin_ia32_vpermi2varps512(low, b, high));
#else
  for (int i = 0; i < 32; i++) r[i] = v[from[i] & 31];
#endif
  const vu there = from < 32 ? (vu)present >> (from & 31) & 1 : (vu)0;
  *out = there != 0 ? r : ~(vu)0;
}

/* Lanes' pairs (x, y) and the 8 rows of a matrix: lane l holds row (l/4 & 4) + l/2 % 4, columns (l/4 & 2)*2 + l%2*2 and the
 * next. A tile is four vectors of two rows each. */
#define QUARTER(q) PICK(x, y, q*16+0,q*16+32,q*16+1,q*16+33,q*16+8,q*16+40,q*16+9,q*16+41, q*16+2,q*16+34,q*16+3,q*16+35,q*16+10,q*16+42,q*16+11,q*16+43), \
                   PICK(x, y, q*16+4,q*16+36,q*16+5,q*16+37,q*16+12,q*16+44,q*16+13,q*16+45, q*16+6,q*16+38,q*16+7,q*16+39,q*16+14,q*16+46,q*16+15,q*16+47)
struct tile { v16 r[4]; };
static INLINE struct tile rows(vf x, vf y) { struct tile t = {{QUARTER(0), QUARTER(1)}}; return t; }
#define LANES(p, q, o) PICK(p, q, 0+o,2+o,8+o,10+o,16+o,18+o,24+o,26+o, 4+o,6+o,12+o,14+o,20+o,22+o,28+o,30+o)
static INLINE void give(struct tile t, vf *x, vf *y) {
  *x = JOIN(LANES(t.r[0], t.r[1], 0), LANES(t.r[2], t.r[3], 0));
  *y = JOIN(LANES(t.r[0], t.r[1], 1), LANES(t.r[2], t.r[3], 1));
}
#define OF_A(k) PICK(a.r[i], a.r[i], k,k,k,k,k,k,k,k,8+k,8+k,8+k,8+k,8+k,8+k,8+k,8+k)
#define EVEN(k) PICK(b.r[k / 2], b.r[k / 2], 0,1,2,3,4,5,6,7,0,1,2,3,4,5,6,7)
#define ODD(k) PICK(b.r[k / 2], b.r[k / 2], 8,9,10,11,12,13,14,15,8,9,10,11,12,13,14,15)
#define STEP(k, half) s = __builtin_elementwise_fma(OF_A(k), half(k), s);

/* One rounding a step, the inner index ascending, as multiply_tiles. */
INLINE void wide_multiply(vf *x, vf *y, const vf *ax, const vf *ay, const vf *bx, const vf *by, const vf *cx, const vf *cy) {
  struct tile a = rows(*ax, *ay), b = rows(*bx, *by);
  struct tile c = rows(*cx, *cy);
  _Pragma("clang loop unroll(full)")
  for (int i = 0; i < 4; i++) {
    v16 s = c.r[i];
    STEP(0, EVEN) STEP(1, ODD) STEP(2, EVEN) STEP(3, ODD) STEP(4, EVEN) STEP(5, ODD) STEP(6, EVEN) STEP(7, ODD)
    c.r[i] = s;
  }
  give(c, x, y);
}

static INLINE struct tile turned(struct tile t) {
  const v16 a = PICK(t.r[0], t.r[1], 0,8,16,24,1,9,17,25,2,10,18,26,3,11,19,27), b = PICK(t.r[0], t.r[1], 4,12,20,28,5,13,21,29,6,14,22,30,7,15,23,31);
  const v16 c = PICK(t.r[2], t.r[3], 0,8,16,24,1,9,17,25,2,10,18,26,3,11,19,27), d = PICK(t.r[2], t.r[3], 4,12,20,28,5,13,21,29,6,14,22,30,7,15,23,31);
  struct tile r = {{PICK(a, c, 0,1,2,3,16,17,18,19,4,5,6,7,20,21,22,23), PICK(a, c, 8,9,10,11,24,25,26,27,12,13,14,15,28,29,30,31),
                    PICK(b, d, 0,1,2,3,16,17,18,19,4,5,6,7,20,21,22,23), PICK(b, d, 8,9,10,11,24,25,26,27,12,13,14,15,28,29,30,31)}};
  return r;
}
static unsigned row_of(unsigned lane) { return (lane >> 2 & 4) + (lane >> 1 & 3); }
static unsigned column_of(unsigned lane) { return (lane >> 2 & 2) * 2 + (lane & 1) * 2; }

/* Where lanes are missing, only the others' elements are touched. */
static __attribute__((noinline)) void load_some(vf *x, vf *y, const float *p, long stride, unsigned transposed, unsigned present) {
  for (unsigned w = present; w; w &= w - 1) {
    const unsigned l = __builtin_ctz(w), row = row_of(l), column = column_of(l);
    ((float *)x)[l] = transposed ? p[column * stride + row] : p[row * stride + column];
    ((float *)y)[l] = transposed ? p[(column + 1) * stride + row] : p[row * stride + column + 1];
  }
}
INLINE void wide_tile_load(vf *x, vf *y, const float *p, long stride, unsigned transposed, unsigned present) {
  if (RARELY(present != ALL)) {
    *x = *y = 0;
    load_some(x, y, p, stride, transposed, present);
    return;
  }
  struct tile t;
  _Pragma("clang loop unroll(full)")
  for (int i = 0; i < 4; i++) {
    const v8 a = *(const u8 *)(p + 2 * i * stride), b = *(const u8 *)(p + (2 * i + 1) * stride);
    t.r[i] = PICK(a, b, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15);
  }
  give(transposed ? turned(t) : t, x, y);
}
static __attribute__((noinline)) void store_some(const vf *x, const vf *y, float *p, long stride, unsigned transposed, unsigned present) {
  for (unsigned w = present; w; w &= w - 1) {
    const unsigned l = __builtin_ctz(w), row = row_of(l), column = column_of(l);
    p[transposed ? column * stride + row : row * stride + column] = ((const float *)x)[l];
    p[transposed ? (column + 1) * stride + row : row * stride + column + 1] = ((const float *)y)[l];
  }
}
INLINE void wide_tile_store(const vf *x, const vf *y, float *p, long stride, unsigned transposed, unsigned present) {
  if (RARELY(present != ALL)) {
    store_some(x, y, p, stride, transposed, present);
    return;
  }
  struct tile t = rows(*x, *y);
  if (transposed) t = turned(t);
  _Pragma("clang loop unroll(full)")
  for (int i = 0; i < 4; i++) {
    *(u8 *)(p + 2 * i * stride) = PICK(t.r[i], t.r[i], 0,1,2,3,4,5,6,7);
    *(u8 *)(p + (2 * i + 1) * stride) = PICK(t.r[i], t.r[i], 8,9,10,11,12,13,14,15);
  }
}

/* 2^x with the bits of the C library's exp2f: its table of 32, its cubic in double, fused. TestExponentials holds the two
 * against each other, on request for all 2^32 arguments. */
typedef double d8 __attribute__((ext_vector_type(8)));
typedef long l8 __attribute__((ext_vector_type(8)));
static const unsigned long exp2_table[32] __attribute__((aligned(64))) = {
    0x3ff0000000000000ul, 0x3fefd9b0d3158574ul, 0x3fefb5586cf9890ful, 0x3fef9301d0125b51ul, 0x3fef72b83c7d517bul, 0x3fef54873168b9aaul,
    0x3fef387a6e756238ul, 0x3fef1e9df51fdee1ul, 0x3fef06fe0a31b715ul, 0x3feef1a7373aa9cbul, 0x3feedea64c123422ul, 0x3feece086061892dul,
    0x3feebfdad5362a27ul, 0x3feeb42b569d4f82ul, 0x3feeab07dd485429ul, 0x3feea47eb03a5585ul, 0x3feea09e667f3bcdul, 0x3fee9f75e8ec5f74ul,
    0x3feea11473eb0187ul, 0x3feea589994cce13ul, 0x3feeace5422aa0dbul, 0x3feeb737b0cdc5e5ul, 0x3feec49182a3f090ul, 0x3feed503b23e255dul,
    0x3feee89f995ad3adul, 0x3feeff76f2fb5e47ul, 0x3fef199bdd85529cul, 0x3fef3720dcef9069ul, 0x3fef5818dcfba487ul, 0x3fef7c97337b9b5ful,
    0x3fefa4afa2a490daul, 0x3fefd0765b6e4540ul};
static INLINE v8 exp2_8(v8 x) {
  const double shift = 0x1.8p+52 / 32;
  d8 xd = __builtin_convertvector(x, d8), kd = xd + shift;
  const l8 ki = (l8)kd;
  l8 t;
  kd -= shift;
  const d8 r = xd - kd;
  for (int i = 0; i < 8; i++) t[i] = exp2_table[ki[i] & 31];
  const d8 s = (d8)(t + (ki << 47));
  const d8 z = __builtin_elementwise_fma((d8)0x1.c6af84b912394p-5, r, (d8)0x1.ebfce50fac4f3p-3);
  d8 y = __builtin_elementwise_fma((d8)0x1.62e42ff0c52d6p-1, r, (d8)1.0);
  y = __builtin_elementwise_fma(z, r * r, y) * s;
  v8 f = __builtin_convertvector(y, v8);
  f = x >= 128.0f ? (v8)__builtin_inff() : f;
  f = x <= -150.0f ? (v8)0.0f : f;
  return x != x ? x + x : f;
}
/* e^x with the bits of the C library's expf, which has the same table. */
static INLINE v8 exp_8(v8 x) {
  const double shift = 0x1.8p+52, scale = 0x1.71547652b82fep+0 * 32; /* 32 / ln 2 */
  const d8 xd = __builtin_convertvector(x, d8);
  d8 kd = __builtin_elementwise_fma((d8)scale, xd, (d8)shift);
  const l8 ki = (l8)kd;
  l8 t;
  kd -= shift;
  const d8 r = __builtin_elementwise_fma((d8)scale, xd, -kd);
  for (int i = 0; i < 8; i++) t[i] = exp2_table[ki[i] & 31];
  const d8 s = (d8)(t + (ki << 47));
  const d8 z = __builtin_elementwise_fma((d8)(0x1.c6af84b912394p-5 / 32 / 32 / 32), r, (d8)(0x1.ebfce50fac4f3p-3 / 32 / 32));
  d8 y = __builtin_elementwise_fma((d8)(0x1.62e42ff0c52d6p-1 / 32), r, (d8)1.0);
  y = __builtin_elementwise_fma(z, r * r, y) * s;
  v8 f = __builtin_convertvector(y, v8);
  f = x > 0x1.62e42ep6f ? (v8)__builtin_inff() : f;
  f = x < -0x1.9fe368p6f ? (v8)0.0f : f;
  return x != x ? x + x : f;
}
#define EIGHT_AT_A_TIME(name, of)                                                                                 \
  INLINE void name(vf *out, const vf *x, unsigned present) {                                                      \
    const vf v = *x;                                                                                              \
    const v8 a = of(PICK(v, v, 0,1,2,3,4,5,6,7)), b = of(PICK(v, v, 8,9,10,11,12,13,14,15));                      \
    const v8 c = of(PICK(v, v, 16,17,18,19,20,21,22,23)), d = of(PICK(v, v, 24,25,26,27,28,29,30,31));            \
    *out = JOIN(PICK(a, b, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15), PICK(c, d, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15)); \
    (void)present;                                                                                                \
  }
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
EIGHT_AT_A_TIME(wide_exp2f, exp2_8)
EIGHT_AT_A_TIME(wide_expf, exp_8)
/* The same for one number that all lanes have. */
static INLINE float finish_exp(double k, double r, double a, double b, double c) {
  const long ki = __builtin_bit_cast(long, k);
  const double s = __builtin_bit_cast(double, (long)exp2_table[ki & 31] + (ki << 47));
  return (float)(__builtin_fma(__builtin_fma(a, r, b), r * r, __builtin_fma(c, r, 1.0)) * s);
}
INLINE float wide_exp2f_one(float x) {
  const double shift = 0x1.8p+52 / 32, xd = x, kd = xd + shift, r = xd - (kd - shift);
  float f = finish_exp(kd, r, 0x1.c6af84b912394p-5, 0x1.ebfce50fac4f3p-3, 0x1.62e42ff0c52d6p-1);
  f = x >= 128.0f ? __builtin_inff() : f;
  f = x <= -150.0f ? 0.0f : f;
  return x != x ? x + x : f;
}
INLINE float wide_expf_one(float x) {
  const double shift = 0x1.8p+52, scale = 0x1.71547652b82fep+0 * 32, xd = x;
  const double kd = __builtin_fma(scale, xd, shift), r = __builtin_fma(scale, xd, -(kd - shift));
  float f = finish_exp(kd, r, 0x1.c6af84b912394p-5 / 32 / 32 / 32, 0x1.ebfce50fac4f3p-3 / 32 / 32, 0x1.62e42ff0c52d6p-1 / 32);
  f = x > 0x1.62e42ep6f ? __builtin_inff() : f;
  f = x < -0x1.9fe368p6f ? 0.0f : f;
  return x != x ? x + x : f;
}
#else /* there the C library does not fuse, and has other bits */
float exp2f(float), expf(float);
#define ONE_AT_A_TIME(name, of)                                         \
  void name(vf *out, const vf *x, unsigned present) {                   \
    for (unsigned w = present; w; w &= w - 1)                           \
      ((float *)out)[__builtin_ctz(w)] = of(((const float *)x)[__builtin_ctz(w)]); \
  }
ONE_AT_A_TIME(wide_exp2f, exp2f)
ONE_AT_A_TIME(wide_expf, expf)
float wide_exp2f_one(float x) { return exp2f(x); }
float wide_expf_one(float x) { return expf(x); }
#endif
