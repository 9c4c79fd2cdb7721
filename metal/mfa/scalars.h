/* The numbers of a call, in tables: what a descriptor may hold, what other libraries lack, what the kernel is told, what
 * it is compiled for. A new number is a member of mfa_attention_desc, a member or a function constant of attention.metal,
 * and rows here. */
#ifndef MFA_SCALARS_H
#define MFA_SCALARS_H

#include <float.h>
#include <math.h>
#include <stdint.h>

/* How an error writes it, the descriptor's member, the least and the most that is accepted, and the same in words.
 * NaN is outside of every range. */
#define MFA_DESC_SCALARS(X)                                                   \
  X("%u", batch, 0, 1 << 20, "0 to 1048576")                                  \
  X("%u", heads, 1, 1 << 20, "1 to 1048576")                                  \
  X("%u", kv_heads, 1, 1 << 20, "1 to 1048576")                               \
  X("%u", q_len, 0, INT32_MAX - 64, "0 to 2147483583")                        \
  X("%u", kv_len, 0, INT32_MAX - 64, "0 to 2147483583")                       \
  X("%u", head_dim, 1, 576, "1 to 576")                                       \
  X("%g", softmax_scale, -FLT_MAX, FLT_MAX, "a finite number")                \
  X("%g", softcap, 0, 0x1p126f, "0 (none) to 2^126")                          \
  X("%d", math, MFA_MATH_SAFE, MFA_MATH_FAST, "safe (0) or fast (1)")         \
  X("%u", packed_entries, 0, UINT16_MAX, "0 (none) to 65535")                 \
  X("%u", kv_offset, 0, INT32_MAX, "0 to 2147483647")                         \
  X("%d", align, MFA_ALIGN_TOP_LEFT, MFA_ALIGN_BOTTOM_RIGHT, "top-left (0) or bottom-right (1)") \
  X("%u", page_size, 0, 1 << 30, "0 (no pages) to 1073741824")                \
  X("%u", page_count, 0, 1 << 30, "0 to 1073741824")                          \
  X("%d", k_quant.format, MFA_QUANT_NONE, MFA_QUANT_Q4_0, "none (0), int8 (1), int4 (2), q8_0 (3) or q4_0 (4)") \
  X("%d", v_quant.format, MFA_QUANT_NONE, MFA_QUANT_Q4_0, "none (0), int8 (1), int4 (2), q8_0 (3) or q4_0 (4)") \
  X("%d", k_quant.span, MFA_SCALES_ROW, MFA_SCALES_HEAD, "row (0), block (1) or head (2)") \
  X("%d", v_quant.span, MFA_SCALES_ROW, MFA_SCALES_HEAD, "row (0), block (1) or head (2)") \
  X("%u", v_head_dim, 0, 576, "0 (head_dim) to 576")                          \
  X("%u", dispatches, 0, 1 << 20, "at most 1048576")                          \
  X("%u", key_parts, 0, MFA_MOST_KEY_PARTS, "0 (the library chooses) to 32")  \
  X("%g", deadline_seconds, 0, HUGE_VAL, "0 or more")

/* Those that change the mathematics and came after the calls that other libraries of this interface have. 0 is none; a
 * library without them is never asked for another value. */
#define MFA_LATER_SCALARS(X) X(softcap)

/* Type and name of a member of AttentionParams, in its order and after the strides and the range of keys, and its value
 * for request r with descriptor d and its plan. */
#define MFA_KERNEL_SCALARS(X)                                      \
  X(uint32_t, q_len, d->q_len)                                     \
  X(uint32_t, kv_len, d->kv_len)                                   \
  X(uint32_t, head_dim, d->head_dim)                               \
  X(uint32_t, heads_per_kv_head, d->heads / d->kv_heads)           \
  X(float, scale, d->softmax_scale)                                \
  X(uint32_t, output_precision, (uint32_t)d->output_precision)     \
  X(uint32_t, probability_precision, (uint32_t)d->intermediate_precision) \
  X(uint32_t, mask_kind, (uint32_t)d->mask_type)                   \
  X(uint32_t, mask_scalar, (uint32_t)d->mask_scalar)               \
  X(uint32_t, writes_logsumexp, r->has_lse)                        \
  X(float, softcap, d->softcap)                                    \
  X(uint32_t, uses_sinks, r->sinks.buffer != NULL)                 \
  X(uint32_t, uses_slopes, r->slopes.buffer != NULL)               \
  X(int32_t, first_place, (int32_t)mfa_diagonal(d))                \
  X(uint32_t, packed_entries, d->packed_entries)                   \
  X(uint32_t, bottom_right, d->align == MFA_ALIGN_BOTTOM_RIGHT)    \
  X(uint32_t, page_size, d->page_size)                             \
  X(uint32_t, pages_per_batch, mfa_pages_each(d))                  \
  X(uint32_t, v_head_dim, mfa_v_head_dim(d))                       \
  X(uint32_t, part_keys, plan->part_keys)                          \
  X(uint32_t, parts, plan->parts)

/* Index and name of a bool function constant, and its value: what is off is not in the pipeline. */
#define MFA_KERNEL_CONSTANTS(X) \
  X(0, has_mask, r->has_mask)   \
  X(1, has_softcap, r->desc->softcap > 0) \
  X(2, has_head_terms, r->sinks.buffer || r->slopes.buffer) \
  X(3, has_ranges, r->ranges.buffer != NULL) \
  X(4, has_pages, r->desc->page_size > 0) \
  X(5, has_quantised, r->desc->k_quant.format || r->desc->v_quant.format) \
  X(6, has_v_head_dim, mfa_v_head_dim(r->desc) != r->desc->head_dim)

#endif
