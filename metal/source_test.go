package metal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"attest.example/attest/metal"
)

func TestKernelFromSeveralFilesWithEveryScalar(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"part.h":  "#pragma once\n#include \"inner/deep.h\"\nconstant float part = DEEP;\n",
		"deep.h":  "#ifndef DEEP_H\n#define DEEP_H\n#include \"part.h\"\n#define DEEP 3\n#endif\n",
		"wrong.h": "\nfloat f() { return missing; }\n",
	} {
		path := filepath.Join(dir, name)
		if name == "deep.h" {
			path = filepath.Join(dir, "inner", name)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d, err := metal.Host(metal.HostOptions{})
	if err != nil {
		t.Skip(err)
	}
	defer d.Close()
	source := `#include <metal_stdlib>
#include "part.h"
#include <part.h>
using namespace metal;
constant char a [[function_constant(0)]];
constant uchar b [[function_constant(1)]];
constant short c [[function_constant(2)]];
constant long e [[function_constant(3)]];
constant ulong f [[function_constant(4)]];
constant half g [[function_constant(5)]];
constant bfloat h [[function_constant(6)]];
kernel void k(device float *o [[buffer(0)]]) {
  o[0] = part + SCALE; o[1] = __METAL_VERSION__; o[2] = a; o[3] = b; o[4] = c; o[5] = e; o[6] = f; o[7] = g; o[8] = h;
}
`
	k, err := d.NewKernel(metal.KernelOptions{Source: source, File: "k.metal", Function: "k", Language: 320,
		Includes: []string{dir}, Defines: map[string]string{"SCALE": "0.5f"},
		Constants: map[uint32]any{0: int8(-3), 1: uint8(200), 2: int16(-300), 3: int64(-5), 4: uint64(6), 5: metal.Half(0x3e00), 6: metal.BFloat(0x4020)}})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	out, err := d.NewMemory(64)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := k.Run(&metal.Launch{Arguments: []metal.Argument{{Memory: out}}, Grid: [3]uint32{1, 1, 1}, Threadgroup: [3]uint32{1, 1, 1}}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{3.5, 320, -3, 200, -300, -5, 6, 1.5, 2.5} {
		if got := out.Float32s()[i]; got != want {
			t.Errorf("value %d is %v, want %v", i, got, want)
		}
	}
	_, err = d.NewKernel(metal.KernelOptions{Source: "#include \"wrong.h\"\nkernel void k(device float *o) { o[0] = f(); }\n", Function: "k", Includes: []string{dir}})
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "wrong.h")+":2:20: error") {
		t.Errorf("a wrong file: %v", err)
	}
}
