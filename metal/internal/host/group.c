//go:build linux

/* One threadgroup, start to end: sets up its threads' identities and stacks, and lets them run. */
#include <string.h>

#include "check.h"

static void run_lane(void *argument) {
  struct msl_lane *lane = argument;
  struct group *g = group_of(lane);
  g->job->pipeline->entry->run(lane);
  host_lane_returned(lane);
}

/* Stack tops that lie at one offset of every stack would compete for the same few sets of the cache. */
static unsigned char *stack_top(struct worker *w, uint32_t thread) {
  unsigned char *end = w->region + (uint64_t)(MSL_FIRST_STACK + thread + 1) * MSL_STACK_BYTES;
  return end - (thread * 13 % 64) * 64 * 5;
}

/* Where the threadgroup lies, and how large it is: at the edge of a grid given in threads it is smaller. */
static void place(struct group *g, struct job *job, uint64_t index) {
  const gpu_dispatch *d = job->dispatch;
  struct msl_threadgroup *t = &g->shared;
  t->position[0] = (unsigned)(index % job->groups[0]);
  t->position[1] = (unsigned)(index / job->groups[0] % job->groups[1]);
  t->position[2] = (unsigned)(index / job->groups[0] / job->groups[1]);
  t->threads = 1;
  for (int i = 0; i < 3; i++) {
    uint64_t first = (uint64_t)t->position[i] * d->threadgroup[i];
    uint64_t left = job->grid[i] - first;
    t->full_size[i] = d->threadgroup[i];
    t->size[i] = left < d->threadgroup[i] ? (unsigned)left : d->threadgroup[i];
    t->groups[i] = job->groups[i];
    t->grid[i] = job->grid[i];
    t->threads *= t->size[i];
  }
  t->simdgroups = (t->threads + MSL_SIMD_WIDTH - 1) / MSL_SIMD_WIDTH;
  t->full_simdgroups = (d->threadgroup[0] * d->threadgroup[1] * d->threadgroup[2] + MSL_SIMD_WIDTH - 1) / MSL_SIMD_WIDTH;
}

static void identify(struct group *g, struct msl_lane *lane, uint32_t thread) {
  const unsigned *size = g->shared.size;
  lane->simdgroup = &g->simdgroups[thread / MSL_SIMD_WIDTH];
  lane->threadgroup = &g->shared;
  lane->lane = thread % MSL_SIMD_WIDTH;
  lane->bit = 1u << lane->lane;
  lane->turn = lane->bit | (unsigned long)lane->bit << 32;
  lane->thread = thread;
  lane->line = 0;
  lane->path = NULL;
  lane->digest = 0;
  lane->position_in_threadgroup[0] = thread % size[0];
  lane->position_in_threadgroup[1] = thread / size[0] % size[1];
  lane->position_in_threadgroup[2] = thread / size[0] / size[1];
  for (int i = 0; i < 3; i++)
    lane->position_in_grid[i] = g->shared.position[i] * g->shared.full_size[i] + lane->position_in_threadgroup[i];
}

/* Lanes end by leaving their stacks for good, so the address sanitizer never hears that their frames are gone. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ADDRESS_SANITIZER
#endif
#ifdef WITH_ADDRESS_SANITIZER
void __asan_unpoison_memory_region(void const volatile *, size_t);
static void forget_frames(struct worker *w, uint32_t threads) {
  for (uint32_t i = 0; i < threads; i++)
    __asan_unpoison_memory_region(w->region + (uint64_t)(MSL_FIRST_STACK + i) * MSL_STACK_BYTES, MSL_STACK_BYTES);
}
#else
static void forget_frames(struct worker *w, uint32_t threads) {
  (void)w;
  (void)threads;
}
#endif

/* The stack of a simdgroup that is one fiber. */
static unsigned char *wide_stack_top(struct worker *w, uint32_t simdgroup) {
  return w->wide + (simdgroup + 1) * WIDE_STACK_BYTES - (simdgroup * 13 % 64) * 64 * 5;
}

