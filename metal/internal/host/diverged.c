//go:build linux

/* Says who waits where when a threadgroup cannot go on: some of its threads wait at a barrier that the others will
 * never reach. */
#include <stdio.h>
#include <string.h>

#include "check.h"

/* "0-15,18" */
static void lanes_in_words(unsigned mask, char *out, size_t bytes) {
  size_t used = 0;
  out[0] = 0;
  for (unsigned i = 0; i < 32; i++) {
    if (!(mask >> i & 1)) continue;
    unsigned last = i;
    while (last < 31 && mask >> (last + 1) & 1) last++;
    int n = last == i ? snprintf(out + used, bytes - used, "%s%u", used ? "," : "", i)
                      : snprintf(out + used, bytes - used, "%s%u-%u", used ? "," : "", i, last);
    if (n < 0 || (used += (size_t)n) >= bytes) return;
    i = last;
  }
}

static size_t say_simdgroup(const struct msl_simdgroup *s, char *out, size_t bytes) {
  size_t used = 0;
  unsigned left = s->alive;
  while (left && used < bytes) {
    int line = s->lanes[__builtin_ctz(left)].line;
    unsigned here = 0;
    for (unsigned w = left; w; w &= w - 1)
      if (s->lanes[__builtin_ctz(w)].line == line) here |= 1u << __builtin_ctz(w);
    left &= ~here;
    char lanes[160];
    lanes_in_words(here, lanes, sizeof lanes);
    int n = snprintf(out + used, bytes - used, "; simdgroup %u lanes %s at line %d", s->index, lanes, line);
    if (n > 0) used += (size_t)n;
  }
  unsigned gone = s->present & ~s->alive;
  if (gone && used < bytes) {
    char lanes[160];
    lanes_in_words(gone, lanes, sizeof lanes);
    int n = snprintf(out + used, bytes - used, "; simdgroup %u lanes %s have returned", s->index, lanes);
    if (n > 0) used += (size_t)n;
  }
  return used < bytes ? used : bytes;
}

void host_fail_diverged(struct group *g) {
  if (g->job->wide) host_hand_to_fibers(&g->simdgroups[0].lanes[0], MSL_AGAIN_FAULT);
  if (g->job->check) host_check_diverged(g->job->check, g);
  char where[700];
  size_t used = 0;
  for (uint32_t i = 0; i < g->shared.simdgroups && used + 1 < sizeof where; i++)
    used += say_simdgroup(&g->simdgroups[i], where + used, sizeof where - used);
  host_job_fail(g->job, GPU_EXECUTION,
                "kernel %s: divergent threadgroup_barrier: threads of threadgroup (%u,%u,%u) wait at different places%s",
                g->job->pipeline->entry->name, g->shared.position[0], g->shared.position[1], g->shared.position[2],
                where);
}
