#include "case.h"
#include <metal_simdgroup_matrix>
#pragma METAL internals : enable

void add_two(thread float &x) { x += 2; }
void times(thread float &x) { x *= 10; }
template <void (*f)(thread float &)> float applied(float x) { f(x); return x; }
TEST(function_argument) { out[0] = applied<add_two>(1), out[1] = applied<times>(3); }
template <typename T> void widen(device const float *src, short i, thread T &reg) { reg = T(src[i]); }
template <typename T, int N, void (*load)(device const float *, short, thread T &)> T total(device const float *src) { T s = 0, x; for (short i = 0; i < N; ++i) { load(src, i, x); s += x; } return s; }
TEST(function_template_argument) { out[0] = total<half, 4, widen<half>>(in), out[1] = total<float2, 3, widen<float2>>(in).y; }
struct Max { template <typename T> static constexpr T apply(T a, T b) { return metal::max(a, b); } };
struct Add { template <typename T> METAL_FUNC static constexpr T apply(T a, T b) { return a + b; } };
template <typename Op, typename T> T fold(thread const T *v, int n) { T r = v[0]; for (int i = 1; i < n; ++i) r = Op::apply(r, v[i]); return r; }
TEST(operation_types) { float v[3] = {1, 5, 3}; out[0] = fold<Max>(v, 3), out[1] = fold<Add>(v, 3); }
template <typename T> struct Limits { static const constant T lowest = -metal::numeric_limits<T>::max(); static constexpr constant int bits = sizeof(T) * 8; };
TEST(static_members) { out[0] = Limits<half>::lowest, out[1] = Limits<float>::bits; }
template <int N> constexpr int factorial() { return N * factorial<N - 1>(); }
template <> constexpr int factorial<0>() { return 1; }
TEST(recursion) { out[0] = factorial<5>(); }
template <typename... A> float sum_all(A... a) { return (0.0f + ... + float(a)); }
TEST(variadic) { out[0] = sum_all(1, 2.5f, 3.0h, ushort(4)); }
template <int n> using Int = integral_constant<int, n>;
template <typename S> float strided(device float *q, S stride) { return q[2 * stride]; }
TEST(constant_types) { out[0] = strided(in, Int<3>{}), out[1] = strided(in, 5); device float *q = in; q += Int<4>(); out[2] = *q, out[3] = *(in + Int<2>()); }
template <typename T, typename U> struct Pair { T a; U b; };
template <typename T, typename U> Pair<T, U> make_pair(T a, U b) { return {a, b}; }
TEST(braced_return) { auto q = make_pair(1.5f, short(2)); out[0] = q.a + q.b; }
template <typename T> void store(device T *o, int i, T v) { o[i] = v; }
TEST(shift_in_template_argument) { store<float>(out, 0, sizeof(vec<half, (8 >> 2)>)); out[1] = sizeof(Pair<vec<half, 2>, vec<half, 2>>); }
#define UNROLL _Pragma("clang loop unroll(full)")
TEST(pragmas) { float s = 0; UNROLL for (int i = 0; i < 4; ++i) s += in[i];
#pragma unroll
  for (int i = 0; i < 4; ++i) s += 1;
#pragma clang loop unroll_count(2)
  for (int i = 0; i < 4; ++i) s += 1;
  out[0] = s; }
namespace outer { constant float scale = 3; namespace inner { float f(float x) { return x * scale; } TEST(in_namespace) { out[0] = f(2); } } using inner::f; }
TEST(namespace_lookup) { out[0] = outer::f(1), out[1] = outer::inner::f(2); namespace o = outer::inner; out[2] = o::f(3); }
template <typename T, ushort N> kernel void instantiated(device T *out [[buffer(0)]], constant Params &p [[buffer(2)]]) { out[0] = T(p.scalar) + T(N); }
#define INSTANTIATE(T, N) template [[host_name("instantiated_" #T "_" #N)]] kernel void instantiated<T, N>(device T *, constant Params &);
INSTANTIATE(float, 3)
template [[host_name("by_" "decltype")]] [[kernel]] decltype(instantiated<float, 5>) instantiated<float, 5>;
[[kernel]] void attributed(device float *out [[buffer(0)]]) { out[0] = 6; }
[[host_name("renamed")]] kernel void original(device float *out [[buffer(0)]]) { out[0] = 7; }
kernel void declared_first(device float *out [[buffer(0)]]);
kernel void declared_first(device float *out [[buffer(0)]]) { out[0] = 8; }
#define DEFINE(name, value) kernel void name(device float *out [[buffer(0)]]) { out[0] = value; }
DEFINE(from_macro, 9) DEFINE(from_same_line, 10)
kernel void untagged(device float *out, device const float *in, constant Params &p) { out[0] = in[1] + p.scalar; }
kernel void partly_tagged(constant Params &p [[buffer(2)]], device float *out, device const float *in) { out[0] = in[2] + p.scalar; }
kernel void reversed_slots(device const float *in [[buffer(0 + 1)]], device float *out [[buffer(0)]]) { out[0] = in[3]; }
kernel void reference_argument(device float &out [[buffer(0)]], constant float *table [[buffer(3)]]) { out = table[1]; }
[[max_total_threads_per_threadgroup(64)]] kernel void limited(device float *out [[buffer(0)]]) { out[0] = 11; }
template <int N> struct simd_tile { static METAL_FUNC float f(thread simdgroup_matrix<float, 8, 8> &m) { return m.thread_elements()[0] + N; } };
TEST(comments_and_strings) { /* kernel void not_one(device float *x) { } */ out[0] = 1; // threadgroup float x[3];
  out[1] = sizeof("kernel ; } threadgroup") > 3; }
