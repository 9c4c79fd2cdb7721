//go:build linux

#include "fiber.h"

#include <string.h>

/* A fresh fiber looks like one that was switched away from: its registers lie on its stack in host_switch's order, and
 * the address to return to is host_fiber_start, which finds argument and function in two of them. */

#if defined(__x86_64__)
void *host_fiber_prepare(void *top, void (*run)(void *), void *argument) {
  void **stack = (void **)((uintptr_t)top & ~(uintptr_t)63);
  *--stack = 0; /* keeps the alignment that a call expects, and ends a debugger's walk */
  *--stack = 0;
  *--stack = (void *)host_fiber_start;
  *--stack = 0;            /* rbp */
  *--stack = 0;            /* rbx */
  *--stack = argument;     /* r12 */
  *--stack = (void *)run;  /* r13 */
  *--stack = 0;            /* r14 */
  *--stack = 0;            /* r15 */
  return stack;
}
#elif defined(__aarch64__)
void *host_fiber_prepare(void *top, void (*run)(void *), void *argument) {
  void **frame = (void **)(((uintptr_t)top & ~(uintptr_t)63) - 160);
  memset(frame, 0, 160);
  frame[0] = argument;                 /* x19 */
  frame[1] = (void *)run;              /* x20 */
  frame[11] = (void *)host_fiber_start; /* x30 */
  return frame;
}
#else
#error "the SIMT runtime switches stacks on x86-64 and arm64 only"
#endif
