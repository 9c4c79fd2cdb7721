#include <metal_stdlib>
using namespace metal;

// A pointer's type promises an alignment: a GPU that is handed another address reads elsewhere, or stops.

// launch threads=1 uchar=64
kernel void int_at_byte_1(device uchar *x [[buffer(0)]]) {
  *(device int *)(x + 1) = 7; //! misaligned
}
// launch threads=1 uchar=64
kernel void int_at_byte_4_right(device uchar *x [[buffer(0)]]) {
  *(device int *)(x + 4) = 7;
}
// launch threads=1 uchar=64 float=1
kernel void half2_at_byte_5(device uchar *x [[buffer(0)]], device float *y [[buffer(1)]]) {
  half2 pair = *(device half2 *)(x + 5); //! misaligned
  y[0] = float(pair.x + pair.y);
}
// launch threads=1 uchar=64
kernel void float4_at_byte_2(device uchar *x [[buffer(0)]]) {
  *(device float4 *)(x + 2) = float4(1); //! misaligned
}
// launch threads=1 float=64
kernel void packed_float4_at_float_1_right(device float *x [[buffer(0)]]) {
  *(device packed_float4 *)(x + 1) = packed_float4(1);
}
// launch threads=1 uchar=64
kernel void atomic_at_byte_2(device uchar *x [[buffer(0)]]) {
  atomic_fetch_add_explicit((device atomic_uint *)(x + 2), 1u, memory_order_relaxed); //! misaligned
}
// launch threads=1 float=1
kernel void threadgroup_uint_at_byte_3(device float *y [[buffer(0)]]) {
  threadgroup uchar bytes[16];
  for (int i = 0; i < 16; i++) bytes[i] = uchar(i);
  y[0] = float(*(threadgroup uint *)(bytes + 3)); //! misaligned
}
