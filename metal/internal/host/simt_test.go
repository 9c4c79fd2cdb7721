package host

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"attest.example/attest/metal/internal/device"
)

const simtFile = "testdata/simt.metal"

// simt compiles kernels of testdata/simt.metal, all in one module.
func simt(t *testing.T, o Options) (*device.Device, func(function string) *device.Kernel) {
	t.Helper()
	compiler, err := defaultCompiler()
	if err != nil {
		t.Fatal(err)
	}
	o.Compiler = wholeText{compiler}
	d := newDevice(t, o)
	return d, func(function string) *device.Kernel { return compileFile(t, d, simtFile, function) }
}

func pack(x, y, z uint32) uint32 { return x | y<<8 | z<<16 }

// TestEdgeThreadgroupsAreSmaller runs a grid in threads that no threadgroup size divides.
func TestEdgeThreadgroupsAreSmaller(t *testing.T) {
	d, kernel := simt(t, Options{Workers: 2, Order: Random, Seed: 5})
	grid, size := [3]uint32{13, 7, 3}, [3]uint32{5, 4, 2}
	out := buffer(t, d, 13*7*3*64)
	run(t, kernel("positions"), device.Launch{Arguments: []device.Argument{{Memory: out}}, Grid: grid, Threadgroup: size, GridInThreads: true})
	for z := range grid[2] {
		for y := range grid[1] {
			for x := range grid[0] {
				group := [3]uint32{x / 5, y / 4, z / 2}
				local := [3]uint32{x % 5, y % 4, z % 2}
				var actual [3]uint32
				for i := range 3 {
					actual[i] = min(size[i], grid[i]-group[i]*size[i])
				}
				index := (local[2]*actual[1]+local[1])*actual[0] + local[0]
				want := [11]uint32{
					pack(local[0], local[1], local[2]), pack(actual[0], actual[1], actual[2]), pack(group[0], group[1], group[2]),
					pack(3, 2, 2), uint32(index), uint32(index % 32), uint32(index / 32),
					uint32((actual[0]*actual[1]*actual[2] + 31) / 32), 32, pack(5, 4, 2), 1,
				}
				if got := [11]uint32(device.View[uint32](out.Bytes())[((z*7+y)*13+x)*16:]); got != want {
					t.Fatalf("thread (%d,%d,%d): %v, want %v", x, y, z, got, want)
				}
			}
		}
	}
}

func TestLanesPartAndMeetAgain(t *testing.T) {
	for _, order := range []Order{Forward, Reverse, Random} {
		d, kernel := simt(t, Options{Workers: 1, Order: order, Seed: 3})
		out := buffer(t, d, 32*32)
		run(t, kernel("parting"), device.Launch{Arguments: []device.Argument{{Memory: out}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}})
		for lane := range uint32(32) {
			want := [8]uint32{120, 32, []uint32{32, 56, 72, 80}[lane%4]}
			if lane >= 16 {
				want[0] = 1031
			}
			if lane%2 == 0 {
				want[4] = 16
				if lane < 8 {
					want[3] = 4
				}
			}
			if lane < 24 {
				want[5], want[6], want[7] = 24, []uint32{80, 800, 0}[lane%3], 24
			}
			if got := [8]uint32(device.View[uint32](out.Bytes())[lane*8:]); got != want {
				t.Errorf("order %d, lane %d: %v, want %v", order, lane, got, want)
			}
		}
		run(t, kernel("two_calls_of_one"), device.Launch{Arguments: []device.Argument{{Memory: out}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}})
		for lane, got := range device.View[uint32](out.Bytes())[:32] {
			if want := uint32(320000 + map[bool]int{true: 4, false: 2801}[lane < 4]); got != want {
				t.Errorf("order %d, lane %d: two calls of a function give %d, want %d", order, lane, got, want)
			}
		}
	}
}

// floats are written and read in a kernel's element type.
type floats struct {
	bytes int
	put   func(b []byte, x float64)
	get   func(b []byte) float64
}

