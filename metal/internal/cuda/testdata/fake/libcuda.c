/* A driver that has no GPU: what the device calls, in which order, and what it does when a call fails. Memory of the GPU is
 * this process's. A kernel adds 1 to every float of buffer 0, and takes the time and has the fate that the environment says:
 *
 *   FAKE_CUDA_LOG     a file to which each call adds its name
 *   FAKE_CUDA_GPUS   how many GPUs there are; default 2
 *   FAKE_CUDA_KERNEL  hang: does not end. overrun: writes one float behind buffer 0. stray: one 32 MB behind its beginning, and
 *                    the one before it becomes what was there. A number: ends with that error
 *   FAKE_CUDA_FAIL    CALL=NUMBER: this call fails with this error; CALL=NUMBER*TIMES: so often
 *   FAKE_CUDA_VIRTUAL 0: no memory is mapped to addresses
 *   FAKE_CUDA_NEEDS   registers that a kernel needs: with fewer it has 8 bytes of local memory for each that is missing
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ptx_launch.h"

static unsigned long floats; /* of buffer 0, as the last copy to the GPU that looked like it said */
static int fate, hanging, broken;
static struct { uintptr_t at; size_t bytes; } copies[64];
static unsigned copied;

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

static int call(const char *name) {
  const char *log = setting("FAKE_CUDA_LOG"), *fail = setting("FAKE_CUDA_FAIL");
  if (*log) {
    FILE *f = fopen(log, "a");
    if (f) fprintf(f, "%s\n", name), fclose(f);
  }
  size_t n = strlen(name);
  static int failed; /* since the environment changed */
  static char last[64];
  if (strncmp(last, fail, sizeof last - 1) != 0) failed = 0, snprintf(last, sizeof last, "%s", fail);
  if (strncmp(fail, name, n) != 0 || fail[n] != '=') return 0;
  const char *times = strchr(fail, '*');
  if (!times || failed < atoi(times + 1)) return failed++, atoi(fail + n + 1);
  return 0;
}
#define CALL(name)                      \
  do {                                  \
    int failed = call(name);            \
    if (failed) return failed;          \
  } while (0)

