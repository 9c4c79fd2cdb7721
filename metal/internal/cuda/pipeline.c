//go:build linux

/* A kernel's PTX, and what the driver makes of it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static char *read_file(const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  char *text = NULL;
  if (fseek(f, 0, SEEK_END) == 0) {
    long size = ftell(f);
    if (size >= 0 && (text = malloc((size_t)size + 1))) {
      rewind(f);
      if (fread(text, 1, (size_t)size, f) == (size_t)size) text[size] = 0;
      else free(text), text = NULL;
    }
  }
  fclose(f);
  return text;
}

/* The module's first lines (metal/internal/msl, target_ptx.go). */
static gpu_status read_head(gpu_pipeline *p, const char *function, char *message, size_t message_bytes) {
  static const char first[] = "// attest ptx 1\n";
  const char *line = p->text;
  if (strncmp(line, first, sizeof first - 1) != 0)
    return gpu_refuse(message, message_bytes, GPU_COMPILE, "the module is none of version %d: compile it anew", MSL_PTX_VERSION);
  char known[512] = "";
  while (strncmp(line, "// ", 3) == 0) {
    char symbol[32];
    int used = 0;
    unsigned depth;
    if (sscanf(line, "// depth %u", &depth) == 1) p->depth = depth;
    if (sscanf(line, "// entry %31s %n", symbol, &used) == 1 && used > 0) {
      const char *name = line + used;
      size_t length = strcspn(name, "\n");
      if (strlen(function) == length && strncmp(name, function, length) == 0) snprintf(p->entry, sizeof p->entry, "%s", symbol);
      if (strlen(known) + length + 3 < sizeof known) {
        if (*known) strcat(known, ", ");
        strncat(known, name, length);
      }
    }
    line += strcspn(line, "\n");
    if (*line) line++;
  }
  if (*p->entry) return GPU_OK;
  return gpu_refuse(message, message_bytes, GPU_COMPILE, "the text has no kernel %s; it has: %s", function, known);
}

/* Four words of constants, written as bytes: .b8 msl_entry_0_facts[16] = {63, 0, 0, 0, 1}; what is left out at the end is 0. */
static gpu_status read_facts(gpu_pipeline *p, char *message, size_t message_bytes) {
  char name[64];
  snprintf(name, sizeof name, "%s_facts[16] = {", p->entry);
  unsigned char bytes[16] = {0};
  const char *at = strstr(p->text, name);
  if (!at) {
    snprintf(name, sizeof name, "%s_facts[16];", p->entry); /* all are 0 */
    if (!strstr(p->text, name)) return gpu_refuse(message, message_bytes, GPU_COMPILE, "the module has no facts of %s", p->entry);
  } else {
    at += strlen(name);
    for (int i = 0; i < 16; i++) {
      char *end;
      unsigned long value = strtoul(at, &end, 0);
      if (end == at) break;
      bytes[i] = (unsigned char)value;
      at = end + strspn(end, ", ");
    }
  }
  uint32_t words[4];
  memcpy(words, bytes, sizeof words);
  p->buffers = words[0];
  p->threadgroup_args = words[1];
  p->max_threads = words[2];
  return GPU_OK;
}

gpu_status cuda_compile_pipeline(gpu_device *d, const gpu_program *program, gpu_pipeline **out, gpu_pipeline_info *info,
                                 char *message, size_t message_bytes) {
  if (!out) return gpu_refuse(message, message_bytes, GPU_INVALID, "out is NULL; a place for the pipeline is wanted");
  *out = NULL;
  if (!program || !program->source || !program->function || !*program->function)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "a program needs source and function");
  if (program->constant_count && !program->constants)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "constants is NULL but constant_count is %u", program->constant_count);
  if (program->max_threads > MOST_THREADS)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "max_threads is %u; a threadgroup has at most %u", program->max_threads,
                       MOST_THREADS);
  double start = gpu_now();
  cuda_ptx *made = calloc(1, sizeof *made);
  gpu_pipeline *p = calloc(1, sizeof *p);
  gpu_status status = GPU_OK;
  if (!made || !p) status = gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory to compile");
  if (status == GPU_OK) status = d->options.compile(d->options.compile_context, program, d->options.check, made, message, message_bytes);
  if (status == GPU_OK) {
    p->device = d;
    p->text = read_file(made->path);
    p->name = strdup(program->function);
    if (!p->text || !p->name) status = gpu_refuse(message, message_bytes, GPU_COMPILE, "cannot read %s", made->path);
  }
  if (status == GPU_OK) status = read_head(p, program->function, message, message_bytes);
  if (status == GPU_OK) status = read_facts(p, message, message_bytes);
  if (status == GPU_OK) {
    if (!p->max_threads || p->max_threads > MOST_THREADS) p->max_threads = MOST_THREADS;
    if (program->max_threads && program->max_threads < p->max_threads) p->max_threads = program->max_threads;
    if (info) {
      memset(info, 0, sizeof *info);
      info->max_threads = p->max_threads;
      info->simd_width = SIMD_WIDTH;
      info->compile_seconds = gpu_now() - start;
      info->cached = made->cached;
    }
    *out = p;
  } else if (p) {
    free(p->text), free(p->name), free(p);
  }
  free(made);
  return status;
}

