//go:build linux

/* A checked job from begin to end: copies of its buffers with room around them, cells, and the hooks that tell time. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"

static uint64_t round_up(uint64_t n) { return (n + 4095) / 4096 * 4096; }

static struct region *region_of(struct check *c, const gpu_binding *b) {
  if (b->kind == GPU_BIND_BUFFER)
    for (uint32_t i = 0; i < c->region_count; i++)
      if (c->regions[i].original == b->buffer) return &c->regions[i];
  struct region *r = &c->regions[c->region_count++];
  r->original = b->kind == GPU_BIND_BUFFER ? b->buffer : NULL;
  r->all_bytes = r->original ? r->original->bytes : b->length;
  r->first = r->all_bytes;
  return r;
}

static void plan(struct check *c, const gpu_dispatch *d) {
  for (uint32_t i = 0; i < d->binding_count; i++) {
    const gpu_binding *b = &d->bindings[i];
    if (b->kind == GPU_BIND_THREADGROUP || b->kind == GPU_BIND_NULL) continue;
    struct region *r = region_of(c, b);
    uint64_t offset = r->original ? b->offset : 0;
    if (offset < r->first) r->first = offset;
    r->bytes = r->all_bytes - r->first;
    r->slots |= 1u << b->index;
  }
}

static void *map(uint64_t bytes) {
  void *m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return m == MAP_FAILED ? NULL : m;
}

static void unmap(struct check *c) {
  if (c->mapping) munmap(c->mapping, c->mapping_bytes);
  if (c->cells) munmap(c->cells, c->cell_bytes);
  if (c->written) munmap(c->written, c->written_bytes);
  if (c->before) munmap(c->before, c->written_bytes);
  if (c->fetched) munmap(c->fetched, c->fetched_bytes);
  free(c->paths);
  free(c);
}

/* Makes room for copies of what is bound, and has the job use them. */
static bool make_room(struct check *c, struct job *job) {
  uint64_t bytes = ROOM_BYTES, cells = ARENA_BYTES / CELL_BYTES;
  for (uint32_t i = 0; i < c->region_count; i++) {
    bytes += round_up(c->regions[i].all_bytes) + ROOM_BYTES;
    cells += c->regions[i].all_bytes / CELL_BYTES + 1;
    c->written_bytes += c->regions[i].all_bytes;
    c->fetched_bytes += host_check_pages(c->regions[i].all_bytes);
  }
  c->mapping_bytes = bytes;
  c->cell_bytes = cells * sizeof *c->cells;
  c->mapping = map(c->mapping_bytes);
  c->cells = map(c->cell_bytes);
  if (c->written_bytes) {
    c->written = map(c->written_bytes);
    c->before = map(c->written_bytes);
    c->fetched = map(c->fetched_bytes);
  }
  if (!c->mapping || !c->cells || (c->written_bytes && (!c->written || !c->before || !c->fetched))) return false;
  unsigned char *written = c->written, *before = c->before, *fetched = c->fetched;
  unsigned char *at = c->mapping + ROOM_BYTES;
  struct cell *cell = c->cells;
  for (uint32_t i = 0; i < c->region_count; i++) {
    struct region *r = &c->regions[i];
    r->copy = at;
    r->cells = cell;
    r->written = written;
    r->before = before;
    r->fetched = fetched;
    written += r->all_bytes;
    before += r->all_bytes;
    fetched += host_check_pages(r->all_bytes);
    at += round_up(r->all_bytes) + ROOM_BYTES;
    cell += r->all_bytes / CELL_BYTES + 1;
  }
  c->arena_cells = cell;
  for (uint32_t i = 0; i < job->dispatch->binding_count; i++) {
    const gpu_binding *b = &job->dispatch->bindings[i];
    if (b->kind == GPU_BIND_THREADGROUP || b->kind == GPU_BIND_NULL) continue;
    struct region *r = c->regions;
    while (!(r->slots >> b->index & 1)) r++;
    if (b->kind == GPU_BIND_BYTES) memcpy(r->copy, b->bytes, b->length);
    job->buffers[b->index] = r->copy + (r->original ? b->offset : 0);
  }
  return true;
}

