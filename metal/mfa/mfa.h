/* The mfa C ABI: attention on Metal kernels, for any language that can call C.
 *
 * Names, argument order and constants are those of universal-metal-flash-attention, so that its callers link this
 * library unchanged. What is ours alone stands under "Extensions".
 *
 * Handles are opaque: never a pointer to follow. A null, stale, foreign or twice-destroyed handle gives
 * MFA_ERROR_INVALID_ARGS. Every function is safe from several threads at once; destroying an object that another
 * thread uses takes effect when that use ends.
 *
 * Layout: q and out are [batch, heads, seq_q, head_dim], k and v [batch, heads, seq_kv, head_dim], row-major. A
 * transposed operand stores each head's matrix as [head_dim, seq].
 */
#ifndef MFA_H
#define MFA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MFA_EXPORT __attribute__((visibility("default")))
#else
#define MFA_EXPORT
#endif

typedef void *mfa_context_t;
typedef void *mfa_buffer_t;

typedef enum {
  MFA_SUCCESS = 0,
  MFA_ERROR_INVALID_ARGS = 1,
  MFA_ERROR_MEMORY_ALLOCATION = 2,
  MFA_ERROR_DEVICE_NOT_SUPPORTED = 3,
  MFA_ERROR_KERNEL_COMPILATION = 4,
  MFA_ERROR_EXECUTION_FAILED = 5
} mfa_error;

typedef enum {
  MFA_PRECISION_FP16 = 0,
  MFA_PRECISION_BF16 = 1,
  MFA_PRECISION_FP32 = 2,
  MFA_PRECISION_INT8 = 3, /* known, and refused with MFA_ERROR_DEVICE_NOT_SUPPORTED */
  MFA_PRECISION_INT4 = 4
} mfa_precision;

typedef enum { MFA_MASK_NONE = 0, MFA_MASK_BOOL = 1, MFA_MASK_ADDITIVE = 2 } mfa_mask_type;

typedef enum {
  MFA_MASK_SCALAR_BYTE = 0,
  MFA_MASK_SCALAR_FP16 = 1,
  MFA_MASK_SCALAR_BF16 = 2,
  MFA_MASK_SCALAR_FP32 = 3
} mfa_mask_scalar;

MFA_EXPORT int32_t mfa_create_context(mfa_context_t *context);
MFA_EXPORT void mfa_destroy_context(mfa_context_t context);

/* Page-aligned, zeroed memory that the device reads in place. */
MFA_EXPORT int32_t mfa_create_buffer(mfa_context_t context, size_t bytes, mfa_buffer_t *buffer);

/* Wraps the caller's memory without a copy, wherever it lies. It stays the caller's, who keeps it until destroy. 0 bytes at
 * a pointer that is not NULL are an empty tensor's. */
MFA_EXPORT int32_t mfa_buffer_from_ptr(mfa_context_t context, void *data, size_t bytes, mfa_buffer_t *buffer);

/* The same, with a layout that attention calls then use instead of the contiguous one. shape and strides count
 * elements, ndim 1 to 4, for the last ndim of batch, head, row, column; the last stride must be 1. */
MFA_EXPORT int32_t mfa_buffer_from_ptr_with_strides(mfa_context_t context, void *data, size_t bytes,
                                                    const int64_t *shape, const int64_t *strides, uint32_t ndim,
                                                    mfa_buffer_t *buffer);

/* The caller's pointer for wrapped memory; NULL for a handle that is none. */
MFA_EXPORT void *mfa_buffer_contents(mfa_buffer_t buffer);
MFA_EXPORT void mfa_destroy_buffer(mfa_buffer_t buffer);

/* out = softmax(softmax_scale * q k^T + mask) v. Causal is top-left: key j takes part iff j <= i. The intermediate
 * precision is what probabilities are rounded to before they meet v; scores and sums are always fp32. The mask
 * has mask_ndim (1 to 4) trailing dimensions of [batch, heads, seq_q, seq_kv], each full or 1; NULL strides mean
 * contiguous. */
