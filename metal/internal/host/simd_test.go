package host

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"testing"

	"attest.example/attest/metal/internal/device"
)

const simdFile = "testdata/simd.metal"

func laneInput(lane int) int { return lane * 7 % 13 }

// model returns what lane gets of one operation of testdata/simd.metal, when the lanes of mask take part. ok is false
// where MSL leaves it open. in and other are the two operands of a lane.
func model(operation, width, lane int, mask uint32, in, other, sign func(int) int) (value int, ok bool) {
	first := lane / width * width
	takesPart := func(i int) bool { return mask>>i&1 == 1 }
	fold := func(to int, start int, f func(a, b int) int, x func(int) int) int {
		for i := first; i < to; i++ {
			if takesPart(i) {
				start = f(start, x(i))
			}
		}
		return start
	}
	from := func(own int, x func(int) int) (int, bool) {
		i := first + own
		return x(i), takesPart(i)
	}
	add := func(a, b int) int { return a + b }
	multiply := func(a, b int) int { return a * b }
	own := lane - first
	filled := func(at, modulo int, isFilled bool) (int, bool) {
		base := own / modulo * modulo
		if isFilled {
			return from(base+(at+modulo)%modulo, other)
		}
		return from(base+at, in)
	}
	switch operation {
	case 0:
		return fold(first+width, 0, add, in), true
	case 1:
		return fold(first+width, 1, multiply, sign), true
	case 2:
		return fold(first+width, math.MaxInt, func(a, b int) int { return min(a, b) }, in), true
	case 3:
		return fold(first+width, math.MinInt, func(a, b int) int { return max(a, b) }, in), true
	case 4:
		return fold(lane+1, 0, add, in), true
	case 5:
		return fold(lane, 0, add, in), true
	case 6:
		return fold(lane+1, 1, multiply, sign), true
	case 7:
		return fold(lane, 1, multiply, sign), true
	case 8:
		return from(2, in)
	case 9:
		return in(first + bits.TrailingZeros32(mask>>first)), true
	case 10:
		return from((lane*5+1)%width, in)
	case 11:
		return from(own^3, in)
	case 12:
		return from(map[bool]int{true: own - 2, false: own}[own >= 2], in)
	case 13:
		return from(map[bool]int{true: own + 2, false: own}[own+2 < width], in)
	case 14:
		return from((own-3+width)%width, in)
	case 15:
		return from((own+3)%width, in)
	case 16:
		return filled(own-2, width, own < 2)
	case 17:
		return filled((own+2)%width, width, own+2 >= width)
	case 18:
		return filled(own%2-1, 2, own%2 < 1)
	}
	return filled((own%2+1)%2, 2, own%2+1 >= 2)
}

var laneTypes = map[string]struct {
	components int
	wrap       func(int) float64 // how the type holds an integer
}{
	"float": {1, exact}, "half": {1, exact}, "bfloat": {1, exact}, "int": {1, exact}, "uint": {1, exact},
	"short": {1, wrap16}, "ushort": {1, func(x int) float64 { return float64(uint16(x)) }},
	"char": {1, func(x int) float64 { return float64(int8(x)) }}, "uchar": {1, func(x int) float64 { return float64(uint8(x)) }},
	"long": {1, exact}, "float3": {3, exact},
	"half4": {4, exact}, "bfloat2": {2, exact}, "uchar3": {3, func(x int) float64 { return float64(uint8(x)) }},
	"ulong2": {2, exact},
}

func exact(x int) float64  { return float64(x) }
func wrap16(x int) float64 { return float64(int16(x)) }

// tooLarge reports whether a type cannot hold a result exactly, so that rounding or overflow decides it.
func tooLarge(name string, value float64) bool {
	limits := map[string]float64{"bfloat": 256, "bfloat2": 256, "half": 2048, "half4": 2048, "int": 1 << 24, "uint": 1 << 24,
		"float": 1 << 24, "float3": 1 << 24, "long": 1 << 24, "ulong2": 1 << 24}
	limit, ok := limits[name]
	return ok && math.Abs(value) > limit
}

