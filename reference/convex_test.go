package reference

import (
	"math"
	"math/rand"
	"testing"
)

// TestIllConditionedRows: a bias of -1e9 on every key swallows the scores in fp32, so that a correct kernel makes equal
// weights where float64 does not. It passes, in both ways of adding the bias, and what no weights can make fails.
func TestIllConditionedRows(t *testing.T) {
	rng := rand.New(rand.NewSource(5))
	const keys, dim = 40, 8
	p := &Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: keys, HeadDim: dim, Scale: 0.35}
	p.Q, p.K, p.V = make([]float64, dim), make([]float64, keys*dim), make([]float64, keys*dim)
	for _, x := range [][]float64{p.Q, p.K, p.V} {
		for i := range x {
			x[i] = float64(float32(rng.NormFloat64()))
		}
	}
	for i := range p.V {
		p.V[i] = 1 + math.Abs(p.V[i]) // 0 is no mean of these
	}
	floor := make([]float64, keys)
	for j := range floor {
		floor[j] = -1e9
	}
	p.Mask = Additive{1, 1, 1, keys, floor}
	r := attend(t, p, inFP32, Options{})
	if r.Condition[0] <= 0.5 {
		t.Fatalf("condition %g: the row is not ill-conditioned", r.Condition[0])
	}
	equal, one, above := make([]float64, dim), make([]float64, dim), make([]float64, dim)
	for d := range dim {
		for j := range keys {
			equal[d] += p.V[j*dim+d] / keys
			above[d] = max(above[d], p.V[j*dim+d])
		}
		one[d] = p.V[3*dim+d] // as where the sums with the bias round to two neighbours
		above[d] *= 1.5
	}
	for _, c := range []struct {
		name   string
		got    []float64
		failed bool
	}{{"equal weights", equal, false}, {"all weight on one key", one, false}, {"exact", r.Output, false},
		{"an empty row", make([]float64, dim), true}, {"above every v", above, true}} {
		j, err := r.JudgeOutput(c.got)
		if err != nil {
			t.Fatal(err)
		}
		if j.Failed() != c.failed || j.Inconclusive > 0 {
			t.Errorf("%s: %+v; want failed %v and nothing inconclusive", c.name, j, c.failed)
		}
	}
}
