package metal_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"attest.example/attest/metal"
)

const saxpy = `#include <metal_stdlib>
using namespace metal;
constant float factor [[function_constant(3)]];
kernel void saxpy(device const float *x [[buffer(0)]], device float *y [[buffer(1)]], constant uint &n [[buffer(2)]],
                  uint i [[thread_position_in_grid]]) {
  if (i < n) y[i] += factor * x[i];
}
`

func TestKernelRunsAnyText(t *testing.T) {
	d := newDevice(t, metal.HostOptions{})
	k, err := d.NewKernel(metal.KernelOptions{Source: saxpy, File: "saxpy.metal", Function: "saxpy",
		Constants: map[uint32]any{3: float32(2)}})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	var memory [2]*metal.Memory
	for i := range memory {
		if memory[i], err = d.NewMemory(400); err != nil {
			t.Fatal(err)
		}
		defer memory[i].Close()
		for j := range memory[i].Float32s() {
			memory[i].Float32s()[j] = float32(j + i)
		}
	}
	launch := metal.Launch{
		Arguments: []metal.Argument{{Index: 0, Memory: memory[0], Offset: 4}, {Index: 1, Memory: memory[1]},
			{Index: 2, Bytes: binary.NativeEndian.AppendUint32(nil, 99)}},
		Grid: [3]uint32{100, 1, 1}, Threadgroup: [3]uint32{64, 1, 1}, GridInThreads: true, Repeat: 3}
	times, err := k.Run(&launch)
	if err != nil {
		t.Fatal(err)
	}
	if len(times) != 3 {
		t.Errorf("%d times, want one for each of 3 repetitions", len(times))
	}
	for j, y := range memory[1].Float32s() {
		want := float32(j+1) + 3*2*float32(j+1)
		if j == 99 {
			want = 100
		}
		if y != want {
			t.Fatalf("y[%d] = %g, want %g", j, y, want)
		}
	}

	launch.Threadgroup[0] = 4096
	if _, err := k.Run(&launch); err == nil {
		t.Error("a threadgroup of 4096 threads ran")
	}
	launch.Threadgroup[0], launch.Arguments = 64, launch.Arguments[:1]
	if _, err := k.Run(&launch); err == nil {
		t.Error("a kernel with unbound buffers ran")
	}
}

func TestKernelErrorsCarryTheDiagnostic(t *testing.T) {
	d := newDevice(t, metal.HostOptions{})
	_, err := d.NewKernel(metal.KernelOptions{Source: strings.Replace(saxpy, "y[i] +=", "z[i] +=", 1), File: "saxpy.metal", Function: "saxpy",
		Constants: map[uint32]any{3: float32(2)}})
	if !errors.Is(err, metal.ErrKernelCompilation) || !strings.Contains(err.Error(), "saxpy.metal:6") {
		t.Errorf("%v, want a compilation error that points to saxpy.metal:6", err)
	}
	if _, err := d.NewKernel(metal.KernelOptions{Source: saxpy, Function: "saxpy", Constants: map[uint32]any{3: 2.5}}); !errors.Is(err, metal.ErrInvalidArgs) {
		t.Errorf("%v, want invalid arguments for a function constant of float64", err)
	}
}
