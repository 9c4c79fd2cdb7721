#include "case.h"

// Names that MSL does not have are the text's to declare, in namespace metal too; and how declarations may be written.
namespace metal {
template <typename T> struct is_empty : metal::bool_constant<__is_empty(T)> {};
template <typename... Ts> struct make_void { typedef void type; };
template <typename... Ts> using void_t = typename make_void<Ts...>::type;
struct place { int v; };
template <class T> struct scalar { T v; };
namespace details { constant int five = 5; }
template <class T> using plain_t = T;
} // namespace metal
namespace detail { template <int N> float twice(float x) { return x * N; } struct side {}; }
namespace simd_detail { constant float one = 1; }
struct sum { float v; }; struct least { float v; };
TEST(own_names) { sum s = {2}; least l = {3}; place q = {4}; metal::scalar<float> c = {5}; out[0] = detail::twice<2>(3), out[1] = s.v + l.v, out[2] = q.v, out[3] = c.v, out[4] = metal::details::five + simd_detail::one; plain_t<float> x = is_empty<detail::side>::value; out[5] = x; }
extern "C" struct Size { uint w; uint h; };
extern "C" { struct Depth { uint d; Depth(uint x) : d(x) {} }; float with_c_linkage(float x) { return x + 1; } }
TEST(c_linkage) { Size s = {1, 2}; Depth d(3); out[0] = s.h, out[1] = d.d, out[2] = with_c_linkage(3); }
struct Held { int v; Held(ushort lane [[thread_index_in_simdgroup]], int by [[maybe_unused]] = 2) thread { v = int(lane) * (1 + by); } };
TEST(attribute_of_a_parameter) { Held h(3); out[0] = h.v; }
template <typename U> struct Sized { template <typename T, metal::enable_if_t<sizeof(T) < 8, bool> = true> T g(T v) { return v; } template <typename T, metal::enable_if_t<sizeof(T) == 8, bool> = true> T g(T v) { return v + 1; } };
TEST(less_than_in_arguments) { Sized<int> s; out[0] = s.g(3), out[1] = s.g(4l); constexpr int n = 3; out[2] = n < 4 && n > 2 ? 1 : 0; bool b = n < 2 || n > (1); out[3] = b; }
template <typename T> using Step = void (*)(thread T &);
typedef float (*Scale)(float);
template <typename T> void bump(thread T &x) { x += 1; }
float tripled(float x) { return 3 * x; }
template <typename T, int n, Step<T> step> void many(thread T &x) { for (int i = 0; i < n; ++i) step(x); }
template <Scale scale> float scaled(float x) { return scale(x); }
TEST(callbacks_by_name) { float x = 1; many<float, 3, bump<float>>(x); out[0] = x, out[1] = scaled<tripled>(2); }
TEST(coherent_memory) { volatile coherent(system) device float *q = out; device coherent float *r = out; q[0] = 1; r[1] = 2; int coherent = 3; out[2] = coherent; }
inline bfloat unused_xor(bfloat x) { return static_cast<bfloat>(__metal_simd_xor(static_cast<float>(x))); }
TEST(xor_of_integers) { out[0] = simd_xor(5u); }
template <typename T, typename = metal::enable_if_t<__is_valid_simdgroup_type<T>::value>> T down(T x) { return simd_shuffle_down(x, 0); }
TEST(types_of_a_simdgroup) { out[0] = down(5.0f), out[1] = down(half2(1, 2)).y, out[2] = __is_valid_simdgroup_type<Size>::value; }
template <class T> constexpr constant bool is_word = _disjunction<is_same<T, int>, is_same<T, uint>>::value;
TEST(either_and_both) { out[0] = is_word<uint>, out[1] = is_word<half>, out[2] = _conjunction<is_same<int, int>, is_same<int, uint>>::value; }
struct Always { constexpr operator bool() const device { return true; } constexpr operator bool() thread { return true; } };
TEST(bfloat_of_what_converts) { Always a; bfloat b = bfloat(a); bfloat c; c = a; out[0] = b, out[1] = c; }
template <typename T, int W> [[kernel, max_total_threads_per_threadgroup(W * 32)]] void limited(device T *out [[buffer(0)]]) { out[0] = T(W); }
template [[host_name("limited_1")]] [[kernel]] decltype(limited<float, 1>) limited<float, 1>;
template [[host_name("limited_2")]] [[kernel]] decltype(limited<float, 2>) limited<float, 2>;
template <typename T> kernel void deduced(device T *out [[buffer(0)]], constant T *table [[buffer(3)]]) { out[0] = table[1] + sizeof(T); }
template [[host_name("deduced_float")]] [[kernel]] void deduced(device float *out [[buffer(0)]], constant float *table [[buffer(3)]]);

