package metal_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"attest.example/attest/metal"
)

// prepare is one head of N rows over N keys, fp32, as the speed figures of the interface have it.
func prepare(b *testing.B, c *metal.Context, n, headDim int, causal bool) *metal.Attention {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	var t [4]metal.Tensor
	for i := range t {
		buffer, err := c.NewBuffer(4 * n * headDim)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(buffer.Close)
		for j := range buffer.Float32s() {
			buffer.Float32s()[j] = float32(r.NormFloat64())
		}
		t[i] = metal.Tensor{Buffer: buffer}
	}
	a, err := c.NewAttention(&metal.AttentionOptions{Q: t[0], K: t[1], V: t[2], Out: t[3], Batch: 1, Heads: 1, KVHeads: 1,
		QLen: n, KVLen: n, HeadDim: headDim, Scores: metal.Scores{Scale: metal.DefaultScale(headDim)},
		Input: metal.FP32, Intermediate: metal.FP32, Output: metal.FP32, Causal: causal})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(a.Close)
	if err := a.Forward(); err != nil {
		b.Fatal(err)
	}
	return a
}

func BenchmarkForward(b *testing.B) {
	for _, workers := range []int{1, 2} {
		c := newContextOn(b, newDevice(b, metal.HostOptions{Workers: workers}))
		for _, shape := range []struct{ n, headDim int }{{1024, 16}, {1024, 64}, {1024, 256}, {8, 64}} {
			b.Run(fmt.Sprintf("workers=%d/N=%d/D=%d", workers, shape.n, shape.headDim), func(b *testing.B) {
				a := prepare(b, c, shape.n, shape.headDim, false)
				gpu := 0.0
				for b.Loop() {
					if err := a.Forward(); err != nil {
						b.Fatal(err)
					}
					gpu += a.Timing().GPU[0]
				}
				n, d := float64(shape.n), float64(shape.headDim)
				b.ReportMetric(4*d*n*n*float64(b.N)/gpu/1e9, "GFLOP/s")
				b.ReportMetric((2*d+5)*n*n*float64(b.N)/gpu/1e9, "GINSTRS/s")
			})
		}
	}
}

// The price of the way from Go to C, by the cheapest call there is: ns/op is the call from Go, ns/op-C the same call
// on the same library from C.
func BenchmarkEmptyCall(b *testing.B) {
	c := newContext(b)
	for b.Loop() {
		c.Latency()
	}
	begin := time.Now()
	c.Latencies(b.N)
	b.ReportMetric(float64(time.Since(begin).Nanoseconds())/float64(b.N), "ns/op-C")
}

// A full forward from Go and from C by turns. ratio is what C measures of the calls that Go makes, by what Go measures
// of the same calls: 1 means that the way costs nothing. best-ratio is the fastest forward called from C by the fastest
// called from Go, with the noise of two different runs in it.
func BenchmarkForwardFromGoAndC(b *testing.B) {
	a := prepare(b, newContext(b), 1024, 64, false)
	var inGo, inC time.Duration
	bestGo, bestC := time.Hour, time.Hour
	for b.Loop() {
		begin := time.Now()
		if err := a.Forward(); err != nil {
			b.Fatal(err)
		}
		took := time.Since(begin)
		inGo, inC, bestGo = inGo+took, inC+a.Timing().Wall, min(bestGo, took)
		if err := a.Repeat(2); err != nil {
			b.Fatal(err)
		}
		bestC = min(bestC, a.Timing().Wall)
	}
	b.ReportMetric(float64((inGo-inC).Nanoseconds())/float64(b.N), "ns/op-FFI")
	b.ReportMetric(float64(inC)/float64(inGo), "ratio")
	b.ReportMetric(float64(bestC)/float64(bestGo), "best-ratio")
}
