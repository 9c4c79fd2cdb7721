package reference

import (
	"math"
	"math/rand/v2"
	"testing"
)

// naiveRow is one row in fp32, key after key, the plainest right implementation.
func naiveRow(p *Problem) (out []float64, lse float64) {
	scores := make([]float32, p.KVLen)
	largest := float32(math.Inf(-1))
	for j := range scores {
		var s float32
		for d := range p.HeadDim {
			s += float32(p.Q[d]) * float32(p.K[j*p.HeadDim+d])
		}
		scores[j] = s * float32(p.Scale)
		largest = max(largest, scores[j])
	}
	var sum float32
	acc := make([]float32, p.HeadDim)
	for j, s := range scores {
		w := float32(math.Exp(float64(s - largest)))
		sum += w
		for d := range acc {
			acc[d] += w * float32(p.V[j*p.HeadDim+d])
		}
	}
	for _, x := range acc {
		out = append(out, float64(x/sum))
	}
	return out, float64(largest + float32(math.Log(float64(sum))))
}

// alikeProblems are rows whose terms are alike in every way that values of a case can make them.
func alikeProblems(n int) map[string]*Problem {
	const dim = 8
	r := rand.New(rand.NewPCG(1, uint64(n)))
	fill := func(count int, f func(i int) float64) []float64 {
		x := make([]float64, count)
		for i := range x {
			x[i] = float64(float32(f(i)))
		}
		return x
	}
	normal := func(int) float64 { return r.NormFloat64() }
	constant := func(x float64) func(int) float64 { return func(int) float64 { return x } }
	onehot := func(i int) float64 {
		if i%dim == i/dim*7%dim {
			return 1
		}
		return 0
	}
	make1 := func(scale float64, q, k, v func(int) float64) *Problem {
		return &Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: n, HeadDim: dim, Scale: scale,
			Q: fill(dim, q), K: fill(n*dim, k), V: fill(n*dim, v)}
	}
	return map[string]*Problem{
		"scale 0, v constant":         make1(0, normal, normal, constant(0.957746089)),
		"q tiny, v normal":            make1(0.35, func(int) float64 { return 1e-5 * r.NormFloat64() }, normal, normal),
		"q tiny, v constant":          make1(0.35, func(int) float64 { return 1e-5 * r.NormFloat64() }, normal, constant(1.2345678)),
		"some k zero, v constant":     make1(0.35, normal, zeroRows(dim, 2, normal), constant(1)),
		"half of k zero, v constant":  make1(0.2, constant(0.3), zeroRows(dim, 1, normal), constant(0.8912345)),
		"half of k zero, v normal":    make1(0.35, normal, zeroRows(dim, 1, normal), normal),
		"k one-hot, v one-hot":        make1(0.35, normal, onehot, onehot),
		"k one-hot, v constant":       make1(0.35, normal, onehot, constant(-0.7654321)),
		"k one-hot, v normal":         make1(0.35, normal, onehot, normal),
		"q and k constant, v one-hot": make1(0.35, constant(1.1), constant(-0.9), onehot),
		"one large weight":            make1(1, constant(1), func(i int) float64 { return map[bool]float64{true: 2, false: 0}[i < dim] }, constant(0.3)),
	}
}

// zeroRows are zeros in some rows of dim columns, by a pattern without a short period, and values in the others.
func zeroRows(dim, mask int, value func(int) float64) func(int) float64 {
	return func(i int) float64 {
		if x := value(i); uint32(i/dim)*0x9e3779b9>>28&uint32(mask) != 0 {
			return x
		}
		return 0
	}
}

func TestAlikeTermsRaiseNoAlarm(t *testing.T) {
	a := Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 1}}
	for _, n := range []int{64, 257, 1280, 2047, 40000} {
		for name, p := range alikeProblems(n) {
			r := attend(t, p, a, Options{})
			out, lse := naiveRow(p)
			judged, err := r.JudgeOutput(out)
			if err != nil {
				t.Fatal(err)
			}
			if judged.Failed() || judged.Suspicious > 0 {
				t.Errorf("%s, %d keys: ratio %.3g, sharp %.3g", name, n, judged.Worst.Ratio, judged.WorstSharp.SharpRatio)
			}
			if judged, err = r.JudgeLSE([]float64{lse}); err != nil || judged.Failed() {
				t.Errorf("%s, %d keys: logsumexp ratio %.3g, %v", name, n, judged.Worst.Ratio, err)
			}
		}
	}
}

