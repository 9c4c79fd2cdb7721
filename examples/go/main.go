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
	weights := make([]float64, p.KVLen)
	for b := range p.Batch {
		for h := range p.Heads {
			for i := range p.QLen {
				attendRow(p, b, h, i, weights)
			}
		}
	}
	return nil
}

// attendRow computes one row of out and lse. weights has room for one number a key.
func attendRow(p *attestclient.Problem, b, h, i int, weights []float64) {
	out, lse := p.Tensors["out"], p.Tensors["lse"]
	kvHead := h / (p.Heads / p.KVHeads)
	for j := range weights {
		weights[j] = score(p, b, h, i, j)
	}
	most, total := softmax(weights, p.Sink(h))
	for d := range p.VHeadDim {
		var sum float64
		for j, weight := range weights {
			if weight != 0 { // a masked key weighs nothing, whatever it holds
				sum += weight * p.Value(b, kvHead, j, d)
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

// score is the logit of row i and key j; -Inf: the mask hides the key.
func score(p *attestclient.Problem, b, h, i, j int) float64 {
	bias := p.Bias(b, h, i, j)
	if !p.Allowed(b, i, j) || math.IsInf(bias, -1) {
		return math.Inf(-1)
	}
	q := p.Tensors["q"]
	kvHead := h / (p.Heads / p.KVHeads)
	var dot float64
	for d := range p.HeadDim {
		dot += q.At(b, h, i, d) * p.Key(b, kvHead, j, d)
	}
	s := p.Scale * dot
	if p.Softcap > 0 {
		s = p.Softcap * math.Tanh(s/p.Softcap)
	}
	return s + (bias + p.Linear(b, h, i, j))
}

// softmax makes weights of the scores of a row, e to the score less the largest, and returns that and their sum. The sink is a
// score that no key has: it counts in both.
func softmax(scores []float64, sink float64) (most, total float64) {
	most = sink
	for _, s := range scores {
		if !math.IsInf(s, -1) {
			most = math.Max(most, s) // a NaN stays one
		}
	}
	if !math.IsInf(sink, -1) {
		total = math.Exp(sink - most)
	}
	for j, s := range scores {
		scores[j] = 0
		if !math.IsInf(s, -1) {
			scores[j] = math.Exp(s - most)
			total += scores[j]
		}
	}
	return most, total
}

func main() {
	hello := attestclient.Hello{Name: "textbook", Device: "cpu " + runtime.GOARCH, Toolchain: runtime.Version(), Knows: []string{"softcap", "sinks", "alibi", "lengths", "v_head_dim", "quant", "batch=0", "q_len=0", "kv_len=0"}}
	if err := attestclient.Serve(hello, attention); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
