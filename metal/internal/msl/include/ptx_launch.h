/* How a kernel in PTX is launched: the one argument that it has, and how the dynamic shared memory of a block is laid out.
 * Read by clang's C++ for OpenCL mode, in a module, and by plain C, in the device that launches it (metal/internal/cuda).
 *
 * Dynamic shared memory: MSL_CLAIM_BYTES for the claims of initial values and the log's address; then, where the module's
 * depth is not 0, how long the path of each thread is, 4 bytes, and the paths, depth times 8 bytes a thread; then
 * [[threadgroup(i)]] memory at the offsets that the launch tells.
 */
#ifndef ATTEST_PTX_LAUNCH_H
#define ATTEST_PTX_LAUNCH_H

#include "msl_abi.h"

#define MSL_PTX_VERSION 1 /* of this file, and of the lines that a module begins with (target_ptx.go) */

struct msl_launch {
  unsigned long buffers[MSL_MAX_BUFFERS];                   /* [[buffer(i)]] with the binding's offset added */
  unsigned long log;                                        /* of messages; 0: none */
  unsigned long first;                                      /* number of the launch's first threadgroup, where flat */
  unsigned threadgroup_args[MSL_MAX_THREADGROUP_ARGS];      /* offsets in dynamic shared memory */
  unsigned full_size[3];                                    /* threads of a threadgroup that no edge cuts */
  unsigned groups[3], grid[3];                              /* threadgroups; threads */
  unsigned flat;                                            /* the hardware's grid has one dimension */
};

#define MSL_CLAIM_BYTES 144u
#define MSL_PATH_BYTES(depth, threads) ((depth) ? (threads) * (4u + 8u * (depth)) : 0u)

#endif
