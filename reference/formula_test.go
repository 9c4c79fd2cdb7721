package reference

import (
	"math"
	"testing"
)

// TestLinesByFormula computes bound and sharp line key by key, straight from
// the formulas in the doc comment of lines, for ordinary values, where nothing
// underflows.
func TestLinesByFormula(t *testing.T) {
	for name, a := range map[string]Arithmetic{
		"fp32": {In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}},
		"fp16": {In: FP16, Acc: FP32, Scores: FP16, Probs: FP16, Out: FP16, Exp: ExpError{A: 3, B: 2}, Block: 8},
		"bf16": {In: BF16, Acc: FP32, Probs: BF16, Out: BF16, Exp: ExpError{A: 3, B: 2}, Block: 1},
		"norm": {In: FP16, Acc: FP32, Probs: FP16, Out: FP16, Exp: ExpError{A: 4}, NormalizedProbs: true},
		"wide": {In: FP16, Acc: FP32, Scores: BF16, Out: FP32, Exp: ExpError{A: 12}, Block: 30},
	} {
		for _, mask := range []Mask{nil, Causal(5), Additive{1, 1, 1, 70, make([]float64, 70)}} {
			p := randomProblem(8, 1, 2, 1, 5, 70, 9, mask)
			p.Scale = -0.7
			r := attend(t, p, a, Options{})
			for i := range r.LSE {
				last := p.KVLen
				if w, ok := mask.(Window); ok {
					last = min(p.KVLen, i%p.QLen+w.Offset+1)
				}
				compareRow(t, name, p, a, r, i, last)
			}
		}
	}
}

// compareRow compares one row that sees the keys before last.
func compareRow(t *testing.T, name string, p *Problem, a Arithmetic, r *Result, i, last int) {
	t.Helper()
	dim, n := p.HeadDim, float64(last)
	q := of(p.Q, i, dim)
	score := make([]float64, last)
	m, l := math.Inf(-1), 0.0
	for j := range score {
		for d, x := range q {
			score[j] += x * p.K[j*dim+d]
		}
		score[j] *= p.Scale
		m = max(m, score[j])
	}
	for _, s := range score {
		l += math.Exp(s - m)
	}
	g := func(n, u float64) float64 { return math.Min(n*u, 4*math.Sqrt(n)*u) }
	const ulp = 1.0 / (1 << 23)
	u, us, up, uo := a.Acc.Unit, a.Scores.Unit, a.Probs.Unit, a.Out.Unit
	blocks := 1.0
	if a.Block > 0 {
		blocks = math.Ceil(float64(p.KVLen) / float64(a.Block))
	}
	storedTwice := 1.0
	if p.Mask != nil {
		storedTwice = 2
	}
	eps, sigma, prob := make([]float64, last), make([]float64, last), make([]float64, last)
	top, lost := 0.0, 0.0
	for j, s := range score {
		var sumAbs, sumSq float64
		for d, x := range q {
			sumAbs += math.Abs(x * p.K[j*dim+d])
			sumSq += x * x * p.K[j*dim+d] * p.K[j*dim+d]
		}
		exp := (a.Exp.A + a.Exp.B*(m-s)*math.Log2E) * ulp
		stored := storedTwice * us * math.Abs(s)
		scale := math.Abs(p.Scale)
		delta := g(float64(dim+2), u)*scale*sumAbs + stored + 3*u*(math.Abs(s)+math.Abs(m))
		if a.Scores == FP16 {
			delta += 0x1p-25
		}
		eps[j] = delta + exp + g(blocks, 2*(u+a.Exp.A*ulp))
		sigma[j] = u*math.Sqrt(float64(dim+2))*scale*math.Sqrt(sumSq) + u*(math.Abs(s)+math.Abs(m)) + stored + exp
		prob[j] = math.Exp(s-m) / l
		top = max(top, eps[j])
		if prob[j] < 2*u { // ordinary weights are not alike, but the smallest may be lost
			lost += math.Min(prob[j], u)
		}
	}
	grown := g(n, u) + lost
	spread := math.Exp(2*math.Min(top, 1)) * (1 + uo)
	near := func(what string, col int, got, want float64) {
		if !(math.Abs(got-want) <= 1e-9*want) {
			t.Errorf("%s: row %d column %d: %s is %v, want %v", name, i, col, what, got, want)
		}
	}
	underflow := 0.0
	if a.Probs == FP16 {
		underflow = 0x1p-25 / l
	}
	if a.NormalizedProbs {
		underflow += 0x1p-25
	}
	for d := range dim {
		var o, t1, pe, pv, s1, s1o, rms, sumV float64
		for j := range score {
			v := math.Abs(p.V[j*dim+d])
			o += prob[j] * p.V[j*dim+d]
			t1 += prob[j] * eps[j] * v
			pe += prob[j] * eps[j]
			pv += prob[j] * v
			s1 += math.Pow(prob[j]*sigma[j]*v, 2)
			s1o += math.Pow(prob[j]*sigma[j], 2)
			rms += math.Pow(prob[j]*v, 2)
			sumV += v
		}
		o = math.Abs(o)
		t3 := (uo+3*u)*o + underflow*(sumV+n*o)
		if a.Out == FP16 {
			t3 += 0x1p-25
		}
		w := t1 + (grown+up)*pv
		bound := (w+o*pe+grown*o)*spread + t3
		sharp := 6*math.Sqrt(s1+o*o*s1o) + 6*math.Sqrt(n)*u*(math.Sqrt(rms)+0.3*o) + 0.6*6*up*math.Sqrt(rms) +
			8*u*math.Sqrt(blocks)*o*math.Max(1, a.Exp.A/4) + t3 + lost*(math.Min(w/(grown+up), math.Sqrt(n*rms))+o)
		near("bound", d, r.Bound[i*dim+d], bound)
		near("sharp line", d, r.Sharp[i*dim+d], math.Min(bound, sharp))
	}
	var pe float64
	for j := range score {
		pe += prob[j] * eps[j]
	}
	logL := math.Log(l)
	near("bound of the logsumexp", 0, r.LSEBound[i], (pe+grown)*math.Exp(2*top)+4*u*(1+logL)+3*u*math.Abs(m)+n*underflow)
	near("largest eps", 0, r.MaxEps[i], top)
}
