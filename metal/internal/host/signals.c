//go:build linux

/* Taking a thread off its lanes: when a deadline has passed, and when the processor refuses an access.
 *
 * Lanes run only on the device's own threads, which block every other signal. The handler changes where its thread
 * goes on: on the worker's own stack, as if the threadgroup had ended. That is safe because a lane holds no lock and
 * no memory: it is kernel code, the math library, and the few functions of table.c, which mark what must not be cut
 * short with worker.critical. A fault elsewhere in the process goes to whoever handled it before (Go's runtime). */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "check.h"

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
#define FAULTS (sizeof faults / sizeof faults[0])
static struct sigaction before[FAULTS];
static pthread_once_t installed = PTHREAD_ONCE_INIT;

static int interrupt_signal(void) { return SIGRTMAX - 3; }

#if defined(__x86_64__)
static uintptr_t stack_of(const ucontext_t *c) { return (uintptr_t)c->uc_mcontext.gregs[REG_RSP]; }
static uintptr_t pc_of(const ucontext_t *c) { return (uintptr_t)c->uc_mcontext.gregs[REG_RIP]; }
static void go_on_at(ucontext_t *c, void *stack, uint64_t value) {
  c->uc_mcontext.gregs[REG_RDI] = (greg_t)(uintptr_t)stack;
  c->uc_mcontext.gregs[REG_RSI] = (greg_t)value;
  c->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)host_resume;
}
#elif defined(__aarch64__) && defined(__linux__)
static uintptr_t stack_of(const ucontext_t *c) { return (uintptr_t)c->uc_mcontext.sp; }
static uintptr_t pc_of(const ucontext_t *c) { return (uintptr_t)c->uc_mcontext.pc; }
static void go_on_at(ucontext_t *c, void *stack, uint64_t value) {
  c->uc_mcontext.regs[0] = (uintptr_t)stack;
  c->uc_mcontext.regs[1] = value;
  c->uc_mcontext.pc = (uintptr_t)host_resume;
}
#else
#error "the SIMT runtime's signal handling knows Linux on x86-64 and arm64"
#endif

static bool on_own_lanes(const struct worker *w) {
  return w && atomic_load(&w->in_lanes) && pthread_equal(w->thread, pthread_self());
}

static void interrupted(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)info;
  ucontext_t *c = context;
  struct worker *w = host_worker_of_stack(stack_of(c));
  if (!on_own_lanes(w) || atomic_load(&w->critical)) return;
  struct job *job = atomic_load(&w->job);
  if (!job || !atomic_load(&job->cancelled)) return;
  atomic_store(&w->in_lanes, 0);
  go_on_at(c, w->group->host_stack, RUN_INTERRUPTED);
}

static void faulted(int number, siginfo_t *info, void *context) {
  ucontext_t *c = context;
  struct worker *w = host_worker_of_stack(stack_of(c));
  if (on_own_lanes(w)) {
    w->fault_signal = number;
    w->fault_code = info->si_code;
    w->fault_address = (uintptr_t)info->si_addr;
    w->fault_pc = pc_of(c);
    w->fault_stack = stack_of(c);
    atomic_store(&w->in_lanes, 0);
    go_on_at(c, w->group->host_stack, RUN_FAULT);
    return;
  }
  for (size_t i = 0; i < FAULTS; i++) {
    if (faults[i] != number) continue;
    if (before[i].sa_flags & SA_SIGINFO) {
      before[i].sa_sigaction(number, info, context);
    } else if (before[i].sa_handler == SIG_IGN || before[i].sa_handler == SIG_DFL) {
      sigaction(number, &before[i], NULL); /* the access is tried again and does what it did before us */
    } else {
      before[i].sa_handler(number);
    }
    return;
  }
}

static void set(int number, void (*handler)(int, siginfo_t *, void *), struct sigaction *old) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  sigaction(number, &action, old);
}

static void install(void) {
  set(interrupt_signal(), interrupted, NULL);
  for (size_t i = 0; i < FAULTS; i++) set(faults[i], faulted, &before[i]);
}

void host_install_signals(void) { pthread_once(&installed, install); }

/* A handler that came after ours (os/signal) would swallow the signal: look each time. */
void host_interrupt(struct worker *w) {
  struct sigaction now;
  if (sigaction(interrupt_signal(), NULL, &now) == 0 && now.sa_sigaction != interrupted)
    set(interrupt_signal(), interrupted, NULL);
  pthread_kill(w->thread, interrupt_signal());
}

