#include "case.h"

struct Counter {
  float value;
  Counter(float start) thread : value(start) { add(1); }
  void add(float x) thread { thread float &r = value; r += x; }
  float get() const { return value; }
  thread float &ref() { return value; }
  const thread float &ref() const { return value; }
};
TEST(constructor_calls_method) { Counter c(1); out[0] = c.value; Counter d = Counter(5); out[1] = d.get(); }
TEST(method_returns_reference) { Counter c(0); c.ref() = 7; c.ref() += 1; out[0] = c.get(); const Counter k(3); out[1] = k.ref(); }
TEST(method_of_temporary) { out[0] = Counter(4).get(); }

struct Sum {
  float total = 0;
  thread Sum &operator+=(float x) { total += x; return *this; }
  Sum operator+(Sum o) const { Sum s; s.total = total + o.total; return s; }
  float operator()(float x) const { return total * x; }
  operator float() const { return total; }
  float operator[](int i) const { return total + i; }
  bool operator<(Sum o) const { return total < o.total; }
};
TEST(operators) { Sum s; (s += 2) += 3; out[0] = s, out[1] = s(2), out[2] = s[10], out[3] = s + s, out[4] = s < s + s; }
static Sum made() { Sum s; s += 4; return s; }
TEST(operators_of_temporary) { out[0] = made(), out[1] = made()(3), out[2] = (made() + made())[1]; }

struct Tile {
  float e[4];
  template <typename F> void each(F f) { for (int i = 0; i < 4; ++i) e[i] = f.of(e[i], i); }
  template <int k> thread float &at() { return e[k]; }
  thread float *data() { return e; }
  void set(thread const float *from) { for (int i = 0; i < 4; ++i) e[i] = from[i]; }
};
struct Scale { float by; float of(float x, int i) const { return x * by + i; } };
TEST(method_templates) { Tile t = {{1, 2, 3, 4}}; t.each(Scale{10}); t.template at<2>() += 0.5f; for (int i = 0; i < 4; ++i) out[i] = t.e[i]; }
TEST(method_returns_pointer) { Tile t = {{1, 2, 3, 4}}; thread float *q = t.data(); q[1] = 20; float other[4] = {5, 6, 7, 8}; out[0] = t.e[1]; t.set(other); out[1] = t.e[3]; }

template <typename T, int N> struct Block {
  typedef vec<T, 2> pair;
  static constant constexpr int count = N;
  pair p[N] = {pair(0)};
  Block() thread {}
  METAL_FUNC constexpr thread pair &at(const short i) { return p[i]; }
  METAL_FUNC constexpr const thread pair &at(const short i) const { return p[i]; }
  METAL_FUNC static constexpr short2 place(ushort l) { return short2{short(l / 4), short(l % 4)}; }
  METAL_FUNC thread T *elements() { return reinterpret_cast<thread T *>(p); }
  template <typename U> METAL_FUNC void load(const device U *src, int stride) { for (short i = 0; i < N; ++i) at(i) = pair(src[i * stride], src[i * stride + 1]); }
  template <typename U> METAL_FUNC void load(const threadgroup U *src, int stride) { for (short i = 0; i < N; ++i) at(i) = pair(-src[i * stride]); }
  METAL_FUNC T sum() const { T s = 0; for (short i = 0; i < N; ++i) s += at(i).x + at(i).y; return s; }
};
TEST(class_template) { Block<float, 3> b; b.load(in, 4); b.at(1).x = 100; out[0] = b.sum(), out[1] = b.elements()[2], out[2] = Block<half, 2>::count, out[3] = Block<float, 3>::place(7).y; }
TEST(overload_on_space) { threadgroup float t[8]; for (int i = 0; i < 8; ++i) t[i] = i; Block<float, 2> b; b.load(t, 2); out[0] = b.sum(); const Block<float, 2> c = b; out[1] = c.at(1).x; }

