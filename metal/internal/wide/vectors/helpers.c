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
  const vf v = *x; /* what a call is given lies in memory, and *x would for its sake */
  if (RARELY(present != ALL)) return sum_packed(&v, present);
  const v16 a = LOW(v) + HIGH(v);
  const v8 b = PICK(a, a, 0,1,2,3,4,5,6,7) + PICK(a, a, 8,9,10,11,12,13,14,15);
  const v4 c = PICK(b, b, 0,1,2,3) + PICK(b, b, 4,5,6,7);
  return (c[0] + c[2]) + (c[1] + c[3]);
}
#define CHOOSE(a, b, op) (((b op a) | (a != a)) ? b : a)
#define EXTREME(name, packed, join, op)                                                                   \
  INLINE float name(const vf *x, unsigned present) {                                                      \
    const vf v = *x;                                                                                      \
    if (RARELY(present != ALL)) return packed(&v, present);                                               \
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

/* A simdgroup's matrix as its lanes hold it: lane l has, of row (l/4 & 4) + l/2 % 4, column (l/4 & 2)*2 + l%2*2 in x and the
 * next in y. So eight neighbouring lanes hold four rows by two columns, and a product is made without putting them in another
 * order: a column of a lies in every other lane, and what all rows want of a row of b is a pair of neighbours. */
struct lanes { v8 x[4], y[4]; };
#define EIGHT(v, i) PICK(v, v, 8*(i)+0,8*(i)+1,8*(i)+2,8*(i)+3,8*(i)+4,8*(i)+5,8*(i)+6,8*(i)+7)
#define LOWS(a, b) PICK(a, b, 0,1,2,3,8,9,10,11)
#define HIGHS(a, b) PICK(a, b, 4,5,6,7,12,13,14,15)
#define EVENS(a, b) PICK(a, b, 0,2,8,10,4,6,12,14) /* in each half */
#define ODDS(a, b) PICK(a, b, 1,3,9,11,5,7,13,15)
#define IN_TURN_LOW(a, b) PICK(a, b, 0,8,1,9,4,12,5,13)
#define IN_TURN_HIGH(a, b) PICK(a, b, 2,10,3,11,6,14,7,15)
static INLINE vf together(const v8 *e) {
  const v16 a = PICK(e[0], e[1], 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15), b = PICK(e[2], e[3], 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15);
  return JOIN(a, b);
}
static INLINE struct lanes apart(vf x, vf y) {
  struct lanes t = {{EIGHT(x, 0), EIGHT(x, 1), EIGHT(x, 2), EIGHT(x, 3)}, {EIGHT(y, 0), EIGHT(y, 1), EIGHT(y, 2), EIGHT(y, 3)}};
  return t;
}

/* One rounding a step, the inner index ascending, as multiply_tiles. */
#if defined(__AVX512F__) && !defined(WIDE_SIXTEEN)
#define WIDE_SIXTEEN 1
#endif
#if WIDE_SIXTEEN /* four rows by four columns at a time */
#define ROWS_OF(v, n) PICK(v, v, n,n,n+2,n+2,n+4,n+4,n+6,n+6,n,n,n+2,n+2,n+4,n+4,n+6,n+6)
#define PAIR_OF(v, n) PICK(v, v, n,n+1,n,n+1,n,n+1,n,n+1,n+8,n+9,n+8,n+9,n+8,n+9,n+8,n+9)
#define STEP(k, a, half)                                                                                      \
  {                                                                                                           \
    const v16 top = ROWS_OF(LOW(a), k / 4 * 8 + k / 2 % 2), bottom = ROWS_OF(HIGH(a), k / 4 * 8 + k / 2 % 2); \
    const v16 b0 = PAIR_OF(half(*bx), k % 4 * 2), b1 = PAIR_OF(half(*by), k % 4 * 2);                         \
    x0 = __builtin_elementwise_fma(top, b0, x0), x1 = __builtin_elementwise_fma(bottom, b0, x1);              \
    y0 = __builtin_elementwise_fma(top, b1, y0), y1 = __builtin_elementwise_fma(bottom, b1, y1);              \
  }
INLINE void wide_multiply(vf *x, vf *y, const vf *ax, const vf *ay, const vf *bx, const vf *by, const vf *cx, const vf *cy) {
  v16 x0 = LOW(*cx), x1 = HIGH(*cx), y0 = LOW(*cy), y1 = HIGH(*cy);
  STEP(0, *ax, LOW) STEP(1, *ay, LOW) STEP(2, *ax, LOW) STEP(3, *ay, LOW)
  STEP(4, *ax, HIGH) STEP(5, *ay, HIGH) STEP(6, *ax, HIGH) STEP(7, *ay, HIGH)
  *x = JOIN(x0, x1);
  *y = JOIN(y0, y1);
}
#else /* four rows by two columns */
#define ROWS_OF(v, n) PICK(v, v, n,n,n+2,n+2,n+4,n+4,n+6,n+6)
#define STEP(k, a)                                                                                       \
  {                                                                                                      \
    const v8 top = ROWS_OF(a[k / 4], k / 2 % 2), bottom = ROWS_OF(a[k / 4 + 2], k / 2 % 2);              \
    _Pragma("clang loop unroll(full)")                                                                   \
    for (int i = 0; i < 2; i++) {                                                                        \
      const d4 b0 = pair[0][k / 4 * 8 + i * 4 + k % 4], b1 = pair[1][k / 4 * 8 + i * 4 + k % 4];         \
      c.x[i] = __builtin_elementwise_fma(top, (v8)b0, c.x[i]);                                           \
      c.x[i + 2] = __builtin_elementwise_fma(bottom, (v8)b0, c.x[i + 2]);                                \
      c.y[i] = __builtin_elementwise_fma(top, (v8)b1, c.y[i]);                                           \
      c.y[i + 2] = __builtin_elementwise_fma(bottom, (v8)b1, c.y[i + 2]);                                \
    }                                                                                                    \
  }
INLINE void wide_multiply(vf *x, vf *y, const vf *ax, const vf *ay, const vf *bx, const vf *by, const vf *cx, const vf *cy) {
  typedef double d4 __attribute__((ext_vector_type(4)));
  typedef double d16 __attribute__((ext_vector_type(16)));
  const struct lanes a = apart(*ax, *ay);
  struct lanes c = apart(*cx, *cy);
  double pair[2][16] __attribute__((aligned(128)));
  *(d16 *)pair[0] = (d16)*bx;
  *(d16 *)pair[1] = (d16)*by;
#ifdef __AVX__ /* a pair comes from memory for nothing, where a register's costs what multiplies */
  __asm__("" : "+m"(pair));
#endif
  STEP(0, a.x) STEP(1, a.y) STEP(2, a.x) STEP(3, a.y) STEP(4, a.x) STEP(5, a.y) STEP(6, a.x) STEP(7, a.y)
  *x = together(c.x);
  *y = together(c.y);
}
#endif

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
    vf some_x = 0, some_y = 0;
    load_some(&some_x, &some_y, p, stride, transposed, present);
    *x = some_x;
    *y = some_y;
    return;
  }
  v8 m[8];
  struct lanes t;
  _Pragma("clang loop unroll(full)")
  for (int i = 0; i < 8; i++) m[i] = *(const u8 *)(p + i * stride);
  _Pragma("clang loop unroll(full)")
  for (int i = 0; i < 4; i += 2) {
    const v8 *e = m + 2 * i;
    if (transposed) {
      const v8 a = IN_TURN_LOW(e[0], e[2]), b = IN_TURN_HIGH(e[0], e[2]), c = IN_TURN_LOW(e[1], e[3]), d = IN_TURN_HIGH(e[1], e[3]);
      t.x[i / 2] = LOWS(a, b), t.x[i / 2 + 2] = HIGHS(a, b);
      t.y[i / 2] = LOWS(c, d), t.y[i / 2 + 2] = HIGHS(c, d);
    } else {
      const v8 a = EVENS(e[0], e[1]), b = EVENS(e[2], e[3]), c = ODDS(e[0], e[1]), d = ODDS(e[2], e[3]);
      t.x[i] = LOWS(a, b), t.x[i + 1] = HIGHS(a, b);
      t.y[i] = LOWS(c, d), t.y[i + 1] = HIGHS(c, d);
    }
  }
  *x = together(t.x);
  *y = together(t.y);
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
    const vf some_x = *x, some_y = *y;
    store_some(&some_x, &some_y, p, stride, transposed, present);
    return;
  }
  const struct lanes t = apart(*x, *y);
  v8 m[8];
  _Pragma("clang loop unroll(full)")
  for (int i = 0; i < 4; i += 2) {
    v8 *e = m + 2 * i;
    if (transposed) {
      const v8 a = LOWS(t.x[i / 2], t.x[i / 2 + 2]), b = HIGHS(t.x[i / 2], t.x[i / 2 + 2]);
      const v8 c = LOWS(t.y[i / 2], t.y[i / 2 + 2]), d = HIGHS(t.y[i / 2], t.y[i / 2 + 2]);
      e[0] = EVENS(a, b), e[2] = ODDS(a, b), e[1] = EVENS(c, d), e[3] = ODDS(c, d);
    } else {
      const v8 a = LOWS(t.x[i], t.x[i + 1]), b = HIGHS(t.x[i], t.x[i + 1]), c = LOWS(t.y[i], t.y[i + 1]), d = HIGHS(t.y[i], t.y[i + 1]);
      e[0] = IN_TURN_LOW(a, c), e[1] = IN_TURN_HIGH(a, c), e[2] = IN_TURN_LOW(b, d), e[3] = IN_TURN_HIGH(b, d);
    }
  }
  _Pragma("clang loop unroll(full)")
  for (int i = 0; i < 8; i++) *(u8 *)(p + i * stride) = m[i];
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
/* Not made part of a kernel: its constants would fill the registers there. */
#define EIGHT_AT_A_TIME(name, of)                                                  \
  __attribute__((noinline)) void name(vf *out, const vf *x, unsigned present) {    \
    _Pragma("clang loop unroll(disable)")                                          \
    for (int i = 0; i < 4; i++) ((v8 *)out)[i] = of(((const v8 *)x)[i]);           \
    (void)present;                                                                 \
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