void cuda_free_pipeline(gpu_device *d, gpu_pipeline *p) {
  if (!p) return;
  pthread_mutex_lock(&d->lock);
  for (int i = 0; i < VARIANTS; i++)
    if (p->variants[i].module && p->variants[i].generation == d->generation && d->context &&
        d->cu->context_set(d->context) == CU_SUCCESS)
      d->cu->module_unload(p->variants[i].module);
  pthread_mutex_unlock(&d->lock);
  free(p->text), free(p->name), free(p);
}

/* A block's threads share its registers, so the more threads the fewer each has. Past 256 threads two blocks share a processor:
 * on an H100 a second block's warps hide more than spilled registers cost. `alone`: but not where whole arrays are spilled. */
static uint32_t registers_for(const gpu_device *d, uint32_t threads, bool alone) {
  uint32_t classes = threads <= 256 ? 256 : threads <= 512 && alone ? 512 : 1024, most = REGISTERS_OF_A_BLOCK / classes / 8 * 8;
  if (most > MOST_REGISTERS) most = MOST_REGISTERS;
  return d->options.registers && d->options.registers < most ? d->options.registers : most;
}

static gpu_status load(gpu_pipeline *p, cuda_variant *v, char *message, size_t message_bytes) {
  gpu_device *d = p->device;
  char log[4096] = "";
  int names[] = {CU_JIT_MAX_REGISTERS, CU_JIT_ERROR_LOG, CU_JIT_ERROR_LOG_BYTES, CU_JIT_LINES};
  void *values[] = {(void *)(uintptr_t)v->registers, log, (void *)(uintptr_t)sizeof log, (void *)(uintptr_t)1};
  cu_result r = d->cu->module_load(&v->module, p->text, d->options.check ? 4 : 3, names, values);
  if (r != CU_SUCCESS) {
    char words[256];
    v->module = NULL;
    return gpu_refuse(message, message_bytes, r == CU_OUT_OF_MEMORY ? GPU_NO_MEMORY : GPU_COMPILE,
                       "kernel %s: the driver does not take its PTX: %s%s%s", p->name,
                       cuda_error_words(d->cu, r, words, sizeof words), *log ? "\n" : "", log);
  }
  v->generation = d->generation;
  if ((r = d->cu->module_function(&v->function, v->module, p->entry)) == CU_SUCCESS &&
      (r = d->cu->function_attribute(&v->shared_bytes, CU_FUNCTION_SHARED_BYTES, v->function)) == CU_SUCCESS &&
      (r = d->cu->function_attribute(&v->local_bytes, CU_FUNCTION_LOCAL_BYTES, v->function)) == CU_SUCCESS)
    r = d->cu->function_attribute(&v->used_registers, CU_FUNCTION_REGISTERS, v->function);
  if (r == CU_SUCCESS) return GPU_OK;
  d->cu->module_unload(v->module);
  v->module = NULL;
  return cuda_fail(d, r, message, message_bytes, "find a kernel in its module");
}

gpu_status cuda_variant_for(gpu_pipeline *p, uint32_t threads, const cuda_variant **out, char *message, size_t message_bytes) {
  gpu_device *d = p->device;
  uint32_t registers = registers_for(d, threads, p->spills);
  for (int i = 0; i < VARIANTS; i++) {
    cuda_variant *v = &p->variants[i];
    if (v->module && v->generation == d->generation && v->registers == registers) {
      *out = v;
      return GPU_OK;
    }
  }
  cuda_variant *v = &p->variants[p->next_variant++ % VARIANTS];
  if (v->module && v->generation == d->generation) d->cu->module_unload(v->module);
  *v = (cuda_variant){.registers = registers};
  *out = v;
  gpu_status status = load(p, v, message, message_bytes);
  if (status != GPU_OK || p->spills || v->local_bytes <= MOST_SPILLED_BYTES || registers_for(d, threads, true) == registers)
    return status;
  p->spills = true;
  return cuda_variant_for(p, threads, out, message, message_bytes);
}
