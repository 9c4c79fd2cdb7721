#include "case.h"
// Functions as values: members of structs, arrays, tables in constant memory, results, and what is called by them.

float twice(float x) { return 2 * x; }
float thrice(float x) { return 3 * x; }
template <typename T> T negated(T x) { return -x; }
template <typename T> T plus_of(T a, T b) { return a + b; }
struct Ops { static float more(float x) { return x + 1; } template <typename T> static T less(T x) { return x - 1; } };
struct Seven { static float run(float x) { return 7 * x; } };
struct Eight { static float run(float x) { return 8 * x; } };

struct Step { float (*f)(float); float by; };
struct Steps { float (*f[2])(float); };
struct Late { float (*f)(float) = nullptr; float by = 3; };
TEST(member) { Step s; s.f = twice, s.by = 1; out[0] = s.f(3) + s.by; Step q = {&thrice, 2}; out[1] = (*q.f)(3); thread Step *at = &q; out[2] = at->f(1); q = s; out[3] = q.f(5); }
TEST(member_that_is_an_array) { Steps s = {{twice, thrice}}; out[0] = s.f[tid & 1](3), out[1] = s.f[1](3); s.f[0] = negated<float>; out[2] = s.f[0](1); }
TEST(member_with_a_default) { Late s; out[0] = s.f == nullptr; if (!s.f) s.f = thrice; out[1] = s.f ? s.f(s.by) : -1; out[2] = s.f == thrice; }

constant Step steps[2] = {{twice, 1}, {thrice, 2}};
constexpr constant Step fixed[] = {{Ops::more, 1}, {negated<float>, 2}};
static constexpr constant struct { uint kind; float (*f)(float); } kinds[] = {{4, twice}, {5, thrice}};
float by_reference(constant Step &s, float x) { return s.f(x) + s.by; }
float by_pointer(constant Step *s, float x) { return s->f(x) + s->by; }
float by_value(Step s, float x) { return s.f(x) + s.by; }
TEST(tables_of_structs) { out[0] = steps[tid].f(3), out[1] = by_reference(steps[1], 1), out[2] = by_pointer(steps + 1, 2), out[3] = by_value(steps[1], 3); Step s = steps[0]; out[4] = s.f(1); out[5] = fixed[0].f(3), out[6] = fixed[1].f(3), out[7] = kinds[1].f(kinds[0].kind); }

typedef float (*Function)(float);
using Alias = float (*)(float);
typedef float Plain(float);
constant Function functions[2] = {twice, Ops::more};
constexpr constant Alias aliases[] = {thrice, &Ops::less<float>};
float (*constant declared_in_full[2])(float) = {twice, thrice};
struct Named { Function f; Alias g[2]; Plain *h; };
struct Inside { typedef float (*F)(float); using G = float (*)(float); typedef float H(float); F f; G g; H *h; static constexpr constant F always = thrice; };
TEST(tables_of_functions) { out[0] = functions[tid](3), out[1] = functions[1](3), out[2] = aliases[0](1), out[3] = aliases[1](3), out[4] = declared_in_full[1](2); }
TEST(types_by_name) { Named n = {twice, {thrice, Ops::more}, negated<float>}; out[0] = n.f(1), out[1] = n.g[0](1), out[2] = n.g[1](1), out[3] = n.h(1); Inside i = {twice, thrice, twice}; Inside::F f = i.f; out[4] = f(1) + i.g(1) + i.h(1) + Inside::always(1); }
TEST(constants_in_functions) { constexpr Function f = thrice; static constexpr constant Alias both[2] = {twice, Seven::run}; out[0] = f(1), out[1] = both[1](2); }

