/* A library with the mfa C ABI in plain loops over contiguous memory. By itself it is right: fp32, fp16 and bf16, masks,
 * causal, logsumexp. Each of these makes it behave in one other way:
 *
 *   FIVE           five functions, fp32, no mask; all else is refused with REFUSE_CODE, 1 where that is not given
 *   REFUSES        the same with error 3 and causal refused, too; REFUSES_ALL: everything
 *   REFUSE_MASKS, REFUSE_FP16   these alone, with error 3
 *   WRONG          an element is off        WRONG_FP16   in fp16
 *   LAYOUT_BSHD    contiguous memory is [batch, rows, heads, head_dim]
 *   SWAPPED        precision codes fp32 0, fp16 1, bf16 2      WRITES_FP32   whatever the output's code
 *   BASE2          the logsumexp            BOTTOM_RIGHT   causal where the lengths differ
 *   PAGES, =n      wraps whole pages only, of n bytes       ALIGN=n      wraps at multiples of n
 *   MASKLESS       the header without mask arguments       IGNORES_MASKS   has them, checks them, and ignores them
 *   ONE_HEAD, SQUARE, BLOCKS    takes one batch and head, as many rows as keys, multiples of 64, and refuses others
 *   FAILS          returns 5, with words    FAILS_UNLIKE   where the lengths differ
 *   CRASHES        where the lengths differ
 *   ONCE           runs the kernel for the first of several calls with the same arguments
 *   TIMERS         returns 5 where its thread's timers may be over 100 microseconds late, or were when it was loaded or
 *                  made a context
 *   LATENCY=s      says that every call took s seconds
 *   SLOW=s         takes seconds to load    TALKS        on both streams
 *   READS_PAST_K   3 elements past it, where kv_len is q_len + 7
 *   HANDLES        has a SIGSEGV handler of its own from when it is loaded, HANDLES_LATE from when it is called: it ends
 *                  the process, or RESTORES the usual one; JUMPS: the call comes back with error 5;
 *                  AROUND: it is installed behind the program's back
 *
 * In the words of its errors it calls itself what NAIVE_NAME says. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef REFUSE_CODE
#define REFUSE_CODE 1
#endif

static void give_up(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)info, (void)context;
  static const char words[] = "the library's own handler\n";
  if (write(2, words, sizeof words - 1)) {}
#ifdef RESTORES
  struct sigaction usual = {.sa_handler = SIG_DFL};
  sigaction(SIGSEGV, &usual, NULL); /* and returns, to fall into it again, as Rust's runtime does */
#else
  _exit(3);
#endif
}
static sigjmp_buf after_fault;
static void jump(int signal) { siglongjmp(after_fault, signal); }

static void handle(void) {
  struct sigaction mine = {.sa_sigaction = give_up, .sa_flags = SA_SIGINFO | SA_ONSTACK};
#ifdef AROUND
  extern int __sigaction(int, const struct sigaction *, struct sigaction *);
  __sigaction(SIGSEGV, &mine, NULL);
#else
  sigaction(SIGSEGV, &mine, NULL);
#endif
}

#ifdef TIMERS
#include <sys/prctl.h>
static bool late(void) { return prctl(PR_GET_TIMERSLACK, 0ul, 0ul, 0ul, 0ul) > 100000; }
static bool loaded_late, created_late;
#endif
#if defined(SLOW) || defined(HANDLES) || defined(TIMERS)
__attribute__((constructor)) static void load(void) {
#ifdef TIMERS
  loaded_late = late();
#endif
#ifdef SLOW
  sleep(SLOW);
#endif
#ifdef HANDLES
  handle();
#endif
}
#endif

int32_t mfa_create_context(void **out) {
#ifdef TIMERS
  created_late = late();
#endif
  return *out = malloc(1), 0;
}
void mfa_destroy_context(void *c) { free(c); }
int32_t mfa_buffer_from_ptr(void *c, void *data, size_t bytes, void **out) {
  (void)c, (void)bytes;
#ifdef PAGES
  size_t page = PAGES > 1 ? PAGES : (size_t)sysconf(_SC_PAGESIZE);
  if ((uintptr_t)data % page || bytes % page) return 1;
#endif
#ifdef ALIGN
  if ((uintptr_t)data % ALIGN) return 1;
#endif
  return *out = data, 0;
}
void mfa_destroy_buffer(void *b) { (void)b; }
#ifdef LATENCY
double mfa_get_gpu_latency(void *c) { return (void)c, LATENCY; }
#endif

static float number(uint32_t bits) {
  float x;
  return memcpy(&x, &bits, 4), x;
}
static uint32_t bits_of(float x) {
  uint32_t bits;
  return memcpy(&bits, &x, 4), bits;
}

