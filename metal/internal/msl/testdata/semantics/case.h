// What every case is: a kernel that writes what it found to `out`. `in` holds 1, 2, 3, ... 64; p is as the test set it.
#include <metal_stdlib>
using namespace metal;

struct Inner { float4 v; packed_float3 p; half h; };
struct Params {
  float scalar;
  uint count;
  float4 vector;
  Inner inner;
  float array[4];
};

#define TEST(name)                                                                                       \
  kernel void name(device float *out [[buffer(0)]], device float *in [[buffer(1)]],                      \
                   constant Params &p [[buffer(2)]], constant float *table [[buffer(3)]],                \
                   uint lane [[thread_index_in_simdgroup]], uint tid [[thread_index_in_threadgroup]])

#define PUT2(v) out[0] = v.x, out[1] = v.y
#define PUT3(v) out[0] = v.x, out[1] = v.y, out[2] = v.z
#define PUT4(v) out[0] = v.x, out[1] = v.y, out[2] = v.z, out[3] = v.w
