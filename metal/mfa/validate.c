/* From a descriptor that nobody has checked to a request whose every access lies inside its buffers. */
#include <string.h>

#include "internal.h"

#define REFUSE(...) return mfa_fail(MFA_ERROR_INVALID_ARGS, __VA_ARGS__)

static int32_t check_precision(int32_t precision, const char *name) {
  if (precision == MFA_PRECISION_INT8 || precision == MFA_PRECISION_INT4)
    return mfa_fail(MFA_ERROR_DEVICE_NOT_SUPPORTED, "%s: %s is not supported, expected fp16, bf16 or fp32", name,
                    precision == MFA_PRECISION_INT8 ? "int8" : "int4");
  if (precision < MFA_PRECISION_FP16 || precision > MFA_PRECISION_INT4)
    REFUSE("%s: %d, expected fp16 (0), bf16 (1) or fp32 (2)", name, precision);
  return MFA_SUCCESS;
}

/* NaN is outside. */
static bool outside(double value, double least, double most) { return !(value >= least && value <= most); }

static int32_t check_scalars(const mfa_attention_desc *d) {
#define CHECK(format, member, least, most, accepted) \
  if (outside(d->member, least, most)) REFUSE(#member ": " format ", expected " accepted, d->member);
  MFA_DESC_SCALARS(CHECK)
#undef CHECK
  if (d->heads % d->kv_heads) REFUSE("kv_heads: %u does not divide heads %u", d->kv_heads, d->heads);
  if (d->kv_offset && d->align == MFA_ALIGN_BOTTOM_RIGHT)
    REFUSE("kv_offset: %u with a bottom-right mask, whose last row stands at the last key, expected 0", d->kv_offset);
  int32_t status;
  if ((status = check_precision(d->input_precision, "input_precision"))) return status;
  if ((status = check_precision(d->intermediate_precision, "intermediate_precision"))) return status;
  if ((status = check_precision(d->output_precision, "output_precision"))) return status;
  return MFA_SUCCESS;
}

/* The layout that a buffer was wrapped with: its trailing dimensions, of which the missing ones are 1. A transposed
 * operand's shape and strides are those of the matrix as it is stored. */
static int32_t take_buffer_layout(mfa_layout *layout, const mfa_buffer *b, bool transposed, const char *name) {
  for (uint32_t i = 0; i < 4; i++) {
    uint32_t stored = transposed && i >= 2 ? 5 - i : i; /* rows and columns change places */
    bool given = stored + b->ndim >= 4;
    uint64_t extent = given ? (uint64_t)b->shape[stored + b->ndim - 4] : 1;
    if (extent != layout->extent[i])
      REFUSE("%s: dimension %u of the buffer's own shape is %llu, the call says %llu", name, stored,
             (unsigned long long)extent, (unsigned long long)layout->extent[i]);
    layout->stride[i] = given ? (uint64_t)b->strides[stored + b->ndim - 4] : 0;
  }
  return MFA_SUCCESS;
}

static int32_t place_operand(const mfa_request *r, mfa_tensor *t, const mfa_context *context, const mfa_operand *operand, uint32_t heads,
                             uint32_t rows, const mfa_attention_desc *d, int32_t precision, const char *name) {
  uint32_t columns = t == &r->v || t == &r->out ? mfa_v_head_dim(d) : d->head_dim;
  t->layout = (mfa_layout){.extent = {d->batch, heads, rows, columns}};
  if (d->page_size && (t == &r->k || t == &r->v)) t->layout.extent[0] = d->page_count, t->layout.extent[2] = d->page_size;
  int32_t quant = t == &r->k ? d->k_quant.format : t == &r->v ? d->v_quant.format : MFA_QUANT_NONE;
  if (quant) t->layout.extent[3] = mfa_quantised_row(quant, columns);
  t->offset = operand->offset;
  bool absent = !operand->buffer && mfa_layout_empty(&t->layout);
  t->buffer = (mfa_buffer *)mfa_handle_acquire(operand->buffer, MFA_OBJECT_BUFFER);
  if (!t->buffer && !absent) REFUSE("%s: not a live buffer handle", name);
  bool strided = false;
  for (int i = 0; i < 4; i++) {
    if (operand->strides[i] < 0)
      REFUSE("%s: stride %d is %lld, expected 0 or more elements", name, i, (long long)operand->strides[i]);
    t->layout.stride[i] = (uint64_t)operand->strides[i];
    strided |= operand->strides[i] != 0;
  }
  if (strided && operand->transposed) REFUSE("%s: give strides or transposed, not both", name);
  if (!strided && t->buffer && t->buffer->ndim) {
    int32_t status = take_buffer_layout(&t->layout, t->buffer, operand->transposed, name);
    if (status != MFA_SUCCESS) return status;
  } else if (!strided) {
    mfa_layout_contiguous(&t->layout, operand->transposed);
  }
  if (quant > MFA_QUANT_INT8 && t->layout.extent[3] > 1 && t->layout.stride[3] != 1)
    REFUSE("%s: bytes of a row are %llu apart, expected 1: they hold several columns", name, (unsigned long long)t->layout.stride[3]);
  return mfa_tensor_place(t, context, NULL, quant ? 1 : mfa_precision_bytes(precision), name);
}

static int32_t place_logsumexp(mfa_request *r, const mfa_context *context) {
  const mfa_attention_desc *d = r->desc;
  if (!d->lse.buffer) return MFA_SUCCESS;
  r->has_lse = true;
  for (int i = 0; i < 4; i++)
    if (d->lse.strides[i]) REFUSE("lse: it is contiguous, expected strides of 0");
  if (d->lse.transposed) REFUSE("lse: it is contiguous, expected no transpose");
  r->lse.layout = (mfa_layout){.extent = {1, d->batch, d->heads, d->q_len}};
  mfa_layout_contiguous(&r->lse.layout, false);
  r->lse.offset = d->lse.offset;
  return mfa_tensor_place(&r->lse, context, d->lse.buffer, sizeof(float), "lse");
}

/* A contiguous vector of four-byte numbers. */
static int32_t place_vector(mfa_tensor *t, const mfa_context *context, const mfa_operand *operand, uint64_t count,
                            const char *name) {
  if (!operand->buffer) return MFA_SUCCESS;
  for (int i = 0; i < 4; i++)
    if (operand->strides[i]) REFUSE("%s: it is contiguous, expected strides of 0", name);
  if (operand->transposed) REFUSE("%s: it is contiguous, expected no transpose", name);
  t->layout = (mfa_layout){.extent = {1, 1, 1, count}};
  mfa_layout_contiguous(&t->layout, false);
  t->offset = operand->offset;
  return mfa_tensor_place(t, context, operand->buffer, sizeof(float), name);
}

/* Every page that the table names is one of k and v: read here, as the kernel will read it. */
static int32_t place_table(mfa_request *r, const mfa_context *context) {
  const mfa_attention_desc *d = r->desc;
  bool empty = d->page_size && (!d->batch || !d->kv_len); /* a table of no pages */
  if ((!d->page_size != !d->page_table.buffer && !empty) || !d->page_size != !d->page_count)
    REFUSE("page_size: %u, page_count: %u, page_table %s: expected all of them or none", d->page_size, d->page_count,
           d->page_table.buffer ? "given" : "NULL");
  if (!d->page_size) return MFA_SUCCESS;
  for (int i = 0; i < 4; i++)
    if (d->page_table.strides[i]) REFUSE("page_table: it is contiguous, expected strides of 0");
  if (d->page_table.transposed) REFUSE("page_table: it is contiguous, expected no transpose");
  uint32_t each = mfa_pages_each(d);
  r->table.layout = (mfa_layout){.extent = {1, 1, d->batch, each}};
  mfa_layout_contiguous(&r->table.layout, false);
  r->table.offset = d->page_table.offset;
  int32_t status = mfa_tensor_place(&r->table, context, d->page_table.buffer, sizeof(uint32_t), "page_table");
  if (status != MFA_SUCCESS) return status;
  if (empty) return MFA_SUCCESS;
  const uint32_t *pages = (const uint32_t *)((const char *)r->table.buffer->contents + r->table.offset);
  for (uint64_t i = 0; i < (uint64_t)d->batch * each; i++)
    if (pages[i] >= d->page_count)
      REFUSE("page_table: entry [%llu,%llu] is %u, expected less than page_count, %u", (unsigned long long)(i / each),
             (unsigned long long)(i % each), pages[i], d->page_count);
  return MFA_SUCCESS;
}

/* What is written must not be what is read: threadgroups run in any order. */
static int32_t check_aliases(const mfa_request *r) {
  const struct {
    const mfa_tensor *tensor;
    const char *name;
  } all[] = {{&r->out, "out"}, {&r->lse, "lse"}, {&r->q, "q"}, {&r->k, "k"}, {&r->v, "v"}, {&r->mask, "mask"},
               {&r->sinks, "sinks"}, {&r->slopes, "slopes"}, {&r->ranges, "ranges"}, {&r->table, "page_table"},
               {&r->k_scales, "k_quant.scales"}, {&r->k_zeros, "k_quant.zeros"}, {&r->v_scales, "v_quant.scales"}, {&r->v_zeros, "v_quant.zeros"}};
  for (int written = 0; written < 2; written++)
    for (int other = written + 1; other < (int)(sizeof all / sizeof *all); other++) {
      const mfa_tensor *a = all[written].tensor, *b = all[other].tensor;
      if (a->begin == a->end || b->begin == b->end) continue; /* an empty one lies anywhere */
      if (a->begin < b->end && b->begin < a->end) REFUSE("%s overlaps %s", all[written].name, all[other].name);
    }
  return MFA_SUCCESS;
}

int32_t mfa_request_init(mfa_request *r, const mfa_context *context, const mfa_attention_desc *d) {
  memset(r, 0, sizeof *r);
  r->desc = d;
  int32_t status = check_scalars(d);
  if (status != MFA_SUCCESS) return status;
  if ((status = place_operand(r, &r->q, context, &d->q, d->heads, d->q_len, d, d->input_precision, "q"))) return status;
  if ((d->page_size != 0) != (d->page_count != 0))
    REFUSE("page_size: %u, page_count: %u: expected both or neither", d->page_size, d->page_count);
  if ((status = place_operand(r, &r->k, context, &d->k, d->kv_heads, d->kv_len, d, d->input_precision, "k")))
    return status;
  if ((status = place_operand(r, &r->v, context, &d->v, d->kv_heads, d->kv_len, d, d->input_precision, "v")))
    return status;
  if ((status = place_operand(r, &r->out, context, &d->out, d->heads, d->q_len, d, d->output_precision, "out")))
    return status;
  if (mfa_layout_overlaps_itself(&r->out.layout)) REFUSE("out: its strides make elements share an address");
  if ((status = place_logsumexp(r, context))) return status;
  if ((status = mfa_request_mask(r, context))) return status;
  if ((status = place_vector(&r->sinks, context, &d->sinks, d->heads, "sinks"))) return status;
  if ((status = place_vector(&r->slopes, context, &d->slopes, d->heads, "slopes"))) return status;
  uint64_t entries = d->packed_entries ? d->packed_entries : 1;
  if (d->packed_entries && !d->ranges.buffer && d->batch) REFUSE("packed_entries: %u, but no ranges are given", d->packed_entries);
  if (d->batch * entries > UINT32_MAX / 4) REFUSE("packed_entries: %u in each of %u batches, expected less than 2^30 together",
                                                  d->packed_entries, d->batch);
  if ((status = place_vector(&r->ranges, context, &d->ranges, 4 * entries * d->batch, "ranges"))) return status;
  if ((status = place_table(r, context))) return status;
  if ((status = mfa_request_quantised(r, context))) return status;
  return check_aliases(r);
}

void mfa_request_release(mfa_request *r) {
  mfa_tensor *all[] = {&r->q, &r->k, &r->v, &r->out, &r->lse, &r->mask, &r->sinks, &r->slopes, &r->ranges, &r->table,
                       &r->k_scales, &r->k_zeros, &r->v_scales, &r->v_zeros};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (all[i]->buffer) mfa_object_release(&all[i]->buffer->object);
}
