//go:build linux

/* What a dispatch's buffers are on the GPU. Bindings that overlap in this process overlap there too: their ranges are
 * joined into segments, and each segment has its place in one stretch of the GPU's memory, the arena, between two bands
 * that nobody may write. Bands hold NaN. After the dispatch what changed in a segment is written back, byte by byte: what
 * lies beside a tensor in its pages may belong to others. A large segment of which little has memory is a spread instead
 * (spread.c). */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

static uint64_t up(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/* Adds a range of memory; ranges that meet become one. */
static void add(cuda_memory_map *m, unsigned char *host, uint64_t bytes, uint32_t slot) {
  cuda_segment s = {.host = host, .bytes = bytes, .slots = 1u << slot};
  for (uint32_t i = 0; i < m->count;) {
    cuda_segment *o = &m->segments[i];
    if (o->constant || o->host + o->bytes < s.host || s.host + s.bytes < o->host) {
      i++;
      continue;
    }
    unsigned char *begin = o->host < s.host ? o->host : s.host;
    unsigned char *end = o->host + o->bytes > s.host + s.bytes ? o->host + o->bytes : s.host + s.bytes;
    s = (cuda_segment){.host = begin, .bytes = (uint64_t)(end - begin), .slots = s.slots | o->slots};
    *o = m->segments[--m->count];
    i = 0; /* the joined range may meet others */
  }
  m->segments[m->count++] = s;
}

static void collect(gpu_device *d, const gpu_dispatch *dispatch, bool whole, cuda_memory_map *m) {
  *m = (cuda_memory_map){.count = 0};
  for (uint32_t i = 0; i < dispatch->binding_count; i++) {
    const gpu_binding *b = &dispatch->bindings[i];
    if (b->kind == GPU_BIND_BUFFER) add(m, b->buffer->contents, b->buffer->bytes, b->index);
  }
  for (uint32_t i = 0; i < dispatch->binding_count; i++) {
    const gpu_binding *b = &dispatch->bindings[i];
    if (b->kind == GPU_BIND_BYTES)
      m->segments[m->count++] = (cuda_segment){.host = (unsigned char *)b->bytes, .bytes = b->length, .constant = true, .slots = 1u << b->index};
  }
  uint64_t at = 0;
  for (uint32_t i = 0; i < m->count; i++) {
    cuda_segment *s = &m->segments[i];
    if (d->options.check && d->options.memory == CUDA_MEMORY_COPIED) continue;
    if (!whole && cuda_spread_plan(d, s)) continue;
    s->at = up(at, 4096) + BAND_BYTES + (uintptr_t)s->host % (s->constant ? 1 : 4096);
    at = s->at + s->bytes + BAND_BYTES;
  }
  m->arena_bytes = up(at, 4096);
}

/* A dispatch that would copy more than the GPU and this machine have to spare is refused before anything is allocated. */
static gpu_status check_size(gpu_device *d, const cuda_memory_map *m, char *message, size_t message_bytes) {
  if (d->options.memory != CUDA_MEMORY_COPIED) return GPU_OK;
  uint64_t all = 0, spread = 0, largest_bytes = 0;
  const cuda_segment *largest = NULL;
  for (uint32_t i = 0; i < m->count; i++) {
    const cuda_segment *s = &m->segments[i];
    if (s->spread.chunks) {
      spread += s->spread.backed_chunks * d->chunk_bytes;
      continue;
    }
    all += s->bytes;
    if (s->bytes > largest_bytes) largest = s, largest_bytes = s->bytes;
  }
  if (spread > cuda_most_spread_bytes(d))
    return gpu_refuse(message, message_bytes, GPU_UNSUPPORTED,
                      "%s: where the dispatch's buffers have data the GPU would need %llu MB, in chunks of %llu KB; it has %llu MB for that",
                      d->name, (unsigned long long)(spread >> 20), (unsigned long long)(d->chunk_bytes >> 10),
                      (unsigned long long)(cuda_most_spread_bytes(d) >> 20));
  if (all <= cuda_most_bytes(d)) return GPU_OK;
  return gpu_refuse(message, message_bytes, GPU_UNSUPPORTED,
                    "%s: the dispatch's buffers have %llu MB, buffer %d alone %llu; %llu MB are copied to the GPU at most, and memory mapped copies none",
                    d->name, (unsigned long long)(all >> 20), __builtin_ctz(largest->slots), (unsigned long long)(largest_bytes >> 20),
                    (unsigned long long)(cuda_most_bytes(d) >> 20));
}

/* Memory on the GPU, which other processes allocate and release too. */
static cu_result allocate(gpu_device *d, cu_pointer *at, uint64_t bytes) {
  const struct timespec pause = {0, 50000000};
  for (int i = 0;; i++) {
    cu_result r = d->cu->memory_allocate(at, bytes);
    if (r != CU_OUT_OF_MEMORY || i == MEMORY_TRIES) return r;
    nanosleep(&pause, NULL);
  }
}

static gpu_status room(gpu_device *d, uint64_t bytes, bool spreads, char *message, size_t message_bytes) {
  cu_result r = CU_SUCCESS;
  if (bytes > d->arena_bytes) {
    uint64_t wanted = up(bytes, (uint64_t)2 << 20);
    if (d->arena) d->cu->memory_free(d->arena);
    d->arena = 0, d->arena_bytes = 0;
    if ((r = allocate(d, &d->arena, wanted)) == CU_SUCCESS) d->arena_bytes = wanted;
  }
  uint64_t staged = bytes < MOST_STAGING_BYTES && !spreads ? bytes : MOST_STAGING_BYTES;
  if (r == CU_SUCCESS && staged > d->staging_bytes) {
    uint64_t wanted = up(staged, (uint64_t)2 << 20);
    if (d->staging) d->cu->host_free(d->staging);
    d->staging = NULL, d->staging_bytes = 0;
    void *memory = NULL;
    if ((r = d->cu->host_allocate(&memory, wanted)) == CU_SUCCESS) d->staging = memory, d->staging_bytes = wanted;
  }
  if (r == CU_OUT_OF_MEMORY) {
    char words[256];
    return gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "%s: no %llu MB for the dispatch's buffers, here or in use by other processes: %s",
                       d->name, (unsigned long long)(bytes >> 20), cuda_error_words(d->cu, r, words, sizeof words));
  }
  return cuda_fail(d, r, message, message_bytes, "get memory for the dispatch's buffers");
}

