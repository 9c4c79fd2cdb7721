package host

import (
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
)

const faulty = `#include <metal_stdlib>
using namespace metal;
kernel void nothing_bound(device float *x [[buffer(0)]], device float *missing [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  x[i] = 1.0f;
  if (i % 32 == 5) x[i] = missing[i];
}
kernel void parted_barrier(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]], uint t [[thread_index_in_threadgroup]]) {
  x[i] = 1.0f;
  if (t < 39) threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] += 1.0f;
}
kernel void in_turns(device float *x [[buffer(0)]], device const int *y [[buffer(1)]], uint i [[thread_position_in_grid]],
    uint t [[thread_index_in_threadgroup]]) {
  for (int turn = 0; turn < y[7]; ++turn) {
    if (int(t % 2) == turn) threadgroup_barrier(mem_flags::mem_threadgroup);
    else x[i] += 2.0f;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
}
kernel void early_return(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]], uint t [[thread_index_in_threadgroup]]) {
  threadgroup float s[64];
  if (t >= 40) return;
  s[t] = float(t);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = s[39 - t];
}
kernel void endless(device float *x [[buffer(0)]], device const atomic_uint *stop [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  while (atomic_load_explicit(stop, memory_order_relaxed) == 0) x[i] += 1.0f;
}
kernel void by_turns(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]], uint t [[thread_index_in_threadgroup]]) {
  for (uint turn = 0; turn < 2; ++turn)
    if (t % 2 == turn) threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = 3.0f;
}
kernel void division(device int *x [[buffer(0)]], device const int *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  if (y[i] != 0) x[i] = 100 / y[i];
}
kernel void by_nothing(device int *x [[buffer(0)]], device const int *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  if (i % 3 == 0) x[i] = x[i] / (y[i] + int(i) - 45); // y[45] is 0
}
kernel void left_of_nothing(device int *x [[buffer(0)]], device const int *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  x[i] = int(uint(x[i]) % (uint(y[i]) + i - 45));
}
kernel void least_by_minus_one(device int *x [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  int a = i == 37 ? int(0x80000000u) : int(i);
  x[i] = a / (int(i & 1) * -2 + 1);
}
kernel void long_by_nothing(device int *x [[buffer(0)]], device const int *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  x[i] = int(((long(x[i]) << 40) + 5) / (long(y[i]) + i - 45));
}
kernel void off_by_a_byte(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  device char *at = (device char *)x + (i == 37 ? 1 : 0);
  *(device float4 *)at = float4(i);
}
kernel void off_for_all(device float *x [[buffer(0)]], device const int *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  *(device float4 *)((device char *)x + y[3]) = float4(x[i]);
}
kernel void off_and_summed(device float *x [[buffer(0)]], device const int *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  device const float4 *p = (device const float4 *)((device char *)x + 4 * (i & 1));
  float s = 0;
  for (int k = 0; k < 4; ++k) s += dot(p[k], p[k]);
  x[i] = s;
}
kernel void nowhere(device int *x [[buffer(0)]], device const int *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  x[i] = i % 32 == 9 ? *(device int *)(4096ul + y[i]) : 1;
}
kernel void nowhere_written(device int *x [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  if (i == 41) *(device int *)8192ul = 1;
  else x[i] = 1;
}
kernel void nowhere_atomic(device int *x [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  if (i > 50) atomic_fetch_add_explicit((device atomic_int *)(16ul * i), 1, memory_order_relaxed);
}
kernel void two_positions(device float *x [[buffer(0)]], uint2 at [[thread_position_in_grid]], uint2 size [[threads_per_grid]],
    uint q [[thread_index_in_quadgroup]], uint g [[quadgroup_index_in_threadgroup]]) {
  x[at.y * size.x + at.x] = float(at.x * 100 + at.y * 10 + q) + 0.001f * float(g);
}
`

var changing = regexp.MustCompile(`0x[0-9a-f]+`)

// runFaulty runs a kernel of faulty and returns the error's text, without addresses, and the bits of its output.
func runFaulty(t *testing.T, compiler MSL, engine Engine, kernel string) (report, bits string) {
	t.Helper()
	count := engineCount{}
	d := newDevice(t, Options{Workers: 1, Engine: engine, Compiler: wideText{compiler}, OnEngine: count.add})
	p, err := d.Compile(&device.Program{Source: faulty, File: "faulty.metal", Function: kernel})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	x, y := buffer(t, d, 4*128), buffer(t, d, 4*128)
	for i := range device.View[int32](y.Bytes()) {
		device.View[int32](y.Bytes())[i] = int32(i % 5)
	}
	second := device.Argument{Index: 1, Memory: y}
	l := &device.Launch{Grid: [3]uint32{2}, Threadgroup: [3]uint32{60}, Deadline: time.Minute}
	switch kernel {
	case "nothing_bound":
		second = device.Argument{Index: 1, Null: true}
	case "endless":
		clear(y.Bytes())
		l.Deadline = 300 * time.Millisecond
	case "two_positions":
		l.Grid, l.Threadgroup, l.GridInThreads = [3]uint32{11, 10}, [3]uint32{6, 7}, true
	}
	l.Arguments = []device.Argument{{Index: 0, Memory: x}, second}
	if _, err = p.Run(l); err != nil {
		report = changing.ReplaceAllString(err.Error(), "N")
	}
	if engine == Wide && count.wide != 1 {
		t.Fatalf("it runs on fibers: %v", count.why)
	}
	return report, string(x.Bytes())
}

