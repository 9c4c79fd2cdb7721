//go:build linux

/* Where lanes wait and who goes on. Everything here runs on the stack of the lane that waits.
 *
 * The way through that matters is short: lanes of a simdgroup run one after another to the same simd operation; the
 * last to come is the one that carries it out. Only when lanes have parted ways is there anything to decide: when each
 * lane waits somewhere, those whose path comes first carry out their operation together. No other lane can come to that
 * path any more, for paths only grow. DIVERGENCE.md explains why that is what execution masks do.
 */
#include "check.h"

static inline unsigned next_lane(unsigned ready, unsigned lane) {
  unsigned above = lane == 31 ? 0 : ready & ~((2u << lane) - 1);
  return (unsigned)__builtin_ctz(above ? above : ready);
}

static inline unsigned is_elsewhere(const struct msl_simdgroup *s, const struct msl_lane *lane) {
  return (s->site != lane->site) | (s->digest != lane->digest);
}

static unsigned random_below(struct group *g, unsigned n) {
  g->random = host_mix(g->random);
  return (unsigned)((g->random >> 33) % n);
}

static bool can_run(const struct msl_simdgroup *s) { return s->ready || s->stepped || s->waiting || s->leader_mask; }

/* The simdgroup whose turn it is after `from` (or at the start, where from is NULL); NULL when none can run. */
static struct msl_simdgroup *choose(struct group *g, const struct msl_simdgroup *from) {
  unsigned n = g->shared.simdgroups;
  switch (g->worker->device->options.order) {
  case HOST_RANDOM: {
    unsigned runnable[MAX_SIMDGROUPS], count = 0;
    for (unsigned i = 0; i < n; i++)
      if (can_run(&g->simdgroups[i])) runnable[count++] = i;
    return count ? &g->simdgroups[runnable[random_below(g, count)]] : NULL;
  }
  case HOST_REVERSE:
    for (unsigned i = 1; i <= n; i++) {
      struct msl_simdgroup *s = &g->simdgroups[((from ? from->index : 0) + n - i) % n];
      if (can_run(s)) return s;
    }
    return NULL;
  default:
    for (unsigned i = 1; i <= n; i++) {
      struct msl_simdgroup *s = &g->simdgroups[((from ? from->index : n - 1) + i) % n];
      if (can_run(s)) return s;
    }
    return NULL;
  }
}

/* Those of some lanes whose path comes first. */
static unsigned foremost(const struct msl_simdgroup *s, unsigned of) {
  unsigned first = (unsigned)__builtin_ctz(of), chosen = 0;
  for (unsigned w = of; w; w &= w - 1) {
    unsigned i = (unsigned)__builtin_ctz(w);
    int order = host_compare_paths(&s->lanes[i], &s->lanes[first]);
    if (order < 0) {
      first = i;
      chosen = 0;
    }
    if (order <= 0) chosen |= 1u << i;
  }
  return chosen;
}

/* Those of some lanes that are about to make the same access, the one that stands first in the code. Their paths are not
 * asked: the compiler may have put off writing them, since between two operations nobody else reads them. */
static unsigned at_the_first_access(const struct msl_simdgroup *s, unsigned of) {
  uintptr_t first = UINTPTR_MAX;
  unsigned chosen = 0;
  for (unsigned w = of; w; w &= w - 1) {
    unsigned i = (unsigned)__builtin_ctz(w);
    uintptr_t site = (uintptr_t)s->lanes[i].site;
    if (site < first) {
      first = site;
      chosen = 0;
    }
    if (site == first) chosen |= 1u << i;
  }
  return chosen;
}

/* Lets the group of waiting lanes whose path comes first go on: returns its first lane, and in *mask all of them. */
static struct msl_lane *part(struct group *g, struct msl_simdgroup *s, unsigned *mask) {
  unsigned chosen = foremost(s, s->waiting);
  s->waiting &= ~chosen;
  s->ready |= chosen;
  s->mixed = 0;
  if (g->job->check) host_check_operation(g->job->check, s, chosen);
  if (s->waiting) {
    const struct msl_lane *one = &s->lanes[__builtin_ctz(s->waiting)];
    s->site = one->site;
    s->digest = one->digest;
    for (unsigned w = s->waiting; w; w &= w - 1) s->mixed |= is_elsewhere(s, &s->lanes[__builtin_ctz(w)]);
  }
  *mask = chosen;
  return &s->lanes[__builtin_ctz(chosen)];
}

static struct msl_lane *enter(struct group *g, struct msl_simdgroup *s, uint64_t *value) {
  *value = 0;
  if (s->leader_mask) {
    *value = s->leader_mask;
    s->leader_mask = 0;
    return &s->lanes[s->leader];
  }
  if (!s->ready && s->stepped) {
    s->ready = at_the_first_access(s, s->stepped);
    s->stepped &= ~s->ready;
  }
  if (s->ready) return &s->lanes[__builtin_ctz(s->ready)];
  unsigned mask;
  struct msl_lane *lane = part(g, s, &mask);
  *value = mask;
  return lane;
}