MFA_EXPORT int32_t mfa_attention_forward(
    mfa_context_t context, mfa_buffer_t q, mfa_buffer_t k, mfa_buffer_t v, mfa_buffer_t out, uint32_t batch_size,
    uint32_t seq_len_q, uint32_t seq_len_kv, uint32_t num_heads, uint16_t head_dim, float softmax_scale, bool causal,
    int32_t input_precision, int32_t intermediate_precision, int32_t output_precision, bool transpose_q,
    bool transpose_k, bool transpose_v, bool transpose_o, const void *mask, size_t mask_bytes,
    const int64_t *mask_shape, const int64_t *mask_strides, uint32_t mask_ndim, int32_t mask_type,
    int32_t mask_scalar);

/* Also writes lse: float [batch, heads, seq_q], the natural logarithm of each row's sum of exponentials, -inf for a
 * row with no key. out has the input precision. */
MFA_EXPORT int32_t mfa_attention_forward_with_lse(
    mfa_context_t context, mfa_buffer_t q, mfa_buffer_t k, mfa_buffer_t v, mfa_buffer_t out, mfa_buffer_t lse,
    uint32_t batch_size, uint32_t seq_len_q, uint32_t seq_len_kv, uint32_t num_heads, uint16_t head_dim,
    float softmax_scale, bool causal, int32_t input_precision, int32_t intermediate_precision, bool transpose_q,
    bool transpose_k, bool transpose_v, bool transpose_o);

/* This library computes forward only: always MFA_ERROR_DEVICE_NOT_SUPPORTED. */
MFA_EXPORT int32_t mfa_attention_backward(
    mfa_context_t context, mfa_buffer_t dout, mfa_buffer_t q, mfa_buffer_t k, mfa_buffer_t v, mfa_buffer_t out,
    mfa_buffer_t lse, mfa_buffer_t dq, mfa_buffer_t dk, mfa_buffer_t dv, mfa_buffer_t scratch, uint32_t batch_size,
    uint32_t seq_len_q, uint32_t seq_len_kv, uint32_t num_heads, uint16_t head_dim, float softmax_scale, bool causal,
    int32_t input_precision, int32_t intermediate_precision, bool transpose_q, bool transpose_k, bool transpose_v,
    bool transpose_o);

/* A copy that the caller frees; NULL without memory. */
MFA_EXPORT char *mfa_error_string(int32_t error);
MFA_EXPORT bool mfa_is_device_supported(void);
MFA_EXPORT void mfa_get_version(int *major, int *minor, int *patch);

/* Device seconds of the context's last attention call, all its dispatches together; 0.0 on error. */
MFA_EXPORT double mfa_get_gpu_latency(mfa_context_t context);

/* ---- Extensions ---- */

#define MFA_ATTENTION_DESC_VERSION 1u
#define MFA_UNBOUNDED UINT32_MAX
#define MFA_MOST_KEY_PARTS 32u

typedef enum { MFA_MATH_SAFE = 0, MFA_MATH_FAST = 1 } mfa_math;

/* Which corner of the score matrix the diagonal of a causal mask or a window starts from: query row i sits at key
 * i (top-left) or at key i + kv_len - q_len (bottom-right). */
typedef enum { MFA_ALIGN_TOP_LEFT = 0, MFA_ALIGN_BOTTOM_RIGHT = 1 } mfa_align;

typedef struct {
  mfa_buffer_t buffer;
  uint64_t offset;     /* bytes into buffer, a multiple of the element's size */
  int64_t strides[4];  /* elements: batch, head, row, column; all 0: the buffer's own, else contiguous */
  bool transposed;     /* contiguous [head_dim, seq] per head; only where strides are all 0 */
} mfa_operand;

