/* What a module may call. */
#include "internal.h"

const struct msl_runtime host_runtime = {
    .abi = MSL_ABI_VERSION,
    .bytes = sizeof(struct msl_runtime),
    .simd_arrive = host_simd_arrive,
    .threadgroup_barrier = host_threadgroup_barrier,
    .threadgroup_variable = host_threadgroup_variable,
    .fail = host_fail,
    .async_copy = host_async_copy,
    .async_wait = host_async_wait,
};
