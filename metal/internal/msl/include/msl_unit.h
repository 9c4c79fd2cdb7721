/* All of metal_stdlib, for the rewritten text: what it says it includes makes no difference. */
#ifndef ATTEST_MSL_UNIT_H
#define ATTEST_MSL_UNIT_H

#include "msl_runtime.h"
#include "msl_types.h"
#include "msl_as_type.h"
#include "metal_limits"
#include "metal_math"
#include "metal_integer"
#include "metal_relational"
#include "metal_geometric"
#include "metal_matrix"
#include "metal_pack"
#include "metal_array"
#include "metal_logging"
#include "metal_uniform"
#include "msl_builtins.h"
#include "msl_entry.h"
#if __has_include("metal_atomic")
#include "metal_atomic"
#endif
#if __has_include("metal_compute")
#include "metal_compute"
#endif
#if __has_include("metal_simdgroup")
#include "metal_simdgroup"
#endif
#if __has_include("metal_quadgroup")
#include "metal_quadgroup"
#endif
#if __has_include("metal_simdgroup_matrix")
#include "metal_simdgroup_matrix"
#endif
#if __has_include("msl_async_copy.h") && !defined(MSL_PTX) /* there only the texts that use it have it */
#include "msl_async_copy.h"
#endif
#include "msl_constants.h"

#endif