enum { FP16, BF16, FP32 };
static int meant(int32_t code) {
#ifdef SWAPPED
  return code == 0 ? FP32 : code == 1 ? FP16 : BF16;
#else
  return code;
#endif
}

static float get(const void *data, size_t i, int format) {
  if (format == FP32) return ((const float *)data)[i];
  if (format == FP16) return (float)((const _Float16 *)data)[i];
  return number((uint32_t)((const uint16_t *)data)[i] << 16);
}
static void put(void *data, size_t i, int format, float x) {
#ifdef WRITES_FP32
  format = FP32;
#endif
  if (format == FP32) {
    ((float *)data)[i] = x;
  } else if (format == FP16) {
    ((_Float16 *)data)[i] = (_Float16)x;
  } else {
    uint32_t bits = bits_of(x);
    ((uint16_t *)data)[i] = x != x ? 0x7fc0 : (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
}

static size_t at(uint32_t b, uint32_t h, uint32_t r, uint32_t heads, uint32_t rows, uint32_t dim) {
#ifdef LAYOUT_BSHD
  return (((size_t)b * rows + r) * heads + h) * dim;
#else
  return (((size_t)b * heads + h) * rows + r) * dim;
#endif
}

typedef struct {
  const void *data;
  int type, format;
  uint32_t ndim;
  int64_t shape[4], strides[4];
} mask_array;

static float bias(const mask_array *m, const uint32_t at[4]) {
  int64_t index = 0;
  for (uint32_t i = 0; i < m->ndim; i++)
    if (m->shape[i] > 1) index += m->strides[i] * at[4 - m->ndim + i];
  if (m->type == 1) return ((const uint8_t *)m->data)[index] ? 0 : -INFINITY;
  return get(m->data, (size_t)index, m->format);
}

static int32_t attend(const void *q, const void *k, const void *v, void *o, float *lse, uint32_t batch, uint32_t n,
                      uint32_t m, uint32_t heads, uint16_t dim, float scale, bool causal, int in, int out,
                      const mask_array *mask) {
#ifdef ONCE
  static struct {
    const void *q, *k, *v, *o;
    uint32_t n, m;
  } last, now;
  memset(&now, 0, sizeof now);
  now.q = q, now.k = k, now.v = v, now.o = o, now.n = n, now.m = m;
  if (q == o && !memcmp(&now, &last, sizeof now)) return 0;
  last = now;
#endif
#ifdef TALKS
  printf("heads %u on stdout\n", heads);
  fprintf(stderr, "rows %u on stderr\n", n);
#endif
#ifdef HANDLES_LATE
  handle();
#endif
#if defined(READS_PAST_K)
  volatile float sink = 0;
#ifdef JUMPS
  signal(SIGSEGV, jump);
  if (sigsetjmp(after_fault, 1)) return 5;
#endif
  if (m == n + 7) sink = ((const float *)k)[(size_t)batch * heads * m * dim + 2];
  (void)sink;
#endif
#ifdef CRASHES
  if (n != m) abort();
#endif
#ifdef FAILS_UNLIKE
  if (n != m) return 5;
#endif
#ifdef TIMERS
  if (loaded_late || created_late || late()) return 5;
#endif
#ifdef FAILS
  printf("the queue lost its device\n"); /* not flushed */
  return 5;
#endif
  float *p = malloc((size_t)m * sizeof *p), *row = malloc(dim * sizeof *row);
  for (uint32_t b = 0; b < batch; b++)
    for (uint32_t h = 0; h < heads; h++)
      for (uint32_t i = 0; i < n; i++) {
        float top = -INFINITY, sum = 0;
        uint32_t end = m;
#ifdef BOTTOM_RIGHT
        if (causal) end = i + 1 + m < n ? 0 : i + 1 + m - n < m ? i + 1 + m - n : m;
#else
        if (causal && i + 1 < m) end = i + 1;
#endif
        for (uint32_t j = 0; j < end; j++) {
          float s = 0, b_j = mask ? bias(mask, (uint32_t[]){b, h, i, j}) : 0;
          p[j] = -INFINITY;
          if (b_j == -INFINITY) continue; /* whatever the key holds */
          for (uint32_t d = 0; d < dim; d++) s += get(q, at(b, h, i, heads, n, dim) + d, in) * get(k, at(b, h, j, heads, m, dim) + d, in);
          p[j] = s * scale + b_j;
          if (!(p[j] <= top)) top = p[j]; /* a NaN, too */
        }
        for (uint32_t d = 0; d < dim; d++) row[d] = 0;
        for (uint32_t j = 0; j < end && top != -INFINITY; j++) {
          float w = expf(p[j] - top);
          sum += w;
          if (w != 0)
            for (uint32_t d = 0; d < dim; d++) row[d] += w * get(v, at(b, h, j, heads, m, dim) + d, in);
        }
#ifdef WRONG
        row[0] += sum;
#endif
#ifdef WRONG_FP16
        if (in == FP16) row[0] += sum;
#endif
        for (uint32_t d = 0; d < dim; d++) put(o, at(b, h, i, heads, n, dim) + d, out, sum != 0 ? row[d] / sum : 0);
        if (lse) {
          float l = top + logf(sum);
#ifdef BASE2
          l *= 1.44269504f;
#endif
          lse[((size_t)b * heads + h) * n + i] = sum != 0 ? l : -INFINITY;
        }
      }
  free(p), free(row);
  return 0;
}

static int32_t refusal(uint32_t batch, uint32_t n, uint32_t m, uint32_t heads, uint16_t dim, bool causal, int in,
                       int out, bool transposed, bool masked) {
  (void)batch, (void)n, (void)m, (void)heads, (void)dim, (void)causal, (void)masked;
#ifdef REFUSES_ALL
  return 3;
#endif
#ifdef REFUSES
  if (in != FP32 || masked || causal) return 3;
  if (out != FP32) return 1;
#endif
#ifdef REFUSE_MASKS
  if (masked) return 3;
#endif
#ifdef REFUSE_FP16
  if (in == FP16 || out == FP16) return 3;
#endif
#ifdef FIVE
  if (in != FP32 || out != FP32 || masked) return REFUSE_CODE;
#endif
#ifdef ONE_HEAD
  if (batch * heads != 1) return 1;
#endif
#ifdef SQUARE
  if (n != m) return 1;
#endif
#ifdef BLOCKS
  if (n % 64 || m % 64 || dim % 64) return 1;
#endif
  return transposed || in < 0 || in > 2 || out < 0 || out > 2 ? 1 : 0;
}

#ifdef MASKLESS
int32_t mfa_attention_forward(void *c, void *q, void *k, void *v, void *o, uint32_t batch, uint32_t n, uint32_t m,
                              uint32_t heads, uint16_t dim, float scale, bool causal, int32_t in, int32_t mid,
                              int32_t out, bool tq, bool tk, bool tv, bool to) {
  (void)c, (void)mid;
  int32_t no = refusal(batch, n, m, heads, dim, causal, meant(in), meant(out), tq || tk || tv || to, false);
  return no ? no : attend(q, k, v, o, NULL, batch, n, m, heads, dim, scale, causal, meant(in), meant(out), NULL);
}
#else
int32_t mfa_attention_forward(void *c, void *q, void *k, void *v, void *o, uint32_t batch, uint32_t n, uint32_t m,
                              uint32_t heads, uint16_t dim, float scale, bool causal, int32_t in, int32_t mid,
                              int32_t out, bool tq, bool tk, bool tv, bool to, const void *data, size_t mask_bytes,
                              const int64_t *shape, const int64_t *strides, uint32_t ndim, int32_t type, int32_t scalar) {
  (void)c, (void)mid, (void)mask_bytes;
  int32_t no = refusal(batch, n, m, heads, dim, causal, meant(in), meant(out), tq || tk || tv || to, data && type);
  if (no) return no;
  if (type < 0 || type > 2 || ndim > 4) return 1;
  mask_array mask = {.data = data, .type = type, .format = scalar - 1, .ndim = ndim};
  int64_t stride = 1;
  for (int i = (int)ndim - 1; data && type && i >= 0; i--) {
    mask.shape[i] = shape[i];
    mask.strides[i] = strides ? strides[i] : stride;
    stride *= shape[i];
  }
  const mask_array *used = type ? &mask : NULL;
#ifdef IGNORES_MASKS
  used = NULL;
#endif
  return attend(q, k, v, o, NULL, batch, n, m, heads, dim, scale, causal, meant(in), meant(out), used);
}
#endif

#ifndef FIVE
int32_t mfa_attention_forward_with_lse(void *c, void *q, void *k, void *v, void *o, void *lse, uint32_t batch, uint32_t n,
                                       uint32_t m, uint32_t heads, uint16_t dim, float scale, bool causal, int32_t in,
                                       int32_t mid, bool tq, bool tk, bool tv, bool to) {
  (void)c, (void)mid;
  int32_t no = refusal(batch, n, m, heads, dim, causal, meant(in), meant(in), tq || tk || tv || to, false);
  return no ? no : attend(q, k, v, o, lse, batch, n, m, heads, dim, scale, causal, meant(in), meant(in), NULL);
}
char *mfa_error_string(int32_t code) {
  char text[80];
  const char *name = getenv("NAIVE_NAME");
  snprintf(text, sizeof text, "%s: words for %d", name ? name : "naive", code);
  return strdup(text);
}
#endif
