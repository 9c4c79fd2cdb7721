#include "case.h"

// One case per function of one argument: its values at x = 0.25, 0.5 and 1.75, of float and of a float2.
#define F1(name) \
  TEST(f1_##name) { float2 v = name(float2(0.25f, 1.75f)); out[0] = name(0.25f), out[1] = name(0.5f), out[2] = v.y, out[3] = name(0.5h) == half(name(0.5f)); }
F1(acosh) F1(asinh) F1(atan) F1(ceil) F1(cos) F1(cosh) F1(cospi) F1(exp) F1(exp10) F1(exp2) F1(fabs) F1(floor) F1(fract) F1(log) F1(log10) F1(log2) F1(rint) F1(round) F1(rsqrt) F1(sin) F1(sinh) F1(sinpi) F1(sqrt) F1(tan) F1(tanh) F1(trunc) F1(sign) F1(saturate)
TEST(arcs) { out[0] = acos(0.25f), out[1] = asin(0.25f), out[2] = atanh(0.25f), out[3] = tanpi(0.25f); }
TEST(two_arguments) { out[0] = atan2(1.0f, -1.0f), out[1] = copysign(3.0f, -0.0f), out[2] = fdim(5.0f, 3.0f), out[3] = fdim(3.0f, 5.0f), out[4] = fmod(-7.5f, 2.0f), out[5] = pow(2.0f, 0.5f), out[6] = powr(2.0f, 3.0f), out[7] = divide(1.0f, 4.0f); }
TEST(minima) { out[0] = fmin(1.0f, 2.0f), out[1] = fmax(1.0f, NAN), out[2] = fmin(NAN, 2.0f), out[3] = min(3, -2), out[4] = max(3u, 7u), out[5] = min3(3.0f, 1.0f, 2.0f), out[6] = max3(3, 1, 2), out[7] = median3(3.0f, 1.0f, 2.0f); }
TEST(fused) { float a = 1.00000011920929f; out[0] = fma(a, a, -1.0000002384185791f) != 0.0f, out[1] = fma(2.0f, 3.0f, 4.0f); }
TEST(clamps) { out[0] = clamp(5.0f, 0.0f, 1.0f), out[1] = clamp(-5, -2, 2), out[2] = clamp(0.5h, 0.0h, 1.0h); float3 v = clamp(float3(-1, 0.5f, 2), 0.0f, 1.0f); out[3] = v.x, out[4] = v.y, out[5] = v.z; long l = clamp(5l, 0l, 3l); out[6] = l; }
TEST(blends) { out[0] = mix(1.0f, 3.0f, 0.25f), out[1] = step(1.0f, 0.5f), out[2] = step(1.0f, 1.0f), out[3] = smoothstep(0.0f, 2.0f, 0.5f); float2 v = mix(float2(0), float2(2, 4), 0.5f); out[4] = v.x, out[5] = v.y; }
TEST(signs) { out[0] = sign(-3.0f), out[1] = sign(0.0f), out[2] = sign(NAN), out[3] = signbit(sign(-0.0f)); }
TEST(round_ties) { out[0] = round(2.5f), out[1] = rint(2.5f), out[2] = round(-2.5f), out[3] = rint(3.5f), out[4] = trunc(-2.7f); }
TEST(exponents) { int e; float m = frexp(12.0f, e); out[0] = m, out[1] = e, out[2] = ldexp(0.75f, 4), out[3] = ilogb(10.0f), out[4] = ilogb(0.4f); int2 e2; float2 m2 = frexp(float2(3, 0.1f), e2); out[5] = m2.x, out[6] = e2.y; }
TEST(parts) { float w; float f = modf(-2.75f, w); out[0] = f, out[1] = w; float c; out[2] = sincos(0.5f, c), out[3] = c; }
TEST(neighbours) { out[0] = nextafter(1.0f, 2.0f) == 1.00000011920929f, out[1] = nextafter(1.0h, 0.0h) == 0.99951171875h, out[2] = nextafter(0.0f, 1.0f) > 0.0f; }
TEST(namespaces) { out[0] = fast::exp(1.0f), out[1] = precise::exp(1.0f), out[2] = metal::fast::max(1.0f, 2.0f), out[3] = precise::sqrt(2.0f), out[4] = metal::precise::log2(8.0f); float2 v = fast::exp2(float2(1, 2)); out[5] = v.y; }
TEST(of_integers) { out[0] = exp2(3), out[1] = sqrt(16), out[2] = pow(2, 3); }
TEST(of_vector_and_scalar) { float3 v = max(float3(1, 5, 3), 2.0f), w = pow(float3(1, 2, 3), 2.0f), x = fmin(4.0f, v); PUT3(v); out[3] = w.z, out[4] = x.y; }
TEST(sinpi_exact) { out[0] = sinpi(1.0f), out[1] = sinpi(1000000.0f), out[2] = cospi(0.5f), out[3] = sinpi(-0.5f), out[4] = cospi(1.0f), out[5] = sinpi(1.5f); }
TEST(infinite) { out[0] = exp(-INFINITY), out[1] = isinf(exp(INFINITY)), out[2] = isinf(log(0.0f)), out[3] = isnan(log(-1.0f)), out[4] = exp2(-200.0f) == 0, out[5] = max(-INFINITY, 1.0f); }
TEST(half_min_max) { half h = max(1.5h, 2.5h); out[0] = h, out[1] = sizeof(max(1.0h, 2.0h)), out[2] = sizeof(exp(half2(1))), out[3] = min(half3(1, 2, 3), 2.0h).z; }
TEST(short_stays_short) { short a = 3, b = -4; auto c = max(a, b); out[0] = c, out[1] = sizeof(c), out[2] = min(ushort(3), ushort(9)), out[3] = abs(b); }
