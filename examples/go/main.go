// Command go is attention as the textbook has it, in a program of its own:
//
//	go build -o mine ./examples/go && attest run --path exec:./mine
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"

	"attest.example/attest/examples/go/attestclient"
)

func attention(p *attestclient.Problem) error {
	q, k, v, out, lse := p.Tensors["q"], p.Tensors["k"], p.Tensors["v"], p.Tensors["out"], p.Tensors["lse"]
	group := p.Heads / p.KVHeads
	scores := make([]float64, p.KVLen)
	for b := range p.Batch {
		for h := range p.Heads {
			for i := range p.QLen {
				sink := p.Sink(h)
				most := sink
				for j := range scores {
					scores[j] = math.Inf(-1)
					if bias := p.Bias(b, h, i, j); p.Allowed(b, i, j) && !math.IsInf(bias, -1) {
						var dot float64
						for d := range p.HeadDim {
							dot += q.At(b, h, i, d) * k.At(b, h/group, j, d)
						}
						scores[j] = p.Scale * dot
						if p.Softcap > 0 {
							scores[j] = p.Softcap * math.Tanh(scores[j]/p.Softcap)
						}
						scores[j] += bias + p.Linear(b, h, i, j)
						most = math.Max(most, scores[j]) // a NaN stays one
					}
				}
				var total float64
				if !math.IsInf(sink, -1) {
					total = math.Exp(sink - most)
				}
				for j, s := range scores {
					scores[j] = 0 // a masked key weighs nothing, whatever it holds
					if !math.IsInf(s, -1) {
						scores[j] = math.Exp(s - most)
						total += scores[j]
					}
				}
				for d := range p.VHeadDim {
					var sum float64
					for j, weight := range scores {
						if weight != 0 {
							sum += weight * v.At(b, h/group, j, d)
						}
					}
					if total != 0 {
						sum /= total
					}
					out.Set(b, h, i, d, float32(sum))
				}
				if lse != nil {
					lse.Set(b, h, i, 0, float32(most+math.Log(total)))
				}
			}
		}
	}
	return nil
}

func main() {
	hello := attestclient.Hello{Name: "textbook", Device: "cpu " + runtime.GOARCH, Toolchain: runtime.Version(), Knows: []string{"softcap", "sinks", "alibi", "lengths", "v_head_dim"}}
	if err := attestclient.Serve(hello, attention); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