int cuInit(unsigned flags) { (void)flags; CALL("init"); return 0; }
int cuDriverGetVersion(int *v) { *v = 12040; return 0; }
int cuDeviceGetCount(int *n) { *n = *setting("FAKE_CUDA_GPUS") ? atoi(setting("FAKE_CUDA_GPUS")) : 2; return 0; }
int cuDeviceGet(int *d, int n) { *d = n; return 0; }
int cuDeviceGetName(char *s, int n, int d) { snprintf(s, (size_t)n, "Fake GPU %d", d); return 0; }
int cuDeviceGetAttribute(int *v, int a, int d) {
  (void)d;
  *v = a == 16 ? 4 : a == 75 ? 9 : a == 97 ? 101376 : a == 102 ? strcmp(setting("FAKE_CUDA_VIRTUAL"), "0") != 0 : 0;
  return 0;
}
int cuDeviceTotalMem_v2(size_t *n, int d) { (void)d; *n = (size_t)1 << 30; return 0; }
int cuCtxCreate_v2(void **c, unsigned f, int d) {
  (void)f, (void)d;
  CALL("context_create");
  if (broken && strstr(setting("FAKE_CUDA_KERNEL"), "for ever")) return 700;
  broken = 0;
  *c = malloc(1);
  return 0;
}
int cuCtxDestroy_v2(void *c) {
  CALL("context_destroy");
  while (hanging && strcmp(setting("FAKE_CUDA_KERNEL"), "hang") == 0) usleep(1000);
  free(c);
  return 0;
}
int cuCtxSetCurrent(void *c) { (void)c; return 0; }
static unsigned registers; /* of the module that was loaded last */
int cuModuleLoadDataEx(void **m, const void *text, unsigned n, int *names, void **values) {
  registers = 255;
  for (unsigned i = 0; i < n; i++)
    if (names[i] == 0) registers = (unsigned)(uintptr_t)values[i];
  char name[64];
  snprintf(name, sizeof name, *setting("FAKE_CUDA_NEEDS") ? "module_load %u" : "module_load", registers);
  CALL(name);
  if (strncmp(text, "// attest ptx 1\n", 16) != 0) {
    for (unsigned i = 0; i < n; i++)
      if (names[i] == 5) strcpy(values[i], "this is no module");
    return 218;
  }
  *m = malloc(1);
  return 0;
}
int cuModuleUnload(void *m) { CALL("module_unload"); free(m); return 0; }
int cuModuleGetFunction(void **f, void *m, const char *name) { (void)m, (void)name; *f = (void *)1; return 0; }
int cuModuleGetGlobal_v2(uint64_t *p, size_t *n, void *m, const char *name) { (void)p, (void)n, (void)m, (void)name; return 500; }
int cuFuncGetAttribute(int *v, int a, void *f) {
  (void)f;
  unsigned needs = (unsigned)atoi(setting("FAKE_CUDA_NEEDS"));
  *v = a == 4 ? 32 : a == 3 && needs > registers ? (int)(8 * (needs - registers)) : 0;
  return 0;
}
int cuFuncSetAttribute(void *f, int a, int v) { (void)f, (void)a, (void)v; CALL("function_set"); return 0; }
int cuMemAlloc_v2(uint64_t *p, size_t n) { CALL("memory_allocate"); *p = (uint64_t)(uintptr_t)malloc(n); return *p ? 0 : 2; }
int cuMemFree_v2(uint64_t p) { CALL("memory_free"); free((void *)(uintptr_t)p); return 0; }
int cuMemAllocHost_v2(void **p, size_t n) { *p = malloc(n); return 0; }
int cuMemFreeHost(void *p) { free(p); return 0; }
int cuMemHostRegister_v2(void *p, size_t n, unsigned f) { (void)p, (void)n, (void)f; CALL("host_register"); return 0; }
int cuMemHostUnregister(void *p) { (void)p; CALL("host_unregister"); return 0; }
int cuMemHostGetDevicePointer_v2(uint64_t *d, void *p, unsigned f) { (void)f; *d = (uint64_t)(uintptr_t)p; return 0; }
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t n, void *s) {
  (void)s;
  CALL("copy_in");
  memcpy((void *)(uintptr_t)to, from, n);
  if (copied < 64) copies[copied].at = (uintptr_t)to, copies[copied++].bytes = n;
  return 0;
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t n, void *s) {
  (void)s;
  CALL("copy_out");
  memcpy(to, (void *)(uintptr_t)from, n);
  return 0;
}
int cuMemsetD8Async(uint64_t p, unsigned char c, size_t n, void *s) {
  (void)s;
  CALL("fill");
  memset((void *)(uintptr_t)p, c, n);
  copied = 0;
  return 0;
}
int cuMemGetAllocationGranularity(size_t *n, const void *kind, int which) { (void)kind, (void)which; *n = 2 << 20; return 0; }
int cuMemAddressReserve(uint64_t *p, size_t n, size_t alignment, uint64_t wanted, unsigned long long f) {
  (void)alignment, (void)wanted, (void)f;
  CALL("address_reserve");
  void *at = mmap(NULL, n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  *p = (uint64_t)(uintptr_t)at;
  return at == MAP_FAILED ? 2 : 0;
}
int cuMemAddressFree(uint64_t p, size_t n) { CALL("address_free"); return munmap((void *)(uintptr_t)p, n) ? 1 : 0; }
int cuMemCreate(unsigned long long *m, size_t n, const void *kind, unsigned long long f) {
  (void)kind, (void)f;
  CALL("memory_create");
  int fd = memfd_create("fake", 0);
  if (fd < 0 || ftruncate(fd, (off_t)n)) return 2;
  *m = (unsigned long long)fd;
  return 0;
}
int cuMemRelease(unsigned long long m) { CALL("memory_release"); return close((int)m) ? 1 : 0; }
int cuMemMap(uint64_t p, size_t n, size_t offset, unsigned long long m, unsigned long long f) {
  (void)f;
  CALL("memory_map");
  off_t has = lseek((int)m, 0, SEEK_END);
  if (offset || has != (off_t)n || p % (2 << 20) % 4096) return 1;
  return mmap((void *)(uintptr_t)p, n, PROT_NONE, MAP_SHARED | MAP_FIXED, (int)m, 0) == MAP_FAILED ? 1 : 0;
}
int cuMemUnmap(uint64_t p, size_t n) {
  CALL("memory_unmap");
  return mmap((void *)(uintptr_t)p, n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED ? 1 : 0;
}
int cuMemSetAccess(uint64_t p, size_t n, const void *access, size_t count) {
  (void)access, (void)count;
  CALL("memory_access");
  return mprotect((void *)(uintptr_t)p, n, PROT_READ | PROT_WRITE) ? 1 : 0;
}
static void run_kernel(const struct msl_launch *l) {
  const char *kernel = setting("FAKE_CUDA_KERNEL");
  float *out = (float *)(uintptr_t)l->buffers[0];
  floats = 0;
  for (unsigned i = 0; i < copied; i++)
    if ((uintptr_t)out >= copies[i].at && (uintptr_t)out < copies[i].at + copies[i].bytes) floats = (copies[i].at + copies[i].bytes - (uintptr_t)out) / 4;
  hanging = strcmp(kernel, "hang") == 0;
  fate = atoi(kernel);
  if (!hanging && !fate && out && floats < 1u << 26) {
    for (unsigned long i = 0; i < floats; i++) out[i] += 1;
    if (strcmp(kernel, "overrun") == 0) out[floats] = 7;
    if (strcmp(kernel, "stray") == 0) out[(8 << 20) - 1] = out[8 << 20] + 1, out[8 << 20] = 7;
  }
}
/* A graph is a list of launches. What a stream is given between the calls that begin and end one does not run there. */
static struct fake_graph { struct msl_launch launches[64]; unsigned count; } *begun;
int cuLaunchKernel(void *f, unsigned x, unsigned y, unsigned z, unsigned a, unsigned b, unsigned c, unsigned shared, void *s, void **arguments,
                   void **extra) {
  (void)f, (void)x, (void)y, (void)z, (void)a, (void)b, (void)c, (void)shared, (void)s, (void)extra;
  CALL("launch");
  if (!begun) run_kernel(arguments[0]);
  else if (begun->count < 64) begun->launches[begun->count++] = *(const struct msl_launch *)arguments[0];
  return 0;
}
int cuStreamBeginCapture_v2(void *s, int mode) {
  (void)s;
  CALL("capture_begin");
  if (begun || mode != 1) return 401;
  begun = calloc(1, sizeof *begun);
  return 0;
}
int cuStreamEndCapture(void *s, struct fake_graph **g) {
  (void)s;
  *g = begun, begun = NULL;
  CALL("capture_end");
  return *g ? 0 : 401;
}
int cuGraphInstantiateWithFlags(struct fake_graph **made, struct fake_graph *g, unsigned long long f) {
  (void)f;
  CALL("graph_make");
  *made = malloc(sizeof *g);
  **made = *g;
  return 0;
}
int cuGraphLaunch(struct fake_graph *made, void *s) {
  (void)s;
  CALL("graph_launch");
  for (unsigned i = 0; i < made->count && !hanging && !fate; i++) run_kernel(&made->launches[i]);
  return 0;
}
int cuGraphExecDestroy(struct fake_graph *made) { free(made); return 0; }
int cuGraphDestroy(struct fake_graph *g) { CALL("graph_destroy"); free(g); return 0; }
int cuStreamCreate(void **s, unsigned f) { (void)f; *s = malloc(1); return 0; }
int cuStreamDestroy_v2(void *s) { free(s); return 0; }
int cuStreamQuery(void *s) {
  (void)s;
  if (hanging && strcmp(setting("FAKE_CUDA_KERNEL"), "hang") == 0) return 600;
  if (fate) {
    int result = fate;
    fate = 0, broken = 1;
    return result;
  }
  return 0;
}
int cuEventCreate(void **e, unsigned f) { (void)f; *e = malloc(1); return 0; }
int cuEventDestroy_v2(void *e) { free(e); return 0; }
/* In a graph an event that is not external tells nothing outside it. */
int cuEventRecordWithFlags(void *e, void *s, unsigned f) { (void)e, (void)s; CALL("event_record"); return begun && f != 1 ? 1 : 0; }
int cuEventElapsedTime(float *ms, void *a, void *b) { (void)a, (void)b; CALL("event_elapsed"); *ms = 2; return 0; }
int cuGetErrorName(int r, const char **s) { *s = r == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS" : r == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR_OTHER"; return 0; }
int cuGetErrorString(int r, const char **s) { *s = r == 2 ? "out of memory" : "what it means"; return 0; }
