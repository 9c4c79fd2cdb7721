//go:build linux

/* The compiler where no Go runtime is in the process: `attest msl build`, run as a child. It is looked for in the
 * environment (ATTEST_MSL: a path), beside the library this code is in, and on PATH. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

extern char **environ;

#define MAX_ARGUMENTS 64
#define MAX_CONSTANTS 200

static const char *type_name(gpu_scalar t) {
  static const char *const names[] = {"bool", "char", "uchar", "short", "ushort", "int",
                                      "uint", "long", "ulong", "half",  "float",  "bfloat"};
  return (unsigned)t < sizeof names / sizeof names[0] ? names[t] : "?";
}

/* Everything the child writes, kept whole up to `bytes`. Closes fd. */
static void read_all(int fd, char *out, size_t bytes) {
  size_t used = 0;
  char rest[512];
  for (;;) {
    bool room = used + 1 < bytes;
    ssize_t n = read(fd, room ? out + used : rest, room ? bytes - 1 - used : sizeof rest);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    if (room) used += (size_t)n;
  }
  out[used] = 0;
  close(fd);
}

/* Returns the file open, which is how it stays held; -1 with errno where it could not be written. */
static int write_source(const char *source, char *path, size_t path_bytes) {
  int fd = host_scratch(path, path_bytes, ".metal");
  if (fd < 0) return -1;
  size_t left = strlen(source);
  while (left) {
    ssize_t n = write(fd, source, left);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      int error = n < 0 ? errno : ENOSPC;
      unlink(path);
      close(fd);
      errno = error;
      return -1;
    }
    source += n;
    left -= (size_t)n;
  }
  return fd;
}

/* Runs the command; its standard output goes to `said`, its standard error to `errors`, one line of each counts. */
static int run_command(char *const arguments[], char *said, size_t said_bytes, char *errors, size_t error_bytes) {
  char error_path[HOST_PATH_BYTES];
  int error_file = host_scratch(error_path, sizeof error_path, "");
  if (error_file < 0) return -1;
  unlink(error_path); /* who writes and reads it has it open */
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) {
    close(error_file);
    return -1;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, error_file, 2);
  pid_t child;
  int error = posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  read_all(out[0], said, said_bytes);
  int status = -1;
  if (error == 0)
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  lseek(error_file, 0, SEEK_SET);
  read_all(error_file, errors, error_bytes);
  errno = error;
  return error ? -1 : status;
}

/* The last line of what the command printed: PATH SECONDS CACHED, in tab-separated columns. */
static bool parse(char *said, host_module *out) {
  size_t end = strlen(said);
  while (end && said[end - 1] == '\n') said[--end] = 0;
  char *line = strrchr(said, '\n');
  line = line ? line + 1 : said;
  int cached = 0;
  char *tab = strchr(line, '\t');
  if (tab) {
    *tab = 0;
    if (sscanf(tab + 1, "%lf\t%d", &out->seconds, &cached) < 1) out->seconds = 0;
  }
  out->cached = cached != 0;
  if (!*line || strlen(line) >= sizeof out->path) return false;
  strcpy(out->path, line);
  return true;
}

gpu_status host_compile_by_command(void *context, const gpu_program *p, bool checked, host_engine engine, host_module *out, char *message,
                                   size_t message_bytes) {
  (void)context;
  if (p->constant_count > MAX_CONSTANTS)
    return gpu_refuse(message, message_bytes, GPU_INVALID, "%u function constants; at most %d", p->constant_count, MAX_CONSTANTS);
  char command[HOST_PATH_BYTES], source[HOST_PATH_BYTES], version[16];
  host_find_command(command, sizeof command);
  int text = write_source(p->source, source, sizeof source);
  if (text < 0)
    return gpu_refuse(message, message_bytes, GPU_COMPILE, "cannot write the kernel's text to %s: %s", source, strerror(errno));
  char(*constants)[160] = calloc(MAX_CONSTANTS, sizeof *constants);
  char **a = calloc(MAX_ARGUMENTS + 2 * MAX_CONSTANTS, sizeof *a);
  char *errors = calloc(1, 65536), *said = calloc(1, 8192);
  gpu_status status = GPU_NO_MEMORY;
  if (constants && a && errors && said) {
    int n = 0;
    a[n++] = command, a[n++] = "msl", a[n++] = "build", a[n++] = "--porcelain";
    a[n++] = "--function", a[n++] = (char *)p->function;
    a[n++] = "--name", a[n++] = (char *)(p->file ? p->file : "kernel.metal");
    a[n++] = "--math", a[n++] = p->math == GPU_MATH_FAST_FOLDED ? "fast-folded" : p->math == GPU_MATH_FAST ? "fast" : "safe";
    snprintf(version, sizeof version, "%u", p->language_version ? p->language_version : 310);
    a[n++] = "--language", a[n++] = version;
    if (checked) a[n++] = "--check";
    a[n++] = "--engine", a[n++] = engine == HOST_WIDE && !checked ? "wide" : "fibers";
    for (uint32_t i = 0; i < p->constant_count; i++) {
      const gpu_constant *c = &p->constants[i];
      if (c->name)
        snprintf(constants[i], sizeof constants[i], "%s:%s:%#llx", c->name, type_name(c->type), (unsigned long long)c->bits);
      else
        snprintf(constants[i], sizeof constants[i], "%u:%s:%#llx", c->index, type_name(c->type), (unsigned long long)c->bits);
      a[n++] = "--constant", a[n++] = constants[i];
    }
    a[n++] = source;
    int exit_status = run_command(a, said, 8192, errors, 65536);
    if (exit_status == -1)
      status = gpu_refuse(message, message_bytes, GPU_COMPILE, "cannot run the compiler `%s msl build`: %s; set ATTEST_MSL to "
                           "the path of attest", command, strerror(errno));
    else if (exit_status != 0)
      status = gpu_refuse(message, message_bytes, GPU_COMPILE, "%s", *errors ? errors : "the compiler ended without a word");
    else if (!parse(said, out))
      status = gpu_refuse(message, message_bytes, GPU_COMPILE, "the compiler `%s msl build` did not say what it made", command);
    else
      status = GPU_OK;
  } else {
    gpu_refuse(message, message_bytes, status, "no memory to run the compiler");
  }
  unlink(source);
  close(text);
  free(constants), free(a), free(errors), free(said);
  return status;
}
