/* How a device written in C refuses a call. */
#ifndef ATTEST_GPU_REFUSAL_H
#define ATTEST_GPU_REFUSAL_H

#include <stdarg.h>
#include <stdio.h>

#include "device.h"

/* Writes the reason, cut to fit, and returns the status. */
__attribute__((format(printf, 4, 5), unused)) static gpu_status gpu_refuse(char *message, size_t message_bytes, gpu_status status,
                                                                          const char *format, ...) {
  if (message && message_bytes) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, message_bytes, format, arguments);
    va_end(arguments);
  }
  return status;
}

#endif
