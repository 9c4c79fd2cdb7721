package metal_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"attest/metal"
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
		QLen: n, KVLen: n, HeadDim: headDim, Scale: metal.DefaultScale(headDim),
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
