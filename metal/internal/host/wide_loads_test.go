package host

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
)

// TestLoadsInFours: lanes that load from addresses nobody knew when the kernel was compiled get what fibers get: in a row, in fours
// beside each other or alike, in nearly such, and some of them alone, of every size of element.
func TestLoadsInFours(t *testing.T) {
	compiler := wideCompilerOf(t)
	places := map[string]func(i uint32) uint32{ // of lane i
		"row":                func(i uint32) uint32 { return i },
		"fours":              func(i uint32) uint32 { return i/4*9 + i%4 },
		"fours, all one":     func(i uint32) uint32 { return i % 4 },
		"fours, backward":    func(i uint32) uint32 { return (31-i)/4*8 + i%4 },
		"alike":              func(i uint32) uint32 { return i / 4 * 8 },
		"alike, backward":    func(i uint32) uint32 { return (31 - i) / 4 * 3 },
		"all alike":          func(i uint32) uint32 { return 7 },
		"twos":               func(i uint32) uint32 { return i/2*8 + i%2 },
		"eights":             func(i uint32) uint32 { return i/8*16 + i%8 },
		"fours but one":      func(i uint32) uint32 { return i/4*9 + i%4 + i/22*(31-i)/9 },
		"fours but a first":  func(i uint32) uint32 { return i/4*9 + i%4 + (i^20+31)/32 - 1 },
		"alike but one":      func(i uint32) uint32 { return i/4*9 + i/31 },
		"alike but a first":  func(i uint32) uint32 { return i/4*9 + (i%4+3)/4*(i/28) },
		"mirrored in fours":  func(i uint32) uint32 { return i/4*9 + 3 - i%4 },
		"anywhere":           func(i uint32) uint32 { return (i*29 + 4) % 97 },
		"a row after others": func(i uint32) uint32 { return i + i/4*4 - i/8*4 },
	}
	elements := []string{"float", "half", "uchar", "short", "long", "half4", "float2", "uchar2", "float4", "uchar4", "ushort2", "uchar3"}
	for _, some := range []string{"", "if (x[i] & 4) ", "if (i != 0) ", "if (i == 9) "} {
		var body strings.Builder
		for n, of := range elements {
			fmt.Fprintf(&body, "  %s((device %s *)(o + 1024 * %d))[i] = ((device const %s *)x)[at];\n", some, of, n, of)
		}
		text := prelude + "kernel void test(device const uint *x [[buffer(0)]], device uchar *o [[buffer(1)]], device const uint *places [[buffer(2)]],\n" +
			"    uint i [[thread_index_in_threadgroup]]) {\n  const uint at = places[i];\n" + body.String() + "}\n"
		bits := map[string]string{}
		for _, engine := range []Engine{Fibers, Wide} {
			count := engineCount{}
			d := newDevice(t, Options{Workers: 1, Engine: engine, Compiler: MSL{Compiler: compiler.Compiler}, OnEngine: count.add})
			kernel := compile(t, d, device.Program{Source: text, File: "test.metal", Function: "test"})
			if engine == Wide && count.wide != 1 {
				t.Errorf("on fibers: %v", count.why)
			}
			for name, place := range places {
				x, o, at := buffer(t, d, 16*256), buffer(t, d, 1024*len(elements)), buffer(t, d, 4*32)
				r := rand.New(rand.NewPCG(3, 4))
				for i := range x.Bytes() {
					x.Bytes()[i] = byte(r.Uint32()) &^ 0x40 // no element is NaN, whose bits nobody promises
				}
				for i := range uint32(32) {
					device.View[uint32](at.Bytes())[i] = place(i)
				}
				l := device.Launch{Arguments: []device.Argument{{Index: 0, Memory: x}, {Index: 1, Memory: o}, {Index: 2, Memory: at}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}}
				if _, err := kernel.Run(&l); err != nil {
					t.Fatal(err)
				}
				if before, ok := bits[name]; ok && before != string(o.Bytes()) {
					t.Errorf("%s%s: the engines' bits differ", some, name)
				}
				bits[name] = string(o.Bytes())
			}
		}
	}
}

// TestPartsOfAVectorAreFetchedTogether: of a vector that lies anywhere a lane fetches words, and not each part by itself.
func TestPartsOfAVectorAreFetchedTogether(t *testing.T) {
	compiler := wideCompilerOf(t)
	for of, gathers := range map[string]string{"uchar4": "1 gathers", "half4": "1 gathers", "ushort2": "1 gathers", "float2": "1 gathers", "float4": "2 gathers"} {
		note := ""
		d := newDevice(t, Options{Engine: Wide, Compiler: MSL{Compiler: compiler.Compiler}, OnEngine: func(e msl.EngineOf) { note = e.Note }})
		sum := "float(v.x) * 3 - float(v.y)"
		if strings.HasSuffix(of, "4") {
			sum += " - float(v.w) + float(v.z) * 5"
		}
		compileText(t, d, fmt.Sprintf("kernel void test(device const %s *x [[buffer(0)]], device float *o [[buffer(1)]], device const uint *places [[buffer(2)]],\n"+
			"    uint i [[thread_index_in_threadgroup]]) { const %[1]s v = x[places[i]]; o[i] = %s; }\n", of, sum))
		if !strings.Contains(note, " "+gathers) {
			t.Errorf("%s: %q, want %s", of, note, gathers)
		}
	}
}
