//go:build linux

/* What running the attest command takes: where it is, and files to give it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

void host_find_command(char *out, size_t bytes) {
  const char *set = getenv("ATTEST_MSL");
  if (set && *set) {
    snprintf(out, bytes, "%s", set);
    return;
  }
  Dl_info here;
  if (dladdr((void *)host_find_command, &here) && here.dli_fname) {
    const char *slash = strrchr(here.dli_fname, '/');
    if (slash) {
      snprintf(out, bytes, "%.*s/attest", (int)(slash - here.dli_fname), here.dli_fname);
      if (access(out, X_OK) == 0) return;
    }
  }
  snprintf(out, bytes, "attest");
}

int host_scratch(char *path, size_t bytes, const char *suffix) {
  const char *folder = getenv("TMPDIR");
  if (!folder || !*folder) folder = P_tmpdir;
  int length = snprintf(path, bytes, "%s/attest-msl-XXXXXX%s", folder, suffix);
  if (length < 0 || (size_t)length >= bytes) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return mkostemps(path, (int)strlen(suffix), O_CLOEXEC);
}