// TestVectorsReportAsFibers: what is wrong with a kernel is told in the same words, thread and place, whichever engine was
// asked for; and what is right has the same bits.
func TestVectorsReportAsFibers(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	compiler := wideCompilerOf(t)
	misaligned, undivided := "misaligned access", "division by zero"
	offPlace := "fibers find nothing wrong with it: a vector lies at an address that is no multiple of its size;"
	if runtime.GOARCH == "arm64" { // which reads and writes a vector wherever it lies, and divides by anything
		misaligned, undivided, offPlace = "", "", ""
	}
	for _, c := range []struct {
		kernel  string
		inParts bool // engine wide gives up, though fibers find nothing wrong
		says    string
	}{
		{"nothing_bound", false, "nothing is bound to buffer 1"},
		{"parted_barrier", false, ""}, // who has returned is not waited for
		{"in_turns", true, "engine wide cannot carry out threadgroup (0,0,0), and fibers find nothing wrong with it: its threads may come to a barrier in parts;"},
		{"off_and_summed", true, offPlace},
		{"early_return", false, ""},
		{"endless", false, "stopped at its deadline"},
		{"by_turns", false, "divergent threadgroup_barrier"},
		{"division", false, ""},
		{"by_nothing", false, undivided},
		{"left_of_nothing", false, undivided},
		{"least_by_minus_one", false, undivided},
		{"long_by_nothing", false, undivided},
		{"off_by_a_byte", false, misaligned},
		{"off_for_all", false, misaligned},
		{"nowhere", false, "memory that does not exist"},
		{"nowhere_written", false, "memory that does not exist"},
		{"nowhere_atomic", false, "memory that does not exist"},
		{"two_positions", false, ""},
	} {
		t.Run(c.kernel, func(t *testing.T) {
			reports, bits := map[Engine]string{}, map[Engine]string{}
			for _, engine := range []Engine{Fibers, Wide} {
				reports[engine], bits[engine] = runFaulty(t, compiler, engine, c.kernel)
			}
			if !strings.Contains(reports[Wide], c.says) || (c.says == "") != (reports[Wide] == "") {
				t.Errorf("engine wide says %q, want %q in it", reports[Wide], c.says)
			}
			if c.inParts {
				if reports[Fibers] != "" {
					t.Errorf("fibers say %q", reports[Fibers])
				}
				return
			}
			if reports[Fibers] != reports[Wide] {
				t.Errorf("fibers say     %q\nengine wide says %q", reports[Fibers], reports[Wide])
			}
			if c.says == "" && bits[Fibers] != bits[Wide] {
				t.Error("the engines' bits differ")
			}
		})
	}
}

// TestWhatStaysOnFibersRunsThere: a kernel that vectors do not have runs all the same, and the reason is told.
func TestWhatStaysOnFibersRunsThere(t *testing.T) {
	compiler := wideCompilerOf(t)
	const text = `#include <metal_stdlib>
using namespace metal;
kernel void jumps(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  uint n = i;
  if (i & 1) goto within;
  while (n < 100) {
    x[i] += n;
    n += 3;
  within:
    x[i] *= 2.0f;
    n += 2;
  }
  x[i] = 2.0f;
}
kernel void plain(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]]) { x[i] = 2.0f; }
`
	for name, compiler := range map[string]Compiler{"alone": compiler, "in one module with others": wideText{compiler}} {
		t.Run(name, func(t *testing.T) {
			count := engineCount{}
			d := newDevice(t, Options{Workers: 1, Engine: Wide, Compiler: compiler, OnEngine: count.add})
			for _, kernel := range []string{"jumps", "plain"} {
				p, err := d.Compile(&device.Program{Source: text, File: "jumps.metal", Function: kernel, Language: 320})
				if err != nil {
					t.Fatal(err)
				}
				x := buffer(t, d, 4*64)
				if _, err := p.Run(&device.Launch{Arguments: []device.Argument{{Index: 0, Memory: x}}, Grid: [3]uint32{2}, Threadgroup: [3]uint32{32}}); err != nil {
					t.Error(err)
				}
				for i, got := range device.View[float32](x.Bytes()) {
					if got != 2 {
						t.Fatalf("%s: x[%d] is %v", kernel, i, got)
					}
				}
				p.Close()
			}
			if count.wide != 1 || count.fibers != 1 || len(count.why) != 1 || count.why[0] == "" {
				t.Errorf("%d wide, %d on fibers: %q", count.wide, count.fibers, count.why)
			}
		})
	}
}

// TestNoEngineWideWithoutItsTools: where opt is not to be had, every kernel stays on fibers, and that is told.
func TestNoEngineWideWithoutItsTools(t *testing.T) {
	compiler := wideCompilerOf(t)
	dir := t.TempDir()
	alone := dir + "/clang"
	if err := os.WriteFile(alone, []byte("#!/bin/sh\nexec "+compiler.Clang()+" \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ld, err := exec.LookPath("ld")
	if err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(ld, dir+"/ld"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	c, err := msl.New(msl.Options{Clang: alone})
	if err != nil {
		t.Fatal(err)
	}
	count := engineCount{}
	d := newDevice(t, Options{Workers: 1, Engine: Wide, Compiler: MSL{Compiler: c}, OnEngine: count.add})
	compile(t, d, device.Program{Source: faulty, File: "faulty.metal", Function: "division"})
	if count.wide != 0 || count.fibers != 1 || !strings.Contains(count.why[0], "engine wide needs clang and opt of LLVM 19") {
		t.Errorf("%+v", count)
	}
}
