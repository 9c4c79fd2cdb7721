#include "case.h"
#include <metal_array>
#include <metal_pack>

TEST(arrays) { array<float, 3> a = {1, 2, 3}; a[1] += 5; thread float &r = a[2]; r = 9; float s = 0; for (size_t i = 0; i < a.size(); ++i) s += a[i]; out[0] = s, out[1] = sizeof(a); }
constant array<float, 2> fixed = {3, 4};
TEST(constant_arrays) { out[0] = fixed[1], out[1] = fixed.size(); threadgroup array<int, 4> t; t[2] = 7; out[2] = t[2]; }
TEST(packs) { uint u = pack_float_to_unorm4x8(float4(0, 1, 0.5f, 2)); float4 v = unpack_unorm4x8_to_float(u); out[0] = u & 255, out[1] = u >> 8 & 255, out[2] = u >> 16 & 255, out[3] = v.w, out[4] = v.y; }
TEST(packed_colours) { uint u = pack_float_to_srgb_unorm4x8(float4(0.5f, 0.002f, 2, 0.5f)), w = pack_half_to_unorm10a2(half4(1, 0.5h, 0, 1)); float4 v = unpack_unorm4x8_srgb_to_float(u), x = unpack_unorm10a2_to_float(w); out[0] = u & 255, out[1] = u >> 8 & 255, out[2] = u >> 16 & 255, out[3] = u >> 24, out[4] = rint(v.x * 1000), out[5] = v.z, out[6] = w & 1023, out[7] = w >> 10 & 1023, out[8] = w >> 30, out[9] = x.x, out[10] = x.w, out[11] = unpack_unorm4x8_srgb_to_half(255u).x; }
TEST(signed_packs) { uint u = pack_float_to_snorm2x16(float2(-1, 1)); float2 v = unpack_snorm2x16_to_float(u); out[0] = u & 65535, out[1] = u >> 16; out[2] = v.x, out[3] = v.y; half4 h = unpack_snorm4x8_to_half(0x7f81); out[4] = h.x, out[5] = h.y; }
TEST(builtins) { out[0] = __metal_fabs(-2.0f, __METAL_MAYBE_FAST_MATH__), out[1] = __metal_exp2(3.0f, __METAL_FAST_MATH__), out[2] = __metal_fmax(1.0f, 2.0f, __METAL_PRECISE_MATH__), out[3] = __metal_fma(2.0f, 3.0f, 4.0f); int e; out[4] = __metal_frexp(12.0f, &e), out[5] = e, out[6] = __metal_simd_sum(2.0f); }
struct Own { float v; Own(float x) : v(x) {} operator float() const { return v; } };
namespace metal { METAL_FUNC Own sqrt(Own x) { return Own(__metal_sqrt(float(x), __METAL_MAYBE_FAST_MATH__)); } template <> struct numeric_limits<Own> { static constexpr float max() { return 5; } }; }
TEST(extended_namespace) { out[0] = metal::sqrt(Own(16)), out[1] = numeric_limits<Own>::max(); }
