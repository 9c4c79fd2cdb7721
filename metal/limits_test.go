package metal_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"attest.example/attest/metal"
)

// headDim256 is a case of the largest head_dim, where threadgroups are at their limits.
func headDim256(t *testing.T, c *metal.Context) *fixture {
	for seed := uint64(0); ; seed++ {
		f := randomProblem(t, c, rand.New(rand.NewPCG(seed, 4)))
		if f.headDim == 256 && f.qLen > 16 && f.input == 2 {
			return f
		}
		f.free()
	}
}

// A device with a smaller limit gets smaller threadgroups; one that is too small for any gets a refusal, never a run
// that writes nothing.
func TestSmallDevices(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for _, test := range []struct {
		options metal.HostOptions
		err     error
	}{
		{metal.HostOptions{MaxThreads: 64}, nil},
		{metal.HostOptions{MaxThreads: 32}, nil},
		{metal.HostOptions{MaxThreadgroupMemory: 20000}, nil},
		{metal.HostOptions{MaxThreadgroupMemory: 8192}, metal.ErrDeviceNotSupported},
		{metal.HostOptions{MaxThreads: 16}, metal.ErrDeviceNotSupported},
	} {
		c := newContextOn(t, newDevice(t, test.options))
		f := headDim256(t, c)
		if err := f.check(c); !errors.Is(err, test.err) {
			t.Errorf("%+v: %v, want %v", test.options, err, test.err)
		}
		f.free()
	}
}

// What a device leaves open changes no bit: the order of simdgroups and threadgroups, threads, and what threadgroup
// memory holds at first.
func TestSchedulesChangeNoBit(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for seed := range uint64(6) {
		var first []byte
		for n, options := range []metal.HostOptions{
			{Workers: 1}, {Workers: 3, Order: 1, Fill: 1}, {Workers: 2, Order: 2, Seed: 5, Fill: 2}, {Order: 2, Seed: 6},
		} {
			c := newContextOn(t, newDevice(t, options))
			f := randomProblem(t, c, rand.New(rand.NewPCG(seed, 5)))
			if err := f.check(c); err != nil {
				t.Errorf("seed %d, %+v: %v\n%v", seed, options, err, f)
			}
			if n == 0 {
				first = slices.Clone(f.out.Bytes())
			} else if !slices.Equal(first, f.out.Bytes()) {
				t.Errorf("seed %d: %+v gives other bits", seed, options)
			}
			f.free()
		}
	}
}

// A device with more threadgroup memory than Metal's has up to 16 simdgroups in a threadgroup, and tiles of 16-bit inputs stay
// narrow there: the same numbers, so the same bits.
func TestRoomyDevicesChangeNoBit(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	small, roomy := newContext(t), newContextOn(t, newDevice(t, metal.HostOptions{MaxThreadgroupMemory: 227 << 10}))
	left := map[int]int{0: 5, 1: 5, 2: 2} // cases, by precision of the inputs
	for seed := uint64(0); left[0]+left[1]+left[2] > 0; seed++ {
		var bits [2][]byte
		for n, c := range []*metal.Context{small, roomy} {
			f := randomProblem(t, c, rand.New(rand.NewPCG(seed, 6)))
			if f.qLen <= 32 || left[f.input] == 0 {
				f.free()
				break
			}
			if err := f.check(c); err != nil {
				t.Errorf("seed %d, context %d: %v\n%v", seed, n, err, f)
			}
			bits[n] = slices.Clone(f.out.Bytes())
			if n == 1 {
				left[f.input]--
				if !slices.Equal(bits[0], bits[1]) {
					t.Errorf("seed %d: other bits with more threadgroup memory\n%v", seed, f)
				}
			}
			f.free()
		}
	}
}

// Elements more than 2^31 apart, in memory of which only a few pages are ever touched.
func TestOffsetsPast32Bits(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 9 GB of address space")
	}
	c := newContext(t)
	const stride = 1<<31 + 8
	big, err := c.NewBuffer(2 * (2*stride + 8))
	if err != nil {
		t.Skipf("no memory for it here: %v", err)
	}
	defer big.Close()
	o, buffers := smallCall(t, c)
	o.Heads, o.KVHeads, o.QLen, o.KVLen, o.Input = 1, 1, 3, 3, metal.FP16
	v := big.Uint16s()
	for row := range 3 {
		for d := range 8 {
			v[row*stride+d] = uint16(encodeHalf(float64(row*10 + d)))
		}
	}
	mask, err := c.NewBuffer(9)
	if err != nil {
		t.Fatal(err)
	}
	defer mask.Close()
	for i := range 3 {
		mask.Bytes()[i*3+(2-i)] = 1 // row i sees key 2-i alone
	}
	o.V = metal.Tensor{Buffer: big, Strides: [4]int64{0, 0, stride, 1}}
	o.Mask = &metal.Mask{Type: metal.MaskBool, Buffer: mask, Shape: []int64{3, 3}}
	if err := forward(c, o); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		for d := range 8 {
			if got := buffers[3].Float32s()[i*8+d]; got != float32((2-i)*10+d) {
				t.Errorf("out[%d,%d] = %g, want %d", i, d, got, (2-i)*10+d)
			}
		}
	}
}

