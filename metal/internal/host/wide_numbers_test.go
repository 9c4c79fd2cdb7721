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

// telling are the numbers of a type at its ends, about 0, and about what comes to its end twice or times itself.
func telling(least, largest *big.Int) (values []*big.Int) {
	for _, end := range []*big.Int{least, largest, new(big.Int).Rsh(largest, 1), new(big.Int).Sqrt(largest), big.NewInt(0)} {
		for d := range int64(5) {
			if x := new(big.Int).Add(end, big.NewInt(d-2)); x.Cmp(least) >= 0 && x.Cmp(largest) <= 0 {
				values = append(values, x)
			}
		}
	}
	return values
}

// TestSaturatedIntegers: addsat, subsat and madsat are the nearest integer to the exact one, on both engines.
func TestSaturatedIntegers(t *testing.T) {
	compiler := wideCompilerOf(t)
	for _, of := range integers {
		t.Run(of.name, func(t *testing.T) {
			least, largest := ends(of.bits, of.minus)
			values := telling(least, largest)
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
