//go:build linux

/* Races and uninitialised reads, cell by cell. */
#include <string.h>

#include "check.h"

static bool ordered(const struct check *c, const struct stamp *earlier, const struct stamp *later, bool local) {
  if (earlier->group != later->group) return local; /* threadgroup memory of another threadgroup is other memory */
  if (earlier->thread == later->thread || earlier->epoch != later->epoch) return true;
  if (earlier->thread / MSL_SIMD_WIDTH != later->thread / MSL_SIMD_WIDTH) return false;
  const struct order *o = &c->order[earlier->thread / MSL_SIMD_WIDTH];
  return o->by_all > earlier->operation ||
         o->by_two[earlier->thread % MSL_SIMD_WIDTH][later->thread % MSL_SIMD_WIDTH] > earlier->operation;
}

static bool conflict(const struct check *c, const struct stamp *earlier, bool earlier_wrote, const struct stamp *later,
                     bool local) {
  if (!earlier_wrote && earlier->group == later->group && earlier->barrier != later->barrier) return false;
  return earlier->group && (earlier->mask & later->mask) && !(earlier->atomic && later->atomic) &&
         !ordered(c, earlier, later, local);
}

/* Keeps readers of different simdgroups where it can: a later writer is ordered with some of them and not with
 * others. */
static void note_reader(struct cell *cell, struct stamp stamp) {
  struct stamp *r = cell->readers;
  unsigned simdgroup = stamp.thread / MSL_SIMD_WIDTH, at = READERS - 1;
  for (unsigned i = 0; i < READERS; i++)
    if (r[i].group != stamp.group || r[i].barrier != stamp.barrier || r[i].thread == stamp.thread) {
      r[i] = stamp;
      return;
    }
  for (unsigned i = 0; i < READERS; i++)
    for (unsigned j = i + 1; j < READERS; j++)
      if (r[i].thread / MSL_SIMD_WIDTH == r[j].thread / MSL_SIMD_WIDTH && r[i].thread / MSL_SIMD_WIDTH != simdgroup) at = j;
  r[at] = stamp;
}

/* The part of a cell that an access covers. */
static uint8_t mask_at(uint64_t cell, uint64_t offset, uint32_t bytes) {
  uint8_t mask = 0;
  for (uint32_t i = 0; i < CELL_BYTES; i++) {
    uint64_t byte = cell * CELL_BYTES + i;
    if (byte >= offset && byte < offset + bytes) mask |= (uint8_t)(1u << i);
  }
  return mask;
}

void host_shadow_read(struct check *c, const struct found *found, const struct seen *seen) {
  bool unwritten = false, raced = false, local = found->local;
  struct stamp stamp = seen->stamp;
  for (uint64_t i = found->offset / CELL_BYTES; i * CELL_BYTES < found->offset + seen->bytes; i++) {
    struct cell *cell = &found->cells[i];
    stamp.mask = mask_at(i, found->offset, seen->bytes);
    if (local && (cell->written_by_group != c->group || (cell->written & stamp.mask) != stamp.mask)) unwritten = true;
    if (!raced && conflict(c, &cell->writer, true, &stamp, local)) {
      raced = true;
      host_report_seen(c, HOST_RACE, seen, &cell->writer, true);
    }
    note_reader(cell, stamp);
  }
  c->read_unwritten |= unwritten;
  if (unwritten) host_report_seen(c, HOST_UNINITIALIZED, seen, NULL, false);
}

static void mark_written(struct check *c, struct cell *cell, uint8_t mask) {
  if (cell->written_by_group != c->group) cell->written = 0;
  cell->written_by_group = c->group;
  cell->written |= mask;
}

static void store_in_cell(struct check *c, struct cell *cell, bool local, struct stamp stamp, bool *raced,
                          const struct seen *seen) {
  if (!*raced && conflict(c, &cell->writer, true, &stamp, local)) {
    *raced = true;
    host_report_seen(c, HOST_RACE, seen, &cell->writer, true);
  }
  for (unsigned i = 0; i < READERS; i++) {
    if (*raced || !conflict(c, &cell->readers[i], false, &stamp, local)) continue;
    *raced = true;
    host_report_seen(c, HOST_RACE, seen, &cell->readers[i], false);
  }
  cell->writer = stamp;
  for (unsigned i = 0; i < READERS; i++)
    if (ordered(c, &cell->readers[i], &stamp, local)) cell->readers[i].group = 0;
}

/* The announced store has been made by now. One that left the memory as it was hurts nobody. */
void host_shadow_store(struct check *c, struct pending *p) {
  if (!p->open) return;
  p->open = false;
  bool changed = p->sure || memcmp(p->address, p->before, p->bytes) != 0, raced = false;
  struct found found;
  if (host_check_find(c, (uintptr_t)p->address, p->bytes, &found) != PLACE_INSIDE) return;
  if (found.region) memset(found.region->written + found.offset, 1, p->bytes);
  struct seen seen = {(uintptr_t)p->address, p->bytes, true, 0, p->stamp};
  for (uint64_t i = found.offset / CELL_BYTES; i * CELL_BYTES < found.offset + p->bytes; i++) {
    struct stamp stamp = p->stamp;
    stamp.mask = mask_at(i, found.offset, p->bytes);
    mark_written(c, &found.cells[i], stamp.mask);
    if (changed) store_in_cell(c, &found.cells[i], found.local, stamp, &raced, &seen);
  }
}

/* A variable of threadgroup memory has its initial value, by nobody's access. */
void host_shadow_initial(struct check *c, const void *address, uint64_t bytes) {
  struct found found;
  if (host_check_find(c, (uintptr_t)address, bytes, &found) != PLACE_INSIDE) return;
  for (uint64_t i = found.offset / CELL_BYTES; i * CELL_BYTES < found.offset + bytes; i++)
    mark_written(c, &found.cells[i], (uint8_t)((1u << CELL_BYTES) - 1));
}
