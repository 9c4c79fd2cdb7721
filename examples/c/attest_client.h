/* Lets attest test an attention function of a C or C++ program. One header, nothing but the C library and POSIX.
 *
 *     static const char *mine(const attest_problem *p) { ...; return NULL; }
 *     int main(void) { return attest_serve("mine", mine, NULL); }
 *
 * Then: attest run --path exec:./mine
 *
 * The tensors lie in memory that attest shares, with the strides of the case; nothing is copied here.
 * The protocol is harness/internal/paths/execpath/PROTOCOL.md.
 */
#ifndef ATTEST_CLIENT_H
#define ATTEST_CLIENT_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef enum { ATTEST_F32, ATTEST_F16, ATTEST_BF16, ATTEST_BOOL, ATTEST_I8, ATTEST_U8, ATTEST_I32 } attest_dtype;

/* How k or v is stored as small integers: see attest_key. */
typedef enum { ATTEST_NOT_QUANTISED, ATTEST_INT8, ATTEST_INT4, ATTEST_Q8_0, ATTEST_Q4_0 } attest_quant;

/* Element [b, h, r, c] is element offset + b*strides[0] + h*strides[1] + r*strides[2] + c*strides[3] of data. */
typedef struct {
  attest_dtype dtype;
  int64_t shape[4], strides[4]; /* batch, heads, rows, columns; strides in elements */
  int64_t offset;               /* in elements */
  void *data;                   /* NULL: the problem has no such tensor */
} attest_tensor;

/* Rows q_begin to q_end see keys kv_begin to kv_end alone, the ends excluded. */
typedef struct {
  int64_t q_begin, q_end, kv_begin, kv_end;
} attest_entry;

typedef struct {
  int64_t batch, heads, kv_heads, q_len, kv_len, head_dim;
  int64_t v_head_dim; /* columns of v and out: head_dim, but for a program that knows "v_head_dim" */
  float scale;
  float softcap; /* scores become softcap * tanh(score / softcap) before the mask; 0: they do not. For a program that knows it. */
  /* Row i stands at key at = i+diagonal, or where attest_place says. Key j is allowed to row i iff at-left <= j <= at+right;
   * a negative bound is none. */
  int64_t diagonal, left, right;
  int causal;    /* the band is a causal mask: right is 0, left has no bound */
  int bool_mask; /* the mask array holds bytes: non-zero is allowed. Else it is added to the scores. */
  /* Only for a program that knows "lengths": [batch, entries_each] entries, unused ones empty. NULL: all rows and keys.
   * attest_allowed and attest_place look them up; a row that no entry has sees no key. */
  const attest_entry *entries;
  int64_t entries_each;
  int bottom_right; /* the last row of an entry stands at its last key; else its first stands diagonal after its first */
  attest_tensor q, k, v, mask, out, lse;
  /* [1, heads, 1, 1] each, only for a program that knows "sinks" or "alibi": see attest_sink and attest_linear. */
  attest_tensor sinks, slopes;
  /* Only for a program that knows "quant". Columns of a quantised tensor are the bytes of a row, and its strides and offset
   * count bytes; attest_key and attest_value read its numbers. k_scales and the like are of int8 and int4, [batch, kv_heads,
   * kv_len, scales of a row] or [1, kv_heads, 1, 1]; quant_block columns share a scale, 0: all of a row. */
  attest_quant k_quant, v_quant;
  int64_t quant_block;
  attest_tensor k_scales, k_zeros, v_scales, v_zeros;
  const char *json; /* the whole request, for what is not spelt out here */
} attest_problem;

/* Computes a problem. NULL where it is done; "unsupported: REASON" refuses, any other text is an error. */
typedef const char *(*attest_attention)(const attest_problem *problem);

/* Reading and writing elements, rounded to nearest, ties to even. */

static inline float attest_from_half(uint16_t h) {
  int exponent = h >> 10 & 31, fraction = h & 1023;
  float x = exponent == 31 ? (fraction ? NAN : INFINITY) : exponent ? ldexpf(1024 + fraction, exponent - 25) : ldexpf(fraction, -24);
  return h >> 15 ? -x : x;
}

