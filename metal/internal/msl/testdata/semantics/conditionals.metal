#include "case.h"

// The two sides of ?: in different address spaces, of different types, in templates and in template arguments.
TEST(bfloat_beside_bfloat) { bfloat a = bfloat(1.5f), b = bfloat(2.5f); auto r = tid > 0 ? a : b; out[0] = r, out[1] = is_same<decltype(r), bfloat>::value; }
TEST(bfloat_beside_integer) { bfloat x = bfloat(-2.0f); auto r = x < 0 ? 0 : x; out[0] = r, out[1] = is_same<decltype(r), bfloat>::value; x = bfloat(3.0f); out[2] = x < 0 ? 0 : x; out[3] = x > 0 ? x : -7; }
TEST(bfloat_beside_float) { bfloat x = bfloat(-2.0f); auto r = x > 0 ? x : 2.0f * x; out[0] = r, out[1] = is_same<decltype(r), float>::value; out[2] = static_cast<bfloat>(x < 0 ? 1.0f + 0x1p-20f : x); }
TEST(bfloat_beside_half) { bfloat x = bfloat(4.0f); out[0] = tid == 0 ? 1.5h : x; out[1] = tid != 0 ? 1.5h : x; }
template <int N> float2 picked(device const half2 *p, uint i, int n) { device const half2 *q[2]; q[0] = p; q[1] = p; half2 h = int(i) + 1 < n ? q[1][i] : half2(-1.0h, -1.0h); return float2(h); }
TEST(device_beside_temporary) { device half2 *h = (device half2 *)in; h[0] = half2(3, 4); float2 a = picked<3>(h, 0, 4), b = picked<3>(h, 0, 1); out[0] = a.x, out[1] = a.y, out[2] = b.x; }
TEST(threadgroup_beside_device) { threadgroup float4 t[1]; t[0] = float4(9); device float4 *d = (device float4 *)in; float4 v = tid == 0 ? t[0] : d[0], w = tid != 0 ? t[0] : d[0]; out[0] = v.x, out[1] = w.y; }
TEST(scalar_beside_vector) { float4 v = in[0] > 0 ? float4(1, 2, 3, 4) : 0.0f, w = in[0] < 0 ? float4(1) : 5.0f; out[0] = v.w, out[1] = w.z; }
TEST(packed_beside_vector) { packed_float3 q = packed_float3(1, 2, 3); float3 v = in[0] > 0 ? q : float3(7), w = in[0] < 0 ? q : float3(7); out[0] = v.z, out[1] = w.z; }
TEST(pointer_beside_nothing) { device float *q = in[0] > 0 ? in + 2 : nullptr, *r = in[0] < 0 ? in : 0; out[0] = *q, out[1] = r == nullptr; }
TEST(chain) { int n = int(in[1]); bfloat b = bfloat(6.0f); out[0] = n == 1 ? 1 : n == 2 ? b : n == 3 ? 2.0f * b : 0; out[1] = n == 1 ? (n > 0 ? b : 0) : (n > 0 ? 4 : b); }
struct Complex { float re, im; constexpr Complex(float a, float b = 0) : re(a), im(b) {} };
TEST(structs_beside) { Complex c(3, 4); Complex d = in[0] > 0 ? c : Complex(1), e = in[0] < 0 ? Complex(1) : c; out[0] = d.im, out[1] = e.re; (in[0] > 0 ? c : d).re = 8; out[2] = c.re; }
template <class T, short A, short B, bool t> struct Chosen { static constexpr constant short n = A * 10 + B; };
template <class T, short A, short B, bool t> struct Chooser { using l = Chosen<T, t ? A : B, t ? B : A, !t>; using last = Chosen<T, 1, 2, t ? (A > 1) : true>; using k = Chosen<T, t ? A : B + 2, (t ? A : B), (A > 0) && (B > 0) ? t : false>; };
TEST(in_template_arguments) { out[0] = Chooser<float, 3, 4, true>::l::n, out[1] = Chooser<float, 3, 4, false>::l::n, out[2] = Chooser<float, 3, 4, false>::k::n, out[3] = Chooser<int, 1, 1, true>::last::n; }
template <short N, bool t> struct Sided { int v; Sided(int l) thread : v(t ? N : N * l) {} };
TEST(template_parameter_as_side) { Sided<4, true> a(3); Sided<4, false> b(3); out[0] = a.v, out[1] = b.v; }
TEST(literals_as_sides) { out[0] = in[0] > 0 ? 1 : 2.5f; out[1] = sizeof(in[0] > 0 ? 1 : 2.5f); constexpr int n = 3 > 2 ? 4 : 5; float a[n > 3 ? n : 1]; a[3] = 6; out[2] = a[3]; }
void count(thread float &x) { x += 1; } void drop(thread float &x) { x -= 1; }
TEST(sides_without_a_value) { float x = 0; in[0] > 0 ? count(x) : drop(x); if (in[0] > 0) in[0] < 0 ? count(x) : drop(x); out[0] = x; }
TEST(reference_to_a_side) { float a = 1, b = 2; thread float &r = in[0] > 0 ? a : b; r = 9; out[0] = a, out[1] = b; }
TEST(swizzle_as_side) { float4 v(1, 2, 3, 4); float2 w = in[0] > 0 ? v.zw : v.xy; out[0] = w.x; float x = in[0] > 0 ? v.y : 0; out[1] = x; }
