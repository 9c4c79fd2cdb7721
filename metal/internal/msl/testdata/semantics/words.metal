#include "case.h"

constant int global [[function_constant(0)]];
struct pipe { float x; };
TEST(local) { pipe generic = {in[3]}; out[0] = generic.x + global; }
namespace read_only { TEST(queue_t) { int local = 5; out[0] = local + global; } }
template <typename T, int write_only> kernel void event_t(device float *out [[buffer(0)]]) { out[0] = T{2}.x + write_only + global; }
template [[host_name("by_template")]] kernel void event_t<pipe, 30>(device float *);
template <typename T> kernel void vec_step(device T *out [[buffer(0)]]) { out[0].x = 7; }
template [[host_name("by_types")]] kernel void vec_step(device pipe *);
