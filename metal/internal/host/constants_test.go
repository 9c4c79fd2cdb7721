package host

import (
	"fmt"
	"testing"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
)

// Function constants of every type, by index and by name, in a namespace, one that is asked for and not given, and two that
// decide which buffers there are.
const ofEveryType = `constant bool flag [[function_constant(0)]];
constant uchar u8 [[function_constant(1)]];
constant short i16 [[function_constant(2)]];
constant uint u32 [[function_constant(3)]];
constant long i64 [[function_constant(4)]];
constant half f16 [[function_constant(5)]];
namespace inner { constant float f32 [[function_constant(6)]]; }
constant bfloat b16 [[function_constant(7)]];
constant char i8 [[function_constant(8)]];
constant int absent [[function_constant(9)]];
constant bool has_second [[function_constant(10)]];
kernel void test(device float *out [[buffer(0)]], device const float *first [[buffer(1), function_constant(flag)]],
                 device const float *second [[buffer(2), function_constant(has_second)]], uint i [[thread_position_in_grid]]) {
  float x = 0;
  if (flag) x += first[i];
  if (has_second) x += second[0];
  for (uchar n = 0; n < u8; ++n) x += 1;
  x += float(i16) + float(u32) + float(i64 >> 33) + float(f16) + inner::f32 + float(b16) + float(i8);
  out[i] = is_function_constant_defined(absent) ? -1.0f : x;
}
`

// Texts of which clang must know a constant's value.
const (
	asASize = `constant int n [[function_constant(0)]];
kernel void test(device float *out [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  float all[n];
  for (int k = 0; k < n; ++k) all[k] = k * i;
  float sum = 0;
  for (int k = 0; k < n; ++k) sum += all[k];
  out[i] = sum;
}
`
	computed = `constant int n [[function_constant(0)]];
constant int twice = 2 * n;
kernel void test(device float *out [[buffer(0)]], uint i [[thread_position_in_grid]]) { out[i] = twice + i; }
`
	asAnArgument = `constant int n [[function_constant(0)]];
template <int N> float times(float x) { return N * x; }
kernel void test(device float *out [[buffer(0)]], uint i [[thread_position_in_grid]]) { out[i] = times<n>(i); }
`
)

// References that function constants decide about, in loops that ask the constant again and again.
const references = `constant bool weighed [[function_constant(0)]];
constant bool stepped [[function_constant(1)]];
struct Big { float w[1000]; };
kernel void test(device float *out [[buffer(0)]], constant int &step [[buffer(1), function_constant(stepped)]],
                 constant float4 &weight [[buffer(2), function_constant(weighed)]], device const Big &all [[buffer(3), function_constant(weighed)]],
                 device const float *more [[buffer(4), function_constant(stepped)]], uint i [[thread_position_in_grid]]) {
  float sum = 0;
  if (stepped) more += i * step;
  for (int k = 0; k < 8; ++k) {
    if (weighed) sum += weight.x * k + weight.w * all.w[999 - i - k];
    else sum += 1;
    if (stepped) { sum += more[0]; more += step; }
  }
  out[i] = sum;
}
`

// What a function constant says is absent is never read, also where the compiler did not know the constant.
func TestAbsentReferences(t *testing.T) {
	bit := map[bool]uint64{true: 1}
	for _, engine := range []Engine{Fibers, Wide} {
		for _, check := range []bool{false, true} {
			for _, weighed := range []bool{false, true} {
				for _, stepped := range []bool{false, true} {
					t.Run(fmt.Sprint(engine, check, weighed, stepped), func(t *testing.T) {
						d := newDevice(t, Options{Workers: 1, Engine: engine, Check: check})
						kernel := compile(t, d, device.Program{Source: prelude + references, File: "test.metal", Function: "test",
							Constants: []device.Constant{{Index: 0, Type: device.Bool, Bits: bit[weighed]}, {Index: 1, Type: device.Bool, Bits: bit[stepped]}}})
						out, all, more := buffer(t, d, 4*32), buffer(t, d, 4000), buffer(t, d, 4*64)
						for i := range device.View[float32](all.Bytes()) {
							device.View[float32](all.Bytes())[i] = float32(i)
						}
						for i := range device.View[float32](more.Bytes()) {
							device.View[float32](more.Bytes())[i] = float32(i)
						}
						l := device.Launch{Arguments: []device.Argument{{Index: 0, Memory: out}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}}
						if weighed {
							weight := []float32{2, 0, 0, 3}
							l.Arguments = append(l.Arguments, device.Argument{Index: 2, Bytes: device.BytesOf(weight)}, device.Argument{Index: 3, Memory: all})
						}
						if stepped {
							l.Arguments = append(l.Arguments, device.Argument{Index: 1, Bytes: []byte{1, 0, 0, 0}}, device.Argument{Index: 4, Memory: more})
						}
						if _, err := kernel.Run(&l); err != nil {
							t.Fatal(err)
						}
						for i, got := range device.View[float32](out.Bytes()) {
							want := float32(0)
							for k := range 8 {
								if weighed {
									want += 2*float32(k) + 3*float32(999-i-k)
								} else {
									want++
								}
								if stepped {
									want += float32(i + k)
								}
							}
							if got != want {
								t.Fatalf("out[%d] is %v, want %v", i, got, want)
							}
						}
					})
				}
			}
		}
	}
}