/* How k or v are stored as integers i, each standing for (i - zero) * scale. Strides of such an operand count bytes, and its
 * columns are the bytes of a row:
 *   int8  head_dim bytes, two's complement
 *   int4  ceil(head_dim / 2) bytes, two's complement; even columns in bits 0 to 3 of byte column / 2, odd ones in bits 4 to 7
 *   q8_0  ggml's: for each 32 columns an fp16 scale, little-endian, then 32 bytes of int8; head_dim a multiple of 32
 *   q4_0  ggml's: for each 32 columns an fp16 scale, then 16 bytes, bits 0 to 3 columns 0 to 15, bits 4 to 7 columns 16 to 31,
 *         each 8 more than the integer
 * But for int8, the stride of columns is 1. */
typedef enum {
  MFA_QUANT_NONE = 0,
  MFA_QUANT_INT8 = 1,
  MFA_QUANT_INT4 = 2,
  MFA_QUANT_Q8_0 = 3,
  MFA_QUANT_Q4_0 = 4
} mfa_quant_format;

/* Which columns share a scale of int8 and int4: all of a row, 32 and what is left of them, or all of a kv head, in all
 * batches. */
typedef enum { MFA_SCALES_ROW = 0, MFA_SCALES_BLOCK = 1, MFA_SCALES_HEAD = 2 } mfa_scale_span;

typedef struct {
  int32_t format; /* mfa_quant_format */
  int32_t span;   /* mfa_scale_span */
  /* Of int8 and int4: float and int32 [batch, kv_heads, kv_len, scales of a row], contiguous, or [kv_heads] where heads
   * share; of k and v in pages [page_count, kv_heads, page_size, scales of a row]. zeros.buffer NULL: no zero points. Of q8_0
   * and q4_0 neither. */
  mfa_operand scales, zeros;
} mfa_quantised;

/* batch, q_len and kv_len may be 0. With batch or q_len 0 there is no output: nothing is written and no kernel runs, and the
 * seconds are 0. With kv_len 0 every output is written, as of a row with no key: 0, and a logsumexp of -inf or the sink. The
 * buffer, or mask pointer, of a tensor without elements may be NULL.
 *
 * Fields are only ever added, at the end, and 0 is their default. A caller of an older header passes its smaller size,
 * and what it does not have is 0. A caller of a newer one is refused if a field that this library does not know is not
 * 0. All up to math must be there. */
