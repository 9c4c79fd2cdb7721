//go:build linux

/* Loading what the compiler made. A module is loaded once a device, however many pipelines use it, and stays for a while when none
 * does: whoever makes all pipelines anew, as for a cold start, makes the same ones as a rule. A module has no state. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct loaded {
  struct loaded *following;
  char *path;
  void *handle;
  const struct msl_module *module;
  uintptr_t base, low, high; /* where it is loaded; the addresses its segments take */
  unsigned users;
  uint64_t left; /* when its last user left: a number that grows */
};

/* Most modules that stay without a user. */
enum { MOST_IDLE = 32 };

static int find_range(struct dl_phdr_info *info, size_t size, void *loaded) {
  (void)size;
  struct loaded *m = loaded;
  if ((uintptr_t)info->dlpi_addr != m->base) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD) continue;
    uintptr_t low = m->base + segment->p_vaddr, high = low + segment->p_memsz;
    if (!m->high || low < m->low) m->low = low;
    if (high > m->high) m->high = high;
  }
  return 1;
}

static bool bind(struct loaded *m, const char *path, char *message, size_t message_bytes) {
  m->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!m->handle) {
    gpu_refuse(message, message_bytes, GPU_COMPILE, "cannot load the compiled kernel: %s", dlerror());
    return false;
  }
  m->module = dlsym(m->handle, "msl_module");
  const struct msl_runtime **table = dlsym(m->handle, "msl_runtime_table");
  if (!m->module || !table) {
    gpu_refuse(message, message_bytes, GPU_COMPILE, "%s is no kernel module: it does not export msl_module and "
                "msl_runtime_table", path);
    return false;
  }
  if (m->module->abi != MSL_ABI_VERSION) {
    gpu_refuse(message, message_bytes, GPU_COMPILE, "%s was compiled for version %u of the module contract; this runtime has %u",
                path, m->module->abi, MSL_ABI_VERSION);
    return false;
  }
  struct link_map *map;
  if (dlinfo(m->handle, RTLD_DI_LINKMAP, &map) == 0) m->base = (uintptr_t)map->l_addr;
  dl_iterate_phdr(find_range, m);
  if (*table != &host_runtime) *table = &host_runtime;
  return true;
}

static struct loaded *load(const char *path, char *message, size_t message_bytes) {
  struct loaded *m = calloc(1, sizeof *m);
  if (!m || !(m->path = strdup(path))) {
    free(m);
    gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory to load a module");
    return NULL;
  }
  if (bind(m, path, message, message_bytes)) return m;
  if (m->handle) dlclose(m->handle);
  free(m->path);
  free(m);
  return NULL;
}

struct loaded *host_load(gpu_device *d, const char *path, char *message, size_t message_bytes) {
  pthread_mutex_lock(&d->lock);
  struct loaded *m = d->modules;
  while (m && strcmp(m->path, path) != 0) m = m->following;
  if (!m && (m = load(path, message, message_bytes))) {
    m->following = d->modules;
    d->modules = m;
  }
  if (m) m->users++;
  pthread_mutex_unlock(&d->lock);
  return m;
}

static void unlink_and_free(gpu_device *d, struct loaded *m) {
  struct loaded **at = &d->modules;
  while (*at != m) at = &(*at)->following;
  *at = m->following;
  dlclose(m->handle);
  free(m->path);
  free(m);
}

/* Unloads those that were left first until no more than so many stay without a user. Under the device's lock. */
static void unload_idle(gpu_device *d, unsigned most) {
  for (;;) {
    unsigned idle = 0;
    struct loaded *first = NULL;
    for (struct loaded *m = d->modules; m; m = m->following) {
      if (m->users) continue;
      idle++;
      if (!first || m->left < first->left) first = m;
    }
    if (idle <= most) return;
    unlink_and_free(d, first);
  }
}

void host_unload(gpu_device *d, struct loaded *m) {
  pthread_mutex_lock(&d->lock);
  if (--m->users == 0) {
    m->left = ++d->left;
    unload_idle(d, MOST_IDLE);
  }
  pthread_mutex_unlock(&d->lock);
}

void host_unload_all(gpu_device *d) {
  pthread_mutex_lock(&d->lock);
  unload_idle(d, 0);
  pthread_mutex_unlock(&d->lock);
}

const struct msl_module *host_module_of(struct loaded *m) { return m->module; }
const char *host_module_path(struct loaded *m) { return m->path; }

uint64_t host_module_offset(struct loaded *m, const void *site) { return (uintptr_t)site - m->base; }

void host_module_range(struct loaded *m, uintptr_t *low, uintptr_t *high) {
  *low = m->low;
  *high = m->high;
}
