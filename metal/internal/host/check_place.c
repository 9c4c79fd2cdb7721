//go:build linux

/* Which object an address belongs to, or would have. */
#include <stdio.h>
#include <string.h>

#include "check.h"

/* What compiled code reads of the runtime itself. */
static bool is_runtime(const struct worker *w, uintptr_t address) {
  return address - (uintptr_t)w->region < MSL_REGION_BYTES || address - (uintptr_t)w->group < sizeof *w->group ||
         address - (uintptr_t)&host_runtime < sizeof host_runtime;
}

static bool is_local(const struct check *c, uintptr_t address) {
  return address - (uintptr_t)c->worker->arena < ARENA_BYTES;
}

/* The buffer whose copy, with the room around it, holds the address. */
static struct region *region_at(struct check *c, uintptr_t address) {
  for (uint32_t n = 0, i = c->last_region; n < c->region_count; n++, i = i + 1 < c->region_count ? i + 1 : 0) {
    struct region *r = &c->regions[i];
    uintptr_t start = (uintptr_t)r->copy;
    if (address < start - ROOM_BYTES / 2 || address >= start + r->all_bytes + ROOM_BYTES / 2) continue;
    c->last_region = i;
    return r;
  }
  return NULL;
}

/* The allocation of threadgroup memory that the address lies in, or else is nearest to. */
static const struct allocation *allocation_at(const struct group *g, uint64_t at, uint64_t *distance) {
  const struct allocation *best = NULL;
  *distance = UINT64_MAX;
  for (uint32_t i = 0; i < g->allocation_count && *distance; i++) {
    const struct allocation *a = &g->allocations[i];
    uint64_t end = (uint64_t)a->offset + a->bytes;
    uint64_t away = at < a->offset ? a->offset - at : at >= end ? at - end + 1 : 0;
    if (away >= *distance) continue;
    *distance = away;
    best = a;
  }
  return best;
}

enum place host_check_find(struct check *c, uintptr_t address, uint64_t bytes, struct found *found) {
  if (is_runtime(c->worker, address)) return PLACE_UNWATCHED;
  if (is_local(c, address)) {
    uint64_t at = address - (uintptr_t)c->worker->arena, distance;
    const struct allocation *a = allocation_at(c->worker->group, at, &distance);
    *found = (struct found){c->arena_cells, at, true, NULL};
    return a && distance == 0 && at + bytes <= (uint64_t)a->offset + a->bytes ? PLACE_INSIDE : PLACE_OUTSIDE_LOCAL;
  }
  struct region *r = region_at(c, address);
  if (r) {
    uintptr_t start = (uintptr_t)r->copy + r->first;
    *found = (struct found){r->cells, address - (uintptr_t)r->copy, false, r};
    return address >= start && address + bytes <= start + r->bytes ? PLACE_INSIDE : PLACE_OUTSIDE_DEVICE;
  }
  return address >= c->module_low && address < c->module_high ? PLACE_UNWATCHED /* the kernel's own constants */
                                                              : PLACE_NOWHERE;
}

static void name_slots(uint32_t slots, char *out, size_t bytes) {
  size_t used = (size_t)snprintf(out, bytes, "buffer");
  for (uint32_t s = slots; s && used < bytes; s &= s - 1)
    used += (size_t)snprintf(out + used, bytes - used, "%s%d", s == slots ? " " : ", ", __builtin_ctz(s));
}

static void name_allocation(const struct allocation *a, char *out, size_t bytes) {
  if (a->name) snprintf(out, bytes, "threadgroup variable %s", a->name);
  else snprintf(out, bytes, "threadgroup memory %u", a->argument);
}

/* Says in the report which object the address is in or near, and where. */
void host_check_name(struct check *c, uintptr_t address, host_report *r) {
  snprintf(r->object, sizeof r->object, "no buffer");
  if (is_local(c, address)) {
    uint64_t at = address - (uintptr_t)c->worker->arena, distance;
    const struct allocation *a = allocation_at(c->worker->group, at, &distance);
    if (!a) return;
    name_allocation(a, r->object, sizeof r->object);
    r->offset = (int64_t)(at - a->offset);
    r->object_bytes = a->bytes;
    return;
  }
  struct region *region = region_at(c, address);
  if (!region) return;
  name_slots(region->slots, r->object, sizeof r->object);
  r->offset = (int64_t)(address - ((uintptr_t)region->copy + region->first));
  r->object_bytes = region->bytes;
}
