#include "case.h"

TEST(all_any) { out[0] = all(bool4(true)), out[1] = all(bool3(true, false, true)), out[2] = any(bool2(false, true)), out[3] = any(bool4(false)), out[4] = all(int2(1, 0)); }
TEST(select_scalar) { out[0] = select(1.0f, 2.0f, true), out[1] = select(1, 2, false), out[2] = select(1.0h, 2.0h, true); }
TEST(select_vector) { float3 v = select(float3(1, 2, 3), float3(10, 20, 30), bool3(true, false, true)); PUT3(v); int2 w = select(int2(1, 2), int2(3, 4), int2(1, 2) > 1); out[3] = w.x, out[4] = w.y; }
TEST(classes) { out[0] = isnan(NAN), out[1] = isinf(-INFINITY), out[2] = isfinite(1.0f), out[3] = isfinite(NAN), out[4] = isnormal(1e-40f), out[5] = isnormal(1.0f), out[6] = isnormal(1e-5h), out[7] = signbit(-1.0h); }
TEST(classes_of_vectors) { bool3 m = isnan(float3(1, NAN, 3)); PUT3(m); out[3] = any(isinf(half2(1, 65504) * 2.0h)); }
TEST(order) { out[0] = isordered(1.0f, NAN), out[1] = isunordered(1.0f, NAN), out[2] = isordered(1.0f, 2.0f); }
TEST(dots) { out[0] = dot(float2(1, 2), float2(3, 4)), out[1] = dot(float3(1, 2, 3), float3(1)), out[2] = dot(half4(1, 2, 3, 4), half4(1)), out[3] = sizeof(dot(half2(1), half2(1))); }
TEST(cross_product) { float3 v = cross(float3(1, 0, 0), float3(0, 1, 0)), w = cross(float3(1, 2, 3), float3(4, 5, 6)); PUT3(v); out[3] = w.x, out[4] = w.y, out[5] = w.z; }
TEST(lengths) { out[0] = length(float2(3, 4)), out[1] = length_squared(float3(1, 2, 3)), out[2] = distance(float2(1, 1), float2(4, 5)), out[3] = distance_squared(float2(0), float2(2, 3)), out[4] = fast::length(float2(6, 8)); }
TEST(unit) { float3 v = normalize(float3(0, 3, 4)); PUT3(v); out[3] = precise::normalize(float2(5, 0)).x; }
TEST(mirrors) { float2 v = reflect(float2(1, -1), float2(0, 1)), w = faceforward(float2(0, 1), float2(0, 1), float2(0, 1)); PUT2(v); out[2] = w.y; float2 r = refract(float2(0, -1), float2(0, 1), 1.5f); out[3] = r.x, out[4] = r.y; }
TEST(traits) {
  out[0] = is_same<float, float>::value, out[1] = is_same_v<half, float>, out[2] = is_integral<uchar>::value, out[3] = is_floating_point_v<bfloat>;
  out[4] = is_signed<char>::value, out[5] = is_same<conditional_t<true, int, float>, int>::value, out[6] = is_same<make_unsigned_t<int>, uint>::value, out[7] = is_same<remove_cv_t<const float>, float>::value;
}
template <typename T, typename = enable_if_t<is_integral_v<T>>> int kind(T) { return 1; }
template <typename T, typename = enable_if_t<is_floating_point_v<T>>, int = 0> int kind(T) { return 2; }
TEST(enable_if_overloads) { out[0] = kind(3), out[1] = kind(3.0f), out[2] = kind(3.0h), out[3] = kind(ushort(1)), out[4] = kind(bfloat(1)); }
template <typename T> constexpr int size_class() { if constexpr (sizeof(T) == 2) return 2; else return 4; }
TEST(constexpr_if) { out[0] = size_class<half>(), out[1] = size_class<float>(); }
TEST(vector_trait) { out[0] = is_same<vec<float, 4>, float4>::value, out[1] = is_same<make_scalar_t<half3>, half>::value, out[2] = is_vector_v<int2>; }
