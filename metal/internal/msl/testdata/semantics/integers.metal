#include "case.h"

TEST(widths) { out[0] = sizeof(char), out[1] = sizeof(short), out[2] = sizeof(int), out[3] = sizeof(long), out[4] = sizeof(size_t), out[5] = sizeof(uint8_t), out[6] = sizeof(bool), out[7] = sizeof(ptrdiff_t); }
TEST(absolute) { out[0] = abs(-5), out[1] = abs(short(-3)), out[2] = abs(int2(-1, 2)).x, out[3] = abs(-2.5f); }
TEST(absdiffs) { out[0] = absdiff(3, 7), out[1] = absdiff(-2147483647, 2147483647) == 4294967294u, out[2] = absdiff(uchar(3), uchar(250)); }
TEST(addsats) { out[0] = addsat(2147483647, 1) == 2147483647, out[1] = addsat(uchar(250), uchar(10)), out[2] = addsat(short(-32768), short(-1)); }
TEST(subsats) { out[0] = subsat(3u, 5u), out[1] = subsat(char(-100), char(100)), out[2] = subsat(5u, 3u); }
TEST(leading_zeros) { out[0] = clz(1u), out[1] = clz(uchar(1)), out[2] = clz(0), out[3] = clz(short(-1)), out[4] = clz(1ul), out[5] = clz(ushort2(1, 256)).y; }
TEST(trailing_zeros) { out[0] = ctz(8), out[1] = ctz(0u), out[2] = ctz(short(16)), out[3] = ctz(uchar(0)), out[4] = ctz(1ul << 40); }
TEST(popcounts) { out[0] = popcount(0xffu), out[1] = popcount(-1), out[2] = popcount(char(-1)), out[3] = popcount(uint2(3, 7)).y; }
TEST(reversed_bits) { out[0] = reverse_bits(1u) == 0x80000000u, out[1] = reverse_bits(uchar(1)), out[2] = reverse_bits(ushort(3)); }
TEST(rotation) { out[0] = rotate(0x80000001u, 1u), out[1] = rotate(uchar(0x81), uchar(4)), out[2] = rotate(1u, 32u), out[3] = rotate(uint2(1, 2), uint2(1, 2)).y; }
TEST(high_products) { out[0] = mulhi(1u << 31, 4u), out[1] = mulhi(-1, 5), out[2] = mulhi(1ul << 63, 6ul), out[3] = madhi(1u << 31, 4u, 3u), out[4] = mulhi(short(-300), short(300)); }
TEST(averages) { out[0] = hadd(3, 4), out[1] = rhadd(3, 4), out[2] = hadd(4294967295u, 1u) == 2147483648u, out[3] = hadd(-3, -4); }
TEST(multiply_add_24) { out[0] = mul24(1000, 1000), out[1] = mad24(1000, 1000, 7); }
TEST(saturating_multiply_add) { out[0] = madsat(1 << 20, 1 << 20, 0) == 2147483647, out[1] = madsat(3, 4, 5), out[2] = madsat(uchar(20), uchar(20), uchar(1)), out[3] = madsat(-(1 << 20), 1 << 20, 5) == (-2147483647 - 1); }
TEST(extraction) { out[0] = extract_bits(0xabcdu, 4, 8), out[1] = extract_bits(0xf0, 4, 4), out[2] = extract_bits(0xffu, 0, 0), out[3] = extract_bits(uint2(0x12, 0x34), 4, 4).y; }
TEST(insertion) { out[0] = insert_bits(0u, 0xfu, 4, 4), out[1] = insert_bits(0xffffu, 0u, 8, 4), out[2] = insert_bits(1u, 7u, 0, 0); }
TEST(unsigned_wrap) { uint a = 0; a -= 1; out[0] = a == 0xffffffffu; ushort b = 65535; b += 1; out[1] = b; }
TEST(char_is_signed) { char c = 200; out[0] = c, out[1] = char(-1) >> 1, out[2] = uchar(c); }
TEST(promotion) { ushort a = 65535, b = 65535; uint c = a * uint(b); out[0] = c == 4294836225u; uchar d = 200; out[1] = d + d; }
TEST(long_is_64_bits) { ulong x = 1; x <<= 40; out[0] = x / 1073741824.0f; long y = -5000000000l; out[1] = y / 1000000000l; }
TEST(shift_of_negative) { out[0] = -16 >> 2, out[1] = int(0x80000000u >> 31); }
TEST(minmax_vectors) { int4 v = min(int4(1, 5, -3, 7), int4(2)); PUT4(v); v = clamp(int4(-5, 0, 5, 9), -1, 6); out[4] = v.x, out[5] = v.w; }
TEST(float_conversions) { out[0] = int(-2.9f), out[1] = uint(3.9f), out[2] = ushort(70000u), out[3] = float(16777217), out[4] = half(ushort(2049)); }
TEST(booleans) { bool b = 5; out[0] = b, out[1] = b + b, out[2] = !b, out[3] = bool(0.5f), out[4] = true & false; }