func TestLongKeys(t *testing.T) {
	c := newContext(t)
	f := &fixture{problem: &problem{batch: 1, heads: 2, kvHeads: 1, qLen: 3, kvLen: 70001, headDim: 5, scale: 0.7, input: 2, intermediate: 2, output: 2}}
	defer f.free()
	r := rand.New(rand.NewPCG(1, 6))
	f.q, f.k, f.v = normals(r, 2*3*5, 2, 1), normals(r, 70001*5, 2, 1), normals(r, 70001*5, 2, 1)
	f.allowed = func(b, h, i, j int) bool { return j <= i+70001-3 }
	f.bias = func(b, h, i, j int) float64 { return 0 }
	f.options = metal.AttentionOptions{Batch: 1, Heads: 2, KVHeads: 1, QLen: 3, KVLen: 70001, HeadDim: 5, Scores: metal.Scores{Scale: 0.7},
		Input: metal.FP32, Output: metal.FP32, Intermediate: metal.FP32, Causal: true, Align: metal.BottomRight}
	f.scale = float64(float32(0.7))
	out, lse := f.run(t, c)
	for h := range 2 {
		for i := range 3 {
			want := f.truth(0, h, i)
			for d := range 5 {
				if got := float64(out[(h*3+i)*5+d]); !(math.Abs(got-want.out[d]) <= want.bound[d]) {
					t.Errorf("out[%d,%d,%d] = %g, want %g within %g", h, i, d, got, want.out[d], want.bound[d])
				}
			}
			if got := float64(lse[h*3+i]); !(math.Abs(got-want.lse) <= want.lseBound) {
				t.Errorf("lse[%d,%d] = %g, want %g", h, i, got, want.lse)
			}
		}
	}
}

func TestDispatchesAreCountedAndTimed(t *testing.T) {
	c := newContext(t)
	o, _ := smallCall(t, c)
	o.Dispatches = 100
	a, err := c.NewAttention(o)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Forward(); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, s := range a.Timing().GPU {
		if s <= 0 {
			t.Error("a dispatch took no time")
		}
		sum += s
	}
	n, _ := c.Counters()
	if len(a.Timing().GPU) != 100 || n.Dispatches != 100 || n.Calls != 1 || math.Abs(c.Latency()-sum) > 1e-12 {
		t.Errorf("%d times, counters %+v, latency %g of %g: want 100 dispatches of one call", len(a.Timing().GPU), n, c.Latency(), sum)
	}
	o.QLen = 10 // more than the buffers hold
	if err := forward(c, o); err == nil || c.Latency() != 0 {
		t.Errorf("after an error (%v) the latency is %g, want 0", err, c.Latency())
	}
}

// The checkers see nothing to report in the kernel, at its block edges and with a mask.
func TestCheckersReportNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	d := newDevice(t, metal.HostOptions{Check: true})
	c := newContextOn(t, d)
	for seed, ran := uint64(0), 0; ran < 12; seed++ {
		f := randomProblem(t, c, rand.New(rand.NewPCG(seed, 8)))
		if f.headDim <= 64 && f.headDim > 32 && f.input == 2 {
			ran++
			if err := f.check(c); err != nil {
				t.Errorf("seed %d: %v\n%v", seed, err, f)
			}
		}
		f.free()
	}
	reports, err := d.Reports()
	if err != nil || len(reports) > 0 {
		t.Errorf("%d reports (%v), want none", len(reports), err)
	}
	for _, r := range reports {
		t.Log(r)
	}
}

// With the compiler assuming that there is no NaN and no Inf, every mask, empty row and poisoned slot is still right.
func TestFastMathMatchesPlainLoops(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	c := newContext(t)
	for seed, ran := uint64(0), 0; ran < 60; seed++ {
		f := randomProblem(t, c, rand.New(rand.NewPCG(seed, 9)))
		if f.headDim <= 64 && f.input != 1 {
			ran++
			f.options.Math = metal.MathFast
			if err := f.check(c); err != nil {
				t.Errorf("seed %d: %v\n%v", seed, err, f)
			}
		}
		f.free()
	}
}
