package reference

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The arithmetics of real kernels, and the orders they work in.
func simulations() map[string]simulation {
	fast := ExpError{A: 3, B: 2}
	precise := ExpError{A: 4}
	return map[string]simulation{
		"fp32 online exp2":    {a: Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: fast, Block: 32, FlushSubnormals: true}, base2: true},
		"fp32 online folded":  {a: Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: precise, Block: 8}, foldScale: true, pairwise: true},
		"fp32 naive":          {a: Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: precise, NormalizedProbs: true}, naive: true},
		"fp16 online":         {a: Arithmetic{In: FP16, Acc: FP32, Probs: FP16, Out: FP16, Exp: fast, Block: 16}, base2: true, foldScale: true},
		"fp16 kept in fp32":   {a: Arithmetic{In: FP16, Acc: FP32, Out: FP16, Exp: precise, Block: 32}, pairwise: true},
		"fp16 stored scores":  {a: Arithmetic{In: FP16, Acc: FP32, Scores: FP16, Probs: FP16, Out: FP16, Exp: precise, NormalizedProbs: true}, naive: true},
		"bf16 online":         {a: Arithmetic{In: BF16, Acc: FP32, Probs: BF16, Out: BF16, Exp: fast, Block: 64, FlushSubnormals: true}, base2: true, pairwise: true},
		"bf16 in, fp32 out":   {a: Arithmetic{In: BF16, Acc: FP32, Out: FP32, Exp: precise, Block: 1}, foldScale: true},
		"fp16 accumulators":   {a: Arithmetic{In: FP16, Acc: FP16, Probs: FP16, Out: FP16, Exp: precise, Block: 16}},
		"fp32 in, fp16 probs": {a: Arithmetic{In: FP32, Acc: FP32, Probs: FP16, Out: FP32, Exp: precise, Block: 32, FlushSubnormals: true}},
	}
}

// TestNoFalseAlarm runs simulated kernels over distributions, shapes and masks:
// none may be called wrong, nor suspicious, and the bound must stay within reach.
func TestNoFalseAlarm(t *testing.T) {
	low := make([]float64, 8*520)
	for i := range low {
		low[i] = []float64{0, 0, 1.5, -65504, -1e30, math.Inf(-1)}[i*7%6]
	}
	shapes := []struct {
		dims [4]int // heads, q_len, kv_len, head_dim
		mask Mask
	}{
		{[4]int{2, 9, 17, 8}, nil},
		{[4]int{1, 33, 40, 64}, Causal(0)},
		{[4]int{1, 4, 520, 16}, nil},
		{[4]int{1, 8, 520, 3}, Additive{1, 1, 8, 520, low}},
		{[4]int{1, 40, 70, 5}, Window{10, 20, 0}},
	}
	regimes := [][3]string{
		{"normal", "normal", "normal"}, {"uniform", "uniform", "uniform"}, {"normal", "outliers", "outliers"},
		{"sink", "sink", "normal"}, {"large", "normal", "normal"}, {"normal", "normal", "constant"},
		{"normal", "spread", "spread"}, {"zero", "normal", "normal"}, {"normal", "normal", "tiny"}, {"constant", "constant", "uniform"},
		{"large", "large", "normal"},
	}
	for name, sim := range simulations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var a alarms
			for i, regime := range regimes {
				for k, s := range shapes {
					sim.rng = rand.New(rand.NewPCG(uint64(i), uint64(k)))
					p := simulated(regime[0], regime[1], regime[2], sim.a.In, sim.rng, s.dims, s.mask)
					a.judge(t, fmt.Sprintf("%v, %v", regime, s.dims), sim, p)
				}
			}
			t.Logf("largest ratio %.3f, sharp %.3f, logsumexp %.3f; %d elements, %.1f %% inconclusive",
				a.worst, a.worstSharp, a.worstLSE, a.judged, 100*float64(a.inconclusive)/float64(a.judged))
			if a.worst < 0.02 {
				t.Errorf("largest ratio %.4f: a bound that loose finds nothing", a.worst)
			}
			// Scores in fp16 cannot tell the large ones apart.
			coarse := sim.a.Acc == FP16 || sim.a.Scores == FP16
			if !coarse && a.inconclusive*50 > a.judged {
				t.Errorf("%d of %d elements inconclusive", a.inconclusive, a.judged)
			}
		})
	}
}

