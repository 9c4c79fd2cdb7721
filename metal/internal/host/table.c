//go:build linux

/* What a module may call. */
#include <stddef.h>

#include "check.h"

/* arrive_x86_64.S knows these by number. */
_Static_assert(sizeof(struct msl_lane) == 256, "a lane's identity is 256 bytes");
_Static_assert(offsetof(struct msl_lane, simdgroup) == 8 && offsetof(struct msl_lane, site) == 24 &&
                   offsetof(struct msl_lane, bit) == 32 && offsetof(struct msl_lane, line) == 44 &&
                   offsetof(struct msl_lane, turn) == 72 && offsetof(struct msl_lane, next) == 80 &&
                   offsetof(struct msl_lane, slot) == 128,
               "layout of struct msl_lane");
_Static_assert(offsetof(struct msl_simdgroup, ready) == 16 && offsetof(struct msl_simdgroup, waiting) == 20 &&
                   offsetof(struct msl_simdgroup, site) == 40,
               "layout of struct msl_simdgroup");

const struct msl_runtime host_runtime = {
    .abi = MSL_ABI_VERSION,
    .bytes = sizeof(struct msl_runtime),
    .simd_arrive = host_simd_arrive,
    .threadgroup_barrier = host_threadgroup_barrier,
    .threadgroup_variable = host_threadgroup_variable,
    .fail = host_fail,
    .async_copy = host_async_copy,
    .async_wait = host_async_wait,
    .access = host_check_access,
    .stray = host_check_stray,
    .initial_value = host_initial_value,
    .log = host_log,
};
