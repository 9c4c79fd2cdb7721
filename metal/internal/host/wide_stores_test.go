package host

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// stores are kernels' bodies by what is special about them.
var stores = map[string]string{
	"float4":         "((device float4 *)o)[i] = float4(x[i], x[i + 1], i, x[i + 7]);",
	"float2":         "((device float2 *)o)[i] = float2(x[i], i);",
	"half4":          "((device half4 *)o)[i] = half4(float4(x[i], i, 3, x[i + 2]));",
	"ushort2":        "((device ushort2 *)o)[i] = ushort2(i, as_type<uint>(x[i]));",
	"uchar4":         "((device uchar4 *)o)[i] = uchar4(i, 2, as_type<uint>(x[i]), 4);",
	"long2":          "((device long2 *)o)[i] = long2(i, as_type<uint>(x[i]));",
	"some float4":    "if (as_type<uint>(x[i]) & 1) ((device float4 *)o)[i] = float4(x[i], 1, i, 2);",
	"some half4":     "if (as_type<uint>(x[i]) & 1) ((device half4 *)o)[i] = half4(float4(x[i], 1, i, 2));",
	"some uchar2":    "if (as_type<uint>(x[i]) & 1) ((device uchar2 *)o)[i] = uchar2(as_type<uint>(x[i]), i);",
	"out of order":   "o[4 * i + 2] = 2; o[4 * i] = x[i]; o[4 * i + 3] = i; o[4 * i + 1] = x[i + 1];",
	"one missing":    "o[4 * i + 2] = 2; o[4 * i] = x[i]; o[4 * i + 3] = i;",
	"one twice":      "o[4 * i] = 2; o[4 * i + 1] = x[i]; o[4 * i] = i; o[4 * i + 2] = 5; o[4 * i + 3] = 6;",
	"read between":   "o[4 * i] = x[i]; o[4 * i + 1] = o[4 * i] + 1; o[4 * i + 2] = o[4 * i + 1] + 1; o[4 * i + 3] = 1;",
	"of a short":     "short s = short(i); ((device float2 *)o)[s] = float2(x[s], s);",
	"by a search":    "device float *p = o + i; uint n = 0; do { p += 64; ++n; } while (n < 5 && (as_type<uint>(x[(i + 9 * n) % 64]) & 1)); *p = i;",
	"after a search": "device float *p = o + i; uint n = 0; do { p += 64; ++n; } while (n < 5 && (as_type<uint>(x[(i + 9 * n) % 64]) & 1)); o[i] = p[0];",
	"free slots":     "device float *p = o + i; do p += 64; while (as_type<uint>(*p) & 1); *p = i;",
	"no step":        "uint d = at.x + size.x * (at.y + size.y * at.z) - i + 1; o[d * (3 * i + 1)] = x[(3 * i + 1) / 3 * d];",
	"in rows":        "((device float4 *)o)[at.y * size.x + at.x] = float4(x[at.x], at.y, at.x, at.z);",
	"in a column":    "o[at.x * size.y + at.y] = x[at.x] + at.y;",
}

// storing is a kernel of a body.
func storing(name, body string) string {
	return "kernel void " + name + "(device const float *x [[buffer(0)]], device float *o [[buffer(1)]], uint i [[thread_index_in_threadgroup]],\n" +
		"    uint3 at [[thread_position_in_threadgroup]], uint3 size [[threads_per_threadgroup]]) {\n" + body + "\n}\n"
}

// stored is what such a kernel stores on an engine.
func stored(t *testing.T, compiler Compiler, engine Engine, text, function string, threadgroup [3]uint32) string {
	count := engineCount{}
	d := newDevice(t, Options{Workers: 1, Engine: engine, Compiler: compiler, OnEngine: count.add})
	o := storedOn(t, d, text, function, threadgroup)
	if engine == Wide && count.wide != 1 {
		t.Errorf("on fibers: %v", count.why)
	}
	return o
}

// storedOn is what it stores on a device.
func storedOn(t *testing.T, d *device.Device, text, function string, threadgroup [3]uint32) string {
	kernel := compile(t, d, device.Program{Source: text, File: "test.metal", Function: function})
	x, o := buffer(t, d, 4*80), buffer(t, d, 4*512)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range device.View[float32](x.Bytes()) {
		device.View[float32](x.Bytes())[i] = float32(r.NormFloat64())
	}
	for i := range o.Bytes() {
		o.Bytes()[i] = byte(r.Uint32())
	}
	for i := range 64 { // where a search ends
		o.Bytes()[4*(448+i)] &^= 1
	}
	l := device.Launch{Arguments: []device.Argument{{Index: 0, Memory: x}, {Index: 1, Memory: o}}, Grid: [3]uint32{1}, Threadgroup: threadgroup}
	if _, err := kernel.Run(&l); err != nil {
		t.Fatal(err)
	}
	return string(o.Bytes())
}

// TestStoresSideBySide: what a lane stores beside its neighbours' is one store of a vector for all of them, whole, parted, in
// whatever order its elements come, and beside positions in several dimensions. Fibers store the same.
func TestStoresSideBySide(t *testing.T) {
	compiler := wideCompilerOf(t)
	for name, body := range stores {
		for _, threadgroup := range [][3]uint32{{64}, {60}, {32, 3}, {20, 3}, {5, 4, 3}} {
			t.Run(fmt.Sprint(strings.ReplaceAll(name, " ", "_"), threadgroup), func(t *testing.T) {
				text := prelude + storing("test", body)
				if stored(t, compiler, Fibers, text, "test", threadgroup) != stored(t, compiler, Wide, text, "test", threadgroup) {
					t.Error("the engines' bits differ")
				}
			})
		}
	}
}
