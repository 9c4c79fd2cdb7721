package host

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// integers are Metal's integer types.
var integers = []struct {
	name  string
	bits  uint
	minus bool
}{{"char", 8, true}, {"uchar", 8, false}, {"short", 16, true}, {"ushort", 16, false}, {"int", 32, true}, {"uint", 32, false}, {"long", 64, true}, {"ulong", 64, false}}

// ends are the least and the largest value of a type.
func ends(bits uint, minus bool) (least, largest *big.Int) {
	one := big.NewInt(1)
	if !minus {
		return new(big.Int), new(big.Int).Sub(new(big.Int).Lsh(one, bits), one)
	}
	half := new(big.Int).Lsh(one, bits-1)
	return new(big.Int).Neg(half), new(big.Int).Sub(half, one)
}

// within is an integer, or the end that it is past.
func within(x, least, largest *big.Int) *big.Int {
	switch {
	case x.Cmp(least) < 0:
		return least
	case x.Cmp(largest) > 0:
		return largest
	}
	return x
}

// outputOf is what a kernel makes of its input on an engine, and why it stayed on fibers where vectors were asked for.
func outputOf(t *testing.T, compiler Compiler, engine Engine, text string, input []byte, lanes, outputs int) (output []byte, onFibers []string) {
	count := engineCount{}
	d := newDevice(t, Options{Workers: 1, Engine: engine, Compiler: compiler, OnEngine: count.add})
	kernel := compile(t, d, device.Program{Source: text, File: "test.metal", Function: "test"})
	in, out := buffer(t, d, len(input)), buffer(t, d, outputs)
	copy(in.Bytes(), input)
	l := device.Launch{Arguments: []device.Argument{{Index: 0, Memory: in}, {Index: 1, Memory: out}}, Grid: [3]uint32{uint32(lanes+31) / 32}, Threadgroup: [3]uint32{32}}
	if _, err := kernel.Run(&l); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(out.Bytes()), count.why
}

// stands are a number's lowest bytes.
func stands(x *big.Int, bits uint) []byte {
	modulo := new(big.Int).Lsh(big.NewInt(1), bits)
	return binary.LittleEndian.AppendUint64(nil, new(big.Int).Mod(x, modulo).Uint64())[:bits/8]
}

// TestSaturatedIntegers: addsat, subsat and madsat are the nearest integer to the exact one, on both engines.
func TestSaturatedIntegers(t *testing.T) {
	compiler := wideCompilerOf(t)
	for _, of := range integers {
		t.Run(of.name, func(t *testing.T) {
			least, largest := ends(of.bits, of.minus)
			var values []*big.Int
			for _, end := range []*big.Int{least, largest, new(big.Int).Rsh(largest, 1), new(big.Int).Sqrt(largest), big.NewInt(0)} {
				for d := range int64(5) {
					if x := new(big.Int).Add(end, big.NewInt(d-2)); x.Cmp(least) >= 0 && x.Cmp(largest) <= 0 {
						values = append(values, x)
					}
				}
			}
			var input, want []byte
			n := 0
			nearest := func(x *big.Int) {
				want = append(want, stands(within(x, least, largest), of.bits)...)
			}
			for i, a := range values {
				for j, b := range values {
					c := values[(i*7+j*3)%len(values)]
					for _, x := range []*big.Int{a, b, c} {
						input = append(input, stands(x, of.bits)...)
					}
					nearest(new(big.Int).Add(a, b))
					nearest(new(big.Int).Sub(a, b))
					nearest(new(big.Int).Add(new(big.Int).Mul(a, b), c))
					n++
				}
			}
			text := prelude + fmt.Sprintf(`kernel void test(device const %[1]s *x [[buffer(0)]], device %[1]s *o [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  if (i >= %[2]d) return;
  %[1]s a = x[3 * i], b = x[3 * i + 1], c = x[3 * i + 2];
  o[3 * i] = addsat(a, b); o[3 * i + 1] = subsat(a, b); o[3 * i + 2] = madsat(a, b, c);
}
`, of.name, n)
			for _, engine := range []Engine{Fibers, Wide} {
				got, onFibers := outputOf(t, compiler, engine, text, input, n, len(want))
				if onFibers != nil && of.bits < 64 { // a product of 64 bits has 128
					t.Errorf("on fibers: %v", onFibers)
				}
				size := int(of.bits / 8)
				for i := 0; i < len(want); i += size {
					if !bytes.Equal(got[i:i+size], want[i:i+size]) {
						k := i / size / 3 * 3 * size
						t.Fatalf("%v: %s of % x: % x, want % x", engine, []string{"addsat", "subsat", "madsat"}[i/size%3], input[k:k+3*size], got[i:i+size], want[i:i+size])
					}
				}
			}
		})
	}
}

