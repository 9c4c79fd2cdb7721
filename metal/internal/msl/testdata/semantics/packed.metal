#include "case.h"

TEST(sizes) { out[0] = sizeof(packed_float3), out[1] = alignof(packed_float3), out[2] = sizeof(packed_half3), out[3] = sizeof(packed_uchar4), out[4] = alignof(packed_float4); }
TEST(layout) { device packed_float3 *d = (device packed_float3 *)out; d[0] = packed_float3(1, 2, 3); d[1] = float3(4, 5, 6); }
TEST(read_into_vector) { device packed_float3 *d = (device packed_float3 *)in; float3 v = d[1]; PUT3(v); }
TEST(expression_is_vector) { packed_float3 a(1, 2, 3), b(4, 5, 6); float3 v = a * b + 1; PUT3(v); }
TEST(mixed_with_vector) { packed_float2 a(1, 2); float2 v = a + float2(10, 20), w = float2(1) - a; PUT2(v); out[2] = w.x, out[3] = w.y; }
TEST(compound) { device packed_float3 *d = (device packed_float3 *)out; d[0] = 1; d[0] += float3(1, 2, 3); d[0] *= 2; }
TEST(component_write) { device packed_float3 *d = (device packed_float3 *)out; d[0] = 0; d->y = 5; d[0][2] = 6; d[0].x += 1; }
TEST(swizzle) { packed_float4 a(1, 2, 3, 4); float2 v = a.wx; a.xy = a.yx; PUT2(v); out[2] = a.x, out[3] = a.y; }
TEST(in_constant) { float3 v = p.inner.p; v += p.inner.p; PUT3(v); out[3] = p.inner.p.z; }
TEST(as_function_argument) { packed_float3 a(3, 4, 0); out[0] = length(a), out[1] = dot(a, float3(1, 1, 1)), out[2] = max(a, 3.5f).x; }
TEST(conversion) { packed_half4 h(float4(1.5f, 2, 3, 4)); float4 v = float4(h); PUT4(v); packed_int2 i = packed_int2(int2(float2(2.7f, -2.7f))); out[4] = i.x + i.y; }
TEST(comparison) { packed_int2 a(1, 5); bool2 m = a < int2(2, 2); PUT2(m); out[2] = all(a == packed_int2(1, 5)); }
TEST(conditional) { device packed_float3 *d = (device packed_float3 *)in; packed_float3 v = p.count ? d[1] : packed_float3(0); PUT3(v); }
struct Vertex { packed_float3 position; packed_uchar4 colour; };
TEST(in_struct) { out[0] = sizeof(Vertex); Vertex v = {packed_float3(1, 2, 3), packed_uchar4(1, 2, 3, 255)}; out[1] = v.position.y, out[2] = v.colour.w; }
