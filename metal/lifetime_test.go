package metal_test

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"attest.example/attest/metal"
)

// smallCall is a valid call over buffers that the test may close.
func smallCall(t testing.TB, c *metal.Context) (*metal.AttentionOptions, []*metal.Buffer) {
	t.Helper()
	var buffers []*metal.Buffer
	for range 4 {
		b, err := c.NewBuffer(4 * 2 * 9 * 8)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		buffers = append(buffers, b)
	}
	tensor := func(i int) metal.Tensor { return metal.Tensor{Buffer: buffers[i]} }
	return &metal.AttentionOptions{Q: tensor(0), K: tensor(1), V: tensor(2), Out: tensor(3), Batch: 1, Heads: 2, KVHeads: 2,
		QLen: 9, KVLen: 9, HeadDim: 8, Scores: metal.Scores{Scale: 1}, Input: metal.FP32, Intermediate: metal.FP32, Output: metal.FP32}, buffers
}

func forward(c *metal.Context, o *metal.AttentionOptions) error {
	a, err := c.NewAttention(o)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Forward()
}

func TestClosedThingsAreRefused(t *testing.T) {
	c := newContext(t)
	o, buffers := smallCall(t, c)
	if err := forward(c, o); err != nil {
		t.Fatal(err)
	}
	buffers[2].Close()
	buffers[2].Close()
	if err := forward(c, o); !errors.Is(err, metal.ErrInvalidArgs) || !strings.Contains(err.Error(), "v: ") {
		t.Errorf("closed v: %v, want invalid arguments that name v", err)
	}
	if buffers[2].Bytes() != nil {
		t.Error("a closed buffer still has bytes")
	}
	a, err := c.NewAttention(o)
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	if err := a.Forward(); !errors.Is(err, metal.ErrClosed) {
		t.Errorf("closed call: %v, want %v", err, metal.ErrClosed)
	}
	c.Close()
	c.Close()
	if err := forward(c, o); !errors.Is(err, metal.ErrInvalidArgs) {
		t.Errorf("closed context: %v, want invalid arguments", err)
	}
	if _, err := c.NewBuffer(8); !errors.Is(err, metal.ErrInvalidArgs) {
		t.Errorf("buffer of a closed context: %v, want invalid arguments", err)
	}
}

// Closing in the wrong order, device first, must wait for what still uses it.
func TestDeviceOutlivesWhatWasMadeOnIt(t *testing.T) {
	d := newDevice(t, metal.HostOptions{})
	c, err := d.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	o, _ := smallCall(t, c)
	d.Close()
	if err := forward(c, o); err != nil {
		t.Errorf("after the device's Close: %v", err)
	}
	if _, err := d.NewContext(); !errors.Is(err, metal.ErrClosed) {
		t.Errorf("a context on a closed device: %v", err)
	}
	c.Close()
}

func TestForgottenThingsAreClosed(t *testing.T) {
	c := newContext(t)
	for range 50 {
		o, _ := smallCallForgotten(t, c)
		if err := forward(c, o); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		runtime.GC()
		if n, _ := c.Counters(); n.Buffers == 0 {
			return
		}
		runtime.Gosched()
	}
	n, _ := c.Counters()
	t.Errorf("%d buffers of 200 forgotten ones still live after 20 collections", n.Buffers)
}

func smallCallForgotten(t *testing.T, c *metal.Context) (*metal.AttentionOptions, []*metal.Buffer) {
	o := &metal.AttentionOptions{Batch: 1, Heads: 2, KVHeads: 2, QLen: 9, KVLen: 9, HeadDim: 8, Scores: metal.Scores{Scale: 1},
		Input: metal.FP32, Intermediate: metal.FP32, Output: metal.FP32}
	for _, to := range []*metal.Tensor{&o.Q, &o.K, &o.V, &o.Out} {
		b, err := c.WrapFloat32s(make([]float32, 2*9*8))
		if err != nil {
			t.Fatal(err)
		}
		to.Buffer = b
	}
	return o, nil
}

// The caller's memory, at any alignment, is what the kernel reads and writes.
func TestWrapIsNoCopy(t *testing.T) {
	c := newContext(t)
	memory := make([]float32, 3+4*2*9*8+3)
	o, _ := smallCall(t, c)
	for i, to := range []*metal.Tensor{&o.Q, &o.K, &o.V, &o.Out} {
		part := memory[3+i*144:][:144]
		b, err := c.WrapFloat32s(part)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		to.Buffer = b
		if &b.Float32s()[0] != &part[0] {
			t.Error("the buffer does not start where the caller's memory does")
		}
	}
	for i := range memory {
		memory[i] = 7 // v is constant, so the output is, too
	}
	if err := forward(c, o); err != nil {
		t.Fatal(err)
	}
	for i := range memory {
		memory[i] -= 7
		if memory[i] > 1e-5 || memory[i] < -1e-5 {
			t.Fatalf("memory[%d] is off by %g", i, memory[i])
		}
	}
	if n, _ := c.Counters(); n.BytesCopied != 0 {
		t.Errorf("%d bytes copied", n.BytesCopied)
	}
}

func TestForwardAllocatesNothing(t *testing.T) {
	c := newContext(t)
	o, _ := smallCall(t, c)
	a, err := c.NewAttention(o)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var timing metal.Timing
	if n := testing.AllocsPerRun(100, func() {
		err = errors.Join(err, a.Forward())
		timing = a.Timing()
	}); n != 0 || err != nil {
		t.Errorf("%g allocations a call, want 0 (%v)", n, err)
	}
	if timing.BytesCopied != 0 || len(timing.GPU) != 1 || timing.GPU[0] <= 0 || timing.Wall <= 0 || !timing.Cached {
		t.Errorf("timing %+v, want one dispatch with a time, a cached kernel and no copies", timing)
	}
}

func TestEightGoroutinesOnOneContext(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	c := newContext(t)
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 3))
			for range 12 {
				f := randomProblem(t, c, r)
				if err := f.check(c); err != nil {
					t.Errorf("goroutine %d: %v\n%v", g, err, f)
				}
				f.free()
			}
		})
	}
	wait.Wait()
	if n, _ := c.Counters(); n.Calls != 96 || n.Buffers != 0 || n.Compiled != n.Pipelines || n.Pipelines > 40 {
		t.Errorf("counters %+v, want 96 calls, no buffers, each of at most 40 pipelines compiled once", n)
	}
}
