//go:build linux

/* A threadgroup's memory: its [[threadgroup(i)]] arguments and the kernel's own variables, laid out one after another
 * in the worker's arena. The layout is found while the first threadgroup of a job runs and kept for the others. */
#include <string.h>

#include "check.h"

#define ARENA_ALIGN 64u

/* What a threadgroup finds in its memory: a real device leaves what was there before. */
static void fill(struct group *g, uint32_t from, uint32_t to) {
  const host_options *o = &g->worker->device->options;
  unsigned char *arena = g->worker->arena;
  host_fill what = o->fill;
  if (g->job->check && g->job->check->other_fill) what = what == HOST_FILL_NAN ? HOST_FILL_ZERO : HOST_FILL_NAN;
  switch (what) {
  case HOST_FILL_ZERO:
    memset(arena + from, 0, to - from);
    break;
  case HOST_FILL_GARBAGE:
    for (uint64_t i = from & ~7u; i < to; i += 8) {
      uint64_t word = host_mix(o->seed ^ host_mix((g->index << 20) + i));
      memcpy(arena + i, &word, 8);
    }
    break;
  default: /* all ones is NaN in every floating type */
    memset(arena + from, 0xff, to - from);
  }
}

void host_fill_arena(struct group *g) { fill(g, 0, g->arena_used); }

static struct allocation *allocate(struct group *g, uint64_t bytes, uint32_t align) {
  uint64_t limit = g->worker->device->options.max_threadgroup_memory;
  uint32_t gap = g->job->check ? ARENA_GAP : 0;
  uint32_t step = align > ARENA_ALIGN ? align : ARENA_ALIGN;
  if (g->memory_used + bytes > limit) return NULL;
  /* Gap and alignment are not counted: a device packs tighter than the arena does. */
  struct allocation *a = &g->allocations[g->allocation_count++];
  a->offset = (g->arena_used + gap + step - 1) / step * step;
  a->bytes = (uint32_t)bytes;
  a->name = NULL;
  a->argument = 0;
  g->arena_used = a->offset + a->bytes + gap;
  g->memory_used += (bytes + 15) / 16 * 16;
  return a;
}

/* Also called at a job's start: forgets the layout of the job before. */
bool host_place_arguments(struct group *g) {
  g->allocation_count = 0;
  g->arena_used = 0;
  g->memory_used = 0;
  memset(g->variable_at, 0, sizeof g->variable_at);
  memset(g->shared.threadgroup_args, 0, sizeof g->shared.threadgroup_args);
  for (uint32_t i = 0; i < MSL_MAX_THREADGROUP_ARGS; i++) {
    if (!(g->job->threadgroup_mask >> i & 1)) continue;
    struct allocation *a = allocate(g, g->job->threadgroup_bytes[i], 1);
    if (!a) {
      host_job_fail(g->job, GPU_INVALID, "the [[threadgroup]] arguments take more than the %llu bytes of threadgroup "
                    "memory there are", (unsigned long long)g->worker->device->options.max_threadgroup_memory);
      return false;
    }
    a->argument = i;
    g->shared.threadgroup_args[i] = g->worker->arena + a->offset;
  }
  return true;
}

void *host_threadgroup_variable(struct msl_lane *lane, unsigned id, unsigned long bytes, unsigned long align,
                                const char *name, int line) {
  struct group *g = group_of(lane);
  if (id < MAX_VARIABLES && g->variable_at[id])
    return g->worker->arena + g->allocations[g->variable_at[id] - 1].offset;
  lane->line = line;
  uint32_t before = g->arena_used;
  struct allocation *a = NULL;
  if (id < MAX_VARIABLES && align <= 4096) a = allocate(g, bytes, (uint32_t)align);
  if (!a) {
    host_job_fail(g->job, GPU_INVALID,
                  "kernel %s, line %d: threadgroup variable %s of %lu bytes: %llu bytes are in use and there are %llu",
                  g->job->pipeline->entry->name, line, name, bytes, (unsigned long long)g->memory_used,
                  (unsigned long long)g->worker->device->options.max_threadgroup_memory);
    host_switch(&lane->stack_pointer, g->host_stack, RUN_FAILED);
  }
  fill(g, before, g->arena_used);
  a->name = name;
  g->variable_at[id] = (uint16_t)(a - g->allocations + 1);
  return g->worker->arena + a->offset;
}

void host_initial_value(struct msl_lane *lane, unsigned id, const void *value, unsigned long bytes) {
  struct group *g = group_of(lane);
  uint64_t bit = (uint64_t)1 << id % 64;
  if (id >= MAX_VARIABLES || g->initialised[id / 64] & bit) return;
  g->initialised[id / 64] |= bit;
  unsigned char *variable = g->worker->arena + g->allocations[g->variable_at[id] - 1].offset;
  memcpy(variable, value, bytes);
  if (g->job->check) host_shadow_initial(g->job->check, variable, bytes);
}
