package host

import (
	"testing"

	"attest.example/attest/metal/internal/device"
)

// TestFoldedMath: in folded math, tests for NaN and infinity have the answers that they have for numbers; values stay what they
// are. In fast math as such the tests see NaN and infinity.
func TestFoldedMath(t *testing.T) {
	source := `kernel void test(device uint *o [[buffer(0)]], device const float *x [[buffer(1)]], uint i [[thread_index_in_threadgroup]]) {
  const float v = x[i];
  uint bits = 0;
  if (isnan(v)) bits |= 1;
  if (isinf(v)) bits |= 2;
  if (!isfinite(v)) bits |= 4;
  if (v == INFINITY) bits |= 8;
  if (v == -INFINITY) bits |= 16;
  if (-INFINITY == v) bits |= 32;
  if (!(v > -INFINITY)) bits |= 64;
  if (INFINITY <= v) bits |= 128;
  if (v != INFINITY && v < INFINITY) bits |= 256;
  float kept = -INFINITY;
  if (as_type<uint>(kept) == 0xff800000u) bits |= 512;
  o[i] = bits;
}`
	// NaN, +Inf, -Inf, 1
	values := []uint32{0x7fc00000, 0x7f800000, 0xff800000, 0x3f800000}
	for math, want := range map[device.Math][]uint32{
		device.MathSafe:   {1 + 4 + 64 + 512, 2 + 4 + 8 + 128 + 512, 2 + 4 + 16 + 32 + 64 + 256 + 512, 256 + 512},
		device.MathFolded: {256 + 512, 256 + 512, 256 + 512, 256 + 512},
	} {
		d := newDevice(t, Options{Math: &math})
		p := compileText(t, d, source)
		out, in := buffer(t, d, 128), buffer(t, d, 128)
		copy(device.View[uint32](in.Bytes()), values)
		run(t, p, device.Launch{Arguments: []device.Argument{{Memory: out}, {Index: 1, Memory: in}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{4}})
		for i, w := range want {
			if got := device.View[uint32](out.Bytes())[i]; got != w {
				t.Errorf("math %d, value %#x: %#x, want %#x", math, values[i], got, w)
			}
		}
	}
}
