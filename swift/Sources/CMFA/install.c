/* What makes the C library whole here: its kernel text, and the device that is written in Swift. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mfa/internal.h"

extern const char mfa_kernel_text[];

/* The Swift side: Sources/MFAFFI/Export.swift. NULL with a reason where this machine has no Metal device. */
extern const gpu_api *mfa_swift_device(char *message, size_t message_bytes);

static const gpu_api *find(const char *name, char *message, size_t message_bytes) {
  const char *asked = getenv("ATTEST_DEVICE"); /* name is a default where nobody asked */
  if (asked && *asked && strcmp(asked, "metal") != 0) {
    snprintf(message, message_bytes, "%s is not in this library, expected ATTEST_DEVICE=metal", name);
    return NULL;
  }
  return mfa_swift_device(message, message_bytes);
}

__attribute__((constructor)) static void install(void) {
  mfa_set_kernel_source(mfa_kernel_text);
  mfa_set_device_finder(find);
}
