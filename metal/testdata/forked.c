/* Uses the library, then forks: each child tries something and prints the status and the words. No child may hang. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mfa.h"

static float tensor[4][4 * 64 * 32];

static int32_t attend(mfa_context_t context) {
  mfa_buffer_t b[4];
  for (int i = 0; i < 4; i++) {
    int32_t status = mfa_buffer_from_ptr(context, tensor[i], sizeof tensor[i], &b[i]);
    if (status) return status;
  }
  int32_t status = mfa_attention_forward(context, b[0], b[1], b[2], b[3], 1, 64, 64, 4, 32, 0.2f, false, 2, 2, 2, false, false,
                                         false, false, NULL, 0, NULL, NULL, 0, 0, 0);
  for (int i = 0; i < 4; i++) mfa_destroy_buffer(b[i]);
  return status;
}

static void child(const char *what, mfa_context_t context) {
  pid_t pid = fork();
  if (pid == 0) {
    alarm(30);
    int32_t status = -1;
    if (!strcmp(what, "attend")) status = attend(context);
    if (!strcmp(what, "create")) status = mfa_create_context(&context);
    if (!strcmp(what, "destroy")) mfa_destroy_context(context), status = 5;
    if (!strcmp(what, "supported")) status = mfa_is_device_supported() ? 0 : 5;
    printf("%s: %d %s\n", what, status, mfa_last_error());
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) printf("%s: ended by signal %d\n", what, WTERMSIG(status));
  fflush(stdout);
}

int main(void) {
  mfa_context_t context;
  if (mfa_create_context(&context)) return puts(mfa_last_error()), 2;
  printf("parent: %d\n", attend(context));
  fflush(stdout);
  child("attend", context);
  child("create", context);
  child("destroy", context);
  child("supported", context);
  printf("parent again: %d\n", attend(context));
  return 0;
}
