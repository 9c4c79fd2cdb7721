//go:build linux

/* What running the attest command takes: where it is, and files to give it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
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

/* Holds the file for as long as fd is open: what nobody holds the next process that makes such things removes (package
 * metal/scratch). false: somebody did so just now, before it was held. Where there are no locks nobody removes anything. */
static bool hold(int fd, const char *path) {
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  struct stat mine, there;
  return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

int host_scratch(char *path, size_t bytes, const char *suffix) {
  const char *folder = getenv("TMPDIR");
  if (!folder || !*folder) folder = P_tmpdir;
  for (int tries = 0; tries < 100; tries++) {
    int length = snprintf(path, bytes, "%s/attest-scratch-msl-XXXXXX%s", folder, suffix);
    if (length < 0 || (size_t)length >= bytes) {
      errno = ENAMETOOLONG;
      return -1;
    }
    int fd = mkostemps(path, (int)strlen(suffix), O_CLOEXEC);
    if (fd < 0 || hold(fd, path)) return fd;
    close(fd);
  }
  errno = EBUSY;
  return -1;
}