// alarms adds up what was said of one simulated kernel.
type alarms struct {
	worst, worstSharp, worstLSE float64 // ratios
	judged, inconclusive        int     // elements
}

// judge holds what the kernel makes of a problem, which is right, against the lines.
func (a *alarms) judge(t *testing.T, where string, sim simulation, p *Problem) {
	r := attend(t, p, sim.a, Options{Workers: 1})
	out, lse := sim.attend(p)
	jo, err := r.JudgeOutput(out)
	if err != nil {
		t.Fatal(err)
	}
	jl, err := r.JudgeLSE(lse)
	if err != nil {
		t.Fatal(err)
	}
	if jo.Failed() || jo.Suspicious > 0 {
		t.Errorf("%s: output: numeric %d, special %d, suspicious %d\nworst %+v\nsharp %+v", where, jo.Numeric, jo.Special, jo.Suspicious, jo.Worst, jo.WorstSharp)
	}
	if jl.Failed() {
		t.Errorf("%s: logsumexp %+v", where, jl)
	}
	a.worst, a.worstSharp, a.worstLSE = max(a.worst, jo.Worst.Ratio), max(a.worstSharp, jo.WorstSharp.SharpRatio), max(a.worstLSE, jl.Worst.Ratio)
	a.judged += jo.Elements
	a.inconclusive += jo.Inconclusive
}

// TestPlantedFaults: what kernels get wrong is past a line.
func TestPlantedFaults(t *testing.T) {
	base := simulations()["fp16 online"]
	for name, plant := range map[string]func(*simulation){
		"":                          func(s *simulation) {},
		"a key past the mask":       func(s *simulation) { s.leak = 1 },
		"accumulators not rescaled": func(s *simulation) { s.noRescale = true },
		"scale off by 1 %":          func(s *simulation) { s.wrongScale = 1.01 },
	} {
		sim := base
		sim.rng = rand.New(rand.NewPCG(3, 4))
		plant(&sim)
		p := simulated("normal", "normal", "normal", FP16, sim.rng, [4]int{2, 40, 100, 32}, Causal(0))
		r := attend(t, p, sim.a, Options{})
		out, _ := sim.attend(p)
		if j, err := r.JudgeOutput(out); err != nil || j.Special > 0 || (j.Numeric > 0) != (name != "") {
			t.Errorf("fault %q: %+v, %v", name, j, err)
		}
	}
}

// TestLeakedKey: at 4096 keys one key too many moves an output by 1/4096 of a
// value. The sharp line sees it, in fp32 and in fp16.
func TestLeakedKey(t *testing.T) {
	for _, name := range []string{"fp32 online exp2", "fp16 online"} {
		sim := simulations()[name]
		sim.rng = rand.New(rand.NewPCG(11, 12))
		p := simulated("normal", "normal", "normal", sim.a.In, sim.rng, [4]int{1, 2, 4097, 64}, Causal(4095))
		p.Mask = Window{Offset: 4095, Left: -1, Right: 0}
		r := attend(t, p, sim.a, Options{})
		for leak := range 2 {
			sim.leak = leak
			out, _ := sim.attend(p)
			j, err := r.JudgeOutput(out)
			if err != nil {
				t.Fatal(err)
			}
			seen := j.Suspicious+j.Numeric > 0
			if seen != (leak > 0) {
				t.Errorf("%s, %d keys leaked: %+v", name, leak, j)
			}
			t.Logf("%s, %d keys leaked: %d suspicious, %d numeric, worst ratio %.3g, sharp %.3g; bound/sharp there %.3g",
				name, leak, j.Suspicious, j.Numeric, j.Worst.Ratio, j.WorstSharp.SharpRatio, j.WorstSharp.Bound/j.WorstSharp.Sharp)
		}
	}
}