// Constructors that are default leave an aggregate, in every address space and with the template's arguments or without.
template <class T> struct Counted { uint n; T sum; constexpr Counted<T>() = default; constexpr Counted<T>() threadgroup = default; };
struct Pair { float a; float b; Pair() = default; Pair(const thread Pair &) = default; };
template <class T> struct Deep { T v[2]; T w; constexpr Deep() threadgroup = default; };
template <class T> Counted<T> counted() { return {3, 4}; }
TEST(default_constructors) { Counted<float> c = counted<float>(); threadgroup Counted<float> shared[2]; shared[1] = c; Pair one = {5, 6}; Pair q = one; Deep<half> d = {{7, 8}, 9}; out[0] = c.n, out[1] = shared[1].sum, out[2] = q.b, out[3] = d.v[1] + d.w; }
// What specializes a template of MSL's is used where nothing names it.
template <class T> struct Ranked { uint i; T v; };
template <class T> struct _numeric_limits_impl<Ranked<T>> { static constexpr METAL_FUNC Ranked<T> max() { return Ranked<T>{7, numeric_limits<T>::max()}; } };
struct Plain { float v; };
template <> struct metal::numeric_limits<Plain> { static constexpr METAL_FUNC Plain max() { return Plain{2}; } };
template <> struct metal::is_floating_point<Plain> : metal::true_type {};
template <class T, metal::enable_if_t<metal::is_floating_point_v<T>, bool> = true> float kind_of(T) { return 1; }
template <class T, metal::enable_if_t<!metal::is_floating_point_v<T>, bool> = true> float kind_of(T) { return 2; }
TEST(specialized_outside) { out[0] = numeric_limits<Ranked<int>>::max().i, out[1] = numeric_limits<Ranked<uchar>>::max().v, out[2] = numeric_limits<Plain>::max().v, out[3] = kind_of(Plain{1}), out[4] = kind_of(Ranked<int>{1, 2}); }
TEST(two_spaces) { thread const device float *x[2]; x[0] = in; x[1] = in + 1; device thread float *q = out; const threadgroup float thread *r = nullptr; q[0] = x[1] - x[0]; out[1] = r == nullptr; }
TEST(sign_of_bfloat) { out[0] = sign(bfloat(-2)), out[1] = sign(bfloat(3)), out[2] = sign(bfloat(0)), out[3] = sign(half(-5)); bfloat x = bfloat(2.5f), y = -1; out[4] = saturate(x), out[5] = clamp(x, y, bfloat(1)), out[6] = step(x, y), out[7] = mix(x, y, bfloat(0.5f)), out[8] = fract(x), out[9] = abs(y), out[10] = median3(x, y, bfloat(2)), out[11] = smoothstep(bfloat(0), bfloat(1), x); }
TEST(assertions) { out[0] = 1; assert(out[0] == 1); assert(max(1, 2) == 2 && "message"); out[1] = 2; }
struct Summed { float operator()(float a) { return simd_sum(a); } float operator()(float a, float b) { return this->operator()(a) + this->operator()(b); } float twice(float a) { return operator()(a) + (*this)(a); } };
TEST(operators_by_name) { Summed s; float x = s.twice(1), y = s.operator()(1, 2); if (lane == 0) out[0] = x, out[1] = y; }
struct Constant { static constexpr float total(float x) { return simd_sum(x); } };
TEST(constexpr_functions) { float x = Constant::total(1); if (lane == 0) out[0] = x; }

/* Functions of the text's own types have the library's names, with several types in one call. */
struct Halves { float2 x, y; };
struct SmallHalves { half2 x, y; };
inline Halves fma(SmallHalves a, SmallHalves b, Halves c) { return {fma(float2(a.x), float2(b.x), c.x), fma(float2(a.y), float2(b.y), c.y)}; }
inline Halves max(Halves a, SmallHalves b) { return {max(a.x, float2(b.x)), max(a.y, float2(b.y))}; }
inline float clamp(SmallHalves a, Halves low, float high) { return clamp(float(a.x.x), low.x.x, high); }
template <typename Q, typename S> inline S dot_of(Q a, Q b, S c) { return fma(a, b, c); }
TEST(own_functions_of_several_types) {
  SmallHalves a = {half2(1, 2), half2(3, 4)};
  Halves c = {float2(10, 20), float2(30, 40)};
  Halves r = dot_of(a, a, c), m = max(c, a);
  out[0] = r.x.x, out[1] = r.y.y, out[2] = m.x.y, out[3] = clamp(a, c, 50.0f);
}
// A kernel beside a function of its name, in a namespace too, and as a template.
inline float beside_a_function(float x) { return 2 * x; }
inline float beside_a_function(float x, float y) { return x * y; }
kernel void beside_a_function(device float *out [[buffer(0)]], device float *in [[buffer(1)]]);
kernel void beside_a_function(device float *out [[buffer(0)]], device float *in [[buffer(1)]]) { out[0] = beside_a_function(in[2]), out[1] = beside_a_function(3, 5); }
namespace beside {
struct Scale { float by; };
template <class T> T function(T x) { return x + 1; }
template <class T> kernel void function(device T *out [[buffer(0)]], constant Scale &, uint i [[thread_position_in_grid]]) { out[i] = function(T(4)); }
template [[host_name("beside_function_float")]] kernel void function<float>(device float *, constant Scale &, uint);
} // namespace beside
