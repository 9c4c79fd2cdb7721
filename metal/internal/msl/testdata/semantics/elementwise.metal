#include "case.h"
#include <metal_atomic>

// Kernels for many types that are templates of a library's namespace: instantiated from outside it, with functors, with
// untyped buffers, and with atomic operations on what is smaller than a word.
namespace lib {
namespace metal {
template <typename F, typename... A> using result_of = decltype(::metal::declval<F>()(::metal::declval<A>()...));
template <typename T, typename F> kernel void each(device result_of<F, T> *out [[buffer(0)]], device float *in [[buffer(1)]]) {
  F f;
  for (int i = 0; i < 2; ++i) out[i] = f(T(in[i]));
}
template <typename T> kernel void plain(device T *out [[buffer(0)]], device float *in [[buffer(1)]]) { out[0] = T(in[2]); }
template <typename T> inline device T &at(device void *p, long offset) { return *reinterpret_cast<device T *>(static_cast<device char *>(p) + offset); }
template <typename T> inline constant T &at(constant void *p, long offset) { return *reinterpret_cast<constant T *>(static_cast<constant char *>(p) + offset); }
template <typename T, typename F> kernel void untyped(device void *out [[buffer(0)]], device void *in [[buffer(1)]], constant void *p [[buffer(2)]]) {
  F f;
  const auto a = at<T>(in, 4);
  at<result_of<F, T>>(out, 0) = f(a), at<T>(out, 4) = at<T>(p, 0);
}
inline namespace v2 {
constant int number = 7;
struct Wide { float2 v; };
template <typename T> T halved(thread const T &x) { return x / 2; }
template <typename T> kernel void versioned(device T *out [[buffer(0)]]) { Wide w = {float2(T(lib::metal::number), 3)}; out[0] = halved(w.v.x), out[1] = lib::metal::v2::halved(w.v.y); }
} // namespace v2
namespace [[deprecated]] old { float three() { return 3; } }

template <typename T> struct atomic_of {};
template <typename A, typename T> static inline void update(device ::metal::atomic<A> *p, long at, T v, T (*op)(T, T)) {
  auto q = p + at;
  auto old = ::metal::atomic_load_explicit(q, ::metal::memory_order_relaxed);
  T now;
  do { now = op(old, v); } while (!::metal::atomic_compare_exchange_weak_explicit(q, &old, now, ::metal::memory_order_relaxed, ::metal::memory_order_relaxed));
}
template <typename T> static inline void update(device ::metal::atomic<uint> *p, long at, T v, T (*op)(T, T)) {
  auto beyond = (reinterpret_cast<ulong>(p) % alignof(::metal::atomic<uint>)) / sizeof(T);
  p = reinterpret_cast<device ::metal::atomic<uint> *>(reinterpret_cast<device char *>(p) - beyond * sizeof(T));
  at += beyond;
  constexpr auto each = sizeof(uint) / sizeof(T);
  auto q = p + at / each;
  auto old = ::metal::atomic_load_explicit(q, ::metal::memory_order_relaxed);
  union { uint word; T part[each]; } now;
  do { now.word = old; now.part[at & (each - 1)] = op(now.part[at & (each - 1)], v); }
  while (!::metal::atomic_compare_exchange_weak_explicit(q, &old, now.word, ::metal::memory_order_relaxed, ::metal::memory_order_relaxed));
}
#define ATOMIC_OF(T, A) template <> struct atomic_of<T> { using type = ::metal::atomic<A>; static inline void apply(device type *p, long at, T v, T (*op)(T, T)) { update(p, at, v, op); } };
ATOMIC_OF(float, float) ATOMIC_OF(half, uint) ATOMIC_OF(bfloat, uint) ATOMIC_OF(uchar, uint)

struct alignas(1) tiny {
  uchar bits;
  tiny() = default;
  template <typename T> tiny(T v) : bits(uchar(float(v) * 4)) {}
  operator float() const { return bits / 4.0f; }
};
} // namespace metal
} // namespace lib

