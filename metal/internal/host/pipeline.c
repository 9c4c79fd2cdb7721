//go:build linux

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static const struct msl_entry *find_entry(const struct msl_module *m, const char *name) {
  for (unsigned i = 0; i < m->entry_count; i++)
    if (strcmp(m->entries[i].name, name) == 0) return &m->entries[i];
  return NULL;
}

static gpu_status no_entry(const struct msl_module *m, const char *name, char *message, size_t message_bytes) {
  char known[512] = "";
  for (unsigned i = 0; i < m->entry_count; i++) {
    if (strlen(known) + strlen(m->entries[i].name) + 3 > sizeof known) break;
    if (i) strcat(known, ", ");
    strcat(known, m->entries[i].name);
  }
  return gpu_refuse(message, message_bytes, GPU_COMPILE, "the text has no kernel %s; it has: %s", name, known);
}

static uint32_t least(uint32_t a, uint32_t b) { return b && b < a ? b : a; }

static uint32_t by_constants(msl_slots_function *slots) { return slots ? slots() : 0; }

static bool is_wide(struct loaded *module) { return host_module_of(module)->flags & MSL_MODULE_WIDE; }

static gpu_status make(gpu_device *d, const gpu_program *p, struct loaded *module, host_engine engine, gpu_pipeline **out,
                       char *message, size_t message_bytes) {
  const struct msl_module *m = host_module_of(module);
  const struct msl_entry *entry = find_entry(m, p->function);
  if (!entry) return no_entry(m, p->function, message, message_bytes);
  gpu_pipeline *pipeline = calloc(1, sizeof *pipeline);
  if (!pipeline) return gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory for a pipeline");
  pipeline->device = d;
  pipeline->module = module;
  pipeline->entry = entry;
  pipeline->wide = is_wide(module);
  if ((pipeline->wide || engine == HOST_AUTO) && !(pipeline->program = host_copy_program(p))) {
    free(pipeline);
    return gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory for a pipeline");
  }
  pipeline->buffers = entry->buffers | by_constants(entry->buffers_by_constants);
  pipeline->threadgroup_args = entry->threadgroup_args | by_constants(entry->threadgroup_args_by_constants);
  pipeline->max_threads = least(least(d->options.max_threads, p->max_threads), entry->max_threads);
  *out = pipeline;
  return GPU_OK;
}

/* A checked module may have a twin beside it (msl_abi.h): M.twin.so of M.so. */
static gpu_status load_twin(gpu_pipeline *pipeline, const char *path, char *message, size_t message_bytes) {
  char twin[sizeof ((host_module *)0)->path + 8];
  const char *dot = strrchr(path, '.');
  if (!dot) return GPU_OK;
  snprintf(twin, sizeof twin, "%.*s.twin%s", (int)(dot - path), path, dot);
  if (access(twin, R_OK) != 0) return GPU_OK;
  if (!(pipeline->twin = host_load(pipeline->device, twin, message, message_bytes))) return GPU_COMPILE;
  pipeline->twin_entry = find_entry(host_module_of(pipeline->twin), pipeline->entry->name);
  return pipeline->twin_entry ? GPU_OK
                              : gpu_refuse(message, message_bytes, GPU_COMPILE, "%s lacks kernel %s", twin, pipeline->entry->name);
}

/* One pipeline for an engine. A module for vectors may have a kernel that stays on fibers: that is compiled anew. */
static gpu_status compile_for(gpu_device *d, const gpu_program *p, host_engine engine, host_module *made, gpu_pipeline **out,
                              char *message, size_t message_bytes) {
  bool checked = d->options.check || d->options.order == HOST_LOCKSTEP;
  gpu_status status = d->options.compile(d->options.compile_context, p, checked, engine, made, message, message_bytes);
  struct loaded *module = NULL;
  if (status == GPU_OK && !(module = host_load(d, made->path, message, message_bytes))) status = GPU_COMPILE;
  if (status != GPU_OK) return status;
  if (is_wide(module)) {
    const struct msl_entry *entry = find_entry(host_module_of(module), p->function);
    if (engine == HOST_FIBERS || (entry && !entry->run)) {
      host_unload(d, module);
      if (engine != HOST_FIBERS) return compile_for(d, p, HOST_FIBERS, made, out, message, message_bytes);
      return gpu_refuse(message, message_bytes, GPU_COMPILE, "%s is a module of engine wide, and fibers were asked for", made->path);
    }
  }
  if ((status = make(d, p, module, engine, out, message, message_bytes)) != GPU_OK) host_unload(d, module);
  if (status == GPU_OK && d->options.check && (status = load_twin(*out, made->path, message, message_bytes)) != GPU_OK) {
    host_free_pipeline(d, *out);
    *out = NULL;
  }
  return status;
}

