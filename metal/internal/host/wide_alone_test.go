package host

import (
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// parted are kernels in which lanes do things one after another, or one does them for all: what vectors are worst at.
const parted = `#include <metal_stdlib>
using namespace metal;
kernel void counters(device atomic_uint *x [[buffer(0)]], device atomic_int *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  uint before = atomic_fetch_add_explicit(&x[i & 3], i, memory_order_relaxed);
  atomic_fetch_sub_explicit(&y[i & 7], int(before & 15), memory_order_relaxed);
  atomic_fetch_max_explicit(&y[8 + (i & 1)], int(i) - 70, memory_order_relaxed);
  atomic_fetch_min_explicit(&y[10 + (i & 1)], 5 - int(i), memory_order_relaxed);
  atomic_fetch_max_explicit(&x[12], i * 0x9000000u, memory_order_relaxed);
  atomic_fetch_min_explicit(&x[13], ~(i * 0x9000000u), memory_order_relaxed);
  atomic_fetch_xor_explicit(&x[14], i * 2654435761u, memory_order_relaxed);
  atomic_fetch_or_explicit(&x[15], 1u << (i & 31), memory_order_relaxed);
  atomic_fetch_and_explicit(&y[16], ~(1 << (i & 15)), memory_order_relaxed);
  uint old = atomic_exchange_explicit(&x[17], i, memory_order_relaxed);
  atomic_store_explicit(&x[32 + i % 64], old, memory_order_relaxed);
}
kernel void sums(device atomic_float *x [[buffer(0)]], device const float *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  float before = atomic_fetch_add_explicit(&x[i & 1], y[i] * 1.7f, memory_order_relaxed);
  atomic_fetch_sub_explicit(&x[2 + (i & 3)], before * 0.3f, memory_order_relaxed);
  atomic_store_explicit(&x[16 + i % 64], before, memory_order_relaxed);
}
kernel void some_count(device atomic_uint *x [[buffer(0)]], device const uint *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  if (y[i] % 5 < 2) {
    uint slot = atomic_fetch_add_explicit(&x[0], 1u, memory_order_relaxed);
    atomic_store_explicit(&x[1 + slot % 100], i, memory_order_relaxed);
  }
}
kernel void swaps(device atomic_uint *x [[buffer(0)]], device const uint *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  uint want = 0;
  while (!atomic_compare_exchange_weak_explicit(&x[i & 1], &want, want * 3u + y[i], memory_order_relaxed, memory_order_relaxed)) {}
  atomic_store_explicit(&x[8 + i % 64], want, memory_order_relaxed);
}
kernel void alone(device uint *x [[buffer(0)]], device uint *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  uint r = i;
  if (i % 32 == 7) {
    for (uint k = 0; k < 40; ++k) { r = r * 31u + y[(r + k) & 63]; y[64 + ((r >> 5) & 31)] = r; }
  }
  x[i] = r;
}
kernel void alone_small(device uchar *x [[buffer(0)]], device ulong *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  if (i == 33 || i == 90) {
    for (uint k = 0; k < 20; ++k) { x[(i * 7 + k * k) & 127] += uchar(k + i); y[(k * 5) & 31] ^= (ulong)x[k] << k; }
  }
}
kernel void rows(device uchar *x [[buffer(0)]], device const uint *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  const uint one = y[1] & 1u, two = one + one, n = y[3];
  device const uchar *bytes = (device const uchar *)y;
  device const half *halves = (device const half *)y;
  device const ushort *shorts = (device const ushort *)y;
  uchar a = bytes[i + 3u];
  half h = halves[i * one + 7u];
  ushort s = shorts[i * two];
  uint w = y[i >> 1];
  if (i % 32u < 27u) {
    uint at = i, t = 1u;
    if (n > 7u) { at += 60u * (n & 1u); t += n; }
    device const uchar *from = bytes + 8;
    if (n > 9u) from = bytes + 16;
    x[at] = a + from[i] + uchar(t);
    ((device ushort *)(x + 128))[i * one] = s + ushort(from[i * one]);
    if (t > 5u && i != 3u) w += ((device const uint *)from)[i & 31u] + t;
  }
  ((device half *)(x + 256))[i & 63u] = h;
  if (n > 3u) ((device ushort *)(x + 384))[i & 63u] = ushort(w);
  threadgroup_barrier(mem_flags::mem_device);
  if (i > 4u) x[i] ^= uchar(w >> 8);
}
kernel void every_second(device uint *x [[buffer(0)]], device const uint *y [[buffer(1)]], uint i [[thread_position_in_grid]],
    uint lane [[thread_index_in_simdgroup]], uint of [[simdgroup_index_in_threadgroup]]) {
  device const uchar *bytes = (device const uchar *)y;
  device const ushort *shorts = (device const ushort *)y + 2 * (of * 32 + lane);
  uint r = y[4 * lane + 3] + 3u * y[2 * lane + 1] + bytes[4 * lane + 1] + shorts[1];
  if (lane < 29u) r = r * 31u + y[4 * lane] + y[2 * lane + of] + bytes[2 * lane + 5] + shorts[0];
  x[i] = r;
}
kernel void by_one(device float *x [[buffer(0)]], device const float *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  float r = 0.0f;
  for (uint k = 0; k < (i & 7); ++k) r += sin(y[i] + float(k)) * pow(fabs(y[i]), 0.3f) + atan2(y[i], r);
  x[i] = r;
}
`

// partedKernels are those of parted. atOnce are kernels whose atomic operations must not have become loops that lanes go round
// together.
var partedKernels = []struct {
	name   string
	atOnce bool
}{{"counters", true}, {"sums", true}, {"some_count", false}, {"swaps", false}, {"alone", false}, {"alone_small", false}, {"by_one", false}, {"rows", false}, {"every_second", false}}

// TestEnginesHaveTheSameBits where lanes take turns or are alone.
func TestEnginesHaveTheSameBits(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	compiler := wideCompilerOf(t)
	for _, k := range partedKernels {
		t.Run(k.name, func(t *testing.T) {
			wide, note := partedOn(t, compiler, Wide, k.name)
			if k.atOnce && !strings.Contains(note, " 0 under masks") {
				t.Errorf("lanes go round a loop for each atomic operation: %s", note)
			}
			if fibers, _ := partedOn(t, compiler, Fibers, k.name); wide != fibers {
				t.Error("the engines' bits differ")
			}
		})
	}
}

// partedOn is what a kernel of parted leaves in memory on an engine, and the engine's note.
func partedOn(t *testing.T, compiler MSL, engine Engine, kernel string) (bits, note string) {
	var of EngineOf
	d := newDevice(t, Options{Workers: 1, Engine: engine, Compiler: wideText{compiler}, OnEngine: func(e EngineOf) { of = e }})
	p, err := d.Compile(&device.Program{Source: parted, File: "parted.metal", Function: kernel})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	x, y := buffer(t, d, 4*128), buffer(t, d, 4*128)
	for i := range device.View[uint32](y.Bytes()) {
		device.View[uint32](y.Bytes())[i] = 0x3f800000 + uint32(i*i)*9973
	}
	l := &device.Launch{Arguments: []device.Argument{{Index: 0, Memory: x}, {Index: 1, Memory: y}}, Grid: [3]uint32{2}, Threadgroup: [3]uint32{60}}
	if _, err := p.Run(l); err != nil {
		t.Fatal(err)
	}
	if engine == Wide && (of.Kernel != kernel || of.Why != "") {
		t.Fatalf("it runs on fibers: %+v", of)
	}
	return string(x.Bytes()) + string(y.Bytes()), of.Note
}
