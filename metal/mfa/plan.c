/* How a request runs: which kernel, with which numbers, over which grid. */
#include "internal.h"

enum {
  SIMD_WIDTH = 32,
  SIMD_ROWS = 8,          /* query rows of a simdgroup */
  MOST_SIMDGROUPS = 4,    /* of a threadgroup, on a device with Metal's limits */
  MOST_QUERY_FLOATS = 4096,      /* of query rows there, their padding not counted: 16 KB */
  METAL_THREADGROUP_BYTES = 32768,
  ROOMY_SIMDGROUPS = 16,         /* where a threadgroup may have more memory than that */
  FEW_ROOMY_SIMDGROUPS = 8,      /* of a threadgroup there, where the grid leaves processors idle: fewer would stage too slowly */
  ROOMY_SIMDGROUPS_LONG = 8,     /* and head_dim is past 256: a thread holds its row of the accumulators in registers */
  QUERY_PADDING = 8,             /* elements, of a query row in threadgroup memory */
  KEY_CHUNK = 32 * (64 + 8),     /* elements, of a key or value chunk, with its rows' padding */
  STATIC_THREADGROUP_BYTES = 64, /* more than the kernel's own threadgroup variables */
  KEY_BLOCK = 32,                /* keys of a block */
  LEAST_PART_KEYS = 64,          /* of a row, where the plan cuts: fewer take no longer than to join them */
  PART_HEAD = 3,                 /* words of a row of a part, before its columns */
  JOIN_SIMDGROUPS = 4            /* rows that a threadgroup joins */
};
_Static_assert(MFA_MOST_KEY_PARTS <= SIMD_WIDTH, "a lane for each part of a row");

/* More threadgroup memory than Metal has is a sign of a GPU that is not Apple's. */
static bool roomy(const mfa_gpu *gpu) { return gpu->info.max_threadgroup_memory > METAL_THREADGROUP_BYTES; }

void mfa_variant_of(const mfa_request *r, const mfa_gpu *gpu, mfa_variant *variant) {
  const mfa_attention_desc *d = r->desc;
  uint32_t head_class = 16;
  while (head_class < mfa_v_head_dim(d)) head_class *= 2;
  if (head_class > 256) head_class = 576; /* the longest that some models have */
  *variant = (mfa_variant){
      .input_precision = d->input_precision, .head_class = head_class, .math = d->math,
      .narrow = roomy(gpu) && d->input_precision != MFA_PRECISION_FP32 && !d->k_quant.format && !d->v_quant.format,
#define CONSTANT(index, name, value) .name = (value),
      MFA_KERNEL_CONSTANTS(CONSTANT)
#undef CONSTANT
  };
}

mfa_variant mfa_join_of(const mfa_variant *variant) { return (mfa_variant){.math = variant->math, .join = true}; }

static mfa_kernel_strides strides_of(const mfa_layout *layout) {
  return (mfa_kernel_strides){layout->stride[0], layout->stride[1], layout->stride[2], layout->stride[3]};
}

/* The key at which row 0 stands. */
static int64_t mfa_diagonal(const mfa_attention_desc *d) {
  return d->align == MFA_ALIGN_BOTTOM_RIGHT ? (int64_t)d->kv_len - d->q_len : (int64_t)d->kv_offset;
}

/* Row i sees keys [i + first_key, i + end_key). A bound beyond every length stands for none. */
static void key_range(const mfa_attention_desc *d, int64_t *first_key, int64_t *end_key) {
  const int64_t none = INT64_C(1) << 40;
  int64_t diagonal = mfa_diagonal(d);
  *first_key = -none;
  *end_key = none;
  if (d->windowed && d->window_left != MFA_UNBOUNDED) *first_key = diagonal - d->window_left;
  if (d->windowed && d->window_right != MFA_UNBOUNDED) *end_key = diagonal + d->window_right + 1;
  if (d->causal && *end_key > diagonal + 1) *end_key = diagonal + 1;
}

static uint32_t round_up(uint32_t value, uint32_t multiple) { return (value + multiple - 1) / multiple * multiple; }

