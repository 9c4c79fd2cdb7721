/* What makes the library whole outside of Go: its kernel text, and the host device for a process that sets none. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../../internal/host/host.h"
#include "../internal.h"

extern const char mfa_kernel_text[]; /* attention.metal, made by lib.mk */

static const gpu_api *host(char *message, size_t message_bytes) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static gpu_api api;
  static bool made;
  pthread_mutex_lock(&lock);
  if (!made) made = host_device_create(NULL, &api, message, message_bytes) == GPU_OK;
  pthread_mutex_unlock(&lock);
  return made ? &api : NULL;
}

static const gpu_api *find(const char *name, char *message, size_t message_bytes) {
  if (strcmp(name, "host") == 0) return host(message, message_bytes);
  snprintf(message, message_bytes, "not in this library, expected ATTEST_DEVICE=host");
  return NULL;
}

__attribute__((constructor)) static void install(void) {
  mfa_set_kernel_source(mfa_kernel_text);
  mfa_set_device_finder(find);
}