float space(device float *) { return 1; }
float space(threadgroup float *) { return 2; }
float space(constant float *) { return 3; }
float space(thread float *) { return 4; }
TEST(overloads_by_space) { threadgroup float t; float l = 0; t = 0; out[0] = space(in), out[1] = space(&t), out[2] = space(table), out[3] = space(&l); }
template <typename T> struct PointerSpace { static constant constexpr int value = 0; };
template <typename T> struct PointerSpace<device T *> { static constant constexpr int value = 1; };
template <typename T> struct PointerSpace<threadgroup T *> { static constant constexpr int value = 2; };
template <typename T> struct PointerSpace<const constant T *> { static constant constexpr int value = 3; };
template <typename P> int space_of(P) { return PointerSpace<P>::value; }
TEST(specialised_by_space) { threadgroup float t[2]; out[0] = space_of(in), out[1] = space_of(&t[0]), out[2] = space_of((const constant float *)table); }

TEST(copy_from_constant) { Params q = p; out[0] = q.scalar, out[1] = q.vector.y, out[2] = q.inner.p.z, out[3] = q.inner.h, out[4] = q.array[3]; Inner i = p.inner; out[5] = i.v.x; }
TEST(assign_from_constant) { Params q; q = p; Inner i; i = p.inner; out[0] = q.count, out[1] = i.p.x; }
typedef struct { uint n; float2 v; } CStyle;
TEST(c_style_struct) { CStyle a = {3, float2(1, 2)}; constant CStyle *c = (constant CStyle *)table; CStyle b = c[0]; out[0] = a.n, out[1] = a.v.y, out[2] = sizeof(CStyle), out[3] = b.v.x; }
TEST(copy_between_spaces) { threadgroup Inner t; device Inner *d = (device Inner *)(out + 16); t = p.inner; d[0] = t; Inner l = d[0]; l.v += 1; t = l; d[0] = t; out[0] = d->v.x, out[1] = t.p.y, out[2] = l.h; }
struct Nested { struct Part { float a; float twice() const { return 2 * a; } }; Part part[2]; float2 both() const { return float2(part[0].twice(), part[1].a); } };
TEST(nested_struct) { Nested n = {{{1}, {2}}}; float2 v = n.both(); PUT2(v); }
struct Base { float a; float get() const { return a; } };
struct Derived : Base { float b; float sum() const { return get() + b; } };
TEST(inheritance) { Derived d; d.a = 1, d.b = 2; out[0] = d.sum(), out[1] = d.get(); }
struct alignas(16) Aligned { half d; uchar q[5]; };
TEST(alignment) { out[0] = sizeof(Aligned), out[1] = alignof(Aligned); threadgroup Aligned t[2]; t[1].q[4] = 9; out[2] = t[1].q[4], out[3] = ulong(&t[1]) % 16; }
enum Mode : ushort { first = 3, second };
enum class Strong { a = 1, b };
TEST(enums) { Mode m = second; out[0] = m, out[1] = sizeof(Mode), out[2] = int(Strong::b); switch (m) { case first: out[3] = 1; break; case second: out[3] = 2; break; } }
struct WithUnion { union { float f; uint u; }; };
TEST(anonymous_union) { WithUnion w; w.f = 1.0f; out[0] = w.u == 0x3f800000; }
float by_reference(const thread float &x) { return x * 2; }
TEST(temporary_to_reference) { float a = 3; out[0] = by_reference(a), out[1] = by_reference(a + 1), out[2] = by_reference(5.0f); }
void out_parameter(thread float &a, thread float2 &b, thread float (&c)[2]) { a = 1, b.y = 2, c[1] = 3; }
TEST(out_parameters) { float a; float2 b; float c[2]; out_parameter(a, b, c); out[0] = a, out[1] = b.y, out[2] = c[1]; }
void pointer_parameter(thread float *a, device float *b, threadgroup float *c) { *a = b[0] + *c; }
TEST(pointer_parameters) { threadgroup float t; t = 10; float a; pointer_parameter(&a, in, &t); out[0] = a; }
struct Complex {
  float re, im;
  constexpr Complex(float r, float i) : re(r), im(i) {}
  constexpr Complex(float r) thread : re(r), im(0) {}
  constexpr Complex operator*(Complex o) const { return Complex(re * o.re - im * o.im, re * o.im + im * o.re); }
  constexpr operator float() const thread { return re; }
  constexpr operator float() const device { return re; }
  constexpr operator float() const threadgroup { return re; }
};
TEST(complex) { Complex a(1, 2), b = a * Complex(0, 1); out[0] = b.re, out[1] = b.im, out[2] = float(a); Complex c = Complex(3.0f); out[3] = c.im; device Complex *d = (device Complex *)in; out[4] = float(d[1]); threadgroup Complex t[1]; t[0] = a; out[5] = t[0]; }
struct Own { float xy, b; float2 zw; };
TEST(own_members_of_that_name) { Own o = {1, 2, float2(3, 4)}; o.xy += 1; o.zw += 1; out[0] = o.xy, out[1] = o.b, out[2] = o.zw.y, out[3] = o.zw.yx.x; }
// A wide integer, as fields over large primes are made of: every operator that has two signs of its own, of objects in all places.
struct Wide {
  ulong high, low;
  Wide() = default;
  constexpr Wide(ulong h, ulong l) : high(h), low(l) {}
  constexpr Wide operator>>(unsigned n) const { return n == 0 ? *this : Wide(high >> n, (high << (64 - n)) | (low >> n)); }
  constexpr Wide operator<<(unsigned n) const { return n == 0 ? *this : Wide((high << n) | (low >> (64 - n)), low << n); }
  constexpr Wide operator>>=(unsigned n) { *this = *this >> n; return *this; }
  thread Wide &operator<<=(unsigned n) { *this = *this << n; return *this; }
  constexpr bool operator<(const Wide o) const { return high == o.high ? low < o.low : high < o.high; }
  constexpr bool operator>(const Wide o) const { return o < *this; }
  constexpr bool operator<=(const Wide o) const { return !(*this > o); }
  constexpr bool operator>=(const Wide o) const { return !(*this < o); }
  constexpr bool operator==(const Wide o) const { return high == o.high && low == o.low; }
  constexpr bool operator!=(const Wide o) const { return !(*this == o); }
  constexpr bool operator&&(const Wide o) const { return (high || low) && (o.high || o.low); }
  constexpr bool operator!() const { return !high && !low; }
  thread Wide &operator++() { if (++low == 0) ++high; return *this; }
  Wide operator++(int) { Wide before = *this; ++*this; return before; }
  const thread Wide *operator->() const { return this; }
  constexpr Wide operator~() const { return Wide(~high, ~low); }
};

