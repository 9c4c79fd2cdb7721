package host

import (
	"bytes"
	"fmt"
	"math/big"
	"testing"
)

// TestNumbersThatDoNotFit: whether a sum, a difference or a product fits its type is what LLVM asks its own functions, where a text
// divides a product to see whether it is right, or asks by name. Both engines tell what is true, of numbers that differ between
// lanes and of others.
func TestNumbersThatDoNotFit(t *testing.T) {
	compiler := wideCompilerOf(t)
	for _, of := range integers {
		t.Run(of.name, func(t *testing.T) {
			least, largest := ends(of.bits, of.minus)
			values := telling(least, largest)
			var input, want []byte
			n := 0
			add := func(a, b *big.Int) {
				input = append(append(input, stands(a, of.bits)...), stands(b, of.bits)...)
				for _, exact := range []*big.Int{new(big.Int).Add(a, b), new(big.Int).Sub(a, b), new(big.Int).Mul(a, b)} {
					want = append(want, stands(exact, of.bits)...)
					past := int64(0)
					if within(exact, least, largest) != exact {
						past = 1
					}
					want = append(want, stands(big.NewInt(past), of.bits)...)
				}
				n++
			}
			for _, a := range values {
				for _, b := range values {
					add(a, b)
				}
			}
			first := want[:6*of.bits/8]
			want = append(bytes.Clone(want), first...) // once more of what is the same for all lanes
			text := prelude + fmt.Sprintf(`kernel void test(device const %[1]s *x [[buffer(0)]], device %[1]s *o [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  if (i >= %[2]d) return;
  %[1]s a = x[2 * i], b = x[2 * i + 1], r;
  bool past = __builtin_add_overflow(a, b, &r); o[6 * i] = r; o[6 * i + 1] = past;
  past = __builtin_sub_overflow(a, b, &r); o[6 * i + 2] = r; o[6 * i + 3] = past;
  past = __builtin_mul_overflow(a, b, &r); o[6 * i + 4] = r; o[6 * i + 5] = past;
  a = x[0]; b = x[1];
  device %[1]s *p = o + 6 * %[2]d;
  past = __builtin_add_overflow(a, b, &r); p[0] = r; p[1] = past;
  past = __builtin_sub_overflow(a, b, &r); p[2] = r; p[3] = past;
  if (__builtin_mul_overflow(a, b, &r)) p[5] = 1; else p[5] = 0;
  p[4] = r;
}
`, of.name, n)
			for _, engine := range []Engine{Fibers, Wide} {
				got, onFibers := outputOf(t, compiler, engine, text, input, n, len(want))
				if onFibers != nil {
					t.Errorf("on fibers: %v", onFibers)
				}
				size := int(of.bits / 8)
				for i := 0; i < len(want); i += size {
					if !bytes.Equal(got[i:i+size], want[i:i+size]) {
						k := i / size / 6 % n * 2 * size
						t.Fatalf("%v: %s of % x: % x, want % x", engine, []string{"sum", "past", "difference", "past", "product", "past"}[i/size%6], input[k:k+2*size], got[i:i+size], want[i:i+size])
					}
				}
			}
		})
	}
}

// fitting are bodies of kernels that see by themselves whether a number fits.
var fitting = map[string]string{
	"a product that is divided again": `uint a = as_type<uint>(x[i]), b = as_type<uint>(x[i + 1]) >> i % 32, r = a * b;
  o[i] = a != 0 && r / a != b ? 1.0f : 2.0f;`,
	"the same of 64 bits": `ulong a = as_type<uint>(x[i]), b = ulong(as_type<uint>(x[i + 1])) << i % 17, r = a * b;
  o[i] = a != 0 && r / a != b ? 1.0f : 2.0f;`,
	"powers until one is too large": `uint b = as_type<uint>(x[i]) % 9 + 2, r = 1, n = 0;
  for (uint k = 0; k < 40; ++k) { uint p = r; r *= b; if (r / b != p) { r = p; break; } ++n; }
  ((device uint *)o)[i] = r * 64 + n;`,
	"one of two, by a branch": `uint a = as_type<uint>(x[i]), b = as_type<uint>(x[i + 1]), r; bool past;
  if (a & 1) past = __builtin_mul_overflow(a, b & 255, &r); else past = __builtin_add_overflow(a, b, &r);
  ((device uint *)o)[i] = past ? r ^ 5 : r;`,
	"one of two of the same kind": `uint a = as_type<uint>(x[i]), b = as_type<uint>(x[i + 1]), r; bool past;
  if (a & 1) { past = __builtin_mul_overflow(a, b & 255, &r); o[64 + i] = 3; } else { past = __builtin_mul_overflow(b, a & 3, &r); o[128 + i] = 4; }
  ((device uint *)o)[i] = past ? r ^ 5 : r;`,
	"of the same number for all, in a loop": `uint a = as_type<uint>(x[0]) | 3, r = 1, n = 0, s;
  while (n < 50 && !__builtin_mul_overflow(r, a & 7, &s)) { r = s; ++n; }
  ((device uint *)o)[i] = r + n * i;`,
	"carried from word to word": `uint c = 0;
  for (uint k = 0; k < 4; ++k) { uint a = as_type<uint>(x[i + k]), b = as_type<uint>(x[i + 2 * k + 1]), s = a + b, t = s + c; c = uint(s < a) + uint(t < s); ((device uint *)o)[i + 64 * k] = t; }
  ((device uint *)o)[i + 256] = c;`,
}

// TestTextsThatSeeWhatFits: both engines do, whatever the optimiser makes of the question.
func TestTextsThatSeeWhatFits(t *testing.T) {
	sameBits(t, fitting)
}
