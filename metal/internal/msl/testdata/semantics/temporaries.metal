#include "case.h"
// Temporaries: made from lists, as arguments of const thread references, and of operators.

struct Pair { float a; float b; };
struct Constructed { float a; float b; Constructed(float x, float y) : a(x), b(y) {} };
struct Parts { Pair p; union { float f; uint bits; } u; };
// What translators from other languages write for an array that is a value: an operator for each address space.
template <typename T, size_t N> struct Values {
  T elements[N ? N : 1];
  thread T &operator[](size_t i) thread { return elements[i]; }
  constexpr const thread T &operator[](size_t i) const thread { return elements[i]; }
  device T &operator[](size_t i) device { return elements[i]; }
  constexpr const device T &operator[](size_t i) const device { return elements[i]; }
  constexpr const constant T &operator[](size_t i) const constant { return elements[i]; }
  threadgroup T &operator[](size_t i) threadgroup { return elements[i]; }
  constexpr const threadgroup T &operator[](size_t i) const threadgroup { return elements[i]; }
};
constant Values<float, 4> four = Values<float, 4>({1.0, 2.0, 3.0, 4.0});
constant Pair pairs[2] = {Pair({1, 2}), Pair({3, 4})};
template <typename T> T made(float x) { return T({x, 2}); }
float sum_of(Pair p) { return p.a + p.b; }
float product_of(thread const Pair &p) { return p.a * p.b; }
TEST(made_from_lists) {
  Pair g = Pair({1, 2}), q({3, 4}), r{Pair({5, 6})};
  Constructed c = Constructed({7, 8}), d({9, 10});
  Parts s = Parts({{11, 12}, {13}});
  g = Pair({14, 15});
  threadgroup Pair shared; shared = Pair({16, 17});
  device Pair *far = (device Pair *)(out + 20); *far = Pair({18, 19}); far[1] = {20, 21};
  Pair chosen = in[0] > 0 ? Pair({22, 23}) : pairs[1];
  out[0] = g.a, out[1] = q.b, out[2] = r.a, out[3] = c.b, out[4] = d.a, out[5] = s.p.b, out[6] = s.u.f, out[7] = shared.b, out[8] = far[0].a, out[9] = far[1].b, out[10] = chosen.b;
  out[11] = sum_of({1, 2}) + product_of({3, 4}), out[12] = sum_of(Pair({1, 2})) + product_of(Pair({3, 4})), out[13] = made<Pair>(5).b + made<Constructed>(6).a, out[14] = pairs[1].b;
}
TEST(arrays_that_are_values) {
  Values<Values<float, 2>, 2> nested = Values<Values<float, 2>, 2>({Values<float, 2>({1.0, 2.0}), Values<float, 2>({3.0, 4.0})});
  threadgroup Values<float, 4> shared; shared = Values<float, 4>({5, 6, 7, 8});
  device Values<float, 4> *far = (device Values<float, 4> *)(out + 20); *far = four; (*far)[1] = 9;
  Values<float, 4> mine = four; mine[2] += shared[3];
  out[0] = nested[1][0], out[1] = shared[1], out[2] = (*far)[1], out[3] = mine[2], out[4] = four[3];
}

