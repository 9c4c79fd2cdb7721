package reference

import (
	"math"
	"math/rand/v2"
	"testing"
)

// leanProblem has 128 rows of different q.
func leanProblem(f Format, n, dim int, rng *rand.Rand) *Problem {
	return simulated("normal", "normal", "normal", f, rng, [4]int{2, 64, n, dim}, nil)
}

// TestRightKernelsDoNotLean: whatever they round, over every kind of values, their errors point nowhere.
func TestRightKernelsDoNotLean(t *testing.T) {
	regimes := [][3]string{
		{"normal", "normal", "normal"}, {"uniform", "uniform", "uniform"}, {"normal", "outliers", "outliers"}, {"sink", "sink", "normal"},
		{"normal", "normal", "constant"}, {"normal", "spread", "spread"}, {"normal", "normal", "tiny"}, {"normal", "normal", "uniform"}, {"large", "normal", "normal"},
	}
	shapes := [][4]int{{2, 40, 2, 8}, {1, 64, 17, 3}, {1, 64, 130, 32}, {4, 33, 40, 16}}
	if testing.Short() {
		shapes = shapes[:2]
	}
	for name, sim := range simulations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sum Lean
			worst, rows := 0.0, 0
			for i, regime := range regimes {
				for k, shape := range shapes {
					sim.rng = rand.New(rand.NewPCG(uint64(i), uint64(k)))
					p := simulated(regime[0], regime[1], regime[2], sim.a.In, sim.rng, shape, []Mask{nil, Causal(3)}[k%2])
					r := attend(t, p, sim.a, Options{Workers: 1})
					out, _ := sim.attend(p)
					l := r.Lean(out)
					sum.Add(l)
					rows += l.Rows
					if worst = max(worst, l.T()); l.T() > LeanLine {
						t.Errorf("%v %v: T %.2f, %+v", regime, shape, l.T(), l)
					}
				}
			}
			t.Logf("largest T %.2f; of all cases together %.2f (size), %.2f (tilt), %d rows", worst, sum.Size.T(), sum.Tilt.T(), rows)
			if sum.T() > LeanLine {
				t.Errorf("all cases: T %.2f, %+v", sum.T(), sum)
			}
			if (rows == 0) != (sim.a.Scores != Format{}) {
				t.Errorf("%d rows counted", rows)
			}
		})
	}
}

// cut stores x by leaving bits off: towards zero.
func cut(f Format, x float64) float64 {
	if r := roundTo(f, false, x); math.Abs(r) <= math.Abs(x) {
		return r
	}
	_, e := math.Frexp(x)
	return roundTo(f, false, x-math.Copysign(math.Ldexp(f.Unit, e-1), x))
}

// TestLeaningErrorsAreSeen: P or O stored by cutting bits off instead of rounding is within every line, and leans.
func TestLeaningErrorsAreSeen(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for name, c := range map[string]struct {
		sim  string
		p, o bool
	}{
		"P cut to bf16": {"bf16 online", true, false},
		"P cut to fp16": {"fp16 online", true, false},
		"O cut to bf16": {"bf16 online", false, true},
		"O cut to fp16": {"fp16 online", false, true},
	} {
		sim := simulations()[c.sim]
		sim.rng = rand.New(rand.NewPCG(5, 6))
		p := leanProblem(sim.a.In, 256, 64, sim.rng)
		r := attend(t, p, sim.a, Options{})
		right, _ := sim.attend(p)
		if c.p {
			sim.cutProbs = cut
		}
		if c.o {
			sim.cutOut = cut
		}
		out, _ := sim.attend(p)
		j, err := r.JudgeOutput(out)
		if err != nil {
			t.Fatal(err)
		}
		l := r.Lean(out)
		t.Logf("%s: T %.2f of %d rows, strength %.3g; bound ratio %.2f, sharp ratio %.2f; rounded: T %.2f", name, l.T(), l.Rows, l.Size.Strength(), j.Worst.Ratio, j.WorstSharp.SharpRatio, r.Lean(right).T())
		if l.T() <= LeanLine || l.Size.Strength() >= 0 || j.Failed() {
			t.Errorf("%s: T %.2f, strength %.3g, judged %+v", name, l.T(), l.Size.Strength(), j)
		}
		if r.Lean(right).T() > LeanLine {
			t.Errorf("%s: and rounded as it should be: %+v", name, r.Lean(right))
		}
	}
}