// TestNumbersTooLargeForAnInteger become its largest or least, and NaN 0, whoever converts them.
func TestNumbersTooLargeForAnInteger(t *testing.T) {
	compiler := wideCompilerOf(t)
	var numbers []float32
	for _, x := range []float64{0, 0.5, 0.99, 1, 1.5, 2.99, 3e38, math.Inf(1)} {
		numbers = append(numbers, float32(x), float32(-x))
	}
	for shift := 6; shift <= 66; shift++ {
		x := float32(math.Ldexp(1, shift))
		for _, y := range []float32{math.Nextafter32(x, 0), x, math.Nextafter32(x, 2*x)} {
			numbers = append(numbers, y, -y)
		}
	}
	numbers = append(numbers, float32(math.NaN()), math.Float32frombits(0xffc00001))
	var input []byte
	for _, x := range numbers {
		input = binary.LittleEndian.AppendUint32(input, math.Float32bits(x))
	}
	for _, of := range integers {
		t.Run(of.name, func(t *testing.T) {
			least, largest := ends(of.bits, of.minus)
			var want []byte
			for _, x := range numbers {
				whole := new(big.Int)
				switch {
				case x != x:
				case math.IsInf(float64(x), 0):
					if whole = largest; x < 0 {
						whole = least
					}
				default:
					big.NewFloat(float64(x)).Int(whole)
					whole = within(whole, least, largest)
				}
				want = append(want, stands(whole, of.bits)...)
			}
			text := prelude + fmt.Sprintf("kernel void test(device const float *x [[buffer(0)]], device %[1]s *o [[buffer(1)]], uint i [[thread_position_in_grid]]) {\n"+
				"  if (i < %[2]d) o[i] = %[1]s(x[i]);\n}\n", of.name, len(numbers))
			for _, engine := range []Engine{Fibers, Wide} {
				got, onFibers := outputOf(t, compiler, engine, text, input, len(numbers), len(want))
				if onFibers != nil {
					t.Errorf("on fibers: %v", onFibers)
				}
				size := int(of.bits / 8)
				for i, x := range numbers {
					if g, w := got[i*size:][:size], want[i*size:][:size]; !bytes.Equal(g, w) {
						t.Errorf("%v: %s(%v): % x, want % x", engine, of.name, x, g, w)
					}
				}
			}
		})
	}
}

// TestHalfTurns: sinpi, cospi and tanpi are within the units in the last place that MSL allows, also where they are near 0.
func TestHalfTurns(t *testing.T) {
	compiler := wideCompilerOf(t)
	numbers := []float32{0.5, -0.5, 1.5, 2.5, 1, -1, 2, 3, 1e6, 8388607.5, 0.25, 0.75, 1.25, 1.75}
	for _, zero := range []float64{0, 0.5, 1, 1.5, 2} {
		for shift := 1; shift < 30; shift++ {
			for _, off := range []float64{math.Ldexp(1, -shift), -math.Ldexp(1.3, -shift)} {
				numbers = append(numbers, float32(zero+off), float32(-zero+off))
			}
		}
	}
	var input []byte
	for _, x := range numbers {
		input = binary.LittleEndian.AppendUint32(input, math.Float32bits(x))
	}
	text := prelude + fmt.Sprintf("kernel void test(device const float *x [[buffer(0)]], device float *o [[buffer(1)]], uint i [[thread_position_in_grid]]) {\n"+
		"  if (i < %d) { o[3 * i] = sinpi(x[i]); o[3 * i + 1] = cospi(x[i]); o[3 * i + 2] = tanpi(x[i]); }\n}\n", len(numbers))
	for _, engine := range []Engine{Fibers, Wide} {
		got, onFibers := outputOf(t, compiler, engine, text, input, len(numbers), 12*len(numbers))
		if onFibers != nil {
			t.Errorf("on fibers: %v", onFibers)
		}
		for i, x := range numbers {
			quarters := math.RoundToEven(2 * float64(x)) // exact, as is what is left
			sine, cosine := math.Sincos(math.Pi * (float64(x) - quarters/2))
			for range int(math.Mod(math.Mod(quarters, 4)+4, 4)) {
				sine, cosine = cosine, -sine
			}
			for k, want := range []float64{sine, cosine, sine / cosine} {
				y := float64(device.View[float32](got)[3*i+k])
				_, exponent := math.Frexp(want)
				if off := math.Abs(y-want) / math.Ldexp(1, exponent-24); !(off <= 4+2*float64(k/2)) && !(want == 0 && y == 0) && !(math.IsInf(want, 0) && math.IsInf(y, 0)) {
					t.Errorf("%v: %s(%v) is %v, want %v", engine, []string{"sinpi", "cospi", "tanpi"}[k], x, y, want)
				}
			}
		}
	}
}