typedef struct {
  uint32_t size;       /* sizeof(mfa_attention_desc), in the header that the caller was compiled with */
  uint32_t version;    /* MFA_ATTENTION_DESC_VERSION */

  mfa_operand q, k, v, out;
  mfa_operand lse;     /* float [batch, heads, q_len], contiguous; buffer NULL: not wanted */

  uint32_t batch, q_len, kv_len, heads, kv_heads; /* kv_heads divides heads: grouped-query attention */
  uint32_t head_dim;                              /* 1 to 576 */
  float softmax_scale;
  int32_t input_precision, intermediate_precision, output_precision;
  int32_t math;        /* mfa_math */

  bool causal;
  bool windowed;       /* key j takes part iff i' - window_left <= j <= i' + window_right, i' the aligned row */
  int32_t align;       /* mfa_align, of causal mask, window and slopes */
  uint32_t window_left, window_right; /* MFA_UNBOUNDED: no bound on that side */

  int32_t mask_type;   /* mfa_mask_type */
  int32_t mask_scalar; /* mfa_mask_scalar */
  const void *mask;    /* mask_bytes of the caller's memory, or mask_buffer */
  size_t mask_bytes;
  mfa_buffer_t mask_buffer;
  uint32_t mask_ndim;
  bool mask_has_strides;
  int64_t mask_shape[4], mask_strides[4]; /* the first mask_ndim entries */

  uint32_t dispatches;     /* how many times to run the kernel; 0 means 1 */
  double deadline_seconds; /* of the whole call; 0: none */

  /* Out. dispatch_seconds is the caller's array of `dispatches` doubles, or NULL. */
  double *dispatch_seconds;
  double gpu_seconds;      /* device seconds, all dispatches */
  double wall_seconds;     /* the whole call */
  double compile_seconds;  /* 0 where the pipeline was at hand */
  bool cached;             /* the pipeline was at hand, or its compilation came from the device's own cache */
  uint64_t bytes_copied;   /* of tensors and masks: 0, everything is read in place */

  /* In, since version 0.2 of the library: scores become softcap * tanh(score / softcap) before the mask; 0: they do not. */
  float softcap;
  /* Where the first query row stands among the keys: a causal mask or window that is aligned top-left has its diagonal
   * at key i + kv_offset of row i, as with a cache of kv_offset keys before the first query. */
  uint32_t kv_offset;
  /* float [heads] each, contiguous; buffer NULL: none. sinks: a logit that enters the sum which a row's weights are
   * divided by, and the logsumexp, and nothing else; -inf is none, and a row with no key then gives 0 and its sink.
   * slopes (ALiBi): -slope * |i' - j| is added to the score of key j, i' the aligned row. */
  mfa_operand sinks, slopes;
  /* int32 [batch, max(packed_entries, 1), 4], contiguous: q_begin, q_end, kv_begin, kv_end of each entry, which masks and
   * slopes count from, each entry with a diagonal of its own; values beyond q_len and kv_len are clamped. buffer NULL: all
   * rows and keys. packed_entries 0: one entry in each batch, and rows outside are written as rows with no key; else so
   * many one behind the other, as cumulative lengths give them, and rows that none has are not written. */
  mfa_operand ranges;
  uint32_t packed_entries;
  /* k and v in pages: [page_count, kv_heads, page_size, head_dim] each, with strides of page, head, row and column, and
   * uint32 page_table [batch, ceil(kv_len / page_size)], contiguous: the pages that hold an entry's keys, in order, each
   * less than page_count. Entries may share pages. page_size 0, and no buffer: k and v are not paged. */
  mfa_operand page_table;
  uint32_t page_size, page_count;
  mfa_quantised k_quant, v_quant;
  /* Columns of v and out, where they are not those of q and k; 0: head_dim. head_dim is then that of q and k alone. */
  uint32_t v_head_dim; /* 0 to 576 */
  /* Into how many parts a row's keys are cut, each of which a threadgroup takes; a second kernel joins them. Where kv_len is
   * short there may be fewer. 1: never. 0: as the library sees fit, which may depend on every extent: with few rows on a
   * device that says how many processors it has, several, else 1. A row's last bits depend on where its keys are cut, and
   * so, with 0, on how many rows, heads and batches are computed beside it. */
  uint32_t key_parts; /* 0 to MFA_MOST_KEY_PARTS */
} mfa_attention_desc;

MFA_EXPORT int32_t mfa_attention_forward_desc(mfa_context_t context, mfa_attention_desc *desc);

/* What the last failed call on this thread refused and why; valid until the next one. Never NULL. */
MFA_EXPORT const char *mfa_last_error(void);

struct gpu_api; /* metal/internal/device/device.h */

/* The device that mfa_create_context uses from now on; NULL: the built-in one, where there is one. */
MFA_EXPORT void mfa_set_default_device(const struct gpu_api *api);
/* The device that mfa_create_context uses, for kernels that are not attention; NULL, with mfa_last_error, where there is
 * none. It stays as long as the library is loaded. */
MFA_EXPORT const struct gpu_api *mfa_default_device(void);
MFA_EXPORT int32_t mfa_create_context_on(const struct gpu_api *api, mfa_context_t *context);

typedef struct {
  uint64_t calls;              /* attention calls that ran */
  uint64_t dispatches;
  uint64_t refused;            /* attention calls that returned an error */
  uint64_t pipelines;          /* pipelines of this context's device that are in memory */
  uint64_t pipelines_compiled; /* compilations since the device was first used */
  uint64_t pipeline_hits;      /* calls that found theirs */
  uint64_t buffers;            /* live buffers of the context */
  uint64_t bytes_copied;       /* of tensors and masks: 0 */
  double compile_seconds;
} mfa_counters;

MFA_EXPORT int32_t mfa_get_counters(mfa_context_t context, mfa_counters *counters);

#ifdef __cplusplus
}
#endif
#endif
