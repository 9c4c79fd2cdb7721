/* Switching stacks. A fiber is a stack and a saved stack pointer; nothing else is kept. */
#ifndef ATTEST_HOST_FIBER_H
#define ATTEST_HOST_FIBER_H

#include <stdint.h>

/* Saves the caller's registers on its stack, its stack pointer in *save, and goes on where `load` was saved. There,
 * host_switch returns `value`. */
uint64_t host_switch(void **save, void *load, uint64_t value);

/* Goes on where `load` was saved, forgetting the present stack. A signal handler may have its thread go on here. */
void host_resume(void *load, uint64_t value);

/* Where a fresh fiber starts: calls the function it was prepared with. */
void host_fiber_start(void);

/* The stack pointer of a fiber that will call run(argument) on the stack that ends at `top`; run must not return. */
void *host_fiber_prepare(void *top, void (*run)(void *), void *argument);

#endif