// TestWhatLeanLeavesOut: rows of equal q, of one score, infinite ones, and outputs that do not vary.
func TestWhatLeanLeavesOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	a := inFP32
	count := func(change func(p *Problem, a *Arithmetic)) int {
		p, b := leanProblem(FP32, 20, 4, rng), a
		change(p, &b)
		r := attend(t, p, b, Options{})
		return r.Lean(r.Output).Rows
	}
	for name, c := range map[string]struct {
		want   int
		change func(p *Problem, a *Arithmetic)
	}{
		"nothing":               {128, func(*Problem, *Arithmetic) {}},
		"a row that is another": {127, func(p *Problem, _ *Arithmetic) { copy(p.Q[4:8], p.Q[:4]) }},
		"a row of zeros":        {127, func(p *Problem, _ *Arithmetic) { clear(p.Q[4:8]) }},
		"a row of NaN":          {127, func(p *Problem, _ *Arithmetic) { p.Q[5] = nan }},
		"all rows alike":        {0, func(p *Problem, _ *Arithmetic) { clear(p.Q) }},
		"stored scores":         {0, func(_ *Problem, a *Arithmetic) { a.Scores = FP16 }},
		"too few rows":          {0, func(p *Problem, _ *Arithmetic) { p.Heads, p.QLen, p.Q = 1, 49, p.Q[:49*4] }},
		"rows of other heads":   {0, func(p *Problem, _ *Arithmetic) { p.Heads, p.QLen = 128, 1 }},
	} {
		if got := count(c.change); got != c.want {
			t.Errorf("%s: %d rows, want %d", name, got, c.want)
		}
	}
	p := leanProblem(FP32, 20, 4, rng)
	for i := range p.V {
		p.V[i] = 1
	}
	if l := attend(t, p, a, Options{}); l.Lean(l.Output).Size.Size != 0 {
		t.Errorf("columns that do not vary count: %+v", l.Lean(l.Output))
	}
	if (Sums{}).T() != 0 || (Sums{}).Strength() != 0 {
		t.Error("sums of nothing lean")
	}
}

// TestSharedWeightsCountOnce: where a mask alone decides, rows of all heads have the same weights, which a correct
// implementation rounds alike in each of them.
func TestSharedWeightsCountOnce(t *testing.T) {
	for name, kvHeads := range map[string]int{"of equal v": 1, "of different v": 16} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				rng := rand.New(rand.NewPCG(seed, 1))
				p := simulated("normal", "normal", "normal", FP32, rng, [4]int{16, 20, 6, 8}, nil)
				p.KVHeads = kvHeads
				p.K, p.V = make([]float64, kvHeads*6*8), make([]float64, kvHeads*6*8)
				for i := range p.K {
					p.K[i], p.V[i] = roundTo(FP32, false, 1e-9*rng.NormFloat64()), roundTo(FP32, false, rng.NormFloat64())
				}
				bias := make([]float64, 20*6)
				for i := range bias {
					bias[i] = roundTo(FP32, false, rng.NormFloat64())
				}
				p.Mask = Additive{1, 1, 20, 6, bias}
				r := attend(t, p, inFP32, Options{Workers: 1})
				got := append([]float64(nil), r.Output...)
				for row := range 20 { // the first key's weight is off, the others' make up for it
					off := 60 * FP32.Unit * float64(rng.IntN(2)*2-1)
					for head := range 16 {
						at := (head*20 + row) * 8
						for d := range 8 {
							got[at+d] += off * (p.V[head*kvHeads/16*6*8+d] - r.Output[at+d])
						}
					}
				}
				if l := r.Lean(got); l.T() > LeanLine {
					t.Fatalf("seed %d: T %.2f, %+v", seed, l.T(), l)
				}
			}
		})
	}
}

// TestOutputsThatRecurDoNotLean: under a window, with a one-hot v and scores that hardly differ, outputs are shares k/n, a
// dozen values that hundreds of rows come near to, each rounded the same way every time. Cutting bits off leans there too.
func TestOutputsThatRecurDoNotLean(t *testing.T) {
	for name, f := range map[string]Format{"fp16": FP16, "bf16": BF16} {
		t.Run(name, func(t *testing.T) {
			a := Arithmetic{In: f, Acc: FP32, Out: f, Exp: ExpError{A: 4}, NormalizedProbs: true}
			seeds, seen, rows := 12, 0, 0
			for seed := range uint64(seeds) {
				rng := rand.New(rand.NewPCG(seed, 3))
				sim := simulation{a: a, naive: true, rng: rng}
				mask := []Mask{Window{63, 0, 133}, Window{-1, 4, -96}, Window{20, 20, 0}, Causal(0)}[seed%4]
				p := simulated("normal", "normal", "zero", f, rng, [4]int{12, 33, 160, 8}, mask)
				for j := range p.KVLen {
					p.V[j*8+rng.IntN(8)] = 1
				}
				p.Scale = []float64{1e-4, 1.7e-4, 3.5e-4}[seed%3]
				r := attend(t, p, a, Options{Workers: 1})
				out, _ := sim.attend(p)
				l := r.Lean(out)
				rows += l.Rows
				if l.T() > LeanLine {
					t.Errorf("seed %d: T %.2f, %+v", seed, l.T(), l)
				}
				sim.cutOut = cut
				if out, _ = sim.attend(p); r.Lean(out).T() > LeanLine {
					seen++
				}
			}
			t.Logf("cutting bits off is seen in %d of %d, over %d rows", seen, seeds, rows)
			if rows < 1000 || seen < seeds/2 {
				t.Errorf("%d rows count, and cutting bits off is seen in %d of %d", rows, seen, seeds)
			}
		})
	}
}

