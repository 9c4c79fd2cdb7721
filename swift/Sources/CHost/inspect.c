#define _GNU_SOURCE
#include "internal.h"
#include "standin.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* An unlinked temporary file, so that nothing is left whatever happens; -1 where there is no room. */
static int scratch(void) {
  char name[HOST_PATH_BYTES];
  int fd = host_scratch(name, sizeof name, "");
  if (fd >= 0) unlink(name);
  return fd;
}

/* The whole file, NUL-terminated. Closes fd. */
static char *contents(int fd) {
  off_t bytes = lseek(fd, 0, SEEK_END);
  char *text = calloc(1, (size_t)(bytes < 0 ? 0 : bytes) + 1);
  for (off_t at = 0; text && at < bytes;) {
    ssize_t n = pread(fd, text + at, (size_t)(bytes - at), at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    at += n;
  }
  close(fd);
  return text;
}

static bool write_all(int fd, const char *text) {
  for (size_t left = strlen(text); left;) {
    ssize_t n = write(fd, text, left);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text += n, left -= (size_t)n;
  }
  return true;
}

static int spawn(char *const arguments[], int out, int errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, errors, 2);
  pid_t child;
  int error = posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error) {
    errno = error;
    return -1;
  }
  int status = -1;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return status;
}

static gpu_status fail(char **said, const char *what, const char *command) {
  if (asprintf(said, "%s `%s msl inspect`: %s; set ATTEST_MSL to the path of attest", what, command, strerror(errno)) < 0)
    *said = NULL;
  return GPU_COMPILE;
}

gpu_status standin_inspect(const char *source, const char *file, gpu_math math, uint32_t language_version, char **said) {
  char command[HOST_PATH_BYTES], version[16], path[HOST_PATH_BYTES];
  *said = NULL;
  host_find_command(command, sizeof command);
  int text = host_scratch(path, sizeof path, ".metal");
  if (text < 0) return fail(said, "no temporary file for", command);
  bool written = write_all(text, source); /* and stays open, which is how it stays held */
  snprintf(version, sizeof version, "%u", language_version);
  char *arguments[] = {command,  "msl",      "inspect",   "--name", (char *)file, "--math", math == GPU_MATH_FAST ? "fast" : "safe",
                       "--language", version, path, NULL};
  int out = scratch(), errors = scratch(), status = -1;
  if (written && out >= 0 && errors >= 0) status = spawn(arguments, out, errors);
  int error = errno;
  unlink(path);
  close(text);
  char *printed = out >= 0 ? contents(out) : NULL, *complaint = errors >= 0 ? contents(errors) : NULL;
  errno = error;
  if (status == -1) {
    free(printed), free(complaint);
    return fail(said, "cannot run the compiler", command);
  }
  bool good = status == 0;
  *said = good ? printed : complaint;
  free(good ? complaint : printed);
  return good ? GPU_OK : GPU_COMPILE;
}
