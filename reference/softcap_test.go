package reference

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

var softcaps = []float64{0.01, 0.5, 1.5, 8, 30, 1000, 0x1p100}

// capped is a random problem whose scores reach past small caps.
func capped(seed uint64, softcap float64, mask Mask) *Problem {
	rng := rand.New(rand.NewPCG(seed, 5))
	p := simulated("normal", "outliers", "normal", FP32, rng, [4]int{2, 9, 45, 6}, mask)
	p.Scale, p.Softcap = 0.8, softcap
	return p
}

func mostApart(a, b []float64) float64 {
	worst := 0.0
	for i := range a {
		worst = max(worst, math.Abs(a[i]-b[i]))
	}
	return worst
}

// TestSoftcapByLoops: the two references agree, infinite products included, which a cap makes finite.
func TestSoftcapByLoops(t *testing.T) {
	for i, c := range softcaps {
		p := capped(uint64(i), c, Causal(20))
		p.Q[0], p.K[p.HeadDim*3] = math.Inf(1), math.Inf(-1)
		r := attend(t, p, Arithmetic{Acc: FP32, Out: FP32}, Options{})
		out, lse, err := Loops(context.Background(), p, EmptyZero)
		if err != nil {
			t.Fatal(err)
		}
		for j := range out {
			if math.IsNaN(out[j]) != math.IsNaN(r.Output[j]) || math.Abs(out[j]-r.Output[j]) > 1e-11 {
				t.Fatalf("softcap %g: out[%d] is %g, by loops %g", c, j, r.Output[j], out[j])
			}
		}
		for j := range lse {
			if math.IsNaN(lse[j]) != math.IsNaN(r.LSE[j]) || math.Abs(lse[j]-r.LSE[j]) > 1e-11*max(1, math.Abs(lse[j])) {
				t.Fatalf("softcap %g: lse[%d] is %g, by loops %g", c, j, r.LSE[j], lse[j])
			}
		}
	}
}

// TestSoftcapKnownAnswer: two keys with the scores 2 and 0 and a cap of 1 have the weights of tanh(2) and 0.
func TestSoftcapKnownAnswer(t *testing.T) {
	p := &Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: 2, HeadDim: 1, Scale: 0.5, Softcap: 1,
		Q: []float64{1}, K: []float64{4, 0}, V: []float64{1, 0}}
	r := attend(t, p, Arithmetic{Acc: FP32, Out: FP32}, Options{})
	if want := 1 / (1 + math.Exp(-math.Tanh(2))); math.Abs(r.Output[0]-want) > 1e-15 {
		t.Errorf("out is %.17g, want %.17g", r.Output[0], want)
	}
}

// TestSoftcapToInfinityIsNone, in value, bound and sharp line but for what capping itself rounds.
func TestSoftcapToInfinityIsNone(t *testing.T) {
	a := Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}}
	none, large := attend(t, capped(1, 0, nil), a, Options{}), attend(t, capped(1, 0x1p100, nil), a, Options{})
	if d := mostApart(none.Output, large.Output); d > 1e-12 {
		t.Errorf("outputs are %g apart", d)
	}
	for i, b := range large.Bound {
		if !(b >= none.Bound[i]) {
			t.Fatalf("element %d: bound %g under a cap of 2^100, %g without", i, b, none.Bound[i])
		}
	}
}

// TestSlope holds the derivative and the inverse that the bound uses against differences.
func TestSlope(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 20000 {
		c := math.Exp(8*rng.Float64() - 4)
		x := c * math.Exp(9*rng.Float64()-5)
		err := x * math.Exp(-12*rng.Float64())
		s := c * math.Tanh(x/c)
		for _, e := range []float64{err, -err} {
			moved := math.Abs(c*math.Tanh((x+e)/c) - s)
			if most := slope(s, 0, err, c)*err + 1e-15*c; moved > most {
				t.Fatalf("c %g, x %g: an error of %g becomes %g, bound %g", c, x, e, moved, most)
			}
		}
		if up := uncapped(s, 0, c); up < x {
			t.Fatalf("c %g: %g is capped to %g, which was at most %g", c, x, s, up)
		}
	}
}