static void prepare(struct group *g, struct worker *w) {
  if (!g->job->wide) forget_frames(w, g->shared.threads);
  struct msl_lane *lanes = (struct msl_lane *)w->region + MSL_FIRST_STACK;
  for (uint32_t i = 0; i < g->shared.simdgroups; i++) {
    struct msl_simdgroup *s = &g->simdgroups[i];
    uint32_t left = g->shared.threads - i * MSL_SIMD_WIDTH;
    s->lanes = lanes + i * MSL_SIMD_WIDTH;
    s->index = i;
    s->present = s->alive = s->ready = left >= MSL_SIMD_WIDTH ? ~0u : (1u << left) - 1;
    s->waiting = s->stepped = s->mixed = s->leader_mask = 0;
    s->site = NULL;
    s->digest = 0;
  }
  for (uint32_t thread = 0; thread < g->shared.threads; thread++) {
    identify(g, &lanes[thread], thread);
    bool last = thread % MSL_SIMD_WIDTH == MSL_SIMD_WIDTH - 1 || thread == g->shared.threads - 1;
    lanes[thread].next = last ? &lanes[thread / MSL_SIMD_WIDTH * MSL_SIMD_WIDTH] : &lanes[thread + 1];
    if (g->job->wide) continue;
    lanes[thread].stack_pointer = host_fiber_prepare(stack_top(w, thread), run_lane, &lanes[thread]);
  }
  for (uint32_t i = 0; g->job->wide && i < g->shared.simdgroups; i++) { /* to the runtime it has one lane */
    struct msl_simdgroup *s = &g->simdgroups[i];
    s->alive = s->ready = 1;
    s->lanes[0].stack_pointer = host_fiber_prepare(wide_stack_top(w, i), run_lane, &s->lanes[0]);
  }
}

void host_run_group(struct worker *w, struct job *job, uint64_t index) {
  struct group *g = w->group;
  if (g->job != job) {
    g->job = job;
    g->worker = w;
    host_module_range(job->pipeline->module, &g->module_low, &g->module_high);
    memcpy(g->shared.buffers, job->buffers, sizeof job->buffers);
    if (!host_place_arguments(g)) return;
  }
  g->index = index;
  g->random = host_mix(w->device->options.seed ^ host_mix(index + 1));
  g->at_barrier = 0;
  g->late_count = 0;
  memset(g->initialised, 0, sizeof g->initialised);
  place(g, job, index);
  g->alive = job->wide ? g->shared.simdgroups : g->shared.threads;
  if (job->wide ? !host_ready_wide_stacks(w) : !host_ready_stacks(w, g->shared.threads)) {
    host_job_fail(job, GPU_NO_MEMORY, "no memory for the stacks of %u threads", g->shared.threads);
    return;
  }
  host_fill_arena(g);
  prepare(g, w);
  if (job->check) host_check_group(job->check, g);

  uint64_t value;
  struct msl_lane *first = host_first_lane(g, &value);
  atomic_store_explicit(&w->in_lanes, 1, memory_order_release);
  uint64_t end = host_switch(&g->host_stack, first->stack_pointer, value);
  atomic_store_explicit(&w->in_lanes, 0, memory_order_release);
  atomic_store_explicit(&w->critical, 0, memory_order_release);
  if (job->wide && (end == RUN_FAULT || end == RUN_ON_FIBERS)) {
    uint64_t none = 0;
    if (atomic_compare_exchange_strong(&job->rerun, &none, index + 1)) job->why = end == RUN_FAULT ? MSL_AGAIN_FAULT : g->why;
    host_job_fail(job, GPU_EXECUTION, "threadgroup %llu is run again", (unsigned long long)index);
    return;
  }
  if (end == RUN_FAULT) host_describe_fault(w, job);
  if (end == RUN_DONE) host_land_copies(g);
  if (job->check) host_check_group_end(job->check);
}