static bool in_arena(const gpu_device *d, const cuda_segment *s) {
  return (s->constant || (d->options.memory == CUDA_MEMORY_COPIED && !s->spread.chunks)) && !s->alone;
}

/* Memory of exactly the segment's size, so that a checker knows where it ends. */
static cu_result bring_in_alone(gpu_device *d, cuda_segment *s) {
  const uint64_t in_page = s->constant ? 0 : (uintptr_t)s->host % 4096;
  cu_result r = allocate(d, &s->alone, in_page + s->bytes);
  if (r != CU_SUCCESS) s->alone = 0;
  else if (in_page) r = d->cu->fill(s->alone, 0xff, in_page, d->stream);
  return r == CU_SUCCESS ? d->cu->copy_in(s->alone + in_page, s->host, s->bytes, d->stream) : r;
}

static cu_pointer address_alone(const cuda_segment *s) { return s->alone + (s->constant ? 0 : (uintptr_t)s->host % 4096); }

static gpu_status bring_back_alone(gpu_device *d, cuda_segment *s, char *message, size_t message_bytes) {
  for (uint64_t at = 0; at < s->bytes && !s->constant;) {
    uint64_t n = s->bytes - at < MOST_STAGING_BYTES ? s->bytes - at : MOST_STAGING_BYTES;
    gpu_status status = cuda_fetch(d, address_alone(s) + at, n, message, message_bytes);
    if (status != GPU_OK) return status;
    cuda_write_changes(s->host + at, d->staging, n);
    at += n;
  }
  return GPU_OK;
}

/* All of them or none: who waits for memory keeps none that another waits for. */
static gpu_status map_spreads(gpu_device *d, cuda_memory_map *m, char *message, size_t message_bytes) {
  const struct timespec pause = {0, 50000000};
  for (int try = 0;; try++) {
    cu_result r = CU_SUCCESS;
    for (uint32_t i = 0; i < m->count && r == CU_SUCCESS; i++)
      if (m->segments[i].spread.chunks && !m->segments[i].spread.ready) r = cuda_spread_map(d, &m->segments[i]);
    if (r != CU_OUT_OF_MEMORY || try == SPREAD_TRIES)
      return cuda_fail(d, r, message, message_bytes, "get memory for the parts of the dispatch's buffers that have data");
    for (uint32_t i = 0; i < m->count; i++)
      if (m->segments[i].spread.chunks) cuda_spread_unmap(d, &m->segments[i].spread);
    nanosleep(&pause, NULL);
  }
}

