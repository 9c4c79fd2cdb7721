#include "case.h"

TEST(columns) { float2x3 m(float3(1, 2, 3), float3(4, 5, 6)); out[0] = m[1][0], out[1] = m[0].z, out[2] = sizeof(m), out[3] = sizeof(half4x4); }
TEST(elements) { float2x2 m(1, 2, 3, 4); out[0] = m[0][1], out[1] = m[1].x; }
TEST(diagonal) { float3x3 m(2.0f); out[0] = m[0][0] + m[1][1] + m[2][2], out[1] = m[0][1] + m[2][0]; }
TEST(times_vector) { float2x2 m(1, 2, 3, 4); float2 v = m * float2(10, 100), w = float2(10, 100) * m; PUT2(v); out[2] = w.x, out[3] = w.y; }
TEST(times_matrix) { float2x2 a(1, 2, 3, 4), b(0, 1, 1, 0); float2x2 c = a * b; out[0] = c[0].x, out[1] = c[0].y, out[2] = c[1].x, out[3] = c[1].y; }
TEST(not_square) { float2x3 a(float3(1, 2, 3), float3(4, 5, 6)); float3x2 b = transpose(a); float2x2 c = b * a; out[0] = c[0].x, out[1] = c[1].x, out[2] = c[1].y; }
TEST(sums_and_scales) { float2x2 a(1, 2, 3, 4); a = (a + a) * 2.0f - a; a += a; a *= 0.5f; out[0] = a[0].x, out[1] = a[1].y; a = 2.0f * -a; out[2] = a[1].x; }
TEST(determinants) { out[0] = determinant(float2x2(1, 2, 3, 4)), out[1] = determinant(float3x3(float3(2, 0, 1), float3(1, 3, 2), float3(1, 1, 1))), out[2] = determinant(float4x4(2.0f)); }
TEST(write_column_and_element) { float4x4 m(0.0f); m[1] = float4(1, 2, 3, 4); m[2][3] = 5; m[1].xy *= 10.0f; out[0] = m[1].y, out[1] = m[2].w, out[2] = m[1].z; }
TEST(convert) { float4x4 m(1.5f); half4x4 h = (half4x4)m; float4x4 f = float4x4(h); out[0] = h[1][1], out[1] = f[3][3], out[2] = f[3][0]; }
TEST(of_device) { device float4x4 *d = (device float4x4 *)in; float4x4 m = d[1]; out[0] = m[0][0], out[1] = d[0][1].z, out[2] = (*d)[3][3]; }
TEST(of_constant) { constant float2x2 *c = (constant float2x2 *)table; float2x2 m = *c; out[0] = m[1].x, out[1] = c[0][1][1]; }
static void fill(thread half4x4 &reg, float x) { for (int i = 0; i < 4; ++i) reg[i] = half4(x + i); }
TEST(as_reference) { half4x4 m; fill(m, 2); out[0] = m[3].w; thread half &r = m[0][0]; r = 9; out[1] = m[0].x; }
TEST(equality) { out[0] = float2x2(1.0f) == float2x2(1, 0, 0, 1), out[1] = float2x2(1.0f) != float2x2(2.0f); }
