package host

import (
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

const quotients = `
#include <metal_stdlib>
using namespace metal;
kernel void unsigned_quotient(device const uint *x [[buffer(0)]], device uint *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  if (x[2 * i + 1] != 0) y[i] = x[2 * i] / x[2 * i + 1];
}
kernel void unsigned_rest(device const uint *x [[buffer(0)]], device uint *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  if (x[2 * i + 1] != 0) y[i] = x[2 * i] % x[2 * i + 1];
}
kernel void signed_quotient(device const int *x [[buffer(0)]], device int *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  int a = x[2 * i], b = x[2 * i + 1];
  if (b != 0 && (b != -1 || a != int(0x80000000))) y[i] = a / b;
}
kernel void signed_rest(device const int *x [[buffer(0)]], device int *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  int a = x[2 * i], b = x[2 * i + 1];
  if (b != 0 && (b != -1 || a != int(0x80000000))) y[i] = a % b;
}
`

// TestQuotientsAreExact divides all pairs of numbers near powers of two, and products of two and what lies beside them, since
// vectors divide in floating point.
func TestQuotientsAreExact(t *testing.T) {
	compiler := wideCompilerOf(t)
	var edges []uint32
	for bit := range 32 {
		for d := range uint32(5) {
			edges = append(edges, 1<<bit+d-2)
		}
	}
	var pairs []uint32
	for n, a := range edges {
		for _, b := range edges {
			pairs = append(pairs, a, b, a*b-1, b, a*b, a, uint32(n)*2654435761+b, a|1)
		}
	}
	const threads = 64
	count := len(pairs) / 2 / threads * threads
	kernels := map[string]func(a, b uint32) uint32{
		"unsigned_quotient": func(a, b uint32) uint32 { return a / b },
		"unsigned_rest":     func(a, b uint32) uint32 { return a % b },
		"signed_quotient":   func(a, b uint32) uint32 { return uint32(int32(a) / int32(b)) },
		"signed_rest":       func(a, b uint32) uint32 { return uint32(int32(a) % int32(b)) },
	}
	for _, math := range []device.Math{device.MathSafe, device.MathFast} {
		engines := engineCount{}
		d := newDevice(t, Options{Engine: Wide, Compiler: wideText{compiler}, OnEngine: engines.add})
		x, y := buffer(t, d, 8*count), buffer(t, d, 4*count)
		copy(device.View[uint32](x.Bytes()), pairs)
		for kernel, of := range kernels {
			p := compile(t, d, device.Program{Source: quotients, File: "quotients.metal", Function: kernel, Math: math})
			clear(y.Bytes())
			l := device.Launch{Arguments: []device.Argument{{Index: 0, Memory: x}, {Index: 1, Memory: y}},
				Grid: [3]uint32{uint32(count / threads)}, Threadgroup: [3]uint32{threads}}
			if _, err := p.Run(&l); err != nil {
				t.Fatal(err)
			}
			wrong := 0
			for i, got := range device.View[uint32](y.Bytes()) {
				a, b, want := pairs[2*i], pairs[2*i+1], uint32(0)
				if b != 0 && !(strings.HasPrefix(kernel, "signed") && a == 1<<31 && b == 1<<32-1) {
					want = of(a, b)
				}
				if wrong++; got == want {
					wrong--
				} else if wrong < 5 {
					t.Errorf("%s of %#x and %#x is %#x, want %#x", kernel, a, b, got, want)
				}
			}
		}
		if engines.fibers > 0 {
			t.Errorf("on fibers: %v", engines.why)
		}
	}
}