// sevenBiases are a mask of -3 to 3 for a capped problem.
func sevenBiases() Additive {
	bias := make([]float64, 9*45)
	for i := range bias {
		bias[i] = float64(i%7) - 3
	}
	return Additive{1, 1, 9, 45, bias}
}

// TestSoftcapWithinBounds: implementations of the declared arithmetic stay within the bound.
func TestSoftcapWithinBounds(t *testing.T) {
	worst := 0.0
	for name, a := range map[string]Arithmetic{
		"fp32":   {In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}, Block: 8},
		"scores": {In: FP32, Acc: FP32, Scores: FP16, Out: FP32, Exp: ExpError{A: 4}},
		"fp16":   {In: FP32, Acc: FP16, Out: FP16, Exp: ExpError{A: 8 * FP16.Unit / FP32.Unit}, NormalizedProbs: true},
	} {
		for _, c := range softcaps[:6] {
			for _, m := range []Mask{nil, sevenBiases()} {
				for seed := range uint64(4) {
					j := cappedInFP16(t, seed, c, m, a)
					worst = max(worst, j.Worst.Ratio)
					if j.Numeric+j.Special > 0 {
						t.Errorf("%s, softcap %g, seed %d: a false alarm, %+v", name, c, seed, j.Worst)
					}
				}
			}
		}
	}
	t.Logf("worst ratio %.3f", worst)
}

// cappedInFP16 judges what a simulation makes of a capped problem whose q and k fp16 holds.
func cappedInFP16(t *testing.T, seed uint64, c float64, m Mask, a Arithmetic) Judgement {
	t.Helper()
	p := capped(seed, c, m)
	for i := range p.Q {
		p.Q[i], p.K[i%len(p.K)] = roundTo(FP16, false, p.Q[i]), roundTo(FP16, false, p.K[i%len(p.K)])
	}
	r := attend(t, p, a, Options{})
	s := simulation{a: a, naive: a.NormalizedProbs, rng: rand.New(rand.NewPCG(seed, 9))}
	out, _ := s.attend(p)
	j, err := r.JudgeOutput(out)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestWrongCapsAreFound: one that is dropped, comes after the mask, or before the scale.
func TestWrongCapsAreFound(t *testing.T) {
	a := Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}}
	for _, c := range []float64{0.5, 1.5, 8} {
		p := capped(1, c, sevenBiases())
		r := attend(t, p, a, Options{})
		cut := func(x float64) float64 { return c * math.Tanh(x/c) }
		for fault, score := range map[string]func(dot, bias float64) float64{
			"dropped":        func(dot, bias float64) float64 { return p.Scale*dot + bias },
			"after the mask": func(dot, bias float64) float64 { return cut(p.Scale*dot + bias) },
			"scale after":    func(dot, bias float64) float64 { return p.Scale*cut(dot) + bias },
		} {
			wrong := *p
			wrong.Softcap, wrong.Mask = 0, otherScores{p, score}
			out, _, err := Loops(context.Background(), &wrong, EmptyZero)
			if err != nil {
				t.Fatal(fmt.Errorf("%s: %w", fault, err))
			}
			if j, err := r.JudgeOutput(out); err != nil || j.Numeric == 0 {
				t.Errorf("softcap %g %s: not found, %v", c, fault, err)
			}
		}
	}
}

// otherScores is a bias that makes a problem's scores those that a fault would make.
type otherScores struct {
	p     *Problem
	score func(dot, bias float64) float64
}

func (m otherScores) Row(batch, head, query int, bias []float64) (first, last int) {
	p := m.p
	first, last = p.Mask.Row(batch, head, query, bias)
	q := of(p.Q, (batch*p.Heads+head)*p.QLen+query, p.HeadDim)
	k := p.K[(batch*p.KVHeads+head/p.group())*p.KVLen*p.HeadDim:]
	for j := first; j < last; j++ {
		dot := carefulScore(q, of(k, j, p.HeadDim))
		bias[j] = m.score(dot, bias[j]) - p.Scale*dot
	}
	return first, last
}
