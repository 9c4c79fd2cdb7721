//go:build linux

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "driver.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static cuda_driver driver;
static enum { UNTRIED, OPENED, FAILED } state;
static char reason[512];

static bool find(void *library, const char *file) {
  static const struct {
    size_t at;
    const char *symbol;
  } calls[] = {
#define X(name, arguments, symbol) {offsetof(cuda_driver, name), symbol},
      CUDA_CALLS(X)
#undef X
  };
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    void *found = dlsym(library, calls[i].symbol);
    if (!found) {
      snprintf(reason, sizeof reason, "%s has no %s: it is older than this program expects", file, calls[i].symbol);
      return false;
    }
    memcpy((char *)&driver + calls[i].at, &found, sizeof found);
  }
  return true;
}

static bool open_driver(const char *file) {
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *cause = dlerror();
    snprintf(reason, sizeof reason, "no driver of an NVIDIA GPU: %s", cause ? cause : file);
    return false;
  }
  char words[256];
  cu_result result;
  if (!find(library, file)) return false;
  if ((result = driver.init(0)) != CU_SUCCESS) {
    snprintf(reason, sizeof reason, "the driver of NVIDIA GPUs does not start: %s", cuda_error_words(&driver, result, words, sizeof words));
    return false;
  }
  return true;
}

const cuda_driver *cuda_open_driver(const char *library, char *message, size_t message_bytes) {
  pthread_mutex_lock(&lock);
  if (state == UNTRIED) state = open_driver(library && *library ? library : "libcuda.so.1") ? OPENED : FAILED;
  bool opened = state == OPENED;
  pthread_mutex_unlock(&lock);
  if (!opened && message && message_bytes) snprintf(message, message_bytes, "%s", reason);
  return opened ? &driver : NULL;
}

const char *cuda_error_words(const cuda_driver *d, cu_result result, char *text, size_t bytes) {
  const char *name = NULL, *words = NULL;
  if (d->error_name(result, &name) != CU_SUCCESS || !name) name = "an unknown error";
  if (d->error_words(result, &words) != CU_SUCCESS || !words) words = "no description";
  snprintf(text, bytes, "%s (%d): %s", name, result, words);
  return text;
}