// The wider lines are for alike terms only: ordinary ones keep theirs, to the last bit.
func TestOrdinaryTermsKeepTheirLines(t *testing.T) {
	p := randomProblem(3, 1, 1, 1, 2, 4096, 32, nil)
	p.Scale = 1 / math.Sqrt(32)
	prob, scores := make([]float64, 4096), make([]float64, 4096)
	total, largest := 0.0, 0.0
	for j := range prob {
		s := 0.0
		for d := range 32 {
			s += p.Q[d] * p.K[j*32+d]
		}
		scores[j] = s * p.Scale
		largest = max(largest, scores[j])
		prob[j] = math.Exp(scores[j])
		total += prob[j]
	}
	for j := range prob {
		prob[j] /= total
	}
	var seen variety
	var often occurrences
	if got := alikeOf(prob, told{scores, FP32.Unit, 2 * FP32.Unit * largest}, &seen, &often); got.worst != 0 || got.lost > 1e-7 || got.distinct != enough {
		t.Errorf("ordinary weights are taken for alike ones: %+v", got)
	}
	column := make([]float64, 4096)
	for j := range column {
		column[j] = p.V[j*32]
	}
	if got := columnOf(column, 4, FP32.Unit, &seen); got.distinct != enough {
		t.Errorf("an ordinary column is taken for one of few values: %+v", got)
	}
}

// roundedAlike are rows whose weights all differ, if by little, and of which fp32 makes a few different ones: scores are rounded
// beside something large that all have in common.
func roundedAlike(seed uint64, n int) map[string]*Problem {
	const dim = 64
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	normals := func(count int) []float64 {
		x := make([]float64, count)
		for i := range x {
			x[i] = float64(float32(r.NormFloat64()))
		}
		return x
	}
	ones := make([]float64, n*dim)
	for i := range ones {
		ones[i] = 1
	}
	biased := &Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: n, HeadDim: dim, Scale: 0x1p-13, Q: normals(dim), K: normals(n * dim), V: ones,
		Mask: constantBias(-65504)}
	large := *biased
	large.Mask, large.Scale, large.Q, large.K = nil, 1, normals(dim), normals(n*dim)
	for d := range dim {
		large.Q[d] *= 0x1p-13
	}
	large.Q[dim-1] = 1 // added last, so that the small terms are not lost one by one
	for j := range n {
		large.K[j*dim+dim-1] = 50000
	}
	return map[string]*Problem{"a bias of -65504": biased, "a large term of every score": &large}
}

type constantBias float64

func (b constantBias) Row(_, _, _ int, bias []float64) (first, last int) {
	for j := range bias {
		bias[j] = float64(b)
	}
	return 0, len(bias)
}

// TestWeightsThatRoundingMakesAlikeRaiseNoAlarm: naive, which is right, adds equal weights up in one direction and equal shares
// of them in another.
func TestWeightsThatRoundingMakesAlikeRaiseNoAlarm(t *testing.T) {
	a := Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 1}, NormalizedProbs: true}
	for seed := range uint64(12) {
		for _, n := range []int{200, 487, 1280, 2047} {
			for name, p := range roundedAlike(seed, n) {
				r := attend(t, p, a, Options{})
				judged, err := r.JudgeOutput(normalizedRow(p))
				if err != nil {
					t.Fatal(err)
				}
				if judged.Failed() || judged.Suspicious > 0 {
					t.Errorf("%s, %d keys, seed %d: ratio %.3g, sharp %.3g", name, n, seed, judged.Worst.Ratio, judged.WorstSharp.SharpRatio)
				}
			}
		}
	}
}

// normalizedRow is one row in fp32 whose weights are divided by their sum before v is summed.
func normalizedRow(p *Problem) (out []float64) {
	weights := make([]float32, p.KVLen)
	largest := float32(math.Inf(-1))
	bias := make([]float64, p.KVLen)
	if p.Mask != nil {
		p.Mask.Row(0, 0, 0, bias)
	}
	for j := range weights {
		var s float32
		for d := range p.HeadDim {
			s += float32(p.Q[d]) * float32(p.K[j*p.HeadDim+d])
		}
		s = s*float32(p.Scale) + float32(bias[j])
		weights[j] = s
		largest = max(largest, s)
	}
	var sum float32
	for j, s := range weights {
		weights[j] = float32(math.Exp(float64(s - largest)))
		sum += weights[j]
	}
	acc := make([]float32, p.HeadDim)
	for j, w := range weights {
		for d := range acc {
			acc[d] += w / sum * float32(p.V[j*p.HeadDim+d])
		}
	}
	for _, x := range acc {
		out = append(out, float64(x))
	}
	return out
}
