package metal_test

import (
	"testing"

	"attest.example/attest/metal"
)

// A kernel may name a buffer that it does not read this time: its slot is bound to a null pointer, with and without the
// checkers. Left out, it is refused; read, it ends the dispatch.
func TestNullIsBoundToASlot(t *testing.T) {
	const text = `#include <metal_stdlib>
using namespace metal;
kernel void k(device float *out [[buffer(0)]], device const float *bias [[buffer(1)]], constant int &reads [[buffer(2)]],
              uint i [[thread_position_in_grid]]) {
  out[i] = bias ? 1 : 2;
  if (reads) out[i] = bias[i];
}
`
	for _, check := range []bool{false, true} {
		d := newDevice(t, metal.HostOptions{Check: check})
		k, err := d.NewKernel(metal.KernelOptions{Source: text, File: "k.metal", Function: "k"})
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		out, err := d.NewMemory(128)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		launch := &metal.Launch{
			Arguments: []metal.Argument{{Index: 0, Memory: out}, {Index: 2, Bytes: []byte{0, 0, 0, 0}}, {Index: 1, Null: true}},
			Grid:      [3]uint32{1, 1, 1}, Threadgroup: [3]uint32{32, 1, 1},
		}
		if _, err := k.Run(launch); err != nil {
			t.Fatalf("check %v: %v", check, err)
		}
		if x := out.Float32s()[31]; x != 2 {
			t.Errorf("check %v: out[31] is %g; want 2, of a null pointer", check, x)
		}
		launch.Arguments[1].Bytes[0] = 1
		if _, err := k.Run(launch); err == nil {
			if reports, _ := d.Reports(); len(reports) == 0 {
				t.Errorf("check %v: a null pointer was read", check)
			}
		}
		launch.Arguments = launch.Arguments[:2]
		if _, err := k.Run(launch); err == nil {
			t.Errorf("check %v: a kernel with an unbound buffer ran", check)
		}
	}
}
