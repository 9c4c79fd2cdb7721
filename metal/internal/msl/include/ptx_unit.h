/* All of metal_stdlib for an NVIDIA GPU: the same headers, but for what knows the machine (ptx_*.h). */
#ifndef ATTEST_PTX_UNIT_H
#define ATTEST_PTX_UNIT_H

#define MSL_PTX 1
#include "msl_unit.h"

#endif