TEST(lambda_free_statements) { int i = 0; do { i++; } while (i < 3); for (;;) { if (++i > 5) break; else continue; } out[0] = i; goto end; end: out[1] = 1; }
TEST(static_assertion) { static_assert(sizeof(float4) == 16, "threadgroup float x;"); out[0] = 1; }
TEST(constexpr_locals) { constexpr ushort n = 4, m = n * 2; float a[m]; for (ushort i = 0; i < m; ++i) a[i] = i; constexpr float2 c(1, 2); out[0] = a[m - 1], out[1] = c.y; }
// What a kernel does not reach is taken out with the pragmas in it, wherever it stands.
template <typename T, typename Op> T applied(T a, T b) {
  while (Op::condition(a, b) && a < T(9)) { a = Op()(a, b); }
  return a;
}
template <typename T> struct Unreached {
  static bool condition(T a, T b) {
#pragma unused(a)
#pragma unused(b)
    return true;
  }
  T operator()(T a, T b) thread {
#pragma unused(b)
    return a;
  }
};
template <typename T> struct Reached {
  static bool condition(T a, T b) { return a < b; }
  T operator()(T a, T b) thread { return a + 1; }
};
TEST(pragmas_of_what_is_not_reached) { out[0] = applied<float, Reached<float>>(1, 4); }
// The size of a vector, matrix or array is deduced in any type of integer.
template <typename T, uint N> T last_of(vec<T, N> v) { return v[N - 1]; }
template <typename T, int N> T first_of(vec<T, N> v) { return v[0] + N; }
template <typename T, unsigned int V, uint N> void spread_of(thread T (&to)[N], device const vec<T, V> (&from)[N]) { for (uint i = 0; i < N; i++) to[i] = from[i][V - 1]; }
template <typename T, uint C, ushort R> T corner_of(matrix<T, C, R> m) { return m[C - 1][R - 1]; }
template <typename T, uint N> T front_of(array<T, N> a) { return a[0] + N; }
template <typename T, int N> T back_of(array<T, N> a) { return a[N - 1]; }
template <typename T> struct width_of { enum { n = 1 }; };
template <typename T, uint N> struct width_of<vec<T, N>> { enum { n = N }; };
template <uint N> float total_of(vec<float, N> v) { return dot(v, vec<float, N>(1)); }
TEST(deduced_sizes) {
  float d[2]; spread_of(d, *(device const float4(*)[2])in);
  out[0] = last_of(float3(1, 2, 3)), out[1] = d[1], out[2] = corner_of(float2x2(7)), out[3] = front_of(array<float, 2>({8, 9})), out[4] = back_of(array<float, 2>({8, 9}));
  out[5] = width_of<half4>::n, out[6] = width_of<int>::n, out[7] = total_of(float4(1)), out[8] = first_of(float2(1));
}
// What has no numbers of its own has zeros for limits, so that a template may ask.
TEST(limits_of_vectors) { out[0] = numeric_limits<float4>::max().x, out[1] = numeric_limits<float4>::is_specialized, out[2] = numeric_limits<float>::max() > 1; }
struct Listed { float v[3]; Listed() thread {} thread Listed &operator=(initializer_list<float> l) thread { uint i = 0; for (float e : l) v[i++] = e; v[2] = l.size(); return *this; } };
TEST(assigned_lists) { Listed l; l = {1.5f, 2.5f}; out[0] = l.v[0], out[1] = l.v[1], out[2] = l.v[2]; }
