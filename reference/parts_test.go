package reference

import (
	"math"
	"math/rand/v2"
	"testing"
)

// inParts computes attention exactly, but for the outputs of the parts of the keys, which are stored in a format: as sums
// of weights times v, divided by nothing yet, or divided by the part's own sum.
func inParts(p *Problem, parts int, f Format, divided bool) []float64 {
	out := make([]float64, len(p.Q))
	size := (p.KVLen + parts - 1) / parts
	for i := range p.Heads * p.QLen {
		q := p.Q[i*p.HeadDim:][:p.HeadDim]
		scores := make([]float64, p.KVLen)
		top := math.Inf(-1)
		for j := range scores {
			for d := range q {
				scores[j] += q[d] * p.K[j*p.HeadDim+d] * p.Scale
			}
			top = max(top, scores[j])
		}
		total := 0.0
		for first := 0; first < p.KVLen; first += size {
			keys := scores[first:min(first+size, p.KVLen)]
			most, sum := math.Inf(-1), 0.0
			for _, s := range keys {
				most = max(most, s)
			}
			for _, s := range keys {
				sum += math.Exp(s - most)
			}
			by := 1.0
			if divided {
				by = sum
			}
			weight := math.Exp(most - top)
			total += sum * weight
			for d := range p.HeadDim {
				part := 0.0
				for j, s := range keys {
					part += math.Exp(s-most) * p.V[(first+j)*p.HeadDim+d]
				}
				out[i*p.HeadDim+d] += roundTo(f, false, part/by) * by * weight
			}
		}
		for d := range p.HeadDim {
			out[i*p.HeadDim+d] /= total
		}
	}
	return out
}

// TestStoredPartsWithinBounds: outputs of parts that are stored in a narrow format stay within the bound and the sharp line
// that Parts declares, whatever the values, and are beyond that of an arithmetic that does not declare it.
func TestStoredPartsWithinBounds(t *testing.T) {
	const parts = 8
	for _, f := range []Format{FP16, BF16} {
		plain := Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}, SplitKV: parts}
		declared := plain
		declared.Parts = f
		missed, worst := 0, 0.0
		for seed := range uint64(30) {
			rng := rand.New(rand.NewPCG(seed, 5))
			p := simulated("normal", "normal", "normal", FP32, rng, [4]int{2, 3, 1 + rng.IntN(300), 4}, nil)
			scale := math.Ldexp(1, []int{0, -13, -22}[seed%3]) // fp16 loses bits below 2^-14
			for i := range p.V {
				p.V[i] *= scale
				if seed%2 == 1 { // all of one size: a part's errors are those of its terms together
					p.V[i] = scale * 0.7
				}
				p.V[i] = roundTo(FP32, false, p.V[i])
			}
			for _, divided := range []bool{false, true} {
				out := inParts(p, parts, f, divided)
				j, err := attend(t, p, declared, Options{}).JudgeOutput(out)
				if err != nil {
					t.Fatal(err)
				}
				worst = max(worst, j.Worst.Ratio)
				if j.Numeric+j.Special+j.Suspicious > 0 {
					t.Errorf("seed %d, divided %v: a false alarm: %+v", seed, divided, j)
				}
				if j, _ = attend(t, p, plain, Options{}).JudgeOutput(out); j.Numeric == 0 {
					missed++
				}
			}
		}
		t.Logf("worst ratio %.3f", worst)
		if missed > 10 {
			t.Errorf("%d of 60 were within a bound that knows no such parts", missed)
		}
	}
	for _, wrong := range []Arithmetic{{In: FP32, Acc: FP32, Out: FP32, Parts: FP16}, {In: FP32, Acc: FP32, Out: FP32, Parts: FP16, SplitKV: 1}} {
		if err := wrong.Validate(); err == nil {
			t.Errorf("%+v is no arithmetic: there are no parts", wrong)
		}
	}
}