static uint64_t threadgroup_bytes(uint32_t simdgroups, uint32_t head_dim, bool narrow) {
  return (simdgroups * SIMD_ROWS * (round_up(head_dim, 8) + QUERY_PADDING) + KEY_CHUNK) * (narrow ? 2 : sizeof(float));
}

static uint64_t threadgroups(const mfa_attention_desc *d, uint32_t simdgroups) {
  const uint64_t rows = simdgroups * SIMD_ROWS, entries = (uint64_t)d->batch * (d->packed_entries ? d->packed_entries : 1);
  return (d->q_len + rows - 1) / rows * d->heads * entries;
}

/* The more simdgroups share what a threadgroup stages the better, as long as every processor of the device has one. Where
 * there are too few rows for that, a threadgroup is held up by its loads, and a few simdgroups still share those. */
static uint32_t most_simdgroups(const mfa_attention_desc *d, const mfa_gpu *gpu) {
  if (!roomy(gpu)) {
    uint32_t fit = MOST_QUERY_FLOATS / (SIMD_ROWS * round_up(d->head_dim, 8));
    return fit < MOST_SIMDGROUPS ? fit : MOST_SIMDGROUPS;
  }
  uint32_t count = d->head_dim > 256 ? ROOMY_SIMDGROUPS_LONG : ROOMY_SIMDGROUPS;
  while (count > FEW_ROOMY_SIMDGROUPS && threadgroups(d, count) < gpu->info.processors) count /= 2;
  return count;
}

/* As many simdgroups as there are rows for, within what device and pipeline allow. 0: not even one. */
static uint32_t choose_simdgroups(const mfa_attention_desc *d, const mfa_gpu *gpu, const mfa_pipeline *pipeline) {
  uint32_t count = most_simdgroups(d, gpu), threads = pipeline->info.max_threads;
  if (count > (d->q_len + SIMD_ROWS - 1) / SIMD_ROWS) count = (d->q_len + SIMD_ROWS - 1) / SIMD_ROWS;
  if (count == 0) count = 1; /* a head_dim past 512: its query rows take a little more */
  if (threads == 0 || threads > gpu->info.max_threads_per_threadgroup) threads = gpu->info.max_threads_per_threadgroup;
  if (count > threads / SIMD_WIDTH) count = threads / SIMD_WIDTH;
  while (count && threadgroup_bytes(count, d->head_dim, pipeline->variant.narrow) + STATIC_THREADGROUP_BYTES > gpu->info.max_threadgroup_memory)
    count--;
  return count;
}

/* How many parts a row's keys are cut into: so many that every processor has a threadgroup, where there are too few rows for
 * that. On a device with Metal's limits, or one that does not say how many processors it has, they are not cut. */
static uint32_t wanted_parts(const mfa_attention_desc *d, const mfa_gpu *gpu, uint32_t simdgroups) {
  if (d->key_parts) return d->key_parts;
  const uint64_t most = d->kv_len / LEAST_PART_KEYS, uncut = threadgroups(d, simdgroups);
  if (!roomy(gpu) || !uncut) return 1;
  uint64_t parts = gpu->info.processors / uncut;
  if (parts > most) parts = most;
  return parts > MFA_MOST_KEY_PARTS ? MFA_MOST_KEY_PARTS : (uint32_t)parts;
}

/* Parts of whole blocks of keys, none of them empty. */
static int32_t plan_parts(mfa_plan *plan, const mfa_request *r, const mfa_gpu *gpu) {
  const mfa_attention_desc *d = r->desc;
  plan->part_keys = plan->parts = 0;
  plan->scratch_bytes = 0;
  uint32_t wanted = wanted_parts(d, gpu, plan->simdgroups);
  if (wanted < 2 || d->kv_len <= KEY_BLOCK) return MFA_SUCCESS;
  uint32_t keys = round_up((d->kv_len + wanted - 1) / wanted, KEY_BLOCK), parts = (d->kv_len + keys - 1) / keys;
  if (parts < 2) return MFA_SUCCESS;
  if ((uint64_t)plan->grid[0] * parts > UINT32_MAX / (plan->simdgroups * SIMD_WIDTH))
    return mfa_fail(MFA_ERROR_INVALID_ARGS, "key_parts: %u of %u rows are more threads than a grid has; fewer parts would do",
                    d->key_parts, d->q_len);
  plan->part_keys = keys;
  plan->parts = parts;
  plan->grid[0] *= parts;
  const uint64_t rows = (uint64_t)d->batch * d->heads, words = (uint64_t)parts * (PART_HEAD + mfa_v_head_dim(d));
  if (rows > UINT64_MAX / d->q_len / words / 4)
    return mfa_fail(MFA_ERROR_MEMORY_ALLOCATION, "key_parts: the parts of %u rows take more bytes than can be counted", d->q_len);
  plan->scratch_bytes = rows * d->q_len * words * 4;
  plan->join_simdgroups = JOIN_SIMDGROUPS;
  plan->join_grid[0] = (d->q_len + JOIN_SIMDGROUPS - 1) / JOIN_SIMDGROUPS;
  plan->join_grid[1] = d->heads;
  plan->join_grid[2] = d->batch;
  return MFA_SUCCESS;
}