var floatTypes = map[string]floats{
	"float": {4, func(b []byte, x float64) { binary.LittleEndian.PutUint32(b, math.Float32bits(float32(x))) },
		func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }},
	"half": {2, func(b []byte, x float64) { binary.LittleEndian.PutUint16(b, halfOf(x)) },
		func(b []byte) float64 { return ofHalf(binary.LittleEndian.Uint16(b)) }},
	"bfloat": {2, func(b []byte, x float64) {
		binary.LittleEndian.PutUint16(b, uint16(math.Float32bits(float32(x))>>16))
	}, func(b []byte) float64 {
		return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16))
	}},
}

// halfOf takes numbers that a half holds exactly and that are normal.
func halfOf(x float64) uint16 {
	if x == 0 {
		return 0
	}
	b := math.Float32bits(float32(x))
	return uint16(b>>16&0x8000 | (b>>23&0xff-112)<<10 | b>>13&0x3ff)
}

func ofHalf(h uint16) float64 {
	if h&0x7fff == 0 {
		return 0
	}
	return float64(math.Float32frombits(uint32(h)&0x8000<<16 | (uint32(h)>>10&0x1f+112)<<23 | uint32(h)&0x3ff<<13))
}

func TestMatrices(t *testing.T) {
	d, kernel := simt(t, Options{Workers: 1})
	for name, f := range floatTypes {
		a, b, out := buffer(t, d, 16*10*f.bytes), buffer(t, d, 64*f.bytes), buffer(t, d, 256*f.bytes)
		av, bv := func(i int) float64 { return float64(i*5%7 - 3) }, func(i int) float64 { return float64(i*3%5 - 2) }
		for i := range 160 {
			f.put(a.Bytes()[i*f.bytes:], av(i))
		}
		for i := range 64 {
			f.put(b.Bytes()[i*f.bytes:], bv(i))
		}
		run(t, kernel("matrices_"+name), device.Launch{Arguments: []device.Argument{{Index: 0, Memory: a}, {Index: 1, Memory: b}, {Index: 2, Memory: out}},
			Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}})
		x := func(r, c int) float64 { return av((r+2)*16 + c + 4) }
		for r := range 8 {
			for c := range 8 {
				sum := 2.0
				for k := range 8 {
					sum += x(r, k) * bv(c*8+k)
				}
				lane := r/4*16 + r%4*2 + c/4*8 + c%4/2
				for at, want := range map[int]float64{r*8 + c: sum, 64 + r*8 + c: 3 * bv(r*8+c), 128 + r*8 + c: x(r, c),
					192 + lane*2 + c%2: 3 * bv(c*8+r)} {
					if got := f.get(out.Bytes()[at*f.bytes:]); got != want {
						t.Errorf("%s: element %d (row %d, column %d): %g, want %g", name, at, r, c, got, want)
					}
				}
			}
		}
	}
}

func TestAtomics(t *testing.T) {
	for _, check := range []bool{false, true} {
		d, kernel := simt(t, Options{Workers: 2, Check: check})
		u, s, f := buffer(t, d, 32), buffer(t, d, 8), buffer(t, d, 4)
		device.View[uint32](u.Bytes())[4] = 0xffff
		const n = 7 * 96
		run(t, kernel("atomics"), device.Launch{Arguments: []device.Argument{{Index: 0, Memory: u}, {Index: 1, Memory: s}, {Index: 2, Memory: f}},
			Grid: [3]uint32{7}, Threadgroup: [3]uint32{96}})
		xor := uint32(0)
		for i := range uint32(n) {
			xor ^= i
		}
		if got, want := device.View[uint32](u.Bytes()), []uint32{n, 0xffffffff, xor, n - 1, 0xff00, 3 * n, 1, 1}; !slices.Equal(got, want) {
			t.Errorf("unsigned: %v, want %v", got, want)
		}
		if got, want := device.View[int32](s.Bytes()), []int32{-n * (n - 1) / 2, -(n - 1)}; !slices.Equal(got, want) {
			t.Errorf("signed: %v, want %v", got, want)
		}
		if got := device.View[float32](f.Bytes())[0]; got != n/2 {
			t.Errorf("float: %g, want %d", got, n/2)
		}
	}
}