// Values of function constants reach the kernel on every engine, whether they are written into a module that is made already
// or compiled in, and one program's do not get into another's.
func TestFunctionConstants(t *testing.T) {
	all := func(flag, second bool, n int64) []device.Constant {
		b := map[bool]uint64{true: 0x100000001, false: 0}
		return []device.Constant{{Index: 0, Type: device.Bool, Bits: b[flag]}, {Index: 1, Type: device.UChar, Bits: uint64(n)}, {Index: 2, Type: device.Short, Bits: uint64(-n)},
			{Index: 3, Type: device.UInt, Bits: 0xffff<<32 | uint64(n)*2}, {Name: "i64", Type: device.Long, Bits: uint64(-n) << 33}, {Index: 5, Type: device.Half, Bits: 0x3e00},
			{Name: "f32", Type: device.Float, Bits: 0x40200000}, {Index: 7, Type: device.BFloat, Bits: 0x4080}, {Index: 8, Type: device.Char, Bits: 0xfd},
			{Index: 10, Type: device.Bool, Bits: b[second]}, {Index: 99, Type: device.Int, Bits: 5}}
	}
	one := func(n int64) []device.Constant {
		return []device.Constant{{Index: 0, Type: device.Int, Bits: uint64(n)}}
	}
	type program struct {
		constants []device.Constant
		want      func(i int) float32
		buffers   [2]bool // that the kernel then names, after out
	}
	sum := func(n float32) func(int) float32 { // 1.5 + 2.5 + 4 - 3
		return func(int) float32 { return n - n + 2*n - n + 5 }
	}
	with := func(f func(int) float32, g func(int) float32) func(int) float32 {
		return func(i int) float32 { return f(i) + g(i) }
	}
	first, second := func(i int) float32 { return float32(100 * i) }, func(int) float32 { return 7000 }
	for name, of := range map[string]struct {
		text     string
		programs []program
	}{
		"of every type": {ofEveryType, []program{
			{all(false, false, 3), sum(3), [2]bool{}}, {all(true, false, 3), with(sum(3), first), [2]bool{true}},
			{all(false, true, 200), with(sum(200), second), [2]bool{false, true}}, {all(true, true, 0), with(with(sum(0), first), second), [2]bool{true, true}}}},
		"as a size": {asASize, []program{{one(3), func(i int) float32 { return float32(3 * i) }, [2]bool{}}, {one(5), func(i int) float32 { return float32(10 * i) }, [2]bool{}}}},
		"computed":  {computed, []program{{one(3), func(i int) float32 { return float32(6 + i) }, [2]bool{}}, {one(5), func(i int) float32 { return float32(10 + i) }, [2]bool{}}}},
		"as an argument": {asAnArgument, []program{{one(3), func(i int) float32 { return float32(3 * i) }, [2]bool{}},
			{one(5), func(i int) float32 { return float32(5 * i) }, [2]bool{}}}},
	} {
		for engine, o := range map[string]Options{"fibers": {}, "vectors": {Engine: Wide}, "checked": {Check: true}} {
			t.Run(name+", "+engine, func(t *testing.T) {
				onVectors := 0
				o.OnEngine = func(e EngineOf) {
					if e.Engine == msl.EngineWide {
						onVectors++
					}
				}
				d := newDevice(t, o)
				for n, p := range of.programs {
					k := compile(t, d, device.Program{Source: prelude + of.text, File: "test.metal", Function: "test", Constants: p.constants})
					out, hundreds, many := buffer(t, d, 64*4), buffer(t, d, 64*4), buffer(t, d, 64*4)
					for i := range hundreds.Float32s() {
						hundreds.Float32s()[i], many.Float32s()[i] = float32(100*i), 7000
					}
					launch := device.Launch{Arguments: []device.Argument{{Index: 0, Memory: out}}, Grid: [3]uint32{2}, Threadgroup: [3]uint32{32}}
					for index, is := range p.buffers {
						if !is {
							continue
						}
						_, err := k.Run(&launch)
						wantRefusal(t, err, device.ErrInvalidArgs, fmt.Sprintf("buffer %d is named by the kernel and nothing is bound to it", index+1))
						launch.Arguments = append(launch.Arguments, device.Argument{Index: uint32(index + 1), Memory: []*device.Memory{hundreds, many}[index]})
					}
					run(t, k, launch)
					for i, got := range out.Float32s() {
						want := p.want(i)
						if got != want {
							t.Fatalf("program %d: out[%d] is %v, want %v", n, i, got, want)
						}
					}
				}
				if engine == "vectors" && onVectors != len(of.programs) {
					t.Fatalf("%d of %d programs ran as vectors", onVectors, len(of.programs))
				}
			})
		}
	}
}
