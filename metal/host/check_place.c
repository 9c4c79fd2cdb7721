/* Which object an address belongs to, or would have. */
#include <stdio.h>
#include <string.h>

#include "check.h"

static void name_slots(uint32_t slots, char *out, size_t bytes) {
  size_t used = (size_t)snprintf(out, bytes, "buffer");
  for (uint32_t s = slots; s && used < bytes; s &= s - 1)
    used += (size_t)snprintf(out + used, bytes - used, "%s%d", s == slots ? " " : ", ", __builtin_ctz(s));
}

static bool in_device(struct check *c, struct region *r, uintptr_t address, uint64_t bytes, struct found *found,
                      host_report *where) {
  uintptr_t start = (uintptr_t)r->copy + r->first;
  name_slots(r->slots, where->object, sizeof where->object);
  where->offset = (int64_t)(address - start);
  where->object_bytes = r->bytes;
  found->cells = r->cells;
  found->offset = address - (uintptr_t)r->copy;
  found->local = false;
  if (address >= start && address + bytes <= start + r->bytes) return true;
  where->kind = HOST_OUT_OF_BOUNDS;
  host_report_add(c->worker->device, where);
  return false;
}

static void name_allocation(const struct allocation *a, char *out, size_t bytes) {
  if (a->name) snprintf(out, bytes, "threadgroup variable %s", a->name);
  else snprintf(out, bytes, "threadgroup memory %u", a->argument);
}

static bool in_arena(struct check *c, uintptr_t address, uint64_t bytes, struct found *found, host_report *where) {
  const struct group *g = c->worker->group;
  uint64_t at = address - (uintptr_t)c->worker->arena, nearest = UINT64_MAX;
  const struct allocation *best = NULL;
  for (uint32_t i = 0; i < g->allocation_count; i++) {
    const struct allocation *a = &g->allocations[i];
    uint64_t end = (uint64_t)a->offset + a->bytes;
    uint64_t distance = at < a->offset ? a->offset - at : at >= end ? at - end + 1 : 0;
    if (distance >= nearest) continue;
    nearest = distance;
    best = a;
  }
  found->cells = c->arena_cells;
  found->offset = at;
  found->local = true;
  if (best) {
    name_allocation(best, where->object, sizeof where->object);
    where->offset = (int64_t)(at - best->offset);
    where->object_bytes = best->bytes;
    if (nearest == 0 && at + bytes <= (uint64_t)best->offset + best->bytes) return true;
  }
  where->kind = HOST_OUT_OF_BOUNDS_LOCAL;
  host_report_add(c->worker->device, where);
  return false;
}

/* What compiled code reads of the runtime itself. */
static bool is_runtime(const struct worker *w, uintptr_t address) {
  return address - (uintptr_t)w->region < MSL_REGION_BYTES || address - (uintptr_t)w->group < sizeof *w->group ||
         address - (uintptr_t)&host_runtime < sizeof host_runtime;
}

bool host_check_find(struct check *c, uintptr_t address, uint64_t bytes, struct found *found, host_report *where) {
  uintptr_t arena = (uintptr_t)c->worker->arena;
  if (is_runtime(c->worker, address)) return false;
  if (address - arena < ARENA_BYTES) return in_arena(c, address, bytes, found, where);
  for (uint32_t n = 0; n < c->region_count; n++) {
    uint32_t i = (c->last_region + n) % c->region_count;
    struct region *r = &c->regions[i];
    uintptr_t start = (uintptr_t)r->copy;
    if (address < start - ROOM_BYTES / 2 || address >= start + r->all_bytes + ROOM_BYTES / 2) continue;
    c->last_region = i;
    return in_device(c, r, address, bytes, found, where);
  }
  if (address >= c->module_low && address < c->module_high) return false; /* the kernel's own constants */
  snprintf(where->object, sizeof where->object, "no buffer");
  where->kind = HOST_OUT_OF_BOUNDS;
  where->offset = 0;
  where->object_bytes = 0;
  host_report_add(c->worker->device, where);
  return false;
}
