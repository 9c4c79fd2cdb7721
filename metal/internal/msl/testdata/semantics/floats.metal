#include "case.h"

TEST(half_rounds_each_operation) { half h = half(1.0f) / half(3.0f); out[0] = float(h * half(3.0f) - half(1.0f)); }
TEST(half_product_is_not_fused) { half a = half(1.0009765625f), b = a; half c = half(-1.001953125f); out[0] = float(a * b + c); }
TEST(half_overflow) { half h = 65504.0h; out[0] = isinf(h * 2.0h), out[1] = float(h), out[2] = float(half(65519.0f)), out[3] = isinf(half(65520.0f)); }
TEST(half_subnormal) { half h = half(5.960464477539063e-08f); out[0] = as_type<ushort>(h), out[1] = as_type<ushort>(half(1e-8f)); }
TEST(half_literals) { half a = 1.5h, b = 0.25h; out[0] = a + b, out[1] = sizeof(1.0h), out[2] = sizeof(1.0), out[3] = sizeof(1.0f); }
TEST(half_to_even) { out[0] = float(half(2049.0f)), out[1] = float(half(2051.0f)); }
TEST(half_compound) { half h = 1; h += 0.0004h; h *= 3; out[0] = h; }
TEST(half_with_int) { half h = 3; out[0] = h / 2, out[1] = h * 3 + 1; }
TEST(half_promotes_with_float) { half h = 0.1h; out[0] = (h + 0.0f) == float(h), out[1] = sizeof(h + 0.0f), out[2] = sizeof(h + h); }
TEST(bfloat_bits) { bfloat b = bfloat(1.0f); out[0] = as_type<ushort>(b), out[1] = as_type<ushort>(bfloat(-2.0f)), out[2] = sizeof(bfloat); }
TEST(bfloat_to_even) { out[0] = float(bfloat(257.0f)), out[1] = float(bfloat(259.0f)), out[2] = float(bfloat(1.00390625f)); }
TEST(bfloat_rounds_each_operation) { bfloat a = bfloat(1.0f), b = bfloat(0.00390625f); out[0] = float(a + b), out[1] = float((a + b) + b), out[2] = float(a) + float(b) + float(b); }
TEST(bfloat_range) { bfloat b = bfloat(3.0e38f); out[0] = isfinite(b), out[1] = isinf(b + b), out[2] = isnan(bfloat(NAN)); }
TEST(bfloat_with_float_is_float) { bfloat b = bfloat(1.0f); float x = b + 0.001f; out[0] = x, out[1] = sizeof(b + 1.0f), out[2] = sizeof(b + b), out[3] = sizeof(b * 2); }
TEST(bfloat_compare) { bfloat a = bfloat(1.0f), b = bfloat(2.0f); out[0] = a < b, out[1] = a == 1.0f, out[2] = b >= 2, out[3] = 1.5f > a; }
TEST(bfloat_compound) { bfloat b = 1; b += bfloat(1.0f); b *= b; b -= 1; b /= bfloat(2); out[0] = b; float f = 1; f += b; f *= b; out[1] = f; ++b; out[2] = b--; out[3] = -b; }
TEST(bfloat_literals) { bfloat b = 1.5bf + 2bf; out[0] = b; }
TEST(bfloat_device) { device bfloat *d = (device bfloat *)out; d[0] = bfloat(1.0f); d[1] = bfloat(2.0f); d[0] += d[1]; d[1] = d[0] * d[1]; float a = d[0], b = d[1]; out[0] = a, out[1] = b; }
TEST(bfloat_vectors) { bfloat4 v(1, 2, 3, 4); v = v * 2 + bfloat4(0.5f); float4 f = float4(v); PUT4(f); }
TEST(bfloat_threadgroup) { threadgroup bfloat t[4]; t[0] = 3; t[1] = t[0] + t[0]; t[1] *= 2; out[0] = t[1], out[1] = float(t[0]); }
constant bfloat one_and_half = bfloat(1.5f);
TEST(bfloat_constant) { bfloat b = one_and_half; out[0] = b, out[1] = one_and_half * 2.0f; }
TEST(bfloat_conditional) { device bfloat *d = (device bfloat *)out; d[2] = bfloat(4.0f); bfloat b = p.count ? d[2] : bfloat(1); out[0] = b; }
TEST(bfloat_functions) { bfloat b = bfloat(4.0f); out[0] = sqrt(b), out[1] = max(b, bfloat(5)), out[2] = abs(-b), out[3] = exp2(bfloat(3)), out[4] = fma(b, b, b); }
TEST(float_not_contracted) { float a = 1.00000011920929f; out[0] = a * a - 1.0000002384185791f; }
TEST(infinities) { float i = INFINITY; out[0] = as_type<uint>(i) == 0x7f800000, out[1] = as_type<uint>(-i) == 0xff800000, out[2] = isinf(i), out[3] = i > FLT_MAX; }
TEST(nan_compares) { float n = NAN * p.scalar; out[0] = n == n, out[1] = n != n, out[2] = n < 1, out[3] = isnan(n); }
TEST(signed_zero) { float z = -0.0f; out[0] = signbit(z), out[1] = z == 0.0f, out[2] = signbit(z + 0.0f), out[3] = signbit(z * 1.0f); }
TEST(literals_are_float) { out[0] = sizeof(0.1), out[1] = 0.1 == 0.1f, out[2] = 1.0 / 3.0 == 1.0f / 3.0f; }
TEST(as_type_scalars) { out[0] = as_type<uint>(1.0f) == 0x3f800000, out[1] = as_type<float>(0x40490fdb), out[2] = as_type<ushort>(1.0h), out[3] = as_type<half>((ushort)0x4200); }
TEST(as_type_vectors) { uint2 u = as_type<uint2>(float2(1, 2)); half2 h = as_type<half2>(0x40003c00); ushort4 s = as_type<ushort4>(float2(1, 2)); out[0] = u.y == 0x40000000, out[1] = h.x, out[2] = h.y, out[3] = s.y == 0x3f80; }
TEST(limits_float) { out[0] = numeric_limits<float>::max() == FLT_MAX, out[1] = numeric_limits<half>::max(), out[2] = float(numeric_limits<bfloat>::max()) > 3.38e38f, out[3] = isinf(numeric_limits<float>::infinity()), out[4] = isnan(numeric_limits<half>::quiet_NaN()), out[5] = numeric_limits<half>::epsilon() == 0.0009765625h, out[6] = float(numeric_limits<half>::lowest()); }
TEST(limits_integer) { out[0] = numeric_limits<int>::max() == 2147483647, out[1] = numeric_limits<short>::min(), out[2] = numeric_limits<uchar>::max(), out[3] = numeric_limits<ulong>::max() == ~0ul, out[4] = numeric_limits<char>::lowest(); }
TEST(constants) { out[0] = M_PI_F, out[1] = M_LOG2E_F, out[2] = MAXHALF, out[3] = M_PI_H, out[4] = INT_MAX == 2147483647; }
constant float lowest = -INFINITY;
constant float limit = numeric_limits<float>::infinity();
static float starts_at() { return -INFINITY; }
TEST(infinite_maximum) { float m = -INFINITY, n = starts_at(); for (uint i = 0; i < 5; ++i) m = max(m, in[i]), n = in[i] > n ? in[i] : n; out[0] = m, out[1] = n, out[2] = simd_max(max(-INFINITY, in[2])), out[3] = as_type<uint>(lowest) == 0xff800000, out[4] = as_type<uint>(limit) == 0x7f800000; constexpr float c = INFINITY; out[5] = as_type<uint>(c) == 0x7f800000; out[6] = isnan(NAN), out[7] = -INFINITY; }
