//go:build linux

/* simdgroup_async_copy: at once, or as late as the contract allows, which is when somebody waits for it. */
#include <string.h>

#include "check.h"

static unsigned long least(unsigned long a, unsigned long b) { return a < b ? a : b; }

/* The part of a row that the source does not have. */
static void clamp_row(const struct msl_async_copy *c, unsigned char *to, const unsigned char *from, unsigned long columns) {
  unsigned long size = c->element_bytes;
  if (!c->clamp_to_edge || !from || columns == 0) {
    memset(to + columns * size, 0, (c->destination_columns - columns) * size);
    return;
  }
  for (unsigned long i = columns; i < c->destination_columns; i++)
    memcpy(to + i * size, from + (columns - 1) * size, size);
}

static void copy(const struct msl_async_copy *c) {
  unsigned long size = c->element_bytes;
  for (unsigned long row = 0; row < c->destination_rows; row++) {
    unsigned char *to = (unsigned char *)c->destination + row * c->destination_stride * size;
    unsigned long source_row = c->clamp_to_edge && c->source_rows ? least(row, c->source_rows - 1) : row;
    const unsigned char *from = source_row < c->source_rows
                                    ? (const unsigned char *)c->source + source_row * c->source_stride * size
                                    : NULL;
    unsigned long columns = from ? least(c->source_columns, c->destination_columns) : 0;
    if (columns) memcpy(to, from, columns * size);
    clamp_row(c, to, from, columns);
  }
}

/* Tells the checkers of the whole copy, when it is started: that is when the kernel gave up both its ends. */
static void tell(struct msl_lane *lane, const struct msl_async_copy *c) {
  unsigned long size = c->element_bytes;
  for (unsigned long row = 0; row < c->destination_rows; row++) {
    if (row < c->source_rows)
      host_check_copy(lane, (const unsigned char *)c->source + row * c->source_stride * size,
                      least(c->source_columns, c->destination_columns) * size, MSL_READ);
    host_check_copy(lane, (unsigned char *)c->destination + row * c->destination_stride * size,
                    c->destination_columns * size, MSL_WRITE);
  }
}

static void land(struct group *g, uint32_t i) {
  if (!g->late_open[i]) return;
  g->late_open[i] = 0;
  copy(&g->late[i]);
}

unsigned long host_async_copy(struct msl_lane *lane, const struct msl_async_copy *c, int line) {
  struct group *g = group_of(lane);
  lane->line = line;
  if (g->job->check) tell(lane, c);
  if (!g->worker->device->options.late_copies) {
    copy(c);
    return 0;
  }
  if (g->late_count == MAX_LATE_COPIES) { /* as late as there is room for */
    host_land_copies(g);
    g->late_count = 0;
  }
  g->late[g->late_count] = *c;
  g->late_open[g->late_count] = 1;
  return ++g->late_count;
}

void host_async_wait(struct msl_lane *lane, unsigned count, const unsigned long *events, int line) {
  struct group *g = group_of(lane);
  lane->line = line;
  for (unsigned i = 0; i < count; i++)
    if (events[i] && events[i] <= g->late_count) land(g, (uint32_t)(events[i] - 1));
}

void host_land_copies(struct group *g) {
  for (uint32_t i = 0; i < g->late_count; i++) land(g, i);
}