gpu_status host_check_begin(struct job *job, char *message, size_t message_bytes) {
  struct check *c = calloc(1, sizeof *c);
  if (!c) return gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory for the checkers");
  c->job = job;
  plan(c, job->dispatch);
  if (!make_room(c, job)) {
    unmap(c);
    return gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory for the checkers' copies of the buffers: %s",
                       strerror(errno));
  }
  for (uint32_t i = 0; i < c->region_count; i++)
    if (c->regions[i].all_bytes <= SMALL_BYTES) host_check_fetch(&c->regions[i], 0, c->regions[i].all_bytes);
  host_module_range(job->pipeline->module, &c->module_low, &c->module_high);
  job->check = c;
  return GPU_OK;
}

/* Whether the kernel wrote a byte, heard of or not: clang makes one number of three bytes that a function returns, or of
 * five to seven, and accesses of these sizes are not announced. */
static bool is_written(const struct region *r, uint64_t i) { return r->written[i] || r->copy[i] != r->before[i]; }

static void copy_out(const struct region *r) {
  uint64_t page = 0, i, end;
  while (host_check_next_page(r, &page, &i, &end)) {
    while (i < end) {
      uint64_t from = i;
      while (i < end && is_written(r, i)) i++;
      if (i > from) memcpy(r->original->contents + from, r->copy + from, i - from);
      while (i < end && !is_written(r, i)) i++;
    }
  }
}

void host_check_end(struct job *job) {
  struct check *c = job->check;
  for (uint32_t i = 0; i < c->region_count && !c->rerun; i++)
    if (c->regions[i].original) copy_out(&c->regions[i]);
  unmap(c);
  job->check = NULL;
}

void host_check_group(struct check *c, struct group *g) {
  c->worker = g->worker;
  c->group = (uint32_t)(g->index + 1);
  c->device_epoch = c->local_epoch = c->barriers = 0;
  c->pending.open = false;
  for (uint32_t i = 0; i < g->shared.simdgroups; i++) memset(&c->order[i], 0, sizeof c->order[i]);
}

void host_check_group_end(struct check *c) { host_shadow_store(c, &c->pending); }

void host_check_operation(struct check *c, struct msl_simdgroup *s, unsigned mask) {
  struct order *o = &c->order[s->index];
  o->operations++;
  if (mask == s->present) {
    o->by_all = o->operations;
    return;
  }
  for (unsigned a = mask; a; a &= a - 1)
    for (unsigned b = mask; b; b &= b - 1) o->by_two[__builtin_ctz(a)][__builtin_ctz(b)] = o->operations;
}

/* All threads that have not returned have met at a barrier. One that has returned never will. */
void host_check_barrier(struct check *c, struct group *g, unsigned flags) {
  c->barriers++;
  if (flags & MEM_DEVICE) c->device_epoch++;
  if (flags & MEM_THREADGROUP) c->local_epoch++;
  if (g->alive != g->shared.threads) host_check_diverged(c, g);
}

static struct stamp now(struct check *c, struct msl_lane *lane, unsigned kind, const void *site, bool local) {
  return (struct stamp){
      .group = c->group,
      .thread = (uint16_t)lane->thread,
      .atomic = (kind & MSL_ATOMIC) != 0,
      .epoch = local ? c->local_epoch : c->device_epoch,
      .barrier = c->barriers,
      .operation = c->order[lane->simdgroup->index].operations,
      .path = host_check_path(c, lane),
      .site = site ? (uint32_t)host_module_offset(c->job->pipeline->module, site) : 0,
  };
}