/* A wide pipeline's kernel on fibers. */
gpu_pipeline *host_fibers_of(gpu_pipeline *pipeline, char *message, size_t message_bytes) {
  gpu_device *d = pipeline->device;
  pthread_mutex_lock(&d->lock);
  gpu_pipeline *known = pipeline->fibers;
  pthread_mutex_unlock(&d->lock);
  if (known) return known;
  host_module *made = calloc(1, sizeof *made);
  gpu_pipeline *fibers = NULL;
  if (!made) gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory to compile");
  else compile_for(d, host_program(pipeline->program), HOST_FIBERS, made, &fibers, message, message_bytes);
  free(made);
  if (!fibers) return NULL;
  pthread_mutex_lock(&d->lock);
  known = pipeline->fibers;
  if (!known) pipeline->fibers = fibers;
  pthread_mutex_unlock(&d->lock);
  if (known) host_free_pipeline(d, fibers); /* another thread was faster */
  return known ? known : fibers;
}

gpu_status host_compile_pipeline(gpu_device *d, const gpu_program *program, gpu_pipeline **out, gpu_pipeline_info *info,
                                 char *message, size_t message_bytes) {
  if (!out) return gpu_refuse(message, message_bytes, GPU_INVALID, "out is NULL; a place for the pipeline is wanted");
  *out = NULL;
  if (host_is_forked()) return host_refuse_forked(message, message_bytes);
  if (!program || !program->source || !program->function || !*program->function)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "a program needs source and function");
  if (program->constant_count && !program->constants)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "constants is NULL but constant_count is %u", program->constant_count);
  if (program->max_threads > MAX_THREADS)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "max_threads is %u; a threadgroup has at most %u",
                       program->max_threads, MAX_THREADS);
  gpu_program p = *program;
  if (d->options.math == HOST_MATH_SAFE) p.math = GPU_MATH_SAFE;
  if (d->options.math == HOST_MATH_FAST) p.math = GPU_MATH_FAST;
  if (d->options.math == HOST_MATH_FAST_FOLDED || (d->options.folded && p.math == GPU_MATH_FAST)) p.math = GPU_MATH_FAST_FOLDED;

  double start = gpu_now();
  host_module *made = calloc(1, sizeof *made);
  if (!made) return gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no memory to compile");
  host_engine engine = d->options.engine == HOST_AUTO && p.math != GPU_MATH_SAFE ? HOST_FIBERS : d->options.engine;
  gpu_status status = compile_for(d, &p, engine, made, out, message, message_bytes);
  if (status == GPU_OK && info) {
    memset(info, 0, sizeof *info);
    info->max_threads = (*out)->max_threads;
    info->simd_width = MSL_SIMD_WIDTH;
    info->compile_seconds = gpu_now() - start;
    info->cached = made->cached;
  }
  free(made);
  return status;
}

void host_free_pipeline(gpu_device *d, gpu_pipeline *pipeline) {
  if (!pipeline || host_is_forked()) return;
  uint64_t ran = atomic_load(&pipeline->nanoseconds);
  if (ran && d->options.spent) d->options.spent(d->options.compile_context, host_program(pipeline->program), (double)ran * 1e-9);
  if (pipeline->twin) host_unload(d, pipeline->twin);
  if (pipeline->fibers) host_free_pipeline(d, pipeline->fibers);
  host_free_program(pipeline->program);
  host_unload(d, pipeline->module);
  free(pipeline);
}