func TestLaneOperationsOnEveryType(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	compiler, err := defaultCompiler()
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range []Order{Forward, Random} {
		d := newDevice(t, Options{Workers: 1, Order: order, Engine: Fibers, Compiler: wholeText{compiler}})
		in, out := buffer(t, d, 32*4), buffer(t, d, 40*32*4*4)
		for lane := range 32 {
			device.View[int32](in.Bytes())[lane] = int32(laneInput(lane))
		}
		for name, kind := range laneTypes {
			p := compileFile(t, d, simdFile, "lanes_"+name)
			for _, mask := range []uint32{0xffffffff, 0x0000ffff, 0xfffff0f7, 0x5a5aa5a5, 0x80000004} {
				run(t, p, device.Launch{Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}, Arguments: []device.Argument{
					{Index: 0, Memory: in}, {Index: 1, Memory: out}, {Index: 2, Bytes: binary.LittleEndian.AppendUint32(nil, mask)}}})
				if err := compareLanes(name, kind.components, kind.wrap, mask, device.View[float32](out.Bytes())); err != nil {
					t.Errorf("%s, lanes %#x: %v", name, mask, err)
				}
			}
		}
	}
}

func compareLanes(name string, components int, wrap func(int) float64, mask uint32, out []float32) error {
	for operation := range 40 {
		width := map[bool]int{true: 32, false: 4}[operation < 20]
		for lane := range 32 {
			if mask>>lane&1 == 0 {
				continue
			}
			for c := range components {
				want, ok := model(operation%20, width, lane, mask, func(i int) int { return laneInput(i) + c },
					func(i int) int { return laneInput(i) + 40 + c }, func(i int) int { return 1 + laneInput(i)&1 + c })
				if !ok || tooLarge(name, float64(want)) {
					continue
				}
				got := float64(out[(operation*32+lane)*4+c])
				if got != float64(float32(wrap(want))) {
					return fmt.Errorf("operation %d (width %d), lane %d, component %d: %g, want %g", operation%20, width, lane, c, got, wrap(want))
				}
			}
		}
	}
	return nil
}

func TestBitsAndVotes(t *testing.T) {
	d := newDevice(t, Options{Workers: 1})
	in, out := buffer(t, d, 32*4), buffer(t, d, 32*16*4)
	for lane := range 32 {
		device.View[int32](in.Bytes())[lane] = int32(laneInput(lane))
	}
	for _, name := range []string{"bits_uint", "bits_uchar"} {
		p := compileFile(t, d, simdFile, name)
		for _, mask := range []uint32{0xffffffff, 0x0ff0f33f, 1 << 17} {
			run(t, p, device.Launch{Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}, Arguments: []device.Argument{
				{Index: 0, Memory: in}, {Index: 1, Memory: out}, {Index: 2, Bytes: binary.LittleEndian.AppendUint32(nil, mask)}}})
			for lane := range 32 {
				if mask>>lane&1 == 0 {
					continue
				}
				want := voteModel(lane, mask, name == "bits_uchar")
				got := [12]uint32(device.View[uint32](out.Bytes())[lane*16:])
				if got != want {
					t.Errorf("%s, lanes %#x, lane %d: %x, want %x", name, mask, lane, got, want)
				}
			}
		}
	}
}

func voteModel(lane int, mask uint32, narrow bool) (want [12]uint32) {
	quad := lane / 4 * 4
	all := ^uint32(0)
	if narrow {
		all = 0xff
	}
	want[0], want[3] = all, all
	anySIMD, allSIMD, anyQuad, allQuad := false, true, false, true
	for i := range 32 {
		if mask>>i&1 == 0 {
			continue
		}
		x := uint32(laneInput(i))
		want[0] &= x
		want[1] |= x
		want[2] ^= x
		want[6] |= x >> 1 & 1 << i
		want[7] |= 1 << i
		anySIMD, allSIMD = anySIMD || x > 8, allSIMD && x < 12
		if i/4*4 != quad {
			continue
		}
		want[3] &= x
		want[4] |= x
		want[5] ^= x
		want[8] |= x >> 1 & 1 << (i - quad)
		want[9] |= 1 << (i - quad)
		anyQuad, allQuad = anyQuad || x > 8, allQuad && x < 12
	}
	for bit, is := range []bool{lane == bits.TrailingZeros32(mask), lane == quad+bits.TrailingZeros32(mask>>quad)} {
		if is {
			want[10] |= 1 << bit
		}
	}
	for bit, is := range []bool{anySIMD, allSIMD, anyQuad, allQuad} {
		if is {
			want[11] |= 1 << bit
		}
	}
	return want
}