// TestRowsOfFewKeysAreToldApartByOneSum: a row is held against those alone whose sum is near its own. Of two to five keys
// signs alone made the same sum in most of the rows, and tens of thousands of rows were each held against all others.
func TestRowsOfFewKeysAreToldApartByOneSum(t *testing.T) {
	for keys := 2; keys < 6; keys++ {
		p := simulated("normal", "normal", "normal", FP32, rand.New(rand.NewPCG(uint64(keys), 4)), [4]int{4, 500, keys, 8}, nil)
		l := attend(t, p, inFP32, Options{Workers: 1}).leaning
		pairs := 0
		var rows []int
		for row, spread := range l.spread {
			if spread > 0 {
				rows = append(rows, row)
			}
		}
		alike := func(int, int) bool { pairs++; return false }
		oneOfEach(rows, func(row int) float64 { return l.weights[row].sums[0] }, func(row int) float64 { return l.near(&l.weights[row]) }, alike)
		if len(rows) < 1000 || pairs > len(rows)/10 {
			t.Errorf("%d keys: %d comparisons of %d rows", keys, pairs, len(rows))
		}
	}
}

// TestScoresThatErrAlikeDoNotLean: of one q in every row, scores of a key err alike in every row, however masks differ; and
// sums of few different terms err the more the larger they are, as another scale would.
func TestScoresThatErrAlikeDoNotLean(t *testing.T) {
	const heads, queries, keys = 8, 19, 60
	type draw func(row int, rng *rand.Rand) float64
	normal := func(_ int, rng *rand.Rand) float64 { return rng.NormFloat64() }
	constant := func(int, *rand.Rand) float64 { return 0.7 }
	ofRow := func(row int, _ *rand.Rand) float64 { return 0.7 + float64(row)/1024 }
	few := func(_ int, rng *rand.Rand) float64 { return -0.123 * float64(7+rng.IntN(2)) }
	for name, c := range map[string]struct {
		q, k   draw
		dim    int
		counts bool
	}{
		"one q":                 {constant, normal, 80, false},
		"one q, few k":          {constant, few, 80, false},
		"q of one value, few k": {ofRow, few, 80, false},
		"the same, a short sum": {ofRow, few, 12, false},
		"q of one value":        {ofRow, normal, 80, true},
		"few k":                 {normal, few, 80, true},
	} {
		t.Run(name, func(t *testing.T) {
			sim := simulations()["fp32 naive"]
			worst, rows := 0.0, 0
			for seed := range uint64(6) {
				rng := rand.New(rand.NewPCG(seed, 9))
				sim.rng = rng
				bias := make([]float64, heads*queries*keys)
				for at := range bias {
					row, key := at/keys%queries, at%keys
					if rng.IntN(2) == 0 || key < row-2 || key > row+7 {
						bias[at] = math.Inf(-1)
					}
				}
				p := simulated("zero", "zero", "uniform", FP32, rng, [4]int{heads, queries, keys, c.dim}, Additive{1, heads, queries, keys, bias})
				p.Scale = -1
				for at := range p.Q {
					p.Q[at] = roundTo(FP32, false, c.q(at/c.dim, rng))
				}
				for at := range p.K {
					p.K[at] = roundTo(FP32, false, c.k(at/c.dim, rng))
				}
				r := attend(t, p, sim.a, Options{Workers: 1})
				out, _ := sim.attend(p)
				l := r.Lean(out)
				worst, rows = max(worst, l.T()), rows+l.Rows
			}
			if t.Logf("largest T %.2f, %d rows", worst, rows); worst > LeanLine || (rows > 0) != c.counts {
				t.Errorf("largest T %.2f, %d rows; want at most %d, and rows: %v", worst, rows, LeanLine, c.counts)
			}
		})
	}
}
