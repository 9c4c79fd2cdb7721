package reference

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// sunk is a random problem of several heads with a sink each: far below the scores, among them, above them, and none.
func sunk(seed uint64, mask Mask) *Problem {
	rng := rand.New(rand.NewPCG(seed, 7))
	p := simulated("normal", "normal", "normal", FP32, rng, [4]int{6, 11, 45, 6}, mask)
	p.Sinks = []float64{-30, rng.NormFloat64(), 2, 9, 60, negInf}
	return p
}

var sinkMasks = map[string]Mask{"none": nil, "causal": Causal(-4), "window": Window{Offset: 20, Left: 5, Right: 1}}

// TestSinksByLoops: the two references agree, on rows without a key too, and NaN and infinities are what they were.
func TestSinksByLoops(t *testing.T) {
	for name, mask := range sinkMasks {
		p := sunk(1, mask)
		p.Q[7*p.HeadDim] = math.NaN()
		p.K[3*p.HeadDim+1] = math.Inf(1)
		r := attend(t, p, Arithmetic{Acc: FP32, Out: FP32}, Options{})
		out, lse, err := Loops(context.Background(), p, EmptyZero)
		if err != nil {
			t.Fatal(err)
		}
		for j := range out {
			if math.IsNaN(out[j]) != math.IsNaN(r.Output[j]) || math.Abs(out[j]-r.Output[j]) > 1e-12 {
				t.Fatalf("%s: out[%d] is %g, by loops %g", name, j, r.Output[j], out[j])
			}
		}
		for j := range lse {
			same := lse[j] == r.LSE[j] || math.IsNaN(lse[j]) && (math.IsNaN(r.LSE[j]) || r.LSEDemand[j]&NaN != 0)
			if !same && !(math.Abs(lse[j]-r.LSE[j]) <= 1e-12*max(1, math.Abs(lse[j]))) {
				t.Fatalf("%s: lse[%d] is %g, by loops %g", name, j, r.LSE[j], lse[j])
			}
		}
	}
}

// TestSinkKnownAnswer: a score of 0 and a sink of log 3 leave the key a quarter of the weight, and a row without a key is 0
// with the sink as its logsumexp, also where an implementation declares NaN for such rows.
func TestSinkKnownAnswer(t *testing.T) {
	p := &Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: 2, KVLen: 1, HeadDim: 1, Scale: 1, Mask: Causal(-1),
		Q: []float64{0, 0}, K: []float64{5}, V: []float64{8}, Sinks: []float64{math.Log(3)}}
	r := attend(t, p, Arithmetic{Acc: FP32, Out: FP32, Empty: EmptyNaN}, Options{})
	for i, want := range []float64{0, 2} {
		if math.Abs(r.Output[i]-want) > 1e-15 || r.OutputDemand[i] != Value {
			t.Errorf("out[%d] is %g of demand %d, want %g", i, r.Output[i], r.OutputDemand[i], want)
		}
	}
	for i, want := range []float64{math.Log(3), math.Log(4)} {
		if math.Abs(r.LSE[i]-want) > 1e-15 || r.LSEDemand[i] != Value || !(r.LSEBound[i] < 1e-5) {
			t.Errorf("lse[%d] is %g of demand %d, bound %g, want %g", i, r.LSE[i], r.LSEDemand[i], r.LSEBound[i], want)
		}
	}
}

// TestSinkToMinusInfinityIsNone: -Inf changes nothing at all, and a sink far below every score no output.
func TestSinkToMinusInfinityIsNone(t *testing.T) {
	for name, mask := range sinkMasks {
		p := sunk(2, mask)
		p.Sinks = nil
		a := Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}}
		none := attend(t, p, a, Options{})
		for _, c := range []float64{math.Inf(-1), -1e5} {
			p.Sinks = []float64{c, c, c, c, c, c}
			r := attend(t, p, a, Options{})
			if d := mostApart(none.Output, r.Output); d > 1e-14 {
				t.Errorf("%s: outputs are %g apart with sinks of %g", name, d, c)
			}
			for i, x := range r.LSE {
				if empty := math.IsInf(none.LSE[i], -1); empty && x != c || !empty && math.Abs(x-none.LSE[i]) > 1e-13 {
					t.Errorf("%s: logsumexp %d is %g with sinks of %g, %g without", name, i, x, c, none.LSE[i])
				}
			}
		}
	}
}