static gpu_status map_segment(gpu_device *d, cuda_segment *s, char *message, size_t message_bytes) {
  const uint64_t page = 4096;
  unsigned char *begin = s->host - (uintptr_t)s->host % page;
  size_t bytes = up((uint64_t)(s->host - begin) + s->bytes, page);
  cu_result r = d->cu->host_register(begin, bytes, CU_HOST_REGISTER_MAPPED);
  cu_pointer at = 0;
  if (r == CU_SUCCESS && (r = d->cu->host_pointer(&at, begin, 0)) != CU_SUCCESS) d->cu->host_unregister(begin);
  if (r == CU_SUCCESS) s->mapped = at + (uint64_t)(s->host - begin);
  return cuda_fail(d, r, message, message_bytes, "map a buffer's memory into the GPU's addresses");
}

static cu_pointer address(const gpu_device *d, const cuda_segment *s) {
  if (s->alone) return address_alone(s);
  return s->spread.chunks ? cuda_spread_address(s) : in_arena(d, s) ? d->arena + s->at : s->mapped;
}

gpu_status cuda_bring_in(gpu_device *d, const gpu_dispatch *dispatch, bool whole, cuda_memory_map *m, struct msl_launch *launch,
                         char *message, size_t message_bytes) {
  collect(d, dispatch, whole, m);
  gpu_status status = check_size(d, m, message, message_bytes);
  if (status != GPU_OK || m->count == 0) return status;
  const bool alone = d->options.check && d->options.memory == CUDA_MEMORY_COPIED;
  bool spreads = false;
  for (uint32_t i = 0; i < m->count; i++) spreads |= m->segments[i].spread.chunks != 0;
  cuda_spread_take_kept(d, m);
  if ((status = room(d, m->arena_bytes, spreads || alone, message, message_bytes)) != GPU_OK) return status;
  if (spreads && (status = map_spreads(d, m, message, message_bytes)) != GPU_OK) return status;
  cu_result r = m->arena_bytes ? d->cu->fill(d->arena, 0xff, m->arena_bytes, d->stream) : CU_SUCCESS;
  for (uint32_t i = 0; i < m->count && r == CU_SUCCESS && status == GPU_OK; i++) {
    cuda_segment *s = &m->segments[i];
    if (alone) r = bring_in_alone(d, s);
    else if (s->spread.chunks) r = cuda_spread_copy_in(d, s);
    else if (in_arena(d, s)) r = d->cu->copy_in(d->arena + s->at, s->host, s->bytes, d->stream);
    else status = map_segment(d, s, message, message_bytes);
  }
  if (status == GPU_OK) status = cuda_fail(d, r, message, message_bytes, "copy the dispatch's buffers to the GPU");
  for (uint32_t i = 0; i < dispatch->binding_count; i++) {
    const gpu_binding *b = &dispatch->bindings[i];
    if (b->kind != GPU_BIND_BUFFER && b->kind != GPU_BIND_BYTES) continue;
    for (uint32_t k = 0; k < m->count; k++) {
      const cuda_segment *s = &m->segments[k];
      if (!(s->slots >> b->index & 1)) continue;
      launch->buffers[b->index] = address(d, s) + (b->kind == GPU_BIND_BUFFER ? (uint64_t)(b->buffer->contents - s->host) + b->offset : 0);
    }
  }
  return status;
}

/* Writes what differs, in runs. */
void cuda_write_changes(unsigned char *to, const unsigned char *from, uint64_t bytes) {
  for (uint64_t at = 0; at < bytes; at += 256) {
    uint64_t n = bytes - at < 256 ? bytes - at : 256;
    if (memcmp(to + at, from + at, n) == 0) continue;
    for (uint64_t i = at; i < at + n; i++)
      if (to[i] != from[i]) to[i] = from[i];
  }
}

static bool untouched(const unsigned char *band) {
  for (int i = 0; i < BAND_BYTES; i++)
    if (band[i] != 0xff) return false;
  return true;
}

static gpu_status wait(gpu_device *d, char *message, size_t message_bytes) {
  cu_result r;
  while ((r = d->cu->stream_query(d->stream)) == CU_NOT_READY) {
  }
  return cuda_fail(d, r, message, message_bytes, "copy the dispatch's buffers back");
}

gpu_status cuda_fetch(gpu_device *d, cu_pointer from, uint64_t bytes, char *message, size_t message_bytes) {
  gpu_status status = cuda_fail(d, d->cu->copy_out(d->staging, from, bytes, d->stream), message, message_bytes,
                                "copy the dispatch's buffers back");
  return status == GPU_OK ? wait(d, message, message_bytes) : status;
}