// TestFractionsAreBelowOne: what fract leaves of a small negative number is the largest below 1 that its type has.
func TestFractionsAreBelowOne(t *testing.T) {
	compiler := wideCompilerOf(t)
	numbers := []float32{-0x1p-24, -0x1p-30, -0x1p-13, -0x1p-9, -1, 2, 0.75, -0.25}
	var input []byte
	for _, x := range numbers {
		input = binary.LittleEndian.AppendUint32(input, math.Float32bits(x))
	}
	for of, below := range map[string]float64{"half": 0x1.ffcp-1, "bfloat": 0x1.fep-1, "float": 0x1.fffffep-1} {
		text := prelude + fmt.Sprintf("kernel void test(device const float *x [[buffer(0)]], device float *o [[buffer(1)]], uint i [[thread_position_in_grid]]) {\n"+
			"  if (i < %d) { o[2 * i] = fract(%s(x[i])); o[2 * i + 1] = float(%[2]s(x[i])); }\n}\n", len(numbers), of)
		for _, engine := range []Engine{Fibers, Wide} {
			got, _ := outputOf(t, compiler, engine, text, input, len(numbers), 8*len(numbers))
			for i := range numbers {
				y, x := float64(device.View[float32](got)[2*i]), float64(device.View[float32](got)[2*i+1]) // x as the type has it
				if want := x - math.Floor(x); y >= 1 || y != min(want, below) && math.Abs(y-want) > 0x1p-9 {
					t.Errorf("%v: fract(%s(%v)) is %v, want %v", engine, of, x, y, min(want, below))
				}
			}
		}
	}
}

// TestNamesOfTheCLibrary are the text's own: a function of the text that has one is called, and Metal's function of that kind is not it.
func TestNamesOfTheCLibrary(t *testing.T) {
	compiler := wideCompilerOf(t)
	text := prelude + `float tanhf(float x) { return x * 5; }
static float expf(float x) { return x * 3; }
inline float powf(float x, float y) { return x + y; }
half exp2f(half x) { return x; }
kernel void sinf(device float *o [[buffer(0)]]) { o[0] = 1; }
kernel void test(device const float *x [[buffer(0)]], device float *o [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  if (i > 0) return;
  o[0] = tanhf(2.0f); o[1] = tanhf(x[0]); o[2] = expf(x[0]); o[3] = powf(x[0], 1.0f); o[4] = exp2f(2.0h);
  o[5] = tanh(x[1]); o[6] = exp(x[1]); o[7] = pow(x[0], 3.0f); o[8] = exp2(x[0]); o[9] = sin(x[1]);
}
`
	var input []byte
	for _, x := range []float32{2, 0} {
		input = binary.LittleEndian.AppendUint32(input, math.Float32bits(x))
	}
	want := "[10 10 6 3 2 0 1 8 4 0]"
	for _, engine := range []Engine{Fibers, Wide} {
		got, onFibers := outputOf(t, compiler, engine, text, input, 1, 40)
		if onFibers != nil {
			t.Errorf("on fibers: %v", onFibers)
		}
		if values := fmt.Sprint(device.View[float32](got)); values != want {
			t.Errorf("%v: %s, want %s", engine, values, want)
		}
	}
}

// TestAbsentLanesInFastMath: who asks a lane that does not take part gets all ones, which is a NaN, in fast math too.
func TestAbsentLanesInFastMath(t *testing.T) {
	compiler := wideCompilerOf(t)
	const text = prelude + `kernel void test(device const float *x [[buffer(0)]], device uint *o [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  float4 v = 0;
  if (i % 3) v = float4(simd_shuffle(x[i], ushort(i ^ 1)), quad_broadcast(x[i], ushort(3)), simd_shuffle(half2(x[i]), ushort(i ^ 1)).y, simd_broadcast(float2(x[i]), ushort(9)).x);
  for (uint k = 0; k < 4; ++k) o[4 * i + k] = as_type<uint>(v[k]) >= 0x7f800001 ? 0xffffffff : as_type<uint>(v[k]);
}
`
	var want []uint32
	for i := range uint32(32) {
		for _, from := range []uint32{i ^ 1, i/4*4 + 3, i ^ 1, 9} {
			of := math.Float32bits(float32(from))
			if from%3 == 0 {
				of = 1<<32 - 1
			}
			if i%3 == 0 {
				of = 0
			}
			want = append(want, of)
		}
	}
	for _, engine := range []Engine{Fibers, Wide} {
		d := newDevice(t, Options{Workers: 1, Engine: engine, Compiler: compiler})
		kernel := compile(t, d, device.Program{Source: text, File: "test.metal", Function: "test", Math: device.MathFast})
		in, out := buffer(t, d, 128), buffer(t, d, 512)
		for i := range 32 {
			in.Float32s()[i] = float32(i)
		}
		run(t, kernel, device.Launch{Arguments: []device.Argument{{Index: 0, Memory: in}, {Index: 1, Memory: out}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}})
		for i, got := range device.View[uint32](out.Bytes()) {
			if got != want[i] {
				t.Errorf("%v: lane %d, %d: %#x, want %#x", engine, i/4, i%4, got, want[i])
			}
		}
	}
}