func TestFills(t *testing.T) {
	for fill, all := range map[Fill]func([]uint32) bool{
		FillNaN: func(x []uint32) bool {
			return !slices.ContainsFunc(x, func(v uint32) bool { return v != math.MaxUint32 })
		},
		FillZero: func(x []uint32) bool { return slices.Max(x[4:64]) == 0 && slices.Max(x[68:]) == 0 && x[0] == 1 },
		FillGarbage: func(x []uint32) bool {
			return len(slices.Compact(slices.Sorted(slices.Values(x)))) > 120 && !slices.Equal(x[:64], x[64:])
		},
	} {
		d, kernel := simt(t, Options{Workers: 1, Fill: fill, Seed: 9})
		out := buffer(t, d, 512)
		run(t, kernel("untouched"), device.Launch{Arguments: []device.Argument{{Memory: out}}, Grid: [3]uint32{2}, Threadgroup: [3]uint32{64}})
		if x := device.View[uint32](out.Bytes()); !all(x) {
			t.Errorf("fill %d: %x", fill, x)
		}
	}
}

// TestOrders runs a kernel whose result depends on the order of simdgroups, to see that the order is what was asked.
func TestOrders(t *testing.T) {
	seen := map[uint32]bool{}
	for seed := range uint64(12) {
		for order, want := range map[Order]uint32{Forward: 224, Reverse: 0, Random: 999} {
			d, kernel := simt(t, Options{Workers: 1, Order: order, Seed: seed})
			out := buffer(t, d, 1024)
			run(t, kernel("wrong_by_order"), device.Launch{Arguments: []device.Argument{{Memory: out}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{256}})
			if got := device.View[uint32](out.Bytes())[0]; order == Random {
				seen[got] = true
			} else if got != want {
				t.Errorf("order %d: simdgroup of thread %d came last, want %d", order, got, want)
			}
		}
	}
	if len(seen) < 4 {
		t.Errorf("random orders over 12 seeds end with the simdgroups of threads %v only", seen)
	}
}

func TestLateCopies(t *testing.T) {
	for late, before := range map[bool]uint32{false: 20, true: 7} {
		d, kernel := simt(t, Options{Workers: 1, LateCopies: late})
		in, out := buffer(t, d, 128), buffer(t, d, 256)
		for i := range device.View[uint32](in.Bytes()) {
			device.View[uint32](in.Bytes())[i] = uint32(20)
		}
		run(t, kernel("late"), device.Launch{Arguments: []device.Argument{{Index: 0, Memory: in}, {Index: 1, Memory: out}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}})
		if x := device.View[uint32](out.Bytes()); x[5] != before || x[37] != 20 {
			t.Errorf("late %v: %d before the wait, want %d; %d after it, want 20", late, x[5], before, x[37])
		}
	}
}

// TestSchedulesGiveTheSameBits runs a right kernel under every schedule, fill and number of workers.
func TestSchedulesGiveTheSameBits(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	var want []byte
	for _, o := range []Options{{Workers: 1, Engine: Fibers}, {Workers: 1}, {Order: Random, Seed: 2, Engine: Fibers}, {Workers: 2}, {Order: Reverse}, {Order: Random, Seed: 1}, {Order: Random, Seed: 2, Fill: FillGarbage},
		{Fill: FillZero, LateCopies: true}, {Check: true}} {
		d := newDevice(t, o)
		r := newAttention(t, d, "attention_float_16", 70, 2, 16)
		run(t, r.pipeline, r.launch)
		if want == nil {
			want = slices.Clone(r.output.Bytes())
		} else if !slices.Equal(want, r.output.Bytes()) {
			t.Errorf("%+v: other bits than in forward order", o)
		}
		if reports, err := d.Reports(); err != nil || len(reports) > 0 {
			t.Errorf("%+v: %v %v", o, err, reports)
		}
	}
}

func TestSeveralDispatchesAtOnce(t *testing.T) {
	d := newDevice(t, Options{Workers: 2})
	errs := make(chan error, 8)
	var wait sync.WaitGroup
	for n := range 8 {
		r := newAttention(t, d, "attention_float_16", 40+n*9, 2, 16)
		wait.Go(func() {
			for range 5 {
				clear(r.output.Bytes())
				if _, err := r.pipeline.Run(&r.launch); err != nil {
					errs <- err
					return
				}
				if worst := r.worst(); !(worst < 1e-6) {
					errs <- fmt.Errorf("length %d: off by %g", r.length, worst)
					return
				}
			}
		})
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
}
