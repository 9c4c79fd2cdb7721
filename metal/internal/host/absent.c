//go:build !linux

/* The host device where there is none: it is written for Linux (ELF modules, its signals and thread calls). Package
 * host builds everywhere, and fails with a reason where it cannot run. */
#if !defined(__linux__) // for builds that do not know the line above
#include <stdio.h>
#include <string.h>

#include "host.h"

gpu_status host_device_create(const host_options *options, gpu_api *out, char *message, size_t message_bytes) {
  (void)options;
  if (out) memset(out, 0, sizeof *out);
  if (message && message_bytes) snprintf(message, message_bytes, "the host device runs on Linux, not on this system");
  return GPU_UNSUPPORTED;
}

void host_device_destroy(gpu_device *device) { (void)device; }

size_t host_take_reports(gpu_device *device, host_report *out, size_t max) {
  (void)device, (void)out, (void)max;
  return 0;
}

bool host_take_message(gpu_device *device, char *line, size_t line_bytes) {
  (void)device, (void)line, (void)line_bytes;
  return false;
}
#endif
