package reference

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

var ctx = context.Background()

// inFP32 is the arithmetic of a careful fp32 implementation.
var inFP32 = Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}, Block: 32, FlushSubnormals: true}

// randomProblem has normally distributed tensors.
func randomProblem(seed uint64, batch, heads, kvHeads, qLen, kvLen, dim int, mask Mask) *Problem {
	rng := rand.New(rand.NewPCG(seed, 1))
	tensor := func(heads, rows int) []float64 {
		x := make([]float64, batch*heads*rows*dim)
		for i := range x {
			x[i] = float64(float32(rng.NormFloat64()))
		}
		return x
	}
	return &Problem{Batch: batch, Heads: heads, KVHeads: kvHeads, QLen: qLen, KVLen: kvLen, HeadDim: dim,
		Scale: 1 / math.Sqrt(float64(dim)), Mask: mask,
		Q: tensor(heads, qLen), K: tensor(kvHeads, kvLen), V: tensor(kvHeads, kvLen)}
}

func attend(t testing.TB, p *Problem, a Arithmetic, o Options) *Result {
	t.Helper()
	r, err := Attend(ctx, p, a, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestKnownAnswers holds Attend against answers worked out by hand.
func TestKnownAnswers(t *testing.T) {
	ln2 := math.Log(2)
	for _, c := range []struct {
		name        string
		scale       float64
		q, k, v     []float64 // head_dim 1
		mask        Mask
		output, lse []float64
	}{
		{"one key", 1, []float64{3}, []float64{5}, []float64{7}, nil, []float64{7}, []float64{15}},
		{"two equal keys", 1, []float64{1}, []float64{2, 2}, []float64{1, 5}, nil, []float64{3}, []float64{2 + ln2}},
		{"weights 1:2", 1, []float64{1}, []float64{0, ln2}, []float64{3, 6}, nil, []float64{5}, []float64{math.Log(3)}},
		{"scale", 2, []float64{1}, []float64{0, ln2}, []float64{0, 5}, nil, []float64{4}, []float64{math.Log(5)}},
		{"negative scale", -1, []float64{1}, []float64{0, ln2}, []float64{0, 3}, nil, []float64{1}, []float64{math.Log(1.5)}},
		{"scale 0", 0, []float64{1}, []float64{0, 100}, []float64{2, 4}, nil, []float64{3}, []float64{ln2}},
		{"causal", 1, []float64{1, 1}, []float64{0, ln2}, []float64{3, 6}, Causal(0), []float64{3, 5}, []float64{0, math.Log(3)}},
		{"causal, aligned bottom-right", 1, []float64{1}, []float64{0, ln2}, []float64{3, 6}, Causal(1), []float64{5}, []float64{math.Log(3)}},
		{"window", 1, []float64{1, 1}, []float64{0, 0, ln2}, []float64{9, 3, 6}, Window{0, 0, 1}, []float64{6, 5}, []float64{ln2, math.Log(3)}},
		{"bias", 1, []float64{1}, []float64{0, 0}, []float64{3, 6}, Additive{1, 1, 1, 2, []float64{0, ln2}}, []float64{5}, []float64{math.Log(3)}},
		{"empty row", 1, []float64{1}, []float64{0}, []float64{3}, Causal(-1), []float64{0}, []float64{math.Inf(-1)}},
	} {
		p := &Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: len(c.q), KVLen: len(c.k), HeadDim: 1,
			Scale: c.scale, Q: c.q, K: c.k, V: c.v, Mask: c.mask}
		r := attend(t, p, inFP32, Options{})
		out, lse, err := Loops(ctx, p, EmptyZero)
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.output {
			for name, got := range map[string]float64{"Attend": r.Output[i], "Loops": out[i]} {
				if math.Abs(got-c.output[i]) > 1e-14 {
					t.Errorf("%s: %s: row %d: output %v, want %v", c.name, name, i, got, c.output[i])
				}
			}
			for name, got := range map[string]float64{"Attend": r.LSE[i], "Loops": lse[i]} {
				if got != c.lse[i] && !(math.Abs(got-c.lse[i]) <= 1e-14) {
					t.Errorf("%s: %s: row %d: logsumexp %v, want %v", c.name, name, i, got, c.lse[i])
				}
			}
		}
	}
}

// TestAttendAgainstLoops holds the two implementations against each other over
// shapes that straddle the edges of blocks and tiles.
func TestAttendAgainstLoops(t *testing.T) {
	double := Arithmetic{In: FP64, Acc: FP64, Out: FP64, Exp: ExpError{A: 0x1p-28}, Block: 1}
	for i, c := range []struct {
		batch, heads, kvHeads, q, kv, dim int
		mask                              Mask
	}{
		{1, 1, 1, 1, 1, 1, nil},
		{2, 4, 2, 7, 33, 16, Causal(0)},
		{1, 8, 1, 1, 130, 64, nil},
		{2, 6, 3, 65, 64, 8, Causal(-1)},
		{1, 2, 1, 64, 129, 5, Window{65, 20, 0}},
		{1, 1, 1, 3, 1000, 200, nil},
		{1, 3, 3, 70, 257, 130, Window{0, 3, 100}},
		{1, 2, 2, 9, 12, 256, Causal(3)},
		{1, 2, 2, 100, 600, 33, nil},
	} {
		p := randomProblem(uint64(i), c.batch, c.heads, c.kvHeads, c.q, c.kv, c.dim, c.mask)
		r := attend(t, p, double, Options{})
		out, lse, err := Loops(ctx, p, EmptyZero)
		if err != nil {
			t.Fatal(err)
		}
		jo, err := r.JudgeOutput(out)
		if err != nil {
			t.Fatal(err)
		}
		jl, err := r.JudgeLSE(lse)
		if err != nil {
			t.Fatal(err)
		}
		if jo.Failed() || jl.Failed() || jo.Inconclusive+jl.Inconclusive > 0 {
			t.Errorf("%+v: output %+v\nlogsumexp %+v", c, jo, jl)
		}
	}
}

// TestWorkersAndBlocks: workers change no bit; the row block changes rounding
// in float64 and no more.
func TestWorkersAndBlocks(t *testing.T) {
	p := randomProblem(5, 2, 4, 2, 77, 130, 24, Causal(10))
	one := attend(t, p, inFP32, Options{Workers: 1})
	if d := differs(one, attend(t, p, inFP32, Options{Workers: 7}), 0); d != "" {
		t.Error("7 workers:", d)
	}
	for _, block := range []int{1, 5, 64} {
		if d := differs(one, attend(t, p, inFP32, Options{RowBlock: block}), 1e-12); d != "" {
			t.Errorf("blocks of %d rows: %s", block, d)
		}
	}
	only := attend(t, p, inFP32, Options{OutputOnly: true})
	if d := differs(one, only, 0); d != "" {
		t.Error("outputs only:", d)
	}
}

// differs names the first field in which two results differ by more than a
// relative tolerance, or in any bit where it is 0. Lines that b was computed
// without are left out.
func differs(a, b *Result, tol float64) string {
	for _, f := range []struct {
		name string
		x, y []float64
	}{{"output", a.Output, b.Output}, {"logsumexp", a.LSE, b.LSE}, {"bound", a.Bound, b.Bound},
		{"sharp line", a.Sharp, b.Sharp}, {"bound of logsumexp", a.LSEBound, b.LSEBound}, {"condition", a.Condition, b.Condition}} {
		for i := range f.y {
			same := math.Float64bits(f.x[i]) == math.Float64bits(f.y[i])
			if !same && !(math.Abs(f.x[i]-f.y[i]) <= tol*(math.Abs(f.x[i])+1e-3)) {
				return f.name
			}
		}
	}
	return ""
}
