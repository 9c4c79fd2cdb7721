package reference

import (
	"math"
	"testing"
)

// TestLinesByFormula computes bound and sharp line key by key, straight from
// the formulas in the package's documentation, for ordinary values, where nothing
// underflows.
func TestLinesByFormula(t *testing.T) {
	for name, a := range map[string]Arithmetic{
		"fp32":   {In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}},
		"fp16":   {In: FP16, Acc: FP32, Scores: FP16, Probs: FP16, Out: FP16, Exp: ExpError{A: 3, B: 2}, Block: 8},
		"bf16":   {In: BF16, Acc: FP32, Probs: BF16, Out: BF16, Exp: ExpError{A: 3, B: 2}, Block: 1},
		"norm":   {In: FP16, Acc: FP32, Probs: FP16, Out: FP16, Exp: ExpError{A: 4}, NormalizedProbs: true},
		"shared": {In: FP16, Acc: FP32, Probs: FP16, Out: FP32, Exp: ExpError{A: 4}, ProbsInSum: true},
		"split":  {In: FP16, Acc: FP32, Out: FP32, Exp: ExpError{A: 4, B: 2}, Block: 16, SplitKV: 3},
		"twice":  {In: FP16, Acc: FP32, Probs: BF16, Out: FP32, Exp: ExpError{A: 4}, RecomputedWeights: true},
		"wide":   {In: FP16, Acc: FP32, Scores: BF16, Out: FP32, Exp: ExpError{A: 12}, Block: 30},
	} {
		for _, mask := range []Mask{nil, Causal(5), Additive{1, 1, 1, 70, make([]float64, 70)}} {
			p := withV(randomProblem(8, 1, 2, 1, 5, 70, 9, mask), 5)
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

// errorsOfWeight is the bound of the relative error of a weight, and its usual size, of a key with score s where the largest is
// m. A mask counts as a bias, of 0.
func errorsOfWeight(p *Problem, a Arithmetic, q, k []float64, s, m float64, g func(float64) float64, blocks, splits float64) (eps, sigma float64) {
	var sumAbs, sumSq float64
	for d, x := range q {
		sumAbs += math.Abs(x * k[d])
		sumSq += x * x * k[d] * k[d]
	}
	u, terms := a.Acc.Unit, float64(len(q)+2)
	scale, size, gap := math.Abs(p.Scale), math.Abs(s), m-s
	stored := a.Scores.Unit * size
	if p.Mask != nil {
		stored *= 2
	}
	expA, expB := a.Exp.A*ulp, a.Exp.B*ulp*math.Log2E
	eps = terms*u*scale*sumAbs + stored + (3.5*u+expB)*gap + expA
	sigma = u*math.Sqrt(terms)*(scale*math.Sqrt(sumSq)+0.6*size) + stored + (2*u+expB)*gap + u*size + expA
	if a.Scores == FP16 {
		eps += 0x1p-25
	}
	if p.Mask != nil {
		eps += 2 * u * size
	}
	if blocks > 1 {
		eps += g(blocks-1)/u*expA + u*math.Max(size, math.Abs(m))
	}
	if splits > 1 {
		eps += u*(3*math.Max(size, math.Abs(m))+8*(1+math.Log(float64(p.KVLen)))) + 2*expA + expB*gap
	}
	return eps, sigma
}

const ulp = 1.0 / (1 << 23) // of fp32

// compareRow compares one row that sees the keys before last. head_dim is 9, so that dot products are held to the worst
// case, and the values are ordinary.
func compareRow(t *testing.T, name string, p *Problem, a Arithmetic, r *Result, i, last int) {
	t.Helper()
	dim, n := p.HeadDim, float64(last)
	q := of(p.Q, i, dim)
	score := make([]float64, last)
	top := 0
	for j := range score {
		for d, x := range q {
			score[j] += x * p.K[j*dim+d]
		}
		score[j] *= p.Scale
		if score[j] > score[top] {
			top = j
		}
	}
	m, l := score[top], 0.0
	for _, s := range score {
		l += math.Exp(s - m)
	}
	g := func(n float64) float64 { return math.Min(n, 4*math.Sqrt(n)) * a.Acc.Unit }
	u, up, uo := a.Acc.Unit, a.Probs.Unit, a.Out.Unit
	upShared := 0.0
	if a.ProbsInSum {
		up, upShared = 0, up
	}
	blocks := 1.0
	if a.Block > 0 {
		blocks = math.Ceil(float64(p.KVLen) / float64(a.Block))
	}
	splits := float64(a.SplitKV)
	normalized := 0.0
	if a.NormalizedProbs {
		normalized = 1
	}
	eps, sigma, prob := make([]float64, last), make([]float64, last), make([]float64, last)
	lost := 0.0
	for j, s := range score {
		eps[j], sigma[j] = errorsOfWeight(p, a, q, p.K[j*dim:][:dim], s, m, g, blocks, splits)
		eps[j], sigma[j] = eps[j]+upShared, sigma[j]+upShared
		prob[j] = math.Exp(s-m) / l
		if prob[j] < 2*u { // ordinary weights are not alike, but the smallest may be lost
			lost += math.Min(prob[j], u)
		}
	}
	var E, E1, H, H2, H12, mean, square float64
	for j, pj := range prob {
		h := math.Expm1(eps[j])
		E, H, H2 = E+pj*eps[j], H+pj*h, H2+pj*h*h
		mean, square = mean+pj*score[j], square+pj*score[j]*score[j]
		if j != top {
			e := eps[j] + eps[top]
			E1, H12 = E1+pj*e, H12+pj*math.Expm1(e)*math.Expm1(e)
		}
	}
	cond := math.Min(math.Exp(E)*math.Sqrt(H2), math.Exp(E1)*math.Sqrt(H12))
	near := func(what string, col int, got, want, tolerance float64) {
		if !(math.Abs(got-want) <= tolerance*want) {
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
	in, inSum := n+blocks-1+normalized+3*splits, math.Max(n+blocks-2+splits, 0)
	b := math.Min(g(inSum)+lost, inSum*u)
	mul := math.Min(g(in)+lost, in*u) + up
	logL := math.Log(l)
	lse := H + b/(1-b) + 4*u*(1+logL) + 6*u*math.Abs(m) + n*underflow*math.Exp(E)
	near("bound of the logsumexp", 0, r.LSEBound[i], lse, 1e-5)
	if a.RecomputedWeights {
		cond = math.Max(cond, math.Expm1(lse))
	}
	near("condition", 0, r.Condition[i], cond, 1e-5)
	for d := range p.vDim() {
		var o, A, Q, hv, rms, sumV float64
		for j, pj := range prob {
			v := p.V[j*p.vDim()+d]
			o, A, Q = o+pj*v, A+pj*math.Abs(v), Q+pj*v*v
			hv += pj * math.Expm1(eps[j]) * math.Abs(v)
			rms += pj * pj * v * v
			sumV += math.Abs(v)
		}
		var centred, variance float64
		for j, pj := range prob {
			v := p.V[j*p.vDim()+d]
			centred += math.Pow(pj*sigma[j]*(v-o), 2)
			variance += pj * (v - o) * (v - o)
		}
		sd, o := math.Sqrt(variance), math.Abs(o)
		X := math.Min(cond*sd, math.Exp(E)*(hv+o*H))
		if a.RecomputedWeights {
			X = math.Exp(lse)*math.Exp(E)*hv + math.Expm1(lse)*o
		}
		Y := (mul*(A+math.Min(cond*math.Sqrt(Q), math.Exp(E)*(hv+A*H))) + b*(o+X)) / (1 - b)
		t3 := (uo+3*u)*o + underflow*(sumV+n*(o+X))*math.Exp(E)/(1-b)
		if a.Out == FP16 {
			t3 += 0x1p-25
		}
		bound := (X+Y)*(1+uo+3*u) + t3
		S := 6*math.Sqrt(centred) + sd*3*u*math.Sqrt(square-mean*mean)
		if blocks > 1 {
			S += sd * math.Sqrt(blocks-1) * (a.Exp.A*ulp + 2*u)
		}
		if splits > 1 {
			S += sd * (8*u*(1+math.Log(float64(p.KVLen))) + 2*a.Exp.A*ulp)
		}
		if blocks > 1 || splits > 1 {
			S += sd * u * math.Abs(m)
		}
		if a.RecomputedWeights {
			S = X
		}
		S += 6*math.Sqrt(n+blocks)*u*(math.Sqrt(rms)+0.3*o) + 0.6*6*up*math.Sqrt(rms) + t3 + lost*(A+o)
		near("bound", d, r.Bound[i*p.vDim()+d], bound, 1e-5) // more by what the reference adds for its own float64
		near("sharp line", d, r.Sharp[i*p.vDim()+d], math.Min(bound, S), 1e-5)
	}
}