// Arithmetic of one's own: each operator has overloads, and the results of some are the arguments of others.
struct Complex {
  float re; float im;
  Complex(float a = 0, float b = 0) : re(a), im(b) {}
  Complex operator-(const thread Complex &o) const thread { return Complex(re - o.re, im - o.im); }
  Complex operator-(float o) const thread { return Complex(re - o, im); }
  thread Complex &operator+=(const thread Complex &o) thread { re += o.re, im += o.im; return *this; }
  friend bool operator<(const thread Complex &a, const thread Complex &b) { return a.re < b.re; }
};
inline Complex operator+(const thread Complex &a, const thread Complex &b) { return Complex(a.re + b.re, a.im + b.im); }
inline Complex operator*(const thread Complex &a, const thread Complex &b) { return Complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re); }
inline Complex operator*(const thread Complex &a, float b) { return Complex(a.re * b, a.im * b); }
inline bool operator==(const thread Complex &a, const thread Complex &b) { return a.re == b.re && a.im == b.im; }
inline float scaled(thread const Complex &a, float by) { return a.re * by; }
inline float scaled(thread const Complex &a, int by) { return a.im * by; }
template <typename T> float first(const thread T &x) { return x.re; }
template <> float first<Pair>(const thread Pair &x) { return x.a; }
TEST(arguments_of_operators) {
  Complex a(1, 2), b(3, 4), c = a * b + a * 2.0f; // -5 + 10i, 2 + 4i
  out[0] = c.re, out[1] = c.im;
  c += a * b, out[2] = c.re, out[3] = c.im;
  c = (a + b) - (a * b) - 1.0f, out[4] = c.re, out[5] = c.im;
  out[6] = a * b == b * a, out[7] = a * b < a + b, out[8] = scaled(a + b, 2.0f), out[9] = scaled(Complex(1, 2), 3), out[10] = first(a + b) + first(Pair({5, 6}));
}
// Overloads that differ by the address space of the argument stay apart, and what is kept is no copy.
inline float where(const thread Complex &) { return 1; }
inline float where(const device Complex &) { return 2; }
inline float where(const constant Complex &) { return 3; }
struct Kept { const thread float &x; Kept(const thread float &y) : x(y) {} };
inline const thread Complex &larger(const thread Complex &a, const thread Complex &b) { return a.re > b.re ? a : b; }
inline const thread Complex &larger(const thread Complex &a) { return a; }
TEST(references_that_stay) {
  Complex a(1, 2), b(3, 4);
  float x = 5;
  Kept k(x);
  x = 6;
  out[0] = where(a), out[1] = where(*(device Complex *)in), out[2] = where(*(constant Complex *)table), out[3] = k.x, out[4] = &larger(a, b) == &b, out[5] = &larger(a) == &a;
}

// A matrix kept by columns, with constructors, conversions and assignments for some address spaces.
template <typename T, int C, int R = C> struct Stored {
  vec<T, R> columns[C];
  Stored() thread = default;
  Stored(const thread matrix<T, C, R> &m) thread { for (size_t i = 0; i < C; ++i) columns[i] = m.columns[i]; }
  Stored(const thread Stored &m) thread = default;
  thread Stored &operator=(const thread Stored &m) thread = default;
  Stored() threadgroup = default;
  threadgroup Stored &operator=(const thread Stored &m) threadgroup { for (size_t i = 0; i < C; ++i) columns[i] = m.columns[i]; return *this; }
  device Stored &operator=(const thread matrix<T, C, R> &m) device { for (size_t i = 0; i < C; ++i) columns[i] = m.columns[i]; return *this; }
  operator matrix<T, C, R>() const thread { return matrix<T, C, R>(columns[0], columns[1]); }
  operator matrix<T, C, R>() const device { return matrix<T, C, R>(columns[0], columns[1]); }
  operator matrix<T, C, R>() const threadgroup { return matrix<T, C, R>(columns[0], columns[1]); }
  vec<T, R> operator[](size_t i) const device { return columns[i]; }
  device vec<T, R> &operator[](size_t i) device { return columns[i]; }
};
TEST(stored_matrices) {
  device Stored<float, 2> *far = (device Stored<float, 2> *)(out + 20);
  float2x2 m = float2x2(float2(1, 2), float2(3, 4));
  *far = m * 2.0f;
  (*far)[1] = float2(9) + (*far)[0];
  threadgroup Stored<float, 2> shared;
  shared = Stored<float, 2>(m);
  float2x2 back = float2x2(shared), other = float2x2(*far);
  out[0] = other[0].y, out[1] = other[1].x, out[2] = back[1].y, out[3] = transpose(float2x2(*far))[0].y;
}
// The assignment that is default stands beside others for objects in the same memory.
struct Beside {
  float v;
  Beside() thread = default;
  Beside(const thread float2 &x) thread : v(x.x) {}
  Beside() threadgroup = default;
  threadgroup Beside &operator=(const thread Beside &o) threadgroup = default;
  threadgroup Beside &operator=(const thread float2 &x) threadgroup { v = x.y; return *this; }
  device Beside &operator=(const thread Beside &o) device = default;
  device Beside &operator=(const thread float2 &x) device { v = x.y + 1; return *this; }
  operator float2() const thread { return float2(v, v + 100); }
};
TEST(assigned_beside_defaults) {
  threadgroup Beside shared; device Beside *far = (device Beside *)(out + 20);
  Beside one = Beside(float2(1, 2));
  shared = Beside(float2(3, 4)), far[0] = one; out[0] = shared.v, out[1] = far[0].v;
  shared = float2(5, 6), far[0] = float2(7, 8); out[2] = shared.v, out[3] = far[0].v;
  far[1] = far[0], shared = one; out[4] = far[1].v, out[5] = shared.v;
}
