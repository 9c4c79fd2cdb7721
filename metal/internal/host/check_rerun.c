//go:build linux

/* Whether results depend on memory that nothing has written: the dispatch runs a second time with something else in it, on
 * fresh copies of the buffers, and its results are compared. One worker in one order makes everything else the same, so a
 * difference comes from there, and a read that makes none is no mistake. */
#include <stdio.h>
#include <string.h>

#include "check.h"

/* Reports each place that wrote bytes which differ, of those from `at` to `end`. */
static void report_differences(struct check *first, const struct region *a, const struct region *b, uint64_t at, uint64_t end) {
  for (; at < end; at++) {
    if (a->copy[at] == b->copy[at]) continue;
    host_report r;
    host_report_begin(first, &r, HOST_UNINITIALIZED_PRIVATE, a->cells[at / CELL_BYTES].writer);
    r.access.write = true;
    r.bytes = 1;
    host_check_name(first, (uintptr_t)a->copy + at, &r);
    host_report_add(first, &r);
    at |= CELL_BYTES - 1;
  }
}

/* Whether the two runs left different bytes. */
static bool differ(struct check *first, struct check *second, bool report) {
  bool any = false;
  for (uint32_t i = 0; i < first->region_count; i++) {
    struct region *a = &first->regions[i], *b = &second->regions[i];
    uint64_t page = 0, at, end;
    while (host_check_next_page(b, &page, &at, &end)) host_check_fetch(a, at, end - at);
    for (page = 0; host_check_next_page(a, &page, &at, &end);) {
      host_check_fetch(b, at, end - at);
      if (at < a->first) at = a->first < end ? a->first : end;
      any = any || memcmp(a->copy + at, b->copy + at, end - at);
      if (report) report_differences(first, a, b, at, end);
    }
  }
  return any;
}

/* *differs stays as it is where the second run does not come to its end. */
static gpu_status run_again(struct job *first, const struct job *plan, gpu_pipeline *pipeline, bool other_fill,
                            double deadline, bool report, bool *differs) {
  struct job second = *plan;
  char message[256];
  second.pipeline = pipeline;
  gpu_status status = host_check_begin(&second, message, sizeof message);
  if (status != GPU_OK) return status;
  second.check->rerun = true;
  second.check->other_fill = other_fill;
  status = host_run_job(pipeline->device, &second, deadline, message, sizeof message);
  if (status == GPU_OK) *differs = differ(first->check, second.check, report);
  host_check_end(&second);
  return status;
}

gpu_status host_check_rerun(struct job *first, const struct job *plan, double deadline, size_t reports_before) {
  gpu_status status = GPU_OK;
  gpu_pipeline pipeline = *plan->pipeline;
  if (first->check->read_unwritten) {
    bool differs = true;
    status = run_again(first, plan, &pipeline, true, deadline, false, &differs);
    if (!differs) host_report_withdraw(pipeline.device, reports_before, HOST_UNINITIALIZED, pipeline.entry->name);
  }
  if (pipeline.twin && status == GPU_OK) {
    pipeline.module = pipeline.twin;
    pipeline.entry = pipeline.twin_entry;
    bool differs;
    status = run_again(first, plan, &pipeline, false, deadline, true, &differs);
  }
  return status;
}