/* What of one segment was written, piece by piece: before, in it, behind it. */
static gpu_status bring_back_pieces(gpu_device *d, const cuda_segment *s, bool *before, bool *after, char *message, size_t message_bytes) {
  gpu_status status = cuda_fetch(d, d->arena + s->at - BAND_BYTES, BAND_BYTES, message, message_bytes);
  if (status == GPU_OK) *before = !untouched(d->staging);
  for (uint64_t at = 0; at < s->bytes && status == GPU_OK && !s->constant;) {
    uint64_t n = s->bytes - at < MOST_STAGING_BYTES ? s->bytes - at : MOST_STAGING_BYTES;
    if ((status = cuda_fetch(d, d->arena + s->at + at, n, message, message_bytes)) == GPU_OK) cuda_write_changes(s->host + at, d->staging, n);
    at += n;
  }
  if (status == GPU_OK) status = cuda_fetch(d, d->arena + s->at + s->bytes, BAND_BYTES, message, message_bytes);
  if (status == GPU_OK) *after = !untouched(d->staging);
  return status;
}

gpu_status cuda_bring_back(gpu_device *d, const gpu_pipeline *p, cuda_memory_map *m, char *message, size_t message_bytes) {
  if (m->count == 0) return GPU_OK;
  for (uint32_t i = 0; i < m->count; i++) {
    cuda_segment *s = &m->segments[i];
    gpu_status status = s->spread.chunks ? cuda_spread_strayed(d, s, &m->strayed, message, message_bytes) : GPU_OK;
    if (status != GPU_OK || m->strayed) return status; /* nothing has been written here yet */
  }
  for (uint32_t i = 0; i < m->count; i++) {
    gpu_status status = m->segments[i].alone ? bring_back_alone(d, &m->segments[i], message, message_bytes) : GPU_OK;
    if (status != GPU_OK) return status;
  }
  const bool at_once = m->arena_bytes <= MOST_STAGING_BYTES;
  cu_result r = CU_SUCCESS;
  for (uint32_t i = 0; i < m->count && r == CU_SUCCESS && at_once; i++) {
    cuda_segment *s = &m->segments[i];
    if (in_arena(d, s))
      r = d->cu->copy_out(d->staging + s->at - BAND_BYTES, d->arena + s->at - BAND_BYTES, s->bytes + 2 * BAND_BYTES, d->stream);
  }
  gpu_status status = cuda_fail(d, r, message, message_bytes, "copy the dispatch's buffers back");
  if (status == GPU_OK) status = wait(d, message, message_bytes);
  if (status != GPU_OK) return status;
  for (uint32_t k = 0; k < 2 * m->count; k++) { /* spreads last: they take the staging memory */
    cuda_segment *s = &m->segments[k % m->count];
    const bool spread = k >= m->count;
    if (spread ? !s->spread.chunks : !in_arena(d, s)) continue;
    bool before = false, after = false;
    if (spread) {
      gpu_status failed = cuda_spread_bring_back(d, s, &before, &after, message, message_bytes);
      if (failed != GPU_OK) return failed;
    } else if (at_once) {
      const unsigned char *from = d->staging + s->at;
      if (!s->constant) cuda_write_changes(s->host, from, s->bytes);
      before = !untouched(from - BAND_BYTES), after = !untouched(from + s->bytes);
    } else {
      gpu_status failed = bring_back_pieces(d, s, &before, &after, message, message_bytes);
      if (failed != GPU_OK) return failed;
    }
    if ((before || after) && status == GPU_OK)
      status = gpu_refuse(message, message_bytes, GPU_EXECUTION, "kernel %s: it wrote %s the %llu bytes bound to buffer %d", p->name,
                           before && after ? "before and behind" : before ? "before" : "behind", (unsigned long long)s->bytes,
                           __builtin_ctz(s->slots));
  }
  return status;
}

void cuda_leave(gpu_device *d, cuda_memory_map *m) {
  for (uint32_t i = 0; i < m->count; i++) {
    cuda_segment *s = &m->segments[i];
    if (s->mapped && d->context) d->cu->host_unregister(s->host - (uintptr_t)s->host % 4096);
    s->mapped = 0;
    if (s->alone && d->context) d->cu->memory_free(s->alone);
    s->alone = 0;
    cuda_spread_leave(d, s);
  }
  if (d->context && d->arena_bytes > KEPT_ARENA_BYTES) {
    d->cu->memory_free(d->arena);
    d->arena = 0, d->arena_bytes = 0;
  }
}
