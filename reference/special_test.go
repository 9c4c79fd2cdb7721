package reference

import (
	"math"
	"math/rand/v2"
	"testing"
)

var (
	nan    = math.NaN()
	posInf = math.Inf(1)
	negInf = math.Inf(-1)
)

// TestSpecialValues goes through the table at the head of special.go. Problems
// have one row and head_dim 2, so that the neighbour of a column shows.
func TestSpecialValues(t *testing.T) {
	bias := func(x ...float64) Mask { return Additive{1, 1, 1, len(x), x} }
	emptyNaN, fastMath, fp16 := inFP32, inFP32, inFP32
	emptyNaN.Empty = EmptyNaN
	fastMath.FiniteMath = true
	fp16.Out = FP16
	ones := []float64{1, 1}
	zeros4 := make([]float64, 4)
	for _, c := range []struct {
		name    string
		a       Arithmetic
		q, k, v []float64
		mask    Mask
		want    [2]float64
		demand  [2]Demand
		lse     Demand
	}{
		{"no allowed key", inFP32, ones, zeros4, ones2(3, 4), bias(negInf, negInf), [2]float64{0, 0}, [2]Demand{Value, Value}, NegInf},
		{"no allowed key, by range", inFP32, ones, zeros4, ones2(3, 4), Causal(-1), [2]float64{0, 0}, [2]Demand{Value, Value}, NegInf},
		{"no allowed key, NaN declared", emptyNaN, ones, zeros4, ones2(3, 4), bias(negInf, negInf), [2]float64{nan, nan}, [2]Demand{NaN, NaN}, NegInf | NaN},
		{"no allowed key, NaN in q", inFP32, []float64{nan, 0}, zeros4, ones2(3, 4), bias(negInf, negInf), [2]float64{0, 0}, [2]Demand{Value | NaN, Value | NaN}, NegInf | NaN},
		{"no allowed key by range, NaN in q", inFP32, []float64{nan, 0}, zeros4, ones2(3, 4), Causal(-1), [2]float64{0, 0}, [2]Demand{Value | NaN, Value | NaN}, NegInf | NaN},
		{"no allowed key, no NaN in the arithmetic", fastMath, ones, zeros4, ones2(3, 4), bias(negInf, negInf), [2]float64{0, 0}, [2]Demand{Value, Value}, NegInf},

		{"NaN in q", inFP32, []float64{nan, 1}, zeros4, ones2(3, 4), nil, [2]float64{nan, nan}, [2]Demand{NaN, NaN}, NaN},
		{"NaN in q, no NaN in the arithmetic", fastMath, []float64{nan, 1}, zeros4, ones2(3, 4), nil, [2]float64{nan, nan}, [2]Demand{Anything, Anything}, Anything},
		{"Inf*0 in the score", inFP32, []float64{posInf, 1}, zeros4, ones2(3, 4), nil, [2]float64{nan, nan}, [2]Demand{NaN, NaN}, NaN},
		{"NaN in an allowed k", inFP32, ones, []float64{0, 0, 0, nan}, ones2(3, 4), nil, [2]float64{nan, nan}, [2]Demand{NaN, NaN}, NaN},
		{"NaN in a masked k", inFP32, ones, []float64{0, 0, 0, nan}, ones2(3, 4), bias(0, negInf), [2]float64{3, 3}, [2]Demand{Value, Value}, Value},
		{"NaN in a k past the range", inFP32, ones, []float64{0, 0, 0, nan}, ones2(3, 4), Causal(0), [2]float64{3, 3}, [2]Demand{Value, Value}, Value},
		{"Inf in an allowed k", inFP32, ones, []float64{0, 0, 0, posInf}, ones2(3, 4), nil, [2]float64{nan, nan}, [2]Demand{NaN, NaN}, NaN | PosInf},
		{"-Inf score beside another", inFP32, ones, []float64{0, 0, 0, negInf}, ones2(3, 4), nil, [2]float64{3, 3}, [2]Demand{Value, Value}, Value},
		{"-Inf score beside another, Inf in its v", inFP32, ones, []float64{0, 0, 0, negInf}, []float64{3, 3, posInf, 4}, nil, [2]float64{posInf, 3}, [2]Demand{PosInf | NaN, Value}, Value},
		{"-Inf score whose finite terms overflow", inFP32, []float64{1, 1e20}, []float64{0, 0, negInf, 1e20}, ones2(3, 4), nil, [2]float64{3, 3}, [2]Demand{Anything, Anything}, Anything},
		{"only -Inf scores", inFP32, ones, []float64{0, negInf, 0, negInf}, ones2(3, 4), nil, [2]float64{0, 0}, [2]Demand{Value | NaN, Value | NaN}, NegInf | NaN},
		{"+Inf bias", inFP32, ones, zeros4, ones2(3, 4), bias(0, posInf), [2]float64{nan, nan}, [2]Demand{NaN, NaN}, NaN | PosInf},
		{"NaN bias", inFP32, ones, zeros4, ones2(3, 4), bias(0, nan), [2]float64{nan, nan}, [2]Demand{NaN, NaN}, NaN},
		{"NaN and +Inf bias", inFP32, ones, zeros4, ones2(3, 4), bias(nan, posInf), [2]float64{nan, nan}, [2]Demand{NaN, NaN}, NaN},

		{"NaN in an allowed v", inFP32, ones, zeros4, []float64{3, 3, nan, 5}, nil, [2]float64{nan, 4}, [2]Demand{NaN, Value}, Value},
		{"NaN in an allowed v of no weight", inFP32, ones, zeros4, []float64{3, 3, nan, 5}, bias(0, -1000), [2]float64{nan, 3}, [2]Demand{NaN, Value}, Value},
		{"NaN in a masked v", inFP32, ones, zeros4, []float64{3, 3, nan, 5}, bias(0, negInf), [2]float64{3, 3}, [2]Demand{Value, Value}, Value},
		{"Inf in a masked v", inFP32, ones, zeros4, []float64{posInf, 9, 2, 5}, bias(negInf, 0), [2]float64{2, 5}, [2]Demand{Value, Value}, Value},
		{"Inf in an allowed v", inFP32, ones, zeros4, []float64{3, 3, posInf, 5}, nil, [2]float64{posInf, 4}, [2]Demand{PosInf, Value}, Value},
		{"-Inf in an allowed v", inFP32, ones, zeros4, []float64{3, 3, 5, negInf}, nil, [2]float64{4, negInf}, [2]Demand{Value, NegInf}, Value},
		{"both Inf in a column", inFP32, ones, zeros4, []float64{posInf, 3, negInf, 5}, nil, [2]float64{nan, 4}, [2]Demand{NaN, Value}, Value},
		{"Inf under a weight that may underflow", inFP32, ones, zeros4, []float64{3, 3, posInf, 5}, bias(0, -90), [2]float64{posInf, 3}, [2]Demand{PosInf | NaN, Value}, Value},
		{"Inf, and -Inf under such a weight", inFP32, ones, zeros4, []float64{posInf, 3, negInf, 5}, bias(0, -90), [2]float64{nan, 3}, [2]Demand{PosInf | NaN, Value}, Value},
		{"one sure Inf and another like that", inFP32, ones, zeros4, []float64{posInf, 3, posInf, 5}, bias(0, -90), [2]float64{posInf, 3}, [2]Demand{PosInf | NaN, Value}, Value},
		{"Inf in v, no Inf in the arithmetic", fastMath, ones, zeros4, []float64{3, 3, posInf, 5}, nil, [2]float64{posInf, 4}, [2]Demand{Anything, Value}, Value},

		{"past the output's format", fp16, ones, zeros4, ones2(65504, 65504.2), nil, [2]float64{65504.1, 65504.1}, [2]Demand{Value | PosInf, Value | PosInf}, Value},
		{"past it on the other side", fp16, ones, zeros4, ones2(-65504.2, -65504), nil, [2]float64{-65504.1, -65504.1}, [2]Demand{Value | NegInf, Value | NegInf}, Value},
		{"scores past the accumulators", inFP32, []float64{1e20, 1e20}, []float64{1e20, -1e20, 0, 0}, ones2(3, 5), nil, [2]float64{4, 4}, [2]Demand{Anything, Anything}, Anything},
		{"weighted sums past the accumulators", inFP32, ones, zeros4, []float64{3e38, 1, 3e38, 1}, nil, [2]float64{3e38, 1}, [2]Demand{Value | AnyNonFinite, Value}, Value},
		{"weighted sums past them, and Inf", inFP32, ones, zeros4, []float64{3.3e38, 1, posInf, 1}, nil, [2]float64{posInf, 1}, [2]Demand{Anything, Value}, Value},
		{"ill-conditioned", inFP32, ones, []float64{1e7, 1e7, 1e7, 1e7}, ones2(3, 5), nil, [2]float64{4, 4}, [2]Demand{Value, Value}, AnyFinite},
		{"ill-conditioned, v at the end of the output's range", fp16, ones, []float64{1e7, 1e7, 1e7, 1e7}, []float64{65504, 1, 65504, 1}, nil, [2]float64{65504, 1}, [2]Demand{Value | PosInf, Value}, AnyFinite},
		{"lowest fp32 as a mask", inFP32, ones, zeros4, ones2(3, 5), bias(0, -math.MaxFloat32), [2]float64{3, 3}, [2]Demand{Value, Value}, Value},
		{"every key at lowest fp32", inFP32, ones, zeros4, ones2(3, 5), bias(-math.MaxFloat32, -math.MaxFloat32), [2]float64{4, 4}, [2]Demand{Anything, Anything}, Anything},
		{"huge in a masked v", inFP32, ones, zeros4, ones2(3, 3e38), bias(0, negInf), [2]float64{3, 3}, [2]Demand{Value, Value}, Value},
	} {
		p := &Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: 2, HeadDim: 2, Scale: 1, Q: c.q, K: c.k, V: c.v, Mask: c.mask}
		r := attend(t, p, c.a, Options{})
		only := attend(t, p, c.a, Options{OutputOnly: true})
		for d, want := range c.want {
			if got := r.Output[d]; got != want && !(math.Abs(got-want) <= 1e-12*math.Abs(want)) && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Errorf("%s: column %d is %v, want %v", c.name, d, got, want)
			}
			if r.OutputDemand[d] != c.demand[d] {
				t.Errorf("%s: column %d demands %06b, want %06b", c.name, d, r.OutputDemand[d], c.demand[d])
			}
			if d := differs(r, only, 0); d == "output" || d == "logsumexp" {
				t.Errorf("%s: another %s without bounds", c.name, d)
			}
		}
		if r.LSEDemand[0] != c.lse {
			t.Errorf("%s: logsumexp demands %06b, want %06b", c.name, r.LSEDemand[0], c.lse)
		}
	}
}