TEST(operators_of_two_signs) {
  threadgroup Wide shared;
  shared = Wide(0, 8);
  const Wide fixed = Wide(1, 0);
  Wide w = fixed >> 60, x(3, 0);
  out[0] = w.low, out[1] = (shared >> 1).low + (shared << 61).high, x >>= 63, out[2] = x.low, x <<= 1, out[3] = x.low;
  out[4] = (fixed > shared) + (fixed >= shared) * 10 + (shared <= fixed) * 100 + (shared != fixed) * 1000 + (shared == fixed) * 10000 + (shared && fixed) * 100000;
  out[5] = w++.low + (++w).low * 100 + w->low * 10000, out[6] = (~~w).low, out[7] = !fixed;
}
// Constants of constants: methods of objects in constant memory's copies, at compile time.
struct Pair {
  ulong a, b;
  Pair() = default;
  constexpr Pair(ulong x) : a(x), b(1) {}
  constexpr Pair(ulong x, ulong y) : a(x), b(y) {}
  constexpr Pair operator-(const Pair o) const { return Pair(a - o.a, b + o.b); }
  constexpr ulong sum() const { return a + b; }
  constexpr explicit operator uint() const { return uint(a) * 10 + uint(b); }
  template <int N> constexpr Pair times() const { return Pair(a * N, b * N); }
};
struct Outer { Pair inner; constexpr Outer(Pair p) : inner(p) {} constexpr Pair get() const { return inner; } };
struct Plain { int n; constexpr int twice() const { return 2 * n; } };
template <ulong M> struct Field {
  static constexpr constant Pair modulus = Pair(M);
  static constexpr constant Pair rest = Pair(100, 0) - modulus;
  Pair get() const { return rest; }
};
constexpr constant Pair seven = Pair(7, 2);
constexpr constant Pair difference = Pair(10) - seven;
constexpr constant Outer outer = Outer(difference.a == 3 ? seven : Pair(0));
constexpr constant ulong summed = Outer(Pair(4, 5)).get().sum() + Plain{3}.twice();
TEST(constants_of_constants) {
  Field<30> f;
  float sized[Pair(2, 3).sum()];
  Pair q = outer.inner;
  q = difference;
  out[0] = f.get().a, out[1] = f.get().b, out[2] = difference.b, out[3] = outer.inner.b, out[4] = summed, out[5] = sizeof(sized) / 4;
  out[6] = Pair(3).times<4>().sum(), out[7] = uint(q), out[8] = metal::integral_constant<uint, uint(Pair(6, 5))>::value;
}
// A struct that says itself how it is copied, for each address space by its own constructor.
struct Counted {
  float a;
  Counted() {}
  Counted(const thread Counted &o) { a = o.a + 1; }
  Counted(const constant Counted &o) { a = o.a + 10; }
  Counted(const device Counted &o) { a = o.a + 100; }
};
struct Whole { Counted part; float b; };
struct CountedMore : Counted { float c; };
float by_value(Counted c) { return c.a; }
TEST(copied_by_own_constructors) {
  constant Counted &c = *(constant Counted *)&p;
  Counted x = c, y(x), z = *(device Counted *)in;
  out[0] = x.a, out[1] = y.a, out[2] = z.a, out[3] = by_value(c);
  Whole w = *(constant Whole *)&p, v = w;
  CountedMore d;
  d.a = 3;
  CountedMore e = d;
  out[4] = w.part.a, out[5] = v.part.a, out[6] = e.a;
}
// Only for thread memory, and as part of a whole.
struct InThread { float a; InThread() {} InThread(const thread InThread &o) { a = o.a + 1; } };
template <class T> struct WholeOf { T part; float b; };
TEST(copied_within_a_whole) {
  WholeOf<InThread> w;
  w.part.a = 3, w.b = 4;
  WholeOf<InThread> v = w;
  InThread i = w.part;
  out[0] = v.part.a, out[1] = v.b, out[2] = i.a;
}
// No address space is named: the same for all of them.
struct Anywhere { float a; Anywhere() {} Anywhere(const Anywhere &o) : a(o.a + 1) {} };
// An assignment of its own leaves the constructors that it does not say.
struct Assigned { float a; thread Assigned &operator=(const thread Assigned &o) thread { a = 10 * o.a; return *this; } thread Assigned &operator=(const constant Assigned &o) thread { a = 20 * o.a; return *this; } };
struct DefaultCopy { float a; DefaultCopy() : a(7) {} DefaultCopy(const thread DefaultCopy &o) = default; };
TEST(copied_and_assigned) {
  Anywhere x = *(constant Anywhere *)&p, y = *(device Anywhere *)in;
  Assigned s, t;
  s.a = 2, t = s;
  Assigned u = *(constant Assigned *)&p;
  out[0] = x.a, out[1] = y.a, out[2] = t.a, out[3] = u.a;
  s = *(constant Assigned *)&p, out[4] = s.a;
  DefaultCopy d, e = *(constant DefaultCopy *)&p;
  out[5] = d.a, out[6] = e.a;
}
// Members of some bits, also where another struct or a union has them.
struct Bits { uint low : 4; uint high : 12; int sign : 3; uint : 5; bool flag : 1; ushort tail; };
static_assert(sizeof(Bits) == 8, "");
union Word { uint all; struct { uint first : 8, rest : 24; } parts; };
constant Bits fixed_bits = {1, 2, -3, true, 4};
uint sum_of_bits(Bits b) { return b.low + b.high; }
TEST(members_of_some_bits) {
  Bits b; b.low = 17, b.high = 7, b.sign = -1, b.flag = true, b.tail = 9, b.low += 3, b.high++;
  threadgroup Bits s; s = b; s.high |= 0x100;
  device Bits *d = (device Bits *)(out + 20); d[0] = s, d[1].low = fixed_bits.high;
  Word w; w.all = 0x01020304, w.parts.first = 9;
  out[0] = b.low, out[1] = sum_of_bits(b), out[2] = b.sign, out[3] = d[0].high, out[4] = in[0] > 2 ? 3 : b.low, out[5] = min(uint(b.low), 2u), out[6] = w.parts.rest & 255;
  out[7] = fixed_bits.sign + fixed_bits.high, out[8] = b.flag ? b.high : fixed_bits.high, out[9] = in[0] > 0 ? (w.parts.first) : 0u, out[10] = d[1].low;
}