static void release_barrier(struct group *g) {
  if (g->job->check) host_check_barrier(g->job->check, g, g->barrier_flags);
  g->at_barrier = 0;
  for (unsigned i = 0; i < g->shared.simdgroups; i++) g->simdgroups[i].ready = g->simdgroups[i].alive;
}

/* Who goes on when `from` has no lane left that is ready; NULL when all have returned. A threadgroup that can never go
 * on fails the command. */
static struct msl_lane *onward(struct group *g, struct msl_simdgroup *from, uint64_t *value) {
  if (from && can_run(from)) return enter(g, from, value);
  struct msl_simdgroup *s = choose(g, from);
  if (!s && g->alive && g->at_barrier == g->alive && !g->barrier_mixed) {
    release_barrier(g);
    s = choose(g, NULL);
  }
  if (s) return enter(g, s, value);
  if (g->alive) host_fail_diverged(g);
  return NULL;
}

struct msl_lane *host_first_lane(struct group *g, uint64_t *value) { return onward(g, NULL, value); }

/* Leaves the lane that now runs for whoever goes on. */
static uint64_t leave(struct msl_lane *lane, struct msl_simdgroup *s) {
  uint64_t value;
  struct msl_lane *next = onward(group_of(lane), s, &value);
  if (next == lane) return value;
  if (next) return host_switch(&lane->stack_pointer, next->stack_pointer, value);
  return host_switch(&lane->stack_pointer, group_of(lane)->host_stack, group_of(lane)->alive ? RUN_FAILED : RUN_DONE);
}

/* All lanes have come; in a random schedule another simdgroup may still go first. */
static unsigned complete(struct msl_lane *lane, struct msl_simdgroup *s) {
  unsigned all = s->alive;
  s->ready = all;
  s->waiting = 0;
  struct group *g = group_of(lane);
  if (g->job->check) host_check_operation(g->job->check, s, all);
  if (__builtin_expect(g->worker->device->options.order == HOST_RANDOM, 0) && random_below(g, 8) == 0) {
    s->leader = lane->lane;
    s->leader_mask = all;
    return (unsigned)leave(lane, NULL);
  }
  return all;
}

/* Every way that an arrival can go; the assembly of arrive_x86_64.S knows the most frequent one, where another lane is
 * ready and those that wait do so at the same operation on the same path. */
unsigned host_arrive_at(struct msl_lane *lane, int line, const void *site) {
  struct msl_simdgroup *s = lane->simdgroup;
  unsigned ready = s->ready & ~lane->bit;
  lane->site = site;
  lane->line = line;
  s->ready = ready;
  if (!s->waiting) {
    s->site = site;
    s->digest = lane->digest;
  } else {
    s->mixed |= is_elsewhere(s, lane);
  }
  s->waiting |= lane->bit;
  if (ready) {
    struct msl_lane *next = &s->lanes[next_lane(ready, lane->lane)];
    return (unsigned)host_switch(&lane->stack_pointer, next->stack_pointer, 0);
  }
  if (s->waiting == s->alive && !s->mixed) return complete(lane, s);
  return (unsigned)leave(lane, s);
}

#if !defined(__x86_64__)
unsigned host_simd_arrive(struct msl_lane *lane, int line, unsigned site) {
  return host_arrive_at(lane, line, site ? (const void *)(uintptr_t)site : __builtin_return_address(0));
}
#endif

void host_threadgroup_barrier(struct msl_lane *lane, unsigned flags, int line) {
  struct msl_simdgroup *s = lane->simdgroup;
  struct group *g = group_of(lane);
  const void *site = __builtin_return_address(0);
  lane->site = site;
  lane->line = line;
  s->ready &= ~lane->bit;
  if (g->at_barrier++ == 0) {
    g->barrier_site = site;
    g->barrier_mixed = 0;
    g->barrier_flags = flags;
  } else {
    g->barrier_mixed |= g->barrier_site != site;
  }
  if (s->ready) {
    struct msl_lane *next = &s->lanes[next_lane(s->ready, lane->lane)];
    host_switch(&lane->stack_pointer, next->stack_pointer, 0);
    return;
  }
  leave(lane, s);
}

/* In lockstep: the lane is about to access memory, and waits until the others have come to an access or an operation too.
 * No lane goes on at an operation before all that are at accesses have come to one. */
void host_step(struct msl_lane *lane, const void *site) {
  struct msl_simdgroup *s = lane->simdgroup;
  lane->site = site;
  s->ready &= ~lane->bit;
  s->stepped |= lane->bit;
  if (s->ready) {
    struct msl_lane *next = &s->lanes[next_lane(s->ready, lane->lane)];
    host_switch(&lane->stack_pointer, next->stack_pointer, 0);
    return;
  }
  leave(lane, s);
}

/* The lane's kernel has returned. Does not return. */
void host_lane_returned(struct msl_lane *lane) {
  struct msl_simdgroup *s = lane->simdgroup;
  struct group *g = group_of(lane);
  s->alive &= ~lane->bit;
  s->ready &= ~lane->bit;
  g->alive--;
  if (s->ready) {
    struct msl_lane *next = &s->lanes[next_lane(s->ready, lane->lane)];
    host_switch(&lane->stack_pointer, next->stack_pointer, 0);
  }
  leave(lane, s);
}
