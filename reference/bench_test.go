package reference

import (
	"fmt"
	"math"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
)

// BenchmarkLines reports what bound and sharp line cost beside the two matrix
// products of the same problem done by gonum: "x-products" is the time of all
// that OutputOnly leaves out over the time of the products alone.
func BenchmarkLines(b *testing.B) {
	for _, s := range []struct{ heads, q, kv, dim int }{
		{4, 128, 128, 64}, {4, 512, 512, 64}, {2, 1024, 1024, 128}, {8, 77, 130, 64}, {4, 256, 256, 16}, {1, 4, 40000, 64},
	} {
		b.Run(fmt.Sprintf("heads=%d/q_len=%d/kv_len=%d/head_dim=%d", s.heads, s.q, s.kv, s.dim), func(b *testing.B) {
			p := randomProblem(1, 1, s.heads, s.heads, s.q, s.kv, s.dim, nil)
			products, outputs, all := math.Inf(1), math.Inf(1), math.Inf(1)
			for b.Loop() { // the least of each: what a busy machine adds is not theirs
				products = min(products, seconds(func() { twoProducts(p) }))
				outputs = min(outputs, seconds(func() { attend(b, p, inFP32, Options{Workers: 1, OutputOnly: true}) }))
				all = min(all, seconds(func() { attend(b, p, inFP32, Options{Workers: 1}) }))
			}
			b.ReportMetric((all-outputs)/products, "x-products")
			b.ReportMetric(all*1e3, "ms/attend")
			b.ReportMetric(outputs*1e3, "ms/outputs")
			b.ReportMetric(products*1e3, "ms/products")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// twoProducts is Q K^T and S V for every head, on gonum's matrices.
func twoProducts(p *Problem) {
	var s, o mat.Dense
	for h := range p.Heads {
		head := func(x []float64, rows int) *mat.Dense {
			return mat.NewDense(rows, p.HeadDim, of(x, h, rows*p.HeadDim))
		}
		s.Reset()
		o.Reset()
		s.Mul(head(p.Q, p.QLen), head(p.K, p.KVLen).T())
		o.Mul(&s, head(p.V, p.KVLen))
	}
}

// BenchmarkAttend is the cost of whole calls of the kind a campaign makes.
func BenchmarkAttend(b *testing.B) {
	for _, c := range []struct {
		name string
		p    *Problem
	}{
		{"ordinary", randomProblem(1, 2, 8, 2, 77, 130, 64, Causal(53))},
		{"tiny", randomProblem(1, 1, 2, 1, 9, 17, 8, nil)},
		{"decode", randomProblem(1, 2, 8, 2, 1, 1024, 64, nil)},
		{"long", randomProblem(1, 1, 2, 1, 4, 40000, 64, Causal(39996))},
		{"square", randomProblem(1, 1, 4, 4, 512, 512, 64, Causal(0))},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				attend(b, c.p, inFP32, Options{Workers: 1})
			}
		})
	}
}

func seconds(f func()) float64 {
	start := time.Now()
	f()
	return time.Since(start).Seconds()
}