static void announce(struct check *c, unsigned char *address, uint32_t bytes, struct stamp stamp) {
  struct pending *p = &c->pending;
  p->open = true;
  p->sure = stamp.site == 0; /* an asynchronous copy */
  p->address = address;
  p->bytes = bytes;
  p->stamp = stamp;
  memcpy(p->before, address, bytes);
}

static void access_memory(struct check *c, struct msl_lane *lane, uintptr_t address, uint64_t bytes, unsigned kind,
                          const void *site, int line) {
  struct found found;
  host_shadow_store(c, &c->pending);
  enum place place = host_check_find(c, address, bytes, &found);
  if (place == PLACE_UNWATCHED) return;
  if (found.region) host_check_fetch(found.region, found.offset, bytes);
  bool local = place == PLACE_INSIDE && found.local;
  struct seen seen = {address, (uint32_t)bytes, (kind & MSL_WRITE) != 0, line, now(c, lane, kind, site, local)};
  if (place != PLACE_INSIDE) {
    host_report_seen(c, place == PLACE_OUTSIDE_LOCAL ? HOST_OUT_OF_BOUNDS_LOCAL : HOST_OUT_OF_BOUNDS, &seen, NULL, false);
    return;
  }
  if ((kind & MSL_ALIGNED) && address % (bytes < 8 ? bytes : 8))
    host_report_seen(c, HOST_MISALIGNED, &seen, NULL, false);
  if (!seen.write) {
    host_shadow_read(c, &found, &seen);
    return;
  }
  while (bytes) {
    uint32_t part = bytes < sizeof c->pending.before ? (uint32_t)bytes : (uint32_t)sizeof c->pending.before;
    host_shadow_store(c, &c->pending);
    announce(c, (unsigned char *)address, part, seen.stamp);
    address += part;
    bytes -= part;
  }
}

static struct msl_lane *lane_here(void) {
  uintptr_t frame = (uintptr_t)__builtin_frame_address(0), region = frame & ~(MSL_REGION_BYTES - 1);
  return (struct msl_lane *)region + ((frame - region) >> MSL_STACK_LOG);
}

/* While the checkers work, a deadline may not take the thread away; it is looked for when they are done. */
static void unless_cancelled(struct msl_lane *lane) {
  struct group *g = group_of(lane);
  atomic_store_explicit(&g->worker->critical, 0, memory_order_release);
  if (atomic_load_explicit(&g->job->cancelled, memory_order_relaxed))
    host_switch(&lane->stack_pointer, g->host_stack, RUN_INTERRUPTED);
}

/* Memory that other threads can see, and not what belongs to the module or the runtime: an operation of a simdgroup that
 * is being carried out reads there, and must not be interrupted. */
static bool is_shared(const struct group *g, uintptr_t address) {
  return address - g->module_low >= g->module_high - g->module_low &&
         address - (uintptr_t)&host_runtime >= sizeof host_runtime;
}

void host_check_access(const void *address, unsigned long bytes, unsigned kind, const void *site) {
  struct msl_lane *lane = lane_here();
  uintptr_t region = (uintptr_t)lane & ~(MSL_REGION_BYTES - 1);
  if ((uintptr_t)address - region < MSL_REGION_BYTES) return; /* the thread's own memory */
  struct group *g = group_of(lane);
  if (g->worker->device->options.order == HOST_LOCKSTEP && is_shared(g, (uintptr_t)address)) host_step(lane, site);
  if (!g->job->check) return;
  atomic_store_explicit(&g->worker->critical, 1, memory_order_release);
  access_memory(g->job->check, lane, (uintptr_t)address, bytes, kind, site, 0);
  unless_cancelled(lane);
}

void host_check_copy(struct msl_lane *lane, const void *address, unsigned long bytes, unsigned kind) {
  struct group *g = group_of(lane);
  atomic_store_explicit(&g->worker->critical, 1, memory_order_release);
  access_memory(g->job->check, lane, (uintptr_t)address, bytes, kind, NULL, lane->line);
  unless_cancelled(lane);
}
