#include "case.h"

TEST(size_and_alignment) {
  out[0] = sizeof(float2), out[1] = sizeof(float3), out[2] = sizeof(float4), out[3] = alignof(float3);
  out[4] = sizeof(half3), out[5] = sizeof(bool3), out[6] = sizeof(bfloat4), out[7] = alignof(char4), out[8] = sizeof(ulong3);
}
TEST(splat) { float4 v = 3; PUT4(v); }
TEST(splat_int) { int3 v = int3(-7); PUT3(v); }
TEST(components) { float4 v(1, 2, 3, 4); PUT4(v); }
TEST(from_pairs) { float4 v(float2(1, 2), float2(3, 4)); PUT4(v); }
TEST(pair_first) { float4 v(float2(1, 2), 3, 4); PUT4(v); }
TEST(pair_middle) { float4 v(1, float2(2, 3), 4); PUT4(v); }
TEST(pair_last) { float4 v(1, 2, float2(3, 4)); PUT4(v); }
TEST(triple_first) { float4 v(float3(1, 2, 3), 4); PUT4(v); }
TEST(triple_last) { float4 v = float4(1, float3(2, 3, 4)); PUT4(v); }
TEST(three_of_pair) { float3 v(1, float2(2, 3)), w = float3(float2(4, 5), 6); PUT3(v); out[3] = w.x, out[4] = w.y, out[5] = w.z; }
TEST(braces) { float3 v = {1, 2, 3}; float2 w{4, 5}; PUT3(v); out[3] = w.x + w.y; }
TEST(convert_truncates) { int4 v = int4(float4(1.9f, -1.9f, 2.5f, -2.5f)); PUT4(v); }
TEST(convert_is_no_bitcast) { float4 v = float4(int4(1, 2, 3, -4)); PUT4(v); }
TEST(convert_wraps) { uchar2 v = uchar2(int2(257, -1)); PUT2(v); }
TEST(c_style_cast) { half4 h = (half4)float4(1.5f, 2, 3, 4); float4 v = (float4)h; PUT4(v); }
TEST(static_cast_vector) { float4 v = static_cast<float4>(short4(1, -2, 3, -4)); PUT4(v); }
TEST(arithmetic) { float4 a(1, 2, 3, 4), b(10, 20, 30, 40); a = (b - a) * a / float4(1, 2, 1, 4); PUT4(a); }
TEST(scalar_left_and_right) { float3 v = 2 * float3(1, 2, 3) + 1; PUT3(v); }
TEST(half_times_float_stays_half) { half2 h(1, 3); h = h * 0.5f; PUT2(h); }
TEST(compound) { int4 v(1, 2, 3, 4); v += 1; v *= v; v -= int4(1, 2, 3, 4); v /= 2; PUT4(v); }
TEST(bitwise) { uint4 v(1, 2, 4, 8); v = (v | 1u) ^ (v << 1) & ~v; PUT4(v); }
TEST(shifts) { int2 v(-8, 8); v >>= 1; uint2 w = uint2(1, 2) << uint2(3, 4); PUT2(v); out[2] = w.x, out[3] = w.y; }
TEST(modulo) { int2 v = int2(7, -7) % 4; PUT2(v); }
TEST(no_promotion) { uchar2 v = uchar2(200, 100); v = v + v; PUT2(v); short2 s = short2(32767); s += short2(1); out[2] = s.x; }
TEST(unary) { float2 v = -float2(1, -2); int2 w = ~int2(0, 1); PUT2(v); out[2] = w.x, out[3] = w.y; }
TEST(increment) { int2 v(1, 2); int2 w = v++; ++v; PUT2(v); out[2] = w.x, out[3] = w.y; v--; --v; out[4] = v.x; }
TEST(comparison_is_bool) { bool4 m = float4(1, 2, 3, 4) < float4(2, 2, 2, 5); PUT4(m); out[4] = float4(m).x, out[5] = int4(m).w; }
TEST(comparison_component) { float c = (float2(1, 2) < float2(2, 1)).x; out[0] = c, out[1] = sizeof(float4(1) < float4(2)); }
TEST(logical) { bool2 a(true, false), b(true, true); bool2 c = a && b, d = !a || b; PUT2(c); out[2] = d.x, out[3] = d.y; }
TEST(equality) { float2 a(1, 2); out[0] = all(a == float2(1, 2)), out[1] = any(a != float2(1, 2)), out[2] = all(a >= 1.0f); }
TEST(index_read_write) { float4 v(1, 2, 3, 4); v[1] = 20; v[3] += 1; for (ushort i = 0; i < 4; ++i) out[i] = v[i]; }
TEST(index_dynamic) { float4 v(1, 2, 3, 4); out[0] = v[p.count], v[p.count] = 9, out[1] = v.w; }
TEST(index_rvalue) { out[0] = (float3(1, 2, 3) + 1)[2], out[1] = float2(7, 8)[0]; }
TEST(reference_to_component) { float4 v(1, 2, 3, 4); thread float &r = v[2]; r = 30; thread float &s = v.x; s = 10; PUT4(v); }
TEST(device_component) { device float4 *d = (device float4 *)out; d[0] = 1; d[0].y = 2; d[0][2] = 3; d->w = 4; }
TEST(device_reference) { device float4 &d = *(device float4 *)out; d = float4(1); d *= 2; device float &c = d[1]; c = 5; }
TEST(colour_names) { float4 c(1, 2, 3, 4); out[0] = c.r + c.g * 10 + c.b * 100 + c.a * 1000; c.a = 5, c.r += 1; out[1] = c.x, out[2] = c.w; }
TEST(constant_vector) { float4 v = p.vector; v += p.vector; PUT4(v); }
TEST(constant_vector_expression) { float4 v = p.vector * 2 + p.inner.v; PUT4(v); }
constant float4 rows[2] = {float4(1, 2, 3, 4), float4(5)};
TEST(program_constant_array) { float4 v = rows[p.count - 3] + rows[1]; PUT4(v); }
constant float3 direction = float3(0, 1, 2);
TEST(program_constant_vector) { float3 v = direction; PUT3(v); out[3] = direction.z; }
TEST(array_of_vectors) { float2 a[3] = {float2(1), float2(2), 3}; float2 s = 0; for (auto v : a) s += v; PUT2(s); }
TEST(array_initialised_with_zero) { float4 a[2] = {0}; float4 b[2] = {}; out[0] = a[1].w + b[0].x; }
union Bits { float4 f; uint4 u; };
TEST(union_of_vectors) { Bits b; b.f = float4(1, 2, 0, 0); out[0] = b.u.x == 0x3f800000, out[1] = b.u.y == 0x40000000; }
TEST(vector_typedefs) { vec<float, 3> v(1); metal::vec<int, 2> w(2); metal::uint4 x(3); out[0] = v.z, out[1] = w.y, out[2] = x.w; }
TEST(auto_of_expression) { auto v = float2(1, 2) * 2; auto w = v.yx; out[0] = v.y, out[1] = w.x; }
template <typename T, int N> T sum(vec<T, N> v) { T s = 0; for (int i = 0; i < N; ++i) s += v[i]; return s; }
TEST(deduction) { out[0] = sum(float3(1, 2, 3)), out[1] = sum(int4(1, 2, 3, 4)), out[2] = sum(float4(1, 2, 3, 4).xy); }
TEST(long_vectors) { long2 v(1l << 40, -1); v += 1; out[0] = v.x == (1l << 40) + 1, out[1] = v.y; }
TEST(conditional_spaces) {
  device float4 *d = (device float4 *)in;
  threadgroup float4 t[2];
  t[0] = 7, t[1] = 8;
  float4 local = -1;
  float4 a = p.count > 2 ? d[0] : float4(0), b = p.count > 2 ? t[1] : d[1], c = p.count < 2 ? *d : local, e = p.count < 2 ? local : p.vector;
  out[0] = a.x, out[1] = b.x, out[2] = c.x, out[3] = e.x;
}
TEST(conditional_chain) { device float2 *d = (device float2 *)in; float2 v = lane > 3 ? d[2] : lane > 2 ? d[1] : p.count ? d[0] : float2(0); PUT2(v); }
TEST(conditional_lvalue) { float a = 1, b = 2; (p.count ? a : b) = 5; out[0] = a, out[1] = b; }
TEST(conditional_pointers) { device float *q = p.count ? in : out; out[0] = q[1]; device float *n = p.count ? nullptr : out; out[1] = n == nullptr; }
// How far is said in any type of integer; the left operand's type is the result's.
TEST(shifts_by_another_type) {
  int2 a = int2(1, -8); uint2 n = uint2(in[0], in[1]); short2 s = short2(n);
  int2 left = a << n, right = a >> n, narrow = a << s; short2 wide = s << a.xx; uint2 by_signed = n << a.xx;
  uchar4 bytes = uchar4(192) << uint4(n, n); uint3 three = (uint3(1) << ushort3(3)) >> ulong3(2);
  int2 kept = a; kept <<= n; kept >>= 1u; kept.x <<= n.y;
  out[0] = left.y, out[1] = right.y, out[2] = narrow.x, out[3] = wide.y, out[4] = by_signed.y, out[5] = bytes.x, out[6] = bytes.y, out[7] = three.z, out[8] = kept.x, out[9] = kept.y;
}