// ones2 is V with the same value in both columns of each of two keys.
func ones2(a, b float64) []float64 { return []float64{a, a, b, b} }

// TestHugeMaskedValuesLoosenNothing: what a masked slot holds leaves output,
// bound and sharp line as they were, in every bit.
func TestHugeMaskedValuesLoosenNothing(t *testing.T) {
	for _, a := range []Arithmetic{inFP32, {In: FP16, Acc: FP32, Probs: FP16, Out: FP16, Exp: ExpError{A: 4}, Block: 16}} {
		holes := make([]float64, 90)
		for j := range holes {
			if j%3 == 1 {
				holes[j] = negInf
			}
		}
		p := randomProblem(2, 1, 2, 1, 5, 90, 6, Additive{1, 1, 1, 90, holes})
		before := attend(t, p, a, Options{})
		for _, poison := range []float64{nan, posInf, negInf, math.MaxFloat32, 65504} {
			for j := 1; j < 90; j += 3 {
				for d := range 6 {
					p.K[j*6+d], p.V[j*6+d] = poison, poison
				}
			}
			after := attend(t, p, a, Options{})
			if f := differs(before, after, 0); f == "output" || f == "logsumexp" {
				t.Errorf("%v in masked slots changes the %s", poison, f)
			}
			// The way a negligible sum is estimated may change, not its size.
			if f := differs(before, after, 1e-6); f != "" {
				t.Errorf("%v in masked slots changes the %s", poison, f)
			}
		}
	}
}

