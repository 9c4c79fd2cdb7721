//go:build linux

/* A spread: a large buffer that has memory in few of its pages, as a tensor whose strides pass 2^31 elements has. To copy all
 * of it would bring memory into being here and there for what nobody reads. So it has a range of the GPU's addresses of its
 * own, in chunks. A chunk in which the buffer has a page with memory has memory too, 0 where the buffer has none, and the
 * pages are copied. All other chunks share two pieces of zeros, so that a kernel reads there what a processor would. If a kernel
 * wrote to those, the dispatch is run again with the buffer whole: nothing has been written back by then.
 *
 * mincore tells which pages have memory. Pages that were moved to swap count as having none there, so where swap is in
 * use there are no spreads; nor where a kernel has every page resident, as some sandboxes' kernels say. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "internal.h"

enum {
  PAGE = 4096,
  LEAST_SPREAD_BYTES = 64 << 20, /* smaller buffers are copied whole in less time than it takes to look at them */
};

/* Chunks of the pieces of zeros. To map a piece takes a lock of the driver that all processes and GPUs of a machine share: with 64
 * workers most waited for it. So there is a large one: rows 256 MB apart take 9 pieces each, and took 22 without it. */
static const uint64_t hole_chunks[SPREAD_HOLES] = {1, 6, 32};

static cu_memory_kind kind_of(const gpu_device *d) {
  return (cu_memory_kind){.type = CU_MEMORY_PINNED, .location = {CU_LOCATION_DEVICE, d->handle}};
}

/* Whether mincore knows a page that was written from one that was not. */
static bool pages_tell(void) {
  unsigned char *memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  unsigned char resident[4] = {0};
  ((volatile unsigned char *)memory)[PAGE] = 1;
  bool tell = mincore(memory, 4 * PAGE, resident) == 0 && (resident[1] & 1) && !(resident[0] & 1) && !(resident[3] & 1);
  munmap(memory, 4 * PAGE);
  return tell;
}

static bool swapped(void) {
  struct sysinfo info;
  return sysinfo(&info) != 0 || info.totalswap != info.freeswap;
}

uint64_t cuda_spread_chunk(gpu_device *d) {
  int virtual = 0;
  size_t chunk = 0;
  cu_memory_kind kind = kind_of(d);
  if (d->options.memory != CUDA_MEMORY_COPIED || sysconf(_SC_PAGESIZE) != PAGE || !pages_tell() ||
      d->cu->device_attribute(&virtual, CU_ATTRIBUTE_VIRTUAL_MEMORY, d->handle) != CU_SUCCESS || !virtual ||
      d->cu->memory_granularity(&chunk, &kind, CU_GRANULARITY_MINIMUM) != CU_SUCCESS || chunk % PAGE)
    return 0;
  return chunk;
}

static unsigned char *first_page(const cuda_segment *s) { return s->host - (uintptr_t)s->host % PAGE; }

/* The chunk of a page of the buffer: a band of one page stands before them. */
static uint64_t chunk_of(const gpu_device *d, uint64_t page) { return (page + 1) * PAGE / d->chunk_bytes; }

bool cuda_spread_plan(gpu_device *d, cuda_segment *s) {
  if (!d->chunk_bytes || s->constant || s->bytes < LEAST_SPREAD_BYTES || swapped()) return false;
  cuda_spread p = {.pages = ((uint64_t)(s->host - first_page(s)) + s->bytes + PAGE - 1) / PAGE};
  p.chunks = chunk_of(d, p.pages) + 1; /* the page behind the last is of the band */
  p.resident = malloc(p.pages);
  p.backed = calloc(p.chunks, 1);
  bool fits = p.resident && p.backed && mincore(first_page(s), p.pages * PAGE, p.resident) == 0;
  if (fits) {
    p.backed[0] = p.backed[p.chunks - 1] = p.backed[chunk_of(d, p.pages - 1)] = 1;
    for (uint64_t i = 0; i < p.pages; i++)
      if (p.resident[i] & 1) p.backed[chunk_of(d, i)] = 1;
    for (uint64_t i = 0; i < p.chunks; i++) p.backed_chunks += p.backed[i];
    fits = p.backed_chunks <= p.chunks / 2;
  }
  if (!fits) {
    free(p.resident), free(p.backed);
    return false;
  }
  s->spread = p;
  return true;
}

/* How many chunks from this one on are alike. */
static uint64_t run_of(const cuda_spread *p, uint64_t from) {
  uint64_t to = from;
  while (to < p->chunks && p->backed[to] == p->backed[from]) to++;
  return to - from;
}

