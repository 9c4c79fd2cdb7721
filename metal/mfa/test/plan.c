/* When a row's keys are cut into parts, by the device and the extents. Prints what is wrong; exits 0 where nothing is. */
#include <stdio.h>

#include "../internal.h"

typedef struct {
  uint32_t processors;
  uint64_t threadgroup_memory;
  uint32_t batch, heads, q_len, kv_len, head_dim, key_parts;
  uint32_t parts, part_keys; /* that are wanted; 0: not cut */
} row;

enum { APPLE = 32768, ROOMY = 166912 };

static const row rows[] = {
    /* Few rows on a GPU of 132 processors: 16 threadgroups of 8 simdgroups become 128. */
    {132, ROOMY, 1, 1, 1024, 1024, 64, 0, 8, 128},
    {132, ROOMY, 1, 1, 1024, 1024, 256, 0, 8, 128},
    {132, ROOMY, 1, 1, 1, 100000, 128, 0, 32, 3136},
    {132, ROOMY, 1, 8, 1, 100000, 128, 0, 16, 6272},
    {132, ROOMY, 1, 1, 7, 130, 64, 0, 2, 96},
    /* Enough rows, or too few keys to be worth another kernel. */
    {132, ROOMY, 1, 16, 4096, 4096, 64, 0, 0, 0},
    {132, ROOMY, 1, 1, 1024, 127, 64, 0, 0, 0},
    {132, ROOMY, 1, 1, 1024, 0, 64, 0, 0, 0},
    /* Apple's limits, or no word of how many processors there are. */
    {132, APPLE, 1, 1, 1024, 1024, 64, 0, 0, 0},
    {0, ROOMY, 1, 1, 1024, 1024, 64, 0, 0, 0},
    /* As asked for, in whole blocks of 32 keys, and no part without keys. */
    {0, APPLE, 1, 1, 5, 100, 64, 3, 2, 64},
    {0, APPLE, 1, 1, 5, 1000, 64, 3, 3, 352},
    {0, APPLE, 2, 3, 5, 64, 64, 32, 2, 32},
    {0, APPLE, 1, 1, 5, 32, 64, 32, 0, 0},
    {132, ROOMY, 1, 1, 1024, 1024, 64, 1, 0, 0},
    {132, ROOMY, 1, 16, 4096, 4096, 64, 5, 5, 832},
};

static int check(const row *w, size_t number) {
  mfa_attention_desc d = {.batch = w->batch, .heads = w->heads, .kv_heads = w->heads, .q_len = w->q_len, .kv_len = w->kv_len,
                          .head_dim = w->head_dim, .key_parts = w->key_parts, .input_precision = MFA_PRECISION_FP32};
  mfa_gpu gpu = {.info = {.simd_width = 32, .max_threads_per_threadgroup = 1024, .max_threadgroup_memory = w->threadgroup_memory,
                          .processors = w->processors}};
  mfa_request request = {.desc = &d};
  mfa_pipeline pipeline = {.info = {.max_threads = 1024}};
  mfa_variant_of(&request, &gpu, &pipeline.variant);
  mfa_plan plan;
  int32_t status = mfa_plan_init(&plan, &request, &gpu, &pipeline);
  uint32_t blocks = (w->q_len + plan.simdgroups * 8 - 1) / (plan.simdgroups * 8);
  bool right = status == MFA_SUCCESS && plan.parts == w->parts && plan.part_keys == w->part_keys && plan.params.parts == w->parts &&
               plan.params.part_keys == w->part_keys && plan.grid[0] == blocks * (w->parts ? w->parts : 1);
  if (w->parts) /* every key is in a part, and every row has room for all of its parts */
    right = right && (uint64_t)plan.parts * plan.part_keys >= w->kv_len && (uint64_t)(plan.parts - 1) * plan.part_keys < w->kv_len &&
            plan.scratch_bytes == (uint64_t)w->batch * w->heads * w->q_len * w->parts * (3 + w->head_dim) * 4 &&
            (uint64_t)plan.join_grid[0] * plan.join_simdgroups >= w->q_len && plan.join_grid[1] == w->heads && plan.join_grid[2] == w->batch;
  if (!right)
    fprintf(stderr, "row %zu: status %d, %u parts of %u keys, grid %u, %llu bytes of scratch; want %u parts of %u keys\n", number, status,
            plan.parts, plan.part_keys, plan.grid[0], (unsigned long long)plan.scratch_bytes, w->parts, w->part_keys);
  return !right;
}

int main(void) {
  int wrong = 0;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) wrong += check(&rows[i], i);
  /* More bytes than there are numbers for are refused, not wrapped. */
  mfa_attention_desc d = {.batch = 1 << 20, .heads = 1 << 20, .kv_heads = 1, .q_len = 1 << 20, .kv_len = 4096, .head_dim = 576,
                          .key_parts = 32, .input_precision = MFA_PRECISION_FP32};
  mfa_gpu gpu = {.info = {.simd_width = 32, .max_threads_per_threadgroup = 1024, .max_threadgroup_memory = APPLE}};
  mfa_request request = {.desc = &d};
  mfa_pipeline pipeline = {.info = {.max_threads = 1024}};
  mfa_variant_of(&request, &gpu, &pipeline.variant);
  mfa_plan plan;
  if (mfa_plan_init(&plan, &request, &gpu, &pipeline) != MFA_ERROR_MEMORY_ALLOCATION) wrong++, fprintf(stderr, "2^60 rows of 32 parts are planned\n");
  printf("%d wrong\n", wrong);
  return wrong != 0;
}
