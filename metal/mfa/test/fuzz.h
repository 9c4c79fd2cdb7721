/* Hostile calls of the C interface and its descriptor extension. Every valid call must succeed, every spoiled one must
 * be refused with a text, and nothing may crash, or touch memory outside the caller's. */
#ifndef MFA_TEST_FUZZ_H
#define MFA_TEST_FUZZ_H

#include <stdint.h>

/* Makes so many calls on the library's default device, then lets threads fight over handles; prints what came of it and
 * gives how much was wrong. The same seed, the same calls. */
unsigned long fuzz_run(uint64_t calls, uint64_t seed);

#endif
