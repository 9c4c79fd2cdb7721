//go:build linux

/* What the checkers found, kept with the device until it is taken: each pair of places once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define MAX_REPORTS 256u

struct reports {
  host_report list[MAX_REPORTS];
  size_t count;
};

static bool same_place(const host_access *a, const host_access *b) {
  return a->site == b->site && a->line == b->line && a->write == b->write;
}

void host_report_add(struct check *c, const host_report *r) {
  if (c->rerun) return; /* what a second run does was reported in the first */
  gpu_device *d = c->job->pipeline->device;
  pthread_mutex_lock(&d->lock);
  if (!d->reports) d->reports = calloc(1, sizeof *d->reports);
  struct reports *all = d->reports;
  size_t i = 0;
  for (; all && i < all->count; i++) {
    host_report *known = &all->list[i];
    if (known->kind != r->kind || !same_place(&known->access, &r->access) || strcmp(known->object, r->object) != 0 ||
        strcmp(known->kernel, r->kernel) != 0 || (r->has_other && !same_place(&known->other, &r->other)))
      continue;
    known->count++;
    break;
  }
  if (all && i == all->count && all->count < MAX_REPORTS) {
    all->list[all->count] = *r;
    all->list[all->count++].count = 1;
  }
  pthread_mutex_unlock(&d->lock);
}

size_t host_take_reports(gpu_device *d, host_report *out, size_t max) {
  size_t n = 0;
  pthread_mutex_lock(&d->lock);
  if (d->reports) {
    n = d->reports->count < max ? d->reports->count : max;
    memcpy(out, d->reports->list, n * sizeof *out);
    d->reports->count -= n;
    memmove(d->reports->list, d->reports->list + n, d->reports->count * sizeof *out);
  }
  pthread_mutex_unlock(&d->lock);
  return n;
}

size_t host_report_count(gpu_device *d) {
  pthread_mutex_lock(&d->lock);
  size_t n = d->reports ? d->reports->count : 0;
  pthread_mutex_unlock(&d->lock);
  return n;
}

/* Takes back reports of a kind and kernel, from the given one on. */
void host_report_withdraw(gpu_device *d, size_t from, host_report_kind kind, const char *kernel) {
  pthread_mutex_lock(&d->lock);
  size_t kept = from;
  for (size_t i = from; d->reports && i < d->reports->count; i++) {
    const host_report *r = &d->reports->list[i];
    if (r->kind != kind || strncmp(r->kernel, kernel, sizeof r->kernel - 1) != 0) d->reports->list[kept++] = *r;
  }
  if (d->reports && d->reports->count > kept) d->reports->count = kept;
  pthread_mutex_unlock(&d->lock);
}

void host_drop_reports(gpu_device *d) {
  free(d->reports);
  d->reports = NULL;
}

host_access host_access_of(struct check *c, struct stamp s) {
  const struct job *job = c->job;
  host_access a;
  memset(&a, 0, sizeof a);
  uint64_t index = s.group ? s.group - 1 : 0;
  uint64_t at[3] = {index % job->groups[0], index / job->groups[0] % job->groups[1], index / job->groups[0] / job->groups[1]};
  uint32_t size[3];
  for (int i = 0; i < 3; i++) {
    uint64_t left = job->grid[i] - at[i] * job->dispatch->threadgroup[i];
    size[i] = left < job->dispatch->threadgroup[i] ? (uint32_t)left : job->dispatch->threadgroup[i];
    a.threadgroup[i] = (uint32_t)at[i];
  }
  a.thread[0] = s.thread % size[0];
  a.thread[1] = s.thread / size[0] % size[1];
  a.thread[2] = s.thread / size[0] / size[1];
  a.simdgroup = s.thread / MSL_SIMD_WIDTH;
  a.lane = s.thread % MSL_SIMD_WIDTH;
  a.site = s.site;
  a.atomic = s.atomic;
  return a;
}

void host_report_begin(struct check *c, host_report *r, host_report_kind kind, struct stamp s) {
  memset(r, 0, sizeof *r);
  r->kind = kind;
  snprintf(r->kernel, sizeof r->kernel, "%s", c->job->pipeline->entry->name);
  snprintf(r->module, sizeof r->module, "%s", host_module_path(c->job->pipeline->module));
  r->access = host_access_of(c, s);
}

void host_report_seen(struct check *c, host_report_kind kind, const struct seen *seen, const struct stamp *other,
                      bool other_wrote) {
  host_report r;
  host_report_begin(c, &r, kind, seen->stamp);
  r.access.write = seen->write;
  r.access.line = seen->line;
  r.bytes = seen->bytes;
  host_check_name(c, seen->address, &r);
  if (other) {
    r.has_other = true;
    r.other = host_access_of(c, *other);
    r.other.write = other_wrote;
    r.one_simdgroup = other->group == seen->stamp.group &&
                      other->thread / MSL_SIMD_WIDTH == seen->stamp.thread / MSL_SIMD_WIDTH &&
                      host_check_path_order(c, seen->stamp.path, other->path, &r.order);
  }
  host_report_add(c, &r);
}
