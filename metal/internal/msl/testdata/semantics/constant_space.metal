#include "case.h"
#include <metal_array>

// What lies in constant memory: tables, vectors, bfloat, members of structs; and what it is handed to.
constexpr constant static float table_of_four[4] = {1, 2, 3, 4};
static inline float at(constant float *v, int i) { return v[i]; }
static inline float first_of(constant float &v) { return v; }
TEST(table_to_a_pointer) { out[0] = at(table_of_four, 2), out[1] = first_of(table_of_four[3]), out[2] = at(table, 1); }
static constexpr constant int3 sizes = {13, 19, 12};
static constexpr constant float4 rows[2] = {{1, 2, 3, 4}, float4(5)};
constant packed_float3 packed = {7, 8, 9};
constant uint2 copied_pair = uint2(3, 4);
TEST(vectors) { int3 s = sizes; float4 r = rows[0]; out[0] = sizes.x + s.z, out[1] = r.w + rows[1].y, out[2] = float3(packed).y, out[3] = copied_pair.y; uint4 three = {1, 2, 3}; out[4] = three.z, out[5] = three.w; }
template <class U> struct Top { static constexpr constant U value = metal::numeric_limits<U>::infinity(); };
template <class U> struct Begin { static constexpr constant U value = Top<U>::value; };
TEST(bfloat_from_limits) { bfloat b = Begin<bfloat>::value; out[0] = b, out[1] = Begin<half>::value > 60000.0h; }
template <class T> static void put(device T *o, constant T &v) { o[0] = v; o[1] = T(v); }
constant bfloat three = 3, pair[2] = {bfloat(1.0f), bfloat(2.0f)};
TEST(bfloat_copied) { device bfloat *b = (device bfloat *)in; put(b, three); out[0] = b[0], out[1] = b[1], out[2] = pair[1] + three; bfloat c; c = pair[0]; out[3] = c; }
template <class T> struct Limit { static const constant T max; };
template <> struct Limit<bfloat> { static const constant bfloat max; };
template <> struct Limit<half> { static const constant half max; static const constant float grid[2][2]; };
constant constexpr const bfloat Limit<bfloat>::max = bfloat(5.0f);
constant constexpr const half Limit<half>::max = 6.0h;
constant constexpr const float Limit<half>::grid[2][2] = {{1, 2}, {3, 4}};
template <class T> struct Declared { static constexpr constant T v[2] = {T(1), T(2)}; };
constant constexpr const float Declared<float>::v[2];
TEST(members_defined_outside) { out[0] = Limit<bfloat>::max, out[1] = Limit<half>::max, out[2] = Limit<half>::grid[1][0], out[3] = Declared<float>::v[1]; }
struct Number { float v; constexpr Number(float x) constant : v(x) {} constexpr Number(float x) thread : v(x) {} constexpr float twice() const constant { return 2 * v; } float twice() const thread { return 3 * v; } };
constant Number four = Number(4.0f);
TEST(constructor_by_space) { Number n(5); out[0] = four.twice(), out[1] = n.twice(); }
struct Pair { float a, b; template <typename U> constexpr operator U() const thread { return U(a); } template <typename U> constexpr operator U() const constant { return U(b); } };
constant Pair both = {1, 2};
TEST(conversion_templates) { Pair q = {3, 4}; out[0] = float(q), out[1] = int(both); }
TEST(struct_assigned_from_constant) { Number n(1); n = four; out[0] = n.twice(); }
TEST(uniforms) { uniform<float> u = make_uniform(table[1]); out[0] = u, out[1] = u + 1; }
TEST(threadgroup_initialised) { threadgroup float s[4] = {1, 2}; threadgroup int n = 7; s[3] = 5; out[0] = s[0], out[1] = s[1], out[2] = s[2], out[3] = s[3], out[4] = n; }
template <class T> void fill(threadgroup T (&s)[32], uint i) { s[i] = T(i); }
TEST(threadgroup_array_by_reference) { threadgroup float s[32]; fill(s, 3); out[0] = s[3]; }

struct Arrays { array<float, 3> a; array<array<int, 2>, 2> n; array<bfloat, 2> b; };
constant Arrays arrays = {{1, 2, 3}, {{{1, 2}, {3, 4}}}, {bfloat(5.0f), bfloat(6.0f)}};
constant array<uint2, 2> pairs = {uint2(1, 2), uint2(3, 4)};
template <typename T, size_t N> T last_of(array<T, N> a) { return a[N - 1]; }
array<float, 3> whole_of(constant Arrays &s) { return s.a; }
struct HasArray { array<float, 3> a; HasArray(array<float, 3> x) : a(x) {} };
TEST(arrays_copied) {
  array<float, 3> c; c = arrays.a;
  auto d = pairs;
  const auto n = arrays.n;
  HasArray h(arrays.a);
  Arrays all = arrays;
  threadgroup array<float, 3> shared; shared = arrays.a;
  out[0] = last_of(arrays.a), out[1] = last_of(arrays.b), out[2] = whole_of(arrays)[1], out[3] = n[1][1], out[4] = c[0] + d[1].y, out[5] = h.a[1] + all.a[0] + shared.size() - 3;
}

struct Mixed { packed_float3 p; float3 v; float s; int i; };
constant Mixed mixed = {packed_float3(1, 2, 3), float3(4, 5, 6), 7, 8};
TEST(assigned_from_another_type) {
  float3 v; v = mixed.p; out[0] = v.z; v = mixed.s; out[1] = v.y; v = mixed.i; out[2] = v.x;
  packed_float3 q; q = mixed.v; out[3] = q.z; q = mixed.s; out[4] = q.y;
  threadgroup float3 t; t = mixed.p; out[5] = t.x;
  bfloat b; b = mixed.i; out[6] = b;
}