// TestSprinkled: IEEE arithmetic, by Loops and by simulated kernels, gives what
// is demanded, wherever NaN and infinities stand.
func TestSprinkled(t *testing.T) {
	special := []float64{nan, posInf, negInf, posInf, negInf}
	sims := simulations()
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 99))
		bias := make([]float64, 6*14)
		for i := range bias {
			switch rng.IntN(8) {
			case 0, 1, 2:
				bias[i] = negInf
			case 3:
				bias[i] = -100 * rng.Float64()
			case 4:
				if rng.IntN(60) == 0 {
					bias[i] = special[rng.IntN(3)]
				}
			}
		}
		for _, name := range []string{"fp32 online exp2", "fp16 online", "fp32 naive"} {
			sim := sims[name]
			sim.rng = rng
			p := simulated("normal", "normal", "normal", sim.a.In, rng, [4]int{2, 6, 14, 3}, Additive{1, 1, 6, 14, bias})
			for _, x := range [][]float64{p.Q, p.K, p.V, p.V, p.V} {
				if rng.IntN(3) == 0 {
					for range 1 + rng.IntN(3) {
						x[rng.IntN(len(x))] = special[rng.IntN(len(special))]
					}
				}
			}
			r := attend(t, p, sim.a, Options{})
			simOut, simLSE := sim.attend(p)
			loopOut, loopLSE, err := Loops(ctx, p, EmptyZero)
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range []struct {
				name     string
				out, lse []float64
			}{{name, simOut, simLSE}, {"Loops", loopOut, loopLSE}} {
				jo, _ := r.JudgeOutput(got.out)
				jl, _ := r.JudgeLSE(got.lse)
				if jo.Failed() || jl.Failed() || jo.Suspicious > 0 {
					t.Fatalf("seed %d: %s: output %+v\nlogsumexp %+v", seed, got.name, jo.Worst, jl.Worst)
				}
			}
		}
	}
}
