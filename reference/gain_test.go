package reference

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// oldBound is the bound without what all weights of a row share, which this package drew before: terms in |v| and in
// |o| for the errors of the weights, each at its full size. It is for ordinary rows, in which no terms are alike.
func oldBound(p *Problem, a Arithmetic, row int) []float64 {
	dim, n := p.HeadDim, float64(p.KVLen)
	q, kv := of(p.Q, row, dim), row/p.QLen/p.group()*p.KVLen*dim
	g := func(n, u float64) float64 { return math.Min(n, 4*math.Sqrt(n)) * u }
	u := a.Acc.Unit
	score, sizes := make([]float64, p.KVLen), make([]float64, p.KVLen)
	m, l := math.Inf(-1), 0.0
	for j := range score {
		for d, x := range q {
			t := p.Scale * x * p.K[kv+j*dim+d]
			score[j] += t
			sizes[j] += math.Abs(t)
		}
		m = max(m, score[j])
	}
	for _, s := range score {
		l += math.Exp(s - m)
	}
	blocks := float64(a.blocks(p.KVLen))
	out, t1, abs := make([]float64, dim), make([]float64, dim), make([]float64, dim)
	mean, top := 0.0, 0.0
	for j, s := range score {
		pj := math.Exp(s-m) / l
		eps := g(float64(dim+2), u)*sizes[j] + a.Scores.Unit*math.Abs(s) + 3*u*(math.Abs(s)+math.Abs(m)) +
			(a.Exp.A+a.Exp.B*math.Log2E*(m-s))*ulp32 + g(blocks, 2*(u+a.Exp.A*ulp32))
		mean += pj * eps
		top = max(top, eps)
		for d := range out {
			v := p.V[kv+j*dim+d]
			out[d] += pj * v
			t1[d] += pj * eps * math.Abs(v)
			abs[d] += pj * math.Abs(v)
		}
	}
	if top > 0.5 {
		return nil // no line at all, before
	}
	spread := math.Exp(2*min(top, 1)) * (1 + a.Out.Unit)
	for d, o := range out {
		o = math.Abs(o)
		out[d] = (t1[d]+o*mean+(g(n, u)+a.Probs.Unit)*abs[d]+g(n, u)*o)*spread + (a.Out.Unit+3*u)*o
	}
	return out
}

// gain is the geometric mean of the old bound over the new one.
func gain(t testing.TB, p *Problem, a Arithmetic) float64 {
	r := attend(t, p, a, Options{})
	sum, count := 0.0, 0
	for row := range r.LSE {
		for d, old := range oldBound(p, a, row) {
			if i := row*p.HeadDim + d; r.OutputDemand[i] == Value && r.Bound[i] > 0 && old > 0 && !math.IsInf(old, 0) {
				sum += math.Log(old / r.Bound[i])
				count++
			}
		}
	}
	return math.Exp(sum / float64(max(count, 1)))
}

// TestGainOfTheBound prints how many times closer the bound is than the one before, by values and kv_len (go test -v).
// It holds the gain where it matters: few keys, large logits, values of one sign. Rows that could not be judged
// before are left out.
func TestGainOfTheBound(t *testing.T) {
	regimes := map[string][3]string{
		"normal": {"normal", "normal", "normal"}, "v of one sign": {"normal", "normal", "uniform"}, "v constant": {"normal", "normal", "constant"},
		"sink": {"sink", "sink", "normal"}, "outliers": {"normal", "outliers", "outliers"}, "spread": {"normal", "spread", "spread"},
		"huge logits": {"large", "normal", "normal"}, "zero q": {"zero", "normal", "normal"},
	}
	formats := map[string]Arithmetic{
		"fp32":             {In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}, Block: 32},
		"bf16 in fp32 out": {In: BF16, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}, Block: 32},
		"fp16, P fp16":     {In: FP16, Acc: FP32, Probs: FP16, Out: FP16, Exp: ExpError{A: 4}, Block: 32},
		"bf16, P bf16":     {In: BF16, Acc: FP32, Probs: BF16, Out: BF16, Exp: ExpError{A: 4}, Block: 32},
	}
	keys := []int{1, 2, 4, 17, 128, 1024}
	if testing.Short() {
		keys = keys[:4]
	}
	for format, a := range formats {
		all, count := 0.0, 0
		for name, regime := range regimes {
			line := ""
			for _, n := range keys {
				sum := 0.0
				dims := []int{8, 64, 128}
				for _, dim := range dims {
					rng := rand.New(rand.NewPCG(uint64(n), uint64(dim)))
					sum += math.Log(gain(t, simulated(regime[0], regime[1], regime[2], a.In, rng, [4]int{1, 4, n, dim}, nil), a))
				}
				all, count = all+sum, count+len(dims)
				g := math.Exp(sum / float64(len(dims)))
				line += fmt.Sprintf(" %8.1f", g)
				if format == "fp32" && (n == 1 && g < 10 || n == 2 && name == "v of one sign" && g < 5 || name == "huge logits" && g < 5) {
					t.Errorf("%s, %s, %d keys: %.1f times closer only", format, name, n, g)
				}
			}
			t.Logf("%-17s %-14s at kv_len %v:%s", format, name, keys, line)
		}
		t.Logf("%-17s all            %.2f", format, math.Exp(all/float64(count)))
	}
}
