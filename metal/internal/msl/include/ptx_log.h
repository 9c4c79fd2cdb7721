/* os_log on an NVIDIA GPU: messages go into a ring in device memory that the host reads when the dispatch is over. What
 * finds no room is only counted.
 */
#ifndef ATTEST_PTX_LOG_H
#define ATTEST_PTX_LOG_H

#include "msl_runtime.h"

#define MSL_LOG_ARGUMENTS 16u /* of a message, vectors counted as their components; further ones are not kept */

struct msl_log_record {
  unsigned long subsystem, category, format; /* addresses of strings in device memory */
  unsigned level, count;
  struct msl_log_argument arguments[MSL_LOG_ARGUMENTS];
};
struct msl_log_ring {
  unsigned capacity;                         /* records */
  unsigned told;                             /* messages there were, also those without room */
  /* records follow */
};

#if defined(__OPENCL_CPP_VERSION__)
#include "ptx_runtime.h"

/* The ring of this launch: every block has its address in shared memory, behind the claims. */
inline __attribute__((always_inline)) __local unsigned long *msl_log_ring_of_block() {
  return (__local unsigned long *)(msl_dynamic_memory() + MSL_CLAIM_BYTES - 8);
}
static __attribute__((noinline)) void msl_tell(unsigned level, const __constant char *subsystem, const __constant char *category,
                                               const __constant char *format, unsigned count, const msl_log_argument *arguments) {
  msl_log_ring *ring = (msl_log_ring *)*msl_log_ring_of_block();
  if (!ring) return;
  const unsigned at = (unsigned)__nvvm_atom_add_gen_i((int *)&ring->told, 1);
  if (at >= ring->capacity) return;
  msl_log_record *r = (msl_log_record *)(ring + 1) + at;
  r->subsystem = (unsigned long)subsystem;
  r->category = (unsigned long)category;
  r->format = (unsigned long)format;
  r->level = level;
  r->count = count;
  for (unsigned i = 0; i < count && i < MSL_LOG_ARGUMENTS; ++i) r->arguments[i] = arguments[i];
}
#endif

#endif
