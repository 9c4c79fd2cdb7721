//go:build linux && cgo && !msan && !asan

/* A library may bring a handler of its own for a bad access: a language's runtime, a crash reporter. It may end the
 * process in its own words, or swallow the signal. Then nobody else learns which address it was.
 *
 * So a front handler stands before all others and notes the address. It hands every signal on, to whichever handler
 * would have got it. To stay first it answers for sigaction and signal itself: a program's own functions go before
 * those of the C library in everything that is loaded later. Until faults_watch is called these pass every call on. */
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef int action_function(int, const struct sigaction *, struct sigaction *);

static fault_note *note;
static atomic_bool watching;
static struct {
  _Atomic uintptr_t base;
  _Atomic size_t bytes;
} regions[WATCHED_REGIONS];
static struct sigaction next_segv, next_bus; /* who would have got the signal */

static int c_library(int signal, const struct sigaction *action, struct sigaction *old) {
  static _Atomic(action_function *) found;
  action_function *f = atomic_load(&found);
  if (!f) {
    *(void **)&f = dlsym(RTLD_NEXT, "sigaction");
    if (!f) {
      errno = ENOSYS;
      return -1;
    }
    atomic_store(&found, f);
  }
  return f(signal, action, old);
}

static struct sigaction *next_of(int signal) {
  return signal == SIGSEGV ? &next_segv : signal == SIGBUS ? &next_bus : NULL;
}

static bool watched(uintptr_t address) {
  for (int i = 0; i < WATCHED_REGIONS; i++) {
    uintptr_t base = atomic_load(&regions[i].base);
    if (address - base < atomic_load(&regions[i].bytes)) return true;
  }
  return false;
}

/* Lets the signal do what it does without a handler: an access does it again on return, another's signal is sent again. */
static void as_usual(int signal, bool sent) {
  struct sigaction usual;
  memset(&usual, 0, sizeof usual);
  usual.sa_handler = SIG_DFL;
  c_library(signal, &usual, NULL);
  if (sent) raise(signal);
}

static void front(int signal, siginfo_t *info, void *context) {
  bool sent = info->si_code <= 0;
  if (!sent && watched((uintptr_t)info->si_addr) && note->count++ == 0) {
    note->address = (uintptr_t)info->si_addr;
    note->signal = (uint64_t)signal;
  }
  struct sigaction *next = next_of(signal), to = *next;
  if (to.sa_flags & SA_RESETHAND) {
    memset(next, 0, sizeof *next);
    next->sa_handler = SIG_DFL;
  }
  if (to.sa_flags & SA_SIGINFO)
    to.sa_sigaction(signal, info, context);
  else if (to.sa_handler == SIG_DFL || to.sa_handler == SIG_IGN)
    as_usual(signal, sent); /* an access cannot be ignored either */
  else
    to.sa_handler(signal);
}

/* The front, as the next one wants to be called: its mask and what else it asked for. Go's own stacks are too small for
 * a handler, so it always runs on the signal stack. */
static int put_first(int signal) {
  struct sigaction first = *next_of(signal);
  first.sa_sigaction = front;
  first.sa_flags = (first.sa_flags & ~SA_RESETHAND) | SA_SIGINFO | SA_ONSTACK;
  return c_library(signal, &first, NULL);
}

void faults_watch(fault_note *to) {
  note = to;
  faults_rearm();
  atomic_store(&watching, true);
}

void faults_region(int slot, uintptr_t base, size_t bytes) {
  atomic_store(&regions[slot].bytes, 0);
  atomic_store(&regions[slot].base, base);
  atomic_store(&regions[slot].bytes, bytes);
}

void faults_rearm(void) {
  if (!note) return;
  static const int signals[] = {SIGSEGV, SIGBUS};
  for (int i = 0; i < 2; i++) {
    struct sigaction now;
    if (c_library(signals[i], NULL, &now) || (now.sa_flags & SA_SIGINFO && now.sa_sigaction == front)) continue;
    *next_of(signals[i]) = now;
    put_first(signals[i]);
  }
}

#define PUBLIC __attribute__((visibility("default"), used))

PUBLIC int sigaction(int signal, const struct sigaction *restrict action, struct sigaction *restrict old) {
  if (!atomic_load(&watching) || !next_of(signal)) return c_library(signal, action, old);
  struct sigaction before = *next_of(signal);
  if (action) {
    *next_of(signal) = *action;
    if (put_first(signal)) return -1;
  }
  if (old) *old = before;
  return 0;
}

static void (*simple(int signal, void (*handler)(int), int flags))(int) {
  struct sigaction action, old;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  if (!(flags & SA_NODEFER)) sigaddset(&action.sa_mask, signal);
  return sigaction(signal, &action, &old) ? SIG_ERR : old.sa_handler;
}

/* The two meanings of signal: that of BSD, and of System V where a program asks for the bare C standard. */
PUBLIC void (*signal(int number, void (*handler)(int)))(int) { return simple(number, handler, SA_RESTART); }
PUBLIC void (*bsd_signal(int number, void (*handler)(int)))(int) { return simple(number, handler, SA_RESTART); }
PUBLIC void (*__sysv_signal(int number, void (*handler)(int)))(int) {
  return simple(number, handler, (int)SA_RESETHAND | SA_NODEFER);
}
PUBLIC void (*sysv_signal(int number, void (*handler)(int)))(int) {
  return simple(number, handler, (int)SA_RESETHAND | SA_NODEFER);
}

/* To a pipe the C library prints by whole blocks, and the last one is lost with the process. */
void print_by_lines(void) { setvbuf(stdout, NULL, _IOLBF, 0); }
