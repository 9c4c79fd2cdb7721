#include "case.h"

constant bool flag [[function_constant(0)]];
constant int number [[function_constant(1)]];
constant float factor [[function_constant(2)]];
constant half small [[function_constant(3)]];
constant uint optional_size [[function_constant(4)]];
constant ushort narrow [[function_constant(5)]];
constant long wide [[function_constant(6)]];
constant uchar byte [[ function_constant( 7 ) ]];
constant bfloat brain [[function_constant(8)]];
constant int unset [[function_constant(9)]];

constant bool has_size = is_function_constant_defined(optional_size);
constant uint size = is_function_constant_defined(optional_size) ? optional_size : 8;
constant bool has_both = flag && has_size;
constant bool large = size > 16;
static constant int doubled = number * 2;

TEST(values) { out[0] = flag, out[1] = number, out[2] = factor, out[3] = small, out[4] = narrow, out[5] = float(wide), out[6] = byte, out[7] = brain; }
TEST(derived) { out[0] = has_size, out[1] = size, out[2] = has_both, out[3] = large, out[4] = doubled; }
TEST(branches) { if (flag) out[0] = 1; else out[0] = 2; float4 v = flag ? float4(number) : float4(0); out[1] = v.w; switch (number) { case -7: out[2] = 5; break; default: out[2] = 6; } }
template <typename T> T of_template(T x) { return flag ? x * T(number) : x; }
TEST(in_templates) { out[0] = of_template(2.0f), out[1] = of_template(3); }
TEST(as_array_bound_of_loop) { float s = 0; for (uint i = 0; i < size; ++i) s += 1; out[0] = s; }
kernel void optional_buffer(device float *out [[buffer(0)]], device float *in [[buffer(1), function_constant(flag)]], device float *other [[buffer(5), function_constant(has_size)]], constant float *big [[function_constant(large), buffer(6)]]) { out[0] = flag ? in[1] : -1; if (has_size) out[1] = other[0]; if (large) out[2] = big[0]; }
kernel void either(device float *out [[buffer(0)]], device float *a [[buffer(1), function_constant(flag)]], device const half *b [[buffer(1), function_constant(has_size)]]) { if (flag) out[0] = a[2]; if (has_size) out[1] = b[0]; }
TEST(never_needs_the_unset) { out[0] = 1; }
TEST(needs_the_unset) { out[0] = unset; }