struct Several { float k, (*f)(float), (*g)(float), *p; thread float *(*h)(thread float *, uint); };
struct Chain { float (*(*f)(uint))(float); };
struct Chooser {
  float (*pick(uint i))(float) { return i ? twice : thrice; }
  float (*kept(uint i) const)(float) { return i ? twice : thrice; }
  static float (*one(uint i))(float) { return i ? twice : thrice; }
};
float (*chosen(uint i))(float) { return i ? twice : thrice; }
Function returned(uint i) { if (i == 0) return Ops::more; return twice; }
thread float *nth(thread float *p, uint i) { return p + i; }
struct Spaces { device float *(*at)(device float *, uint); thread float &(*same)(thread float &); half2 (*square)(half2); void (*add)(thread float &, constant float *); bool (*const none)(int) = nullptr; float (&sure)(float); };
device float *advanced(device float *p, uint i) { return p + i; }
thread float &itself(thread float &x) { return x; }
half2 squared(half2 x) { return x * x; }
void add_first(thread float &x, constant float *t) { x += t[0]; }
TEST(several_in_one_declaration) { Several s; float x[2] = {8, 9}; s.k = 1, s.f = twice, s.g = thrice, s.p = x, s.h = nth; out[0] = s.k + s.f(1) + s.g(1) + *s.p; out[1] = *s.h(x, 1); }
TEST(functions_that_return_functions) { Chooser c; Chain s{chosen}; out[0] = c.pick(tid)(1), out[1] = c.kept(1)(1), out[2] = Chooser::one(0)(2), out[3] = s.f(1)(5), out[4] = chosen(0)(3), out[5] = returned(0)(3), out[6] = returned(1)(3); }
TEST(arguments_in_every_space) { Spaces s = {advanced, itself, squared, add_first, nullptr, twice}; float x = 1; s.same(x) = 4; s.add(x, table); *s.at(out, 1) = s.square(half2(2, 3)).y; out[0] = x; out[2] = s.none ? 1 : 0; out[3] = s.sure(3); }

struct Base { float (*f)(float); };
struct Derived : Base { float (*g)(float); float both(float x) const { return f(x) + g(x); } };
struct Made { float (*f)(float); Made(float (*g)(float)) : f(g) {} float run(float x) const { return f(x); } };
template <typename T> struct Generic { T (*f)(T); T (*g[2])(T, T); };
template <typename Op> struct Held { float (*f)(float) = Op::run; float (*g)(float) = &Op::run; };
template <Function f> float applied(float x) { return f(x); }
template <typename Op> float both_ways(float x) { Function f = Op::run; return f(x) + applied<Op::run>(x); }
TEST(members_of_derived_and_made) { Derived d; d.f = twice, d.g = thrice; Made m(twice); struct Own { float (*f)(float); union { float (*u)(float); ulong bits; }; }; Own o; o.f = twice, o.u = thrice; out[0] = d.both(1), out[1] = m.run(3), out[2] = o.f(1) + o.u(1); }
TEST(members_of_templates) { Generic<float> s{negated<float>, {plus_of<float>, plus_of<float>}}; Held<Seven> a; Held<Eight> b; out[0] = s.f(1), out[1] = s.g[1](2, 3), out[2] = a.f(1) + b.g(1), out[3] = both_ways<Eight>(1); }
TEST(static_members_as_values) { Step s = {Ops::more, 1}; out[0] = s.f(1); s.f = &Ops::more; out[1] = s.f(2); s = Step{Ops::less<float>, 2}; out[2] = s.f(1); auto f = Ops::more; auto g = &Ops::more; out[3] = f(3) + g(3); Function h{Ops::more}; out[4] = h(4); }
struct Sides { float twice; float other; };
template <float Sides::*M> float member_of(thread const Sides &s) { return s.*M; }
TEST(members_named_like_functions) { Sides s{2, 3}; out[0] = member_of<&Sides::twice>(s) + member_of<&Sides::other>(s); float Sides::*m = &Sides::other; out[1] = s.*m; }
TEST(member_in_threadgroup_memory) { threadgroup Step s[2]; if (tid == 0) s[1].f = twice, s[1].by = 4; threadgroup_barrier(mem_flags::mem_threadgroup); out[0] = s[1].f(4) + s[1].by; }

// What is called through a member leads to operations of a simdgroup, in divergent code too.
float sums(float x) { return simd_sum(x); }
float most(float x) { return simd_max(x); }
constant Step collectives[2] = {{sums, 1}, {most, 2}};
TEST(members_in_divergent_code) {
  Step s = {sums, 0};
  float sum = 0;
  for (uint k = 0; k < 1 + lane % 3; ++k) { if (lane % 2) sum += s.f(1); else sum += s.f(100); }
  out[lane] = sum + (lane < 8 ? collectives[0].f(1) * 10000 : 0);
}
TEST(arrays_in_divergent_code) {
  float (*f[2])(float) = {most, sums};
  Steps s = {{most, sums}};
  float sum = 0;
  for (uint k = 0; k < 1 + lane % 3; ++k) { if (lane % 2) sum += f[1](1); else sum += s.f[1](100); }
  out[lane] = sum + (lane < 8 ? (*f[1])(1) * 10000 : 0);
}
float (*which(uint i))(float) { return i ? sums : most; }
TEST(results_in_divergent_code) {
  float sum = 0;
  for (uint k = 0; k < 1 + lane % 3; ++k) { if (lane % 2) sum += which(1)(1); else sum += which(1)(100); }
  out[lane] = sum + (lane < 8 ? which(1)(1) * 10000 : 0);
}
