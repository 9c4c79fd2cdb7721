package host

import "testing"

// waysOut are bodies of kernels that do something together on their way out of a loop of few turns, which the optimiser likes to write
// one after the other, or the first of them in front, all with one way out; or out of which it takes a test that is the same in each
// turn, so that who leaves for it comes by one way with those that leave in a later turn.
var waysOut = map[string]string{
	"of three turns": `uint v = as_type<uint>(x[i]), r = v;
  for (uint k = 0; k < 3; ++k) { if ((v + k) % 4 == 1) { r = r * 31 + simd_sum(k + 1); break; } r = r * 7 + k; }
  o[i] = r;`,
	"of a loop without a condition": `uint v = as_type<uint>(x[i]), r = v, k = 0;
  while (true) { ++k; if (k > 3 || (v >> k & 1)) { r = r * 31 + simd_sum(v & 7) + simd_max(k); break; } r += simd_xor(v); }
  o[i] = r;`,
	"by return": `uint v = as_type<uint>(x[i]), r = v;
  for (uint k = 0; k < 4; ++k) { if (v >> k & 1) { o[i] = r * 31 + simd_sum(k); return; } r = r * 3 + simd_min(v); }
  o[i] = r;`,
	"of the inner of two": `uint v = as_type<uint>(x[i]), r = v;
  for (uint a = 0; a < 3; ++a) {
    for (uint b = 0; b < 3; ++b) { r = r * 5 + b; if ((v >> (a + b)) & 1) { r ^= simd_sum(r & 15); break; } }
    if (r & 1) { r += simd_max(a); continue; }
    r += 2;
  }
  o[i] = r;`,
	"of the last turn": `uint v = as_type<uint>(x[i]) & 3, r = v;
  for (uint k = 0; k < v; ++k) { r = r * 5 + k; if (k == 2) r += simd_sum(k); }
  o[i] = r;`,
	"by a test that is the same in each turn": `uint v = as_type<uint>(x[i]), r = v, k = 0;
  while (true) { ++k; if (k > 3 || (v & 4)) { r = r * 31 + simd_sum(1u); r = r * 31 + simd_sum(v & 15); break; } }
  o[i] = r;`,
	"by two tests, with a loop of a lane's own between them": `uint v = as_type<uint>(x[i]), r = v;
  for (uint a = 0; a < 3; ++a) {
    uint k = 0;
    while (true) {
      ++k;
      if (k > 4 || (v & 2)) { r = r * 31 + simd_sum(1u); if (i % 32 > 20) break; r = r * 5 + simd_sum(v & 7); break; }
      if (i % 32 < 7) break;
    }
    for (uint l = 0; l < (v >> 4 & 3); ++l) r = r * 3 + 1;
    v = v >> 1 ^ simd_min(r & 63);
  }
  o[i] = r;`,
	"beside a test that is the same in each turn": `uint v = as_type<uint>(x[i]), r = v, k = 0;
  while (true) { ++k; if ((v & 2) || k > 3) break; if ((v + k) % 8 == 1) { r = r * 31 + simd_sum(1u); break; } }
  o[i] = r * 3 + simd_sum(1u);`,
}

// TestWaysOutOfLoops: lanes of different turns do not meet there, on vectors as on fibers.
func TestWaysOutOfLoops(t *testing.T) {
	sameBits(t, waysOut)
}
