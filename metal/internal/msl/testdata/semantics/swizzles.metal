#include "case.h"

TEST(read_pair) { float4 v(1, 2, 3, 4); float2 a = v.yx; PUT2(a); }
TEST(read_triple) { float4 v(1, 2, 3, 4); float3 a = v.wzy; PUT3(a); }
TEST(read_four) { float4 v(1, 2, 3, 4); float4 a = v.wzyx; PUT4(a); }
TEST(repeat_one) { float2 v(1, 2); float4 a = v.yyyy; PUT4(a); }
TEST(widen) { float2 v(1, 2); float4 a = v.xyxy; PUT4(a); }
TEST(sum_of_two) { float2 a(1, 2); float4 b(3, 4, 5, 6); float2 c = a.yx + b.wz; PUT2(c); }
TEST(nested_read) { float4 v(1, 2, 3, 4); float2 a = v.zw.yx; PUT2(a); }
TEST(thrice_nested) { float4 v(1, 2, 3, 4); float2 a = v.wzyx.xyz.zx; PUT2(a); }
TEST(write_pair) { float4 v(1, 2, 3, 4), u(5, 6, 7, 8); v.xy = u.xy; PUT4(v); }
TEST(write_crossed) { float4 v(1, 2, 3, 4); v.xz = v.wy; PUT4(v); }
TEST(swap) { float2 v(1, 2); v.xy = v.yx; PUT2(v); }
TEST(write_reversed) { float4 v(0); v.wzyx = float4(1, 2, 3, 4); PUT4(v); }
TEST(write_nested) { float4 v(1, 2, 3, 4); v.zw.yx = float2(30, 40); PUT4(v); }
TEST(write_nested_component) { float4 v(1, 2, 3, 4); v.yzw.z = 9; PUT4(v); }
TEST(write_scalar) { float4 v(1, 2, 3, 4); v.yz = 0; PUT4(v); }
TEST(compound_add) { float4 v(1, 2, 3, 4); v.xy += float2(10, 20); PUT4(v); }
TEST(compound_scale) { float4 v(1, 2, 3, 4); v.xyz *= 2.0f; PUT4(v); }
TEST(compound_crossed) { float2 v(1, 2); v.yx -= v.xy; PUT2(v); }
TEST(compound_shift) { int4 v(1, 2, 3, 4); v.xw <<= 2; v.yz |= 8; PUT4(v); }
TEST(compound_precedence) { float2 v(1, 2); v.xy *= float2(1, 2) + 1.0f; PUT2(v); }
TEST(chained_assignment) { float4 v(1, 2, 3, 4), w(0); v.xy = w.zw = float2(8, 9); PUT4(v); out[4] = w.w; }
template <typename V> V doubled(V v) { v.xy += v.xy; v.yx *= 3; return v; }
TEST(compound_in_template) { float2 v = doubled(float2(1, 2)); int3 w = doubled(int3(1, 2, 3)); PUT2(v); out[2] = w.x, out[3] = w.z; }
TEST(colours) { float4 c(1, 2, 3, 4); float3 a = c.bgr; c.rg = 0; PUT3(a); out[3] = c.x + c.y + c.z; c.rgba = c.abgr; out[4] = c.r; }
TEST(of_device) { device float4 *d = (device float4 *)in; float2 v = d[1].zy + d->xy; PUT2(v); }
TEST(into_device) { device float4 *d = (device float4 *)out; d[0] = 0; d[0].wy = float2(1, 2); d->xz = d->yw; }
TEST(of_constant) { float2 v = p.vector.wx; PUT2(v); }
TEST(of_threadgroup) { threadgroup float4 t; t = float4(1, 2, 3, 4); t.xy = t.zw; float4 v = t.wzyx; PUT4(v); }
TEST(of_call) { float2 v = max(float4(1, 5, 2, 6), 3.0f).yw; PUT2(v); }
TEST(of_parentheses) { float2 v = (float4(1, 2, 3, 4) * 2).zw; PUT2(v); }
TEST(as_argument) { out[0] = dot(float4(1, 2, 3, 4).xy, float2(10, 100)), out[1] = length(float3(3, 4, 9).xy); }
TEST(as_constructor_argument) { float4 v(1, 2, 3, 4), w = float4(v.zw, v.xy); PUT4(w); }
TEST(of_int_vector) { uint3 v(1, 2, 3); uint2 w = v.zx << 1u; PUT2(w); }
TEST(of_half) { half4 h(1, 2, 3, 4); h.xy = h.zw * 0.5h; float4 v = float4(h); PUT4(v); }
TEST(of_bool) { bool4 m(true, false, true, false); bool2 n = m.yz; PUT2(n); out[2] = any(m.yw); }
TEST(of_bfloat) { bfloat4 b(1, 2, 3, 4); b.xw = b.wx; float4 v = float4(b); PUT4(v); }
TEST(variable_of_that_name) { float2 xy(1, 2); float2 yx = xy.yx; out[0] = yx.x, out[1] = xy.x; }
TEST(conditional_side) { float4 v(1, 2, 3, 4); float2 w = p.count ? v.zw : v.xy; PUT2(w); }
TEST(index_of_swizzle) { float4 v(1, 2, 3, 4); out[0] = v.zw[1], out[1] = v.yx[p.count - 3]; }
TEST(negated) { float4 v(1, 2, 3, 4); float2 w = -v.zw; PUT2(w); }
TEST(incremented_index) { float2 a[2] = {float2(1), float2(2)}; int i = 0; a[i++].yx += float2(5, 6); out[0] = i, out[1] = a[0].x, out[2] = a[1].x; }