static inline uint16_t attest_to_half(float x) {
  uint16_t sign = signbit(x) ? 0x8000 : 0;
  double magnitude = fabs((double)x);
  int exponent;
  double fraction;
  if (isnan(x)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 0x1p-14) return sign | (uint16_t)nearbyint(magnitude * 0x1p24);
  fraction = frexp(magnitude, &exponent);
  return sign | (uint16_t)(((exponent + 13) << 10) + (int)nearbyint(fraction * 2048));
}

static inline int64_t attest_index(const attest_tensor *t, int64_t b, int64_t h, int64_t r, int64_t c) {
  return t->offset + b * t->strides[0] + h * t->strides[1] + r * t->strides[2] + c * t->strides[3];
}

static inline float attest_get(const attest_tensor *t, int64_t b, int64_t h, int64_t r, int64_t c) {
  int64_t at = attest_index(t, b, h, r, c);
  uint32_t bits;
  float x;
  switch (t->dtype) {
  case ATTEST_F32: return ((const float *)t->data)[at];
  case ATTEST_F16: return attest_from_half(((const uint16_t *)t->data)[at]);
  case ATTEST_U8:
  case ATTEST_BOOL: return ((const uint8_t *)t->data)[at];
  case ATTEST_I8: return ((const int8_t *)t->data)[at];
  case ATTEST_I32: return (float)((const int32_t *)t->data)[at];
  case ATTEST_BF16: break;
  }
  bits = (uint32_t)((const uint16_t *)t->data)[at] << 16;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline void attest_set(const attest_tensor *t, int64_t b, int64_t h, int64_t r, int64_t c, float x) {
  int64_t at = attest_index(t, b, h, r, c);
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  switch (t->dtype) {
  case ATTEST_F32: ((float *)t->data)[at] = x; break;
  case ATTEST_F16: ((uint16_t *)t->data)[at] = attest_to_half(x); break;
  case ATTEST_BF16: ((uint16_t *)t->data)[at] = isnan(x) ? 0x7fc0 : (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16); break;
  case ATTEST_BOOL: ((uint8_t *)t->data)[at] = x != 0; break;
  case ATTEST_U8:
  case ATTEST_I8:
  case ATTEST_I32: break; /* of inputs alone */
  }
}

/* The entry of batch b that has row i; an empty one where none does. */
static inline attest_entry attest_entry_of(const attest_problem *p, int64_t b, int64_t i) {
  attest_entry all = {0, p->q_len, 0, p->kv_len}, none = {0, 0, 0, 0};
  if (p->entries == NULL) return all;
  for (const attest_entry *e = p->entries + b * p->entries_each, *end = e + p->entries_each; e < end; e++)
    if (i >= e->q_begin && i < e->q_end) return *e;
  return none;
}

/* The key at which row i of batch b stands: the band's diagonal goes through it, and a linear bias counts from it. */
static inline int64_t attest_place(const attest_problem *p, int64_t b, int64_t i) {
  attest_entry e = attest_entry_of(p, b, i);
  if (p->entries == NULL) return i + p->diagonal;
  return p->bottom_right ? e.kv_end - e.q_end + i : e.kv_begin + i - e.q_begin + p->diagonal;
}

/* Whether the band and the lengths of entries allow key j to row i of batch b. */
static inline int attest_allowed(const attest_problem *p, int64_t b, int64_t i, int64_t j) {
  attest_entry e = attest_entry_of(p, b, i);
  int64_t at = attest_place(p, b, i);
  return j >= e.kv_begin && j < e.kv_end && (p->left < 0 || j >= at - p->left) && (p->right < 0 || j <= at + p->right);
}

/* What the band, lengths and the mask array add to the score of row i and key j: -INFINITY where the key is forbidden. */
static inline float attest_bias(const attest_problem *p, int64_t b, int64_t h, int64_t i, int64_t j) {
  const attest_tensor *m = &p->mask;
  float x;
  if (!attest_allowed(p, b, i, j)) return -INFINITY;
  if (m->data == NULL) return 0;
  x = attest_get(m, m->shape[0] > 1 ? b : 0, m->shape[1] > 1 ? h : 0, m->shape[2] > 1 ? i : 0, m->shape[3] > 1 ? j : 0);
  return !p->bool_mask ? x : x != 0 ? 0 : -INFINITY;
}

/* The logit of a head that enters the sum which weights are divided by, the logsumexp, and nothing else; -INFINITY: none. */
static inline float attest_sink(const attest_problem *p, int64_t h) {
  return p->sinks.data == NULL ? -INFINITY : attest_get(&p->sinks, 0, h, 0, 0);
}

/* What the slope of a head (ALiBi) adds to the score of row i and key j of batch b; 0 without one. */
static inline float attest_linear(const attest_problem *p, int64_t b, int64_t h, int64_t i, int64_t j) {
  return p->slopes.data == NULL ? 0 : -attest_get(&p->slopes, 0, h, 0, 0) * fabsf((float)(attest_place(p, b, i) - j));
}

/* Element c of a row of integers: (integer - zero point) * scale, which fp32 holds exactly. */
static inline float attest_dequantised_(const attest_tensor *t, attest_quant format, const attest_tensor *scales,
                                        const attest_tensor *zeros, int64_t block, int64_t b, int64_t h, int64_t r, int64_t c) {
  const uint8_t *row = (const uint8_t *)t->data + attest_index(t, b, h, r, 0), *blocks;
  int64_t sb, sr, sc, size = format == ATTEST_Q8_0 ? 34 : 18, at = c % 32;
  int integer;
  if (format == ATTEST_Q8_0 || format == ATTEST_Q4_0) {
    blocks = row + c / 32 * size;
    if (format == ATTEST_Q8_0) integer = (int8_t)blocks[2 + at];
    else integer = (blocks[2 + at % 16] >> (at / 16 * 4) & 15) - 8;
    return (float)integer * attest_from_half((uint16_t)(blocks[0] | blocks[1] << 8));
  }
  if (format == ATTEST_INT8) integer = (int8_t)row[c * t->strides[3]];
  else integer = ((row[c / 2] >> (c % 2 * 4) & 15) ^ 8) - 8;
  sb = scales->shape[0] > 1 ? b : 0, sr = scales->shape[2] > 1 ? r : 0; /* 1 where all rows of a head share one */
  sc = block > 0 && scales->shape[3] > 1 ? c / block : 0;
  if (zeros->data != NULL) integer -= ((const int32_t *)zeros->data)[attest_index(zeros, sb, h, sr, sc)];
  return (float)integer * attest_get(scales, sb, h, sr, sc);
}

/* Column d of key j, or of value j, of a kv head: what is in memory, or what its integer stands for. */
static inline float attest_key(const attest_problem *p, int64_t b, int64_t kv_head, int64_t j, int64_t d) {
  if (p->k_quant == ATTEST_NOT_QUANTISED) return attest_get(&p->k, b, kv_head, j, d);
  return attest_dequantised_(&p->k, p->k_quant, &p->k_scales, &p->k_zeros, p->quant_block, b, kv_head, j, d);
}

static inline float attest_value(const attest_problem *p, int64_t b, int64_t kv_head, int64_t j, int64_t d) {
  if (p->v_quant == ATTEST_NOT_QUANTISED) return attest_get(&p->v, b, kv_head, j, d);
  return attest_dequantised_(&p->v, p->v_quant, &p->v_scales, &p->v_zeros, p->quant_block, b, kv_head, j, d);
}

/* The rest speaks the protocol. JSON is read by walking it: attest writes what it documents, and nothing is written to. */

static const char *attest_skip_(const char *s) { /* past one JSON value */
  int depth = 0;
  do {
    if (*s == '"') {
      for (s++; *s && *s != '"'; s++)
        if (*s == '\\' && s[1]) s++;
    } else if (*s == '{' || *s == '[') {
      depth++;
    } else if (*s == '}' || *s == ']') {
      depth--;
    } else if (depth == 0) {
      while (s[1] && !strchr(",}] \n", s[1])) s++;
    }
    if (*s) s++;
  } while (*s && depth > 0);
  return s;
}

/* The value of a key of the object that s points to; NULL where it has none, or where that is null. */
static const char *attest_find_(const char *s, const char *key) {
  size_t n = strlen(key);
  if (s == NULL || *s != '{') return NULL;
  s++;
  while (*s == '"') {
    const char *name = s + 1, *value = attest_skip_(s);
    if (*value == ':') value++;
    if (strncmp(name, key, n) == 0 && name[n] == '"') return strncmp(value, "null", 4) == 0 ? NULL : value;
    s = attest_skip_(value);
    if (*s == ',') s++;
  }
  return NULL;
}

static int64_t attest_number_(const char *s, const char *key, int64_t otherwise) {
  const char *value = attest_find_(s, key);
  return value ? strtoll(value, NULL, 10) : otherwise;
}

static void attest_four_(const char *list, int64_t out[4]) {
  char *s = (char *)list + 1;
  for (int i = 0; i < 4; i++) {
    out[i] = strtoll(s, &s, 10);
    s++;
  }
}

/* Reads [[[q_begin, q_end, kv_begin, kv_end], ...], ...], a list of entries for each batch; 0: no memory. */
static int attest_entries_(const char *ranges, attest_problem *p) {
  attest_entry *entries;
  int64_t most = 1, count = 0, b = 0;
  int depth = 0;
  if (ranges == NULL || strncmp(ranges, "[]", 2) == 0) return 1;
  for (const char *s = ranges; depth > 0 || s == ranges; s++) { /* how many the longest list has */
    if (*s == '[' && ++depth == 3 && ++count > most) most = count;
    if (*s == ']' && --depth == 1) count = 0;
  }
  entries = (attest_entry *)calloc((size_t)(p->batch * most), sizeof *entries);
  if (entries == NULL) return 0;
  for (const char *s = ranges; depth > 0 || s == ranges; s++) {
    if (*s == '[' && ++depth == 3 && b < p->batch) {
      int64_t four[4];
      attest_four_(s, four);
      entries[b * most + count].q_begin = four[0], entries[b * most + count].q_end = four[1];
      entries[b * most + count].kv_begin = four[2], entries[b * most + count].kv_end = four[3];
      count++;
    }
    if (*s == ']' && --depth == 1) count = 0, b++;
  }
  p->entries = entries;
  p->entries_each = most;
  return 1;
}

static attest_tensor attest_tensor_(const char *tensors, const char *name, char *memory) {
  attest_tensor t = {ATTEST_F32, {0}, {0}, 0, NULL};
  const char *d = attest_find_(tensors, name), *type = attest_find_(d, "dtype");
  if (d == NULL) return t;
  if (strncmp(type, "\"F16", 4) == 0) t.dtype = ATTEST_F16;
  if (strncmp(type, "\"BF", 3) == 0) t.dtype = ATTEST_BF16;
  if (strncmp(type, "\"BO", 3) == 0) t.dtype = ATTEST_BOOL;
  if (strncmp(type, "\"I8", 3) == 0) t.dtype = ATTEST_I8;
  if (strncmp(type, "\"U8", 3) == 0) t.dtype = ATTEST_U8;
  if (strncmp(type, "\"I3", 3) == 0) t.dtype = ATTEST_I32;
  attest_four_(attest_find_(d, "shape"), t.shape);
  attest_four_(attest_find_(d, "strides"), t.strides);
  t.offset = attest_number_(d, "offset", 0);
  t.data = memory + attest_number_(d, "start", 0);
  return t;
}

static attest_quant attest_format_(const char *quant, const char *operand) {
  static const char *const names[] = {"\"none\"", "\"int8\"", "\"int4\"", "\"q8_0\"", "\"q4_0\""};
  const char *name = attest_find_(quant, operand);
  for (int i = 1; name && i < 5; i++)
    if (strncmp(name, names[i], strlen(names[i])) == 0) return (attest_quant)i;
  return ATTEST_NOT_QUANTISED;
}

static void attest_text_(FILE *out, const char *s) { /* as a JSON string */
  fputc('"', out);
  for (; *s; s++) {
    if (*s == '"' || *s == '\\') fputc('\\', out);
    if ((unsigned char)*s >= ' ') fputc(*s, out);
    else fprintf(out, "\\u%04x", *s);
  }
  fputc('"', out);
}

/* Answers attest until it has no more problems; returns what main should. declarations may be NULL, or more members of
 * the hello: "\"arithmetic\":{\"accumulators\":\"fp16\"},\"supports\":[{\"when\":\"input == 'fp32'\"}]". */
static int attest_serve(const char *name, attest_attention attention, const char *declarations) {
  char *line = NULL, *memory = NULL;
  size_t room = 0, bytes = 0;
  FILE *answers = fdopen(dup(1), "w");
  dup2(2, 1); /* what the program prints must not get among the answers */
  while (getline(&line, &room, stdin) > 0) {
    const char *call = attest_find_(line, "call");
    long long id = attest_number_(line, "id", 0);
    for (int64_t n = attest_number_(line, "bytes", 0); n > 0; n--) getchar();
    fprintf(answers, "{\"attest\":1,\"id\":%lld", id);
    if (call && strncmp(call, "\"hello\"", 7) == 0) {
      fprintf(answers, ",\"hello\":{\"protocol\":1,\"client\":\"attest_client.h\",\"device\":\"cpu\",\"tensors\":\"shared\",\"name\":");
      attest_text_(answers, name);
      fprintf(answers, "%s%s}", declarations ? "," : "", declarations ? declarations : "");
    } else if (call && strncmp(call, "\"attend\"", 8) == 0) {
      const char *p = attest_find_(line, "problem"), *m = attest_find_(line, "memory"), *t = attest_find_(p, "tensors");
      const char *mask = attest_find_(p, "mask"), *causal = attest_find_(p, "causal"), *align, *wrong;
      size_t wanted = (size_t)attest_number_(m, "bytes", 0);
      attest_problem problem = {0};
      struct timespec start, end;
      if (wanted != bytes) {
        if (memory) munmap(memory, bytes);
        bytes = wanted;
        memory = (char *)mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, (int)attest_number_(m, "fd", 3), 0);
        if (memory == MAP_FAILED) {
          perror("attest_client: map the shared memory");
          return 1;
        }
      }
      problem.batch = attest_number_(p, "batch", 0);
      problem.heads = attest_number_(p, "heads", 0);
      problem.kv_heads = attest_number_(p, "kv_heads", 0);
      problem.q_len = attest_number_(p, "q_len", 0);
      problem.kv_len = attest_number_(p, "kv_len", 0);
      problem.head_dim = attest_number_(p, "head_dim", 0);
      problem.v_head_dim = attest_number_(p, "v_head_dim", problem.head_dim);
      problem.scale = strtof(attest_find_(p, "scale"), NULL);
      problem.softcap = attest_find_(p, "softcap") ? strtof(attest_find_(p, "softcap"), NULL) : 0;
      problem.diagonal = attest_number_(p, "diagonal", 0);
      problem.left = attest_number_(p, "left", -1);
      problem.right = attest_number_(p, "right", -1);
      problem.causal = causal && *causal == 't';
      problem.bool_mask = mask && strncmp(mask, "\"bool\"", 6) == 0;
      problem.q = attest_tensor_(t, "q", memory);
      problem.k = attest_tensor_(t, "k", memory);
      problem.v = attest_tensor_(t, "v", memory);
      problem.mask = attest_tensor_(t, "mask", memory);
      problem.out = attest_tensor_(t, "out", memory);
      problem.lse = attest_tensor_(t, "lse", memory);
      problem.sinks = attest_tensor_(t, "sinks", memory);
      problem.slopes = attest_tensor_(t, "slopes", memory);
      problem.k_quant = attest_format_(attest_find_(p, "quant"), "k");
      problem.v_quant = attest_format_(attest_find_(p, "quant"), "v");
      problem.quant_block = attest_number_(attest_find_(p, "quant"), "block", 0);
      problem.k_scales = attest_tensor_(t, "k_scales", memory);
      problem.k_zeros = attest_tensor_(t, "k_zeros", memory);
      problem.v_scales = attest_tensor_(t, "v_scales", memory);
      problem.v_zeros = attest_tensor_(t, "v_zeros", memory);
      problem.json = line;
      align = attest_find_(p, "align");
      problem.bottom_right = align && strncmp(align, "\"bottom-right\"", 14) == 0;
      clock_gettime(CLOCK_MONOTONIC, &start);
      wrong = attest_entries_(attest_find_(p, "ranges"), &problem) ? attention(&problem) : "no memory for the lengths of entries";
      clock_gettime(CLOCK_MONOTONIC, &end);
      free((void *)problem.entries);
      if (wrong == NULL) {
        double seconds = (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
        fprintf(answers, ",\"device_seconds\":[%.9f]", seconds);
      } else if (strncmp(wrong, "unsupported:", 12) == 0) {
        fprintf(answers, ",\"unsupported\":");
        attest_text_(answers, wrong + 12 + strspn(wrong + 12, " "));
      } else {
        fprintf(answers, ",\"error\":");
        attest_text_(answers, wrong);
      }
    } else {
      fprintf(answers, ",\"error\":\"the client knows no such call\"");
    }
    fprintf(answers, "}\n");
    if (fflush(answers) != 0) return 1;
  }
  free(line);
  return 0;
}

#endif