struct doubled {
  template <typename T> inline ::metal::enable_if_t<::metal::is_floating_point_v<T>, T> operator()(const T x) { return T(x + x); }
  template <typename T> inline ::metal::enable_if_t<::metal::is_integral_v<T>, float> operator()(const T x) { return 2 * static_cast<float>(x) + 0.5f; };
};
#define EACH(NAME, T, R) \
  static_assert(::metal:: is_same_v<R, ::lib::metal::result_of<doubled, T>>, "of another type"); \
  template [[host_name(#NAME)]] kernel void ::   \
      lib::metal::each<T, doubled>(device ::lib::metal::result_of<doubled, T> *out, device float *in)
EACH(from_the_root, float, float);
EACH(of_integers, int, float);
EACH(of_truth_values, bool, float);
namespace short_name = lib::metal;
template [[host_name("by_another_name")]] kernel void short_name::each<uchar, doubled>(device float *, device float *);
template [[host_name("untyped_buffers")]] kernel void ::lib::metal::untyped<float, doubled>(device void *, device void *, constant void *);
template [[host_name("past_an_inline_namespace")]] kernel void lib::metal::versioned<float>(device float *);
template [[host_name("deduced_from_the_root")]] kernel void ::lib::metal::plain(device float *, device float *);

template <typename T> T product(T a, T b) { return a * b; }
template <typename T> void multiplied(device float *out, device float *in) {
  auto p = reinterpret_cast<device typename lib::metal::atomic_of<T>::type *>(in);
  device T *as = reinterpret_cast<device T *>(in);
  as[0] = T(3), as[1] = T(5);
  for (int i = 0; i < 2; ++i) lib::metal::atomic_of<T>::apply(p, i, T(4 + i), product<T>);
  out[0] = float(as[0]), out[1] = float(as[1]);
}
TEST(inline_and_attributed_namespaces) { lib::metal::Wide w = {float2(8, 6)}; out[0] = lib::metal::halved(w.v.x), out[1] = lib::metal::v2::number, out[2] = ::lib::metal::old::three(); }
TEST(atomic_callbacks) { multiplied<float>(out, in); }
TEST(atomic_callbacks_on_halves) { multiplied<half>(out, in); multiplied<bfloat>(out + 2, in); }
TEST(atomic_callbacks_on_bytes) { multiplied<uchar>(out, in); }
TEST(type_of_its_own) { device lib::metal::tiny *t = reinterpret_cast<device lib::metal::tiny *>(in); t[5] = lib::metal::tiny(1.5f); const lib::metal::tiny v = t[5]; out[0] = float(v), out[1] = static_cast<float>(v) + 1, out[2] = v.bits, out[3] = sizeof(lib::metal::tiny); }

template <typename T> struct Least { static T first() { return static_cast<T>(::metal::is_floating_point_v<T> ? ::metal::numeric_limits<T>::infinity() : ::metal::numeric_limits<T>::max()); } };
template <typename T> float tells() {
  using L = ::metal::numeric_limits<T>;
  return L::is_integer + 2 * L::is_signed + 4 * L::has_infinity + 8 * L::is_iec559 + 16 * (L::epsilon() == T(0)) + 32 * (L::quiet_NaN() != L::quiet_NaN()) + 64 * (L::denorm_min() == T(0)) + 128 * L::is_bounded + 256 * L::has_signaling_NaN;
}
TEST(limits_of_every_type) { out[0] = Least<bool>::first(), out[1] = Least<char>::first(), out[2] = Least<half>::first(), out[3] = tells<bool>(), out[4] = tells<uchar>(), out[5] = tells<long>(), out[6] = tells<float>(), out[7] = tells<bfloat>(); }
TEST(digits_of_every_type) { out[0] = ::metal::numeric_limits<bool>::digits, out[1] = ::metal::numeric_limits<short>::digits10, out[2] = ::metal::numeric_limits<float>::max_digits10, out[3] = ::metal::numeric_limits<half>::min_exponent10, out[4] = ::metal::numeric_limits<bfloat>::max_exponent10, out[5] = ::metal::numeric_limits<int>::max_exponent; }

// Functions of structs, passed on by name.
struct Merge {
  template <typename T> static T least(T a, T b) { return ::metal::min(a, b); }
  static float sum(float a, float b) { return a + b; }
};
template <typename U> struct Merges { static U most(U a, U b) { return a > b ? a : b; } template <typename V> static V product(V a, V b) { return a * b; } };
float difference(float a, float b) { return a - b; }
template <typename T> T handed(T a, T b, T (*op)(T, T)) { return op(a, b); }
typedef float (*Merger)(float, float);
float handed_on(Merger op, float a) { return op(a, a + 1); }
template <typename F> float any(F f, float a) { return f(a, a + 1); }
template <typename T, T (*op)(T, T)> kernel void merged(device T *out [[buffer(0)]], device T *in [[buffer(1)]]) { out[0] = op(in[2], in[4]), out[1] = handed(in[5], in[1], op); }
template [[host_name("member_template_of_a_struct")]] kernel void merged<float, Merge::least<float>>(device float *, device float *);
template [[host_name("member_of_a_struct")]] kernel void merged<float, Merge::sum>(device float *, device float *);
template [[host_name("address_of_a_function")]] kernel void merged<float, &difference>(device float *, device float *);
template [[host_name("member_of_a_template")]] kernel void merged<float, Merges<float>::most>(device float *, device float *);
template <int n, float (*a)(float, float), float (*b)(float, float)> struct Both { static float of(float x) { return a(x, 2) + n * b(x, 3); } };
template <typename T> void within(device T *out) { out[3] = Both<2, Merges<T>::template product<T>, &Merges<T>::most>::of(5), out[4] = handed(T(2), T(3), Merges<T>::most); }
TEST(members_given_to_functions) {
  float (*held)(float, float) = Merge::sum;
  auto plain = Merge::sum;
  out[0] = handed_on(Merge::sum, 2) + handed_on(&Merge::sum, 3), out[1] = held(1, 2) + plain(3, 4), out[2] = any(Merge::sum, 4) + any(difference, 1);
  within(out);
  bool below = out[0] < out[1], above = out[0] > out[2];
  out[5] = below + 2 * above;
}
TEST(absolute_in_both_qualities) { const float2 pair = ::metal::precise::abs(float2(-1, 2)); out[0] = ::metal::precise::abs(-2.5f), out[1] = ::metal::fast::abs(half(-3)), out[2] = pair.x + pair.y, out[3] = ::metal::precise::abs(bfloat(-4.0f)); }
template <float (*...f)(float)> float all_of(float x) { float sum = 0; ((sum += f(x)), ...); return sum; }
float half_of(float x) { return x / 2; }
struct Box { template <typename T> struct Inner { static T twice(T x) { return 2 * x; } }; };
TEST(packs_of_functions) { out[0] = all_of<half_of, Box::Inner<float>::twice, &half_of>(4); }
