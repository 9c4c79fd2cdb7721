//go:build linux

/* A copy of a program, for a pipeline that may have to be compiled another way later. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct program {
  gpu_program program; /* its pointers lead into memory of this copy */
};

const gpu_program *host_program(const struct program *p) { return &p->program; }

struct program *host_copy_program(const gpu_program *from) {
  struct program *p = calloc(1, sizeof *p);
  gpu_constant *constants = calloc(from->constant_count + 1, sizeof *constants);
  if (!p || !constants) {
    free(p), free(constants);
    return NULL;
  }
  p->program = *from;
  p->program.constants = constants;
  p->program.source = strdup(from->source);
  p->program.function = strdup(from->function);
  p->program.file = from->file ? strdup(from->file) : NULL;
  bool whole = p->program.source && p->program.function && (p->program.file || !from->file);
  for (uint32_t i = 0; i < from->constant_count; i++) {
    constants[i] = from->constants[i];
    if (from->constants[i].name) whole &= (constants[i].name = strdup(from->constants[i].name)) != NULL;
  }
  if (whole) return p;
  host_free_program(p);
  return NULL;
}

void host_free_program(struct program *p) {
  if (!p) return;
  for (uint32_t i = 0; i < p->program.constant_count; i++) free((char *)p->program.constants[i].name);
  free((void *)p->program.constants);
  free((char *)p->program.source), free((char *)p->program.function), free((char *)p->program.file);
  free(p);
}
