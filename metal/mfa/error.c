#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static _Thread_local char last_error[1024];

int32_t mfa_fail(int32_t code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error, sizeof last_error, format, arguments);
  va_end(arguments);
  return code;
}

const char *mfa_last_error(void) { return last_error; }

static const char *describe(int32_t error) {
  switch (error) {
    case MFA_SUCCESS: return "success";
    case MFA_ERROR_INVALID_ARGS: return "invalid arguments";
    case MFA_ERROR_MEMORY_ALLOCATION: return "memory allocation failed";
    case MFA_ERROR_DEVICE_NOT_SUPPORTED: return "device not supported";
    case MFA_ERROR_KERNEL_COMPILATION: return "kernel compilation failed";
    case MFA_ERROR_EXECUTION_FAILED: return "execution failed";
    default: return "unknown error";
  }
}

char *mfa_error_string(int32_t error) { return strdup(describe(error)); }