static cu_result map_new(gpu_device *d, cu_pointer at, uint64_t chunks) {
  cu_memory_kind kind = kind_of(d);
  cu_memory memory;
  cu_result r = d->cu->memory_create(&memory, chunks * d->chunk_bytes, &kind, 0);
  if (r != CU_SUCCESS) return r;
  r = d->cu->memory_map(at, chunks * d->chunk_bytes, 0, memory, 0);
  d->cu->memory_release(memory); /* it stays as long as it is mapped */
  return r;
}

static cu_result map_holes(gpu_device *d, cuda_spread *p, uint64_t from, uint64_t chunks, cu_memory holes[SPREAD_HOLES]) {
  cu_memory_kind kind = kind_of(d);
  for (uint64_t at = from; at < from + chunks;) {
    int which = SPREAD_HOLES - 1;
    while (hole_chunks[which] > from + chunks - at) which--;
    uint64_t bytes = hole_chunks[which] * d->chunk_bytes;
    cu_result r = p->holes[which] ? CU_SUCCESS : d->cu->memory_create(&holes[which], bytes, &kind, 0);
    if (r != CU_SUCCESS) return r;
    if (!p->holes[which]) p->holes[which] = p->at + at * d->chunk_bytes;
    if ((r = d->cu->memory_map(p->at + at * d->chunk_bytes, bytes, 0, holes[which], 0)) != CU_SUCCESS) return r;
    at += hole_chunks[which];
    p->mapped_chunks = at;
  }
  return CU_SUCCESS;
}

cu_result cuda_spread_map(gpu_device *d, cuda_segment *s) {
  cuda_spread *p = &s->spread;
  cu_memory holes[SPREAD_HOLES] = {0};
  const cu_access access = {{CU_LOCATION_DEVICE, d->handle}, CU_ACCESS_READ_WRITE};
  cu_result r = d->cu->address_reserve(&p->at, p->chunks * d->chunk_bytes, 0, 0, 0);
  if (r != CU_SUCCESS) {
    p->at = 0;
    return r;
  }
  p->mapped_chunks = 0;
  for (uint64_t i = 0; i < p->chunks && r == CU_SUCCESS;) {
    uint64_t n = run_of(p, i);
    if (!p->backed[i]) r = map_holes(d, p, i, n, holes);
    else if ((r = map_new(d, p->at + i * d->chunk_bytes, n)) == CU_SUCCESS) p->mapped_chunks = i + n;
    i += n;
  }
  for (int i = 0; i < SPREAD_HOLES; i++)
    if (holes[i]) d->cu->memory_release(holes[i]);
  if (r == CU_SUCCESS) r = d->cu->memory_access(p->at, p->chunks * d->chunk_bytes, &access, 1);
  p->ready = r == CU_SUCCESS;
  return r;
}

cu_pointer cuda_spread_address(const cuda_segment *s) { return s->spread.at + PAGE + (uintptr_t)s->host % PAGE; }

cu_result cuda_spread_copy_in(gpu_device *d, cuda_segment *s) {
  cuda_spread *p = &s->spread;
  const cu_pointer begin = cuda_spread_address(s), end = begin + s->bytes, last = p->at + p->chunks * d->chunk_bytes;
  cu_result r = CU_SUCCESS;
  for (int i = 0; i < SPREAD_HOLES && r == CU_SUCCESS; i++)
    if (p->holes[i]) r = d->cu->fill(p->holes[i], 0, hole_chunks[i] * d->chunk_bytes, d->stream);
  for (uint64_t i = 0; i < p->chunks && r == CU_SUCCESS;) {
    uint64_t n = run_of(p, i);
    if (p->backed[i]) r = d->cu->fill(p->at + i * d->chunk_bytes, 0, n * d->chunk_bytes, d->stream);
    i += n;
  }
  if (r == CU_SUCCESS) r = d->cu->fill(p->at, 0xff, begin - p->at, d->stream);
  if (r == CU_SUCCESS) r = d->cu->fill(end, 0xff, last - end, d->stream);
  for (uint64_t i = 0; i < p->pages && r == CU_SUCCESS;) {
    uint64_t n = 0;
    while (i + n < p->pages && (p->resident[i + n] & 1)) n++;
    if (n) {
      unsigned char *from = first_page(s) + i * PAGE, *to = from + n * PAGE;
      if (from < s->host) from = s->host;
      if (to > s->host + s->bytes) to = s->host + s->bytes;
      r = d->cu->copy_in(begin + (uint64_t)(from - s->host), from, (size_t)(to - from), d->stream);
    }
    i += n + 1;
  }
  return r;
}

static bool all_are(const unsigned char *bytes, uint64_t n, unsigned char value) {
  return n == 0 || (bytes[0] == value && memcmp(bytes, bytes + 1, n - 1) == 0);
}