bool host_signal_stack(void) {
  stack_t stack;
  memset(&stack, 0, sizeof stack);
  stack.ss_size = 256 * 1024; /* Go's handler, which a fault may be handed to, wants room */
  stack.ss_sp = mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return stack.ss_sp != MAP_FAILED && sigaltstack(&stack, NULL) == 0;
}

void host_release_signal_stack(void) {
  stack_t off = {.ss_flags = SS_DISABLE}, old;
  if (sigaltstack(&off, &old) == 0 && old.ss_sp) munmap(old.ss_sp, old.ss_size);
}

void host_block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, interrupt_signal());
  for (size_t i = 0; i < FAULTS; i++) sigdelset(&all, faults[i]);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
}

/* Says the fault, the address where the processor tells one. */
static void fault_in_words(const struct worker *w, char *out, size_t bytes) {
  unsigned long address = (unsigned long)w->fault_address;
  switch (w->fault_signal) {
  case SIGFPE: /* the processor has one trap for both */
    snprintf(out, bytes, "integer division by zero, or of the least integer by -1");
    return;
  case SIGILL:
    snprintf(out, bytes, "illegal instruction (an unreachable place was reached)");
    return;
  case SIGBUS:
    if (w->fault_code == BUS_ADRALN) snprintf(out, bytes, "misaligned access (address %#lx)", address);
    else snprintf(out, bytes, "access to memory that does not exist (address %#lx)", address);
    return;
  }
  if (w->fault_code == SI_KERNEL) /* on x86-64 such a fault comes without an address */
    snprintf(out, bytes, "misaligned access (a vector lies at a multiple of its alignment, a float4 of 16), or access to "
             "memory that does not exist");
  else
    snprintf(out, bytes, "access to memory that does not exist (address %#lx)", address);
}

/* Which slots are null pointers, for one of them is the likely cause; nothing where none is. */
static void null_slots_in_words(const gpu_dispatch *d, char *out, size_t bytes) {
  size_t used = 0;
  out[0] = 0;
  for (uint32_t i = 0; i < d->binding_count && used + 16 < bytes; i++)
    if (d->bindings[i].kind == GPU_BIND_NULL)
      used += (size_t)snprintf(out + used, bytes - used, "%s %u", used ? " and" : "; nothing is bound to buffer",
                               d->bindings[i].index);
}

/* Which lane's stack an address lies in. */
static struct msl_lane *lane_at(struct worker *w, uintptr_t address) {
  uintptr_t stack = (address - (uintptr_t)w->region) / MSL_STACK_BYTES;
  if (address < (uintptr_t)w->region || stack < MSL_FIRST_STACK || stack >= MSL_FIRST_STACK + w->stacks) return NULL;
  return (struct msl_lane *)w->region + stack;
}

void host_describe_fault(struct worker *w, struct job *job) {
  struct group *g = w->group;
  struct msl_lane *lane = lane_at(w, w->fault_stack);
  struct msl_lane *owner = lane_at(w, w->fault_address);
  unsigned thread = lane ? lane->thread : 0;
  const char *name = job->pipeline->entry->name;
  const unsigned *at = g->shared.position;
  bool overflow = w->fault_signal == SIGSEGV && owner && owner == lane;
  char words[256], unbound[256] = "";
  if (overflow) snprintf(words, sizeof words, "more than the %lu bytes of stack that a thread has", MSL_STACK_BYTES - GUARD_BYTES);
  else fault_in_words(w, words, sizeof words);
  if (job->check) host_check_fault(job->check, w, lane, words);
  if (overflow) {
    host_job_fail(job, GPU_EXECUTION, "kernel %s: thread %u of threadgroup (%u,%u,%u) needs %s",
                  name, thread, at[0], at[1], at[2], words);
    return;
  }
  if (w->fault_signal == SIGSEGV) null_slots_in_words(job->dispatch, unbound, sizeof unbound);
  host_job_fail(job, GPU_EXECUTION, "kernel %s: %s, thread %u of threadgroup (%u,%u,%u), module offset %#llx%s",
                name, words, thread, at[0], at[1], at[2],
                (unsigned long long)host_module_offset(job->pipeline->module, (void *)w->fault_pc), unbound);
}
