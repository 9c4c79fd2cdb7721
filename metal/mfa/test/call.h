/* A valid attention call, and ways to spoil it. */
#ifndef MFA_TEST_CALL_H
#define MFA_TEST_CALL_H

#include "../mfa.h"

/* A small, seeded generator: the same seed, the same calls. */
typedef struct {
  uint64_t state;
} fuzz_random;

uint64_t fuzz_next(fuzz_random *r);
uint32_t fuzz_below(fuzz_random *r, uint32_t n);
/* A number of the sort that overflows, or any. */
uint64_t fuzz_hostile(fuzz_random *r);
/* Something that is no live handle: null, a real address, garbage, a neighbour of live. */
void *fuzz_no_handle(fuzz_random *r, void *live);

/* Everything that a call owns: buffers of exactly the bytes it needs. */
typedef struct {
  mfa_context_t context;
  mfa_attention_desc desc;
  void *memory[5]; /* q, k, v, out, lse where wrapped, from malloc */
  char *mask;
} fuzz_call;

/* Makes a call that must succeed. Returns false without memory. `empty` lets extents be 0, and what has no elements then be
 * NULL or not. */
bool fuzz_call_make(fuzz_call *call, fuzz_random *r, mfa_context_t context, bool empty);
void fuzz_call_free(fuzz_call *call);

/* Spoils one thing so that the call must be refused; says what. `desc` tells which kind of call will be made. */
const char *fuzz_spoil(fuzz_call *call, fuzz_random *r, bool desc);

/* Makes the call, by descriptor or by the function of the interface. */
int32_t fuzz_call_run(fuzz_call *call, bool desc);

#endif