gpu_status cuda_spread_strayed(gpu_device *d, cuda_segment *s, bool *strayed, char *message, size_t message_bytes) {
  for (int i = 0; i < SPREAD_HOLES; i++) {
    const uint64_t bytes = s->spread.holes[i] ? hole_chunks[i] * d->chunk_bytes : 0;
    for (uint64_t at = 0, n; at < bytes; at += n) {
      n = bytes - at < MOST_STAGING_BYTES ? bytes - at : MOST_STAGING_BYTES;
      gpu_status status = cuda_fetch(d, s->spread.holes[i] + at, n, message, message_bytes);
      if (status != GPU_OK) return status;
      if (!all_are(d->staging, n, 0)) *strayed = true;
    }
  }
  return GPU_OK;
}

/* One page of the range, as it came back. */
static void take_page(cuda_segment *s, uint64_t index, const unsigned char *from, bool *before, bool *after) {
  const cuda_spread *p = &s->spread;
  if (index == 0 || index > p->pages) {
    if (!all_are(from, PAGE, 0xff)) *(index ? after : before) = true;
    return;
  }
  unsigned char *to = first_page(s) + (index - 1) * PAGE, *end = s->host + s->bytes;
  uint64_t skip = to < s->host ? (uint64_t)(s->host - to) : 0, rest = to + PAGE > end ? (uint64_t)(to + PAGE - end) : 0;
  if (!all_are(from, skip, 0xff)) *before = true;
  if (!all_are(from + PAGE - rest, rest, 0xff)) *after = true;
  /* To look at a page that has no memory would make some. */
  if ((p->resident[index - 1] & 1) || !all_are(from + skip, PAGE - skip - rest, 0)) cuda_write_changes(to + skip, from + skip, PAGE - skip - rest);
}

gpu_status cuda_spread_bring_back(gpu_device *d, cuda_segment *s, bool *before, bool *after, char *message, size_t message_bytes) {
  const cuda_spread *p = &s->spread;
  const uint64_t at_once = MOST_STAGING_BYTES / d->chunk_bytes;
  for (uint64_t i = 0; i < p->chunks;) {
    uint64_t n = run_of(p, i);
    if (p->backed[i]) {
      if (n > at_once) n = at_once;
      gpu_status status = cuda_fetch(d, p->at + i * d->chunk_bytes, n * d->chunk_bytes, message, message_bytes);
      if (status != GPU_OK) return status;
      for (uint64_t byte = 0; byte < n * d->chunk_bytes; byte += PAGE)
        take_page(s, (i * d->chunk_bytes + byte) / PAGE, d->staging + byte, before, after);
    }
    i += n;
  }
  return GPU_OK;
}

void cuda_spread_unmap(gpu_device *d, cuda_spread *p) {
  if (p->at && d->context) { /* in a context that was given up a kernel may still run: what it has ends with the process */
    if (p->mapped_chunks) d->cu->memory_unmap(p->at, p->mapped_chunks * d->chunk_bytes);
    d->cu->address_free(p->at, p->chunks * d->chunk_bytes);
  }
  p->at = 0;
  memset(p->holes, 0, sizeof p->holes);
  p->mapped_chunks = 0;
  p->ready = false;
}

static void forget(cuda_spread *p) {
  free(p->resident), free(p->backed);
  *p = (cuda_spread){0};
}

/* A case with large strides is run several times, again and as laws change its numbers, and to map is what takes long. */
void cuda_spread_take_kept(gpu_device *d, cuda_memory_map *m) {
  for (int i = 0; i < KEPT_SPREADS; i++) {
    cuda_spread *kept = &d->kept[i];
    for (uint32_t k = 0; k < m->count && kept->at; k++) {
      cuda_spread *p = &m->segments[k].spread;
      if (p->ready || p->chunks != kept->chunks || p->pages != kept->pages || memcmp(p->backed, kept->backed, p->chunks)) continue;
      p->at = kept->at, p->mapped_chunks = kept->mapped_chunks, p->ready = true;
      memcpy(p->holes, kept->holes, sizeof p->holes);
      kept->at = 0;
    }
  }
  cuda_spread_drop_kept(d);
}

void cuda_spread_drop_kept(gpu_device *d) {
  for (int i = 0; i < KEPT_SPREADS; i++) {
    cuda_spread_unmap(d, &d->kept[i]);
    forget(&d->kept[i]);
  }
}

void cuda_spread_leave(gpu_device *d, cuda_segment *s) {
  for (int i = 0; i < KEPT_SPREADS && s->spread.ready && d->context; i++)
    if (!d->kept[i].at && s->spread.backed_chunks * d->chunk_bytes <= KEPT_ARENA_BYTES) {
      d->kept[i] = s->spread;
      s->spread = (cuda_spread){0};
    }
  cuda_spread_unmap(d, &s->spread);
  forget(&s->spread);
}
