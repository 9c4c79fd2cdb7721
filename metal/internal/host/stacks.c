//go:build linux

/* A worker's memory: one aligned region for its lanes' identities and stacks, one arena for threadgroup memory. Mapped
 * once a worker, touched only as far as it is used. The low end of each stack faults, so that a kernel that needs
 * more stack than there is fails its command instead of writing over a neighbour. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

static _Atomic(struct worker *) mapped[2 * MAX_WORKERS]; /* by slot; read in signal handlers */

bool host_map_worker(struct worker *w, char *message, size_t message_bytes) {
  unsigned char *raw = mmap(NULL, 2 * MSL_REGION_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) {
    gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no address space for the stacks of a worker: %s", strerror(errno));
    return false;
  }
  uintptr_t start = ((uintptr_t)raw + MSL_REGION_BYTES - 1) & ~(MSL_REGION_BYTES - 1);
  if (start > (uintptr_t)raw) munmap(raw, start - (uintptr_t)raw);
  uintptr_t tail = (uintptr_t)raw + 2 * MSL_REGION_BYTES - (start + MSL_REGION_BYTES);
  if (tail) munmap((void *)(start + MSL_REGION_BYTES), tail);
  w->region = (unsigned char *)start;
  w->arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  w->group = aligned_alloc(64, (sizeof *w->group + 63) / 64 * 64);
  if (w->arena == MAP_FAILED || !w->group) {
    if (w->arena == MAP_FAILED) w->arena = NULL;
    host_unmap_worker(w);
    gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory for a worker");
    return false;
  }
  memset(w->group, 0, sizeof *w->group);
  w->group->simdgroups = (struct msl_simdgroup *)(w->region + MSL_SIMDGROUPS_AT);
  for (unsigned i = 0; i < 2 * MAX_WORKERS; i++) {
    struct worker *none = NULL;
    if (atomic_compare_exchange_strong(&mapped[i], &none, w)) return true;
  }
  host_unmap_worker(w);
  gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "more than %u workers in this process", 2 * MAX_WORKERS);
  return false;
}

bool host_ready_stacks(struct worker *w, uint32_t lanes) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), guard = page > GUARD_BYTES ? page : GUARD_BYTES;
  for (; w->stacks < lanes; w->stacks++)
    if (mprotect(w->region + (uint64_t)(MSL_FIRST_STACK + w->stacks) * MSL_STACK_BYTES, guard, PROT_NONE) != 0)
      return false;
  return true;
}

bool host_ready_wide_stacks(struct worker *w) {
  if (w->wide) return true;
  size_t bytes = MAX_SIMDGROUPS * WIDE_STACK_BYTES;
  unsigned char *stacks = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stacks == MAP_FAILED) return false;
  for (unsigned i = 0; i < MAX_SIMDGROUPS; i++)
    if (mprotect(stacks + i * WIDE_STACK_BYTES, GUARD_BYTES * 4, PROT_NONE) != 0) {
      munmap(stacks, bytes);
      return false;
    }
  __atomic_store_n(&w->wide, stacks, __ATOMIC_RELEASE);
  return true;
}

void host_unmap_worker(struct worker *w) {
  for (unsigned i = 0; i < 2 * MAX_WORKERS; i++) {
    struct worker *this_one = w;
    atomic_compare_exchange_strong(&mapped[i], &this_one, NULL);
  }
  if (w->region) munmap(w->region, MSL_REGION_BYTES);
  if (w->arena) munmap(w->arena, ARENA_BYTES);
  if (w->wide) munmap(w->wide, MAX_SIMDGROUPS * WIDE_STACK_BYTES);
  free(w->group);
  w->region = w->arena = w->wide = NULL;
  w->group = NULL;
}

struct worker *host_worker_of_stack(uintptr_t stack_pointer) {
  uintptr_t region = stack_pointer & ~(uintptr_t)(MSL_REGION_BYTES - 1);
  for (unsigned i = 0; i < 2 * MAX_WORKERS; i++) {
    struct worker *w = atomic_load_explicit(&mapped[i], memory_order_acquire);
    if (!w) continue;
    if ((uintptr_t)w->region == region) return w;
    uintptr_t wide = (uintptr_t)__atomic_load_n(&w->wide, __ATOMIC_ACQUIRE);
    if (wide && stack_pointer - wide < MAX_SIMDGROUPS * WIDE_STACK_BYTES) return w;
  }
  return NULL;
}
