package host

import "testing"

// wholes are bodies of kernels by the whole numbers that LLVM makes of them.
var wholes = map[string]string{
	"64 bits times 64 bits": `ulong v = as_type<uint>(x[i]) * 0x9e3779b97f4a7c15UL;
  v = mulhi(v, v ^ 5) + ulong(mulhi(long(v), long(v + i)));
  o[i] = uint(v) ^ uint(v >> 32);`,
	"a sum in closed form": `ulong b = as_type<uint>(x[i]) % 1000, s = 0;
  for (ulong k = 0; k < b; ++k) s += k * (k + size.x);
  o[i] = uint(s) ^ uint(s >> 32);`,
	"24 bits": `struct three { uchar a, b, c; };
  threadgroup three t[64];
  three v = ((device const three *)x)[i], w = {uchar(i), 1, 2};
  t[i] = v.a > 100 ? v : w;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  v = t[(i + 1) % 32].b > 30 ? t[i] : w;
  o[i] = v.a + v.b * 256 + v.c * 65536;`,
	"48 bits": `struct found { uint at; bfloat v; };
  threadgroup found t[64];
  found best = {i, ((device const bfloat *)x)[i]};
  auto from = [](found v, ushort m) { return found{simd_shuffle_xor(v.at, m), simd_shuffle_xor(v.v, m)}; };
  for (ushort m = 16; m; m /= 2) { found other = from(best, m); best = other.v > best.v ? other : best; }
  t[i] = best;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  t[i] = t[i ^ 3].v > t[i].v ? t[i ^ 3] : t[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  o[i] = t[(i + 1) % 32].at;`,
	"two floats as one number": `float2 v = {x[i], x[i + 1]};
  ulong u = as_type<ulong>(v) * 3;
  o[i] = uint(u >> 32) ^ uint(u);`,
	"one float twice as one number": `float2 v = float2(x[i]);
  ulong u = as_type<ulong>(v) * 3;
  o[i] = uint(u >> 32) ^ uint(u);`,
	"four halves, two of them twice": `half2 a = half2(x[i]), b = half2(x[i + 1], x[i]);
  ulong u = as_type<ulong>(half4(a, b)) * 5;
  o[i] = uint(u >> 32) ^ uint(u);`,
}

// TestWholeNumbersOfAllSizes: wider than any of MSL's types, of three or six bytes, and made of vectors.
func TestWholeNumbersOfAllSizes(t *testing.T) {
	sameBits(t, wholes)
}