static mfa_kernel_quant quant_of(const mfa_attention_desc *d, const mfa_quantised *q, const mfa_tensor *scales) {
  mfa_kernel_quant quant = {.format = (uint32_t)q->format, .has_zeros = q->zeros.buffer != NULL};
  if (!scales->buffer) return quant;
  quant.scale = strides_of(&scales->layout);
  if (q->span == MFA_SCALES_BLOCK) quant.scale_columns = 32;
  if (q->span == MFA_SCALES_HEAD) {
    quant.scale.batch = quant.scale.row = 0;
  } else if (d->page_size) { /* a page takes the place of a batch entry here too */
    quant.scale_page = quant.scale.batch;
    quant.scale.batch = 0;
  }
  return quant;
}

int32_t mfa_plan_init(mfa_plan *plan, const mfa_request *r, const mfa_gpu *gpu, const mfa_pipeline *pipeline) {
  const mfa_attention_desc *d = r->desc;
  if (gpu->info.simd_width != SIMD_WIDTH)
    return mfa_fail(MFA_ERROR_DEVICE_NOT_SUPPORTED, "simdgroups of %u threads, the kernel needs 32",
                    gpu->info.simd_width);
  plan->variant = pipeline->variant;
  plan->simdgroups = choose_simdgroups(d, gpu, pipeline);
  if (plan->simdgroups == 0)
    return mfa_fail(MFA_ERROR_DEVICE_NOT_SUPPORTED,
                    "head_dim %u: a threadgroup needs %llu bytes and 32 threads, the pipeline allows %llu and %u",
                    d->head_dim, (unsigned long long)threadgroup_bytes(1, d->head_dim, plan->variant.narrow),
                    (unsigned long long)gpu->info.max_threadgroup_memory, pipeline->info.max_threads);
  plan->threadgroup_bytes = threadgroup_bytes(plan->simdgroups, d->head_dim, plan->variant.narrow);
  uint32_t rows = plan->simdgroups * SIMD_ROWS;
  plan->grid[0] = (d->q_len + rows - 1) / rows;
  plan->grid[1] = d->heads;
  plan->grid[2] = d->batch * (d->packed_entries ? d->packed_entries : 1);
  int32_t status = plan_parts(plan, r, gpu);
  if (status != MFA_SUCCESS) return status;
  plan->params = (mfa_kernel_params){
      .q = strides_of(&r->q.layout), .k = strides_of(&r->k.layout), .v = strides_of(&r->v.layout),
      .o = strides_of(&r->out.layout), .mask = strides_of(&r->mask.layout),
#define MEMBER(type, name, value) .name = (value),
      MFA_KERNEL_SCALARS(MEMBER)
#undef MEMBER
  };
  key_range(d, &plan->params.first_key, &plan->params.end_key);
  if (d->page_size) { /* a page takes the place of a batch entry, and the table says which */
    plan->params.k_page = plan->params.k.batch;
    plan->params.v_page = plan->params.v.batch;
    plan->params.k.batch = plan->params.v.batch = 0;
  }
  plan->quantised = (mfa_kernel_quantised){quant_of(d, &d->k_quant, &r->k_scales), quant_of(d, &d->v_quant, &r->v_scales)};
  return MFA_SUCCESS;
}
