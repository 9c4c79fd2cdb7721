//go:build linux

/* Reports of threads that part ways where they should not. */
#include <stdio.h>
#include <string.h>

#include "check.h"

static struct stamp stamp_of(struct check *c, const struct msl_lane *lane) {
  return (struct stamp){.group = c->group, .thread = (uint16_t)lane->thread};
}

void host_check_stray(struct msl_lane *lane, unsigned mask, unsigned missing, int line) {
  struct group *g = group_of(lane);
  struct check *c = g->job->check;
  if (!c || (!missing && !g->worker->device->options.partial)) return;
  host_report r;
  atomic_store_explicit(&g->worker->critical, 1, memory_order_release);
  host_report_begin(c, &r, missing ? HOST_DIVERGENT_SIMD : HOST_PARTIAL_SIMD, stamp_of(c, lane));
  r.access.line = line;
  r.lanes = mask;
  r.missing = missing ? missing : lane->simdgroup->present & ~mask;
  host_report_add(c, &r);
  atomic_store_explicit(&g->worker->critical, 0, memory_order_release);
}

/* Some threads wait at a barrier, and others wait elsewhere or have returned. */
void host_check_diverged(struct check *c, struct group *g) {
  struct msl_lane *waits = NULL;
  const struct msl_simdgroup *absent = NULL;
  unsigned here = 0, missing = 0;
  for (uint32_t i = 0; i < g->shared.simdgroups; i++) {
    struct msl_simdgroup *s = &g->simdgroups[i];
    unsigned at_first = 0;
    for (unsigned a = s->alive; a; a &= a - 1) {
      struct msl_lane *lane = &s->lanes[__builtin_ctz(a)];
      if (lane->site == g->barrier_site) at_first |= lane->bit;
      if (lane->site == g->barrier_site && !waits) waits = lane;
    }
    if (s->present & ~at_first && !absent) {
      absent = s;
      here = at_first;
      missing = s->present & ~at_first;
    }
  }
  if (!waits) return;
  atomic_store_explicit(&g->worker->critical, 1, memory_order_release);
  host_report r;
  host_report_begin(c, &r, HOST_DIVERGENT_BARRIER, stamp_of(c, waits));
  r.access.line = waits->line;
  r.lanes = here;
  r.missing = missing;
  if (absent) {
    unsigned left = missing & absent->alive;
    struct msl_lane *other = &absent->lanes[__builtin_ctz(left ? left : missing)];
    r.has_other = true;
    r.other = host_access_of(c, stamp_of(c, other));
    r.other.line = left ? other->line : 0;
    snprintf(r.detail, sizeof r.detail, left ? "lanes wait elsewhere" : "lanes have returned");
  }
  host_report_add(c, &r);
  atomic_store_explicit(&g->worker->critical, 0, memory_order_release);
}

void host_check_fault(struct check *c, struct worker *w, struct msl_lane *lane, const char *words) {
  host_report r;
  host_report_begin(c, &r, HOST_FAULT, lane ? stamp_of(c, lane) : (struct stamp){.group = c->group});
  r.access.site = host_module_offset(c->job->pipeline->module, (void *)w->fault_pc);
  snprintf(r.detail, sizeof r.detail, "%s", words);
  host_report_add(c, &r);
}
