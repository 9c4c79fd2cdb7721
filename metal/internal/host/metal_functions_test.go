package host

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/narrow"
)

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

// TestFusedOfNarrowIsRoundedOnce: fma of half and of bfloat is what the exact sum rounds to, also where the sum as a float lies half
// way between two of them and the exact one does not.
func TestFusedOfNarrowIsRoundedOnce(t *testing.T) {
	compiler := wideCompilerOf(t)
	for _, of := range []struct {
		name   string
		format *narrow.Format
	}{{"half", &narrow.FP16}, {"bfloat", &narrow.BF16}} {
		random := rand.New(rand.NewPCG(uint64(of.format.Mantissa), 1))
		var input []byte
		var want []uint16
		for len(want) < 1<<13 {
			// Half of the products end in half a unit of the result, and most of what is added is next to nothing beside them.
			a := math.Ldexp(1+math.Ldexp(float64(random.IntN(1<<(of.format.Mantissa-2))), -int(of.format.Mantissa)), random.IntN(12))
			b := []float64{1.5, 1 + random.Float64()}[random.IntN(2)]
			c := math.Ldexp(1+random.Float64(), random.IntN(30)-24)
			if random.IntN(2) == 0 {
				c = -c
			}
			var x [3]float64
			for i, v := range []float64{a, b, c} {
				code := of.format.Encode(v)
				x[i] = of.format.Decode(code)
				input = binary.LittleEndian.AppendUint16(input, uint16(code))
			}
			want = append(want, uint16(of.format.Encode(fusedOf(x[0], x[1], x[2]))))
		}
		text := prelude + fmt.Sprintf("kernel void test(device const %[1]s *x [[buffer(0)]], device %[1]s *o [[buffer(1)]], uint i [[thread_position_in_grid]]) {\n"+
			"  if (i < %[2]d) o[i] = fma(x[3 * i], x[3 * i + 1], x[3 * i + 2]);\n}\n", of.name, len(want))
		for _, engine := range []Engine{Fibers, Wide} {
			got, onFibers := outputOf(t, compiler, engine, text, input, len(want), 2*len(want))
			if onFibers != nil {
				t.Errorf("on fibers: %v", onFibers)
			}
			wrong := 0
			for i, bits := range device.View[uint16](got) {
				if bits != want[i] {
					if wrong++; wrong < 4 {
						t.Errorf("%v: fma(%x) of %s is %#x, want %#x", engine, input[6*i:6*i+6], of.name, bits, want[i])
					}
				}
			}
			if wrong > 0 {
				t.Errorf("%v: %d of %d are not rounded once", engine, wrong, len(want))
			}
		}
	}
}

// fusedOf is a*b+c, to odd where a float64 does not hold it, so that it may be rounded again.
func fusedOf(a, b, c float64) float64 {
	exact := new(big.Float).SetPrec(1000).Mul(big.NewFloat(a), big.NewFloat(b))
	exact.Add(exact, big.NewFloat(c))
	cut, accuracy := new(big.Float).SetMode(big.ToZero).SetPrec(53).Set(exact).Float64()
	if accuracy != big.Exact || new(big.Float).SetFloat64(cut).Cmp(exact) != 0 {
		cut = math.Float64frombits(math.Float64bits(cut) | 1)
	}
	return cut
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