// TestSinkIsAKeyOfNothing: a sink equals one more key, of a score that is the sink, with a v of 0.
func TestSinkIsAKeyOfNothing(t *testing.T) {
	for name, mask := range sinkMasks {
		p := sunk(3, mask)
		r := attend(t, p, Arithmetic{Acc: FP32, Out: FP32}, Options{})
		with := *p
		with.Sinks, with.KVLen = nil, p.KVLen+1
		with.K = append(append([]float64{}, p.K...), make([]float64, p.HeadDim)...)
		with.V = append(append([]float64{}, p.V...), make([]float64, p.HeadDim)...)
		with.Mask = withSink{p}
		k := attend(t, &with, Arithmetic{Acc: FP32, Out: FP32}, Options{})
		if d := mostApart(r.Output, k.Output); d > 1e-14 {
			t.Errorf("%s: outputs are %g apart", name, d)
		}
		for i, x := range r.LSE {
			if x != k.LSE[i] && math.Abs(x-k.LSE[i]) > 1e-13 {
				t.Errorf("%s: logsumexp %d is %g, by a key %g", name, i, x, k.LSE[i])
			}
		}
	}
}

// withSink puts the sink of a problem as the bias of one more key.
type withSink struct{ p *Problem }

func (m withSink) Row(batch, head, query int, bias []float64) (first, last int) {
	n := len(bias) - 1
	inner := make([]float64, n)
	first, last, _ = rowOf(m.p.Mask, batch, head, query, inner)
	for j := range bias {
		bias[j] = math.Inf(-1)
		if j >= first && j < last {
			bias[j] = inner[j]
		}
	}
	bias[n] = m.p.Sinks[head]
	return 0, n + 1
}

// TestSinksWithinBounds: implementations of the declared arithmetic stay within the bound, wherever they take the sink in.
func TestSinksWithinBounds(t *testing.T) {
	worst, seeds := 0.0, uint64(6)
	if testing.Short() {
		seeds = 1
	}
	for name, a := range map[string]Arithmetic{
		"fp32":   {In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}, Block: 8},
		"whole":  {In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}},
		"scores": {In: FP32, Acc: FP32, Scores: FP16, Out: FP32, Exp: ExpError{A: 4}},
		"fast":   {In: FP32, Acc: FP32, Probs: BF16, Out: FP16, Exp: ExpError{A: 4, B: 2}, Block: 16, FlushSubnormals: true},
		"fp16":   {In: FP32, Acc: FP16, Out: FP16, Exp: ExpError{A: 8 * FP16.Unit / FP32.Unit}, NormalizedProbs: true},
	} {
		for order, s := range map[string]simulation{
			"last": {}, "first": {sinkFirst: true}, "base 2, folded": {base2: true, foldScale: true}, "first, base 2": {sinkFirst: true, base2: true}} {
			for _, mask := range sinkMasks {
				for seed := range seeds {
					s.a, s.naive, s.rng = a, a.NormalizedProbs, rand.New(rand.NewPCG(seed, 9))
					j, l := judgedWithSinks(t, &s, seed, mask)
					worst = max(worst, j.Worst.Ratio, l.Worst.Ratio)
					if j.Numeric+j.Special+l.Numeric+l.Special > 0 {
						t.Errorf("%s, sink %s, seed %d: a false alarm, %+v, logsumexp %+v", name, order, seed, j.Worst, l.Worst)
					}
				}
			}
		}
	}
	t.Logf("worst ratio %.3f", worst)
}

// judgedWithSinks holds a simulation to the bounds of its arithmetic, on inputs and sinks that fp16 holds.
func judgedWithSinks(t *testing.T, s *simulation, seed uint64, mask Mask) (output, lse Judgement) {
	t.Helper()
	p := sunk(seed, mask)
	for i := range p.Q {
		p.Q[i] = roundTo(FP16, false, p.Q[i])
		p.K[i%len(p.K)] = roundTo(FP16, false, p.K[i%len(p.K)])
	}
	for h := range p.Sinks {
		p.Sinks[h] = roundTo(FP16, false, p.Sinks[h])
	}
	r := attend(t, p, s.a, Options{})
	out, logs := s.attend(p)
	output, err := r.JudgeOutput(out)
	if err != nil {
		t.Fatal(err)
	}
	if lse, err = r.JudgeLSE(logs); err != nil {
		t.Fatal(err)
	}
	return output, lse
}

// TestWrongSinksAreFound: an implementation that drops the sinks, or takes another head's, is past the bound.
func TestWrongSinksAreFound(t *testing.T) {
	p := sunk(1, nil)
	r := attend(t, p, Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}}, Options{})
	for fault, sinks := range map[string][]float64{
		"dropped": nil, "of the head before": append([]float64{negInf}, p.Sinks[:5]...), "scaled": {-12, 0.1, 0.8, 3.6, 24, negInf},
	} {
		wrong := *p
		wrong.Sinks = sinks
		out, _, err := Loops(context.Background(), &wrong, EmptyZero)
		if err != nil {
			t.Fatal(err)
		}
		if j, err := r.JudgeOutput(out); err != nil || j.Numeric == 0 {
			t.Errorf("%s: not found, %v", fault, err)
		}
	}
}
