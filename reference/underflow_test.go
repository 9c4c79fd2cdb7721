package reference

import (
	"math"
	"testing"
)

// TestUnderflow: what kernels give at the low end of the exponent range is
// within the bound where they declare to flush, or to store in fp16, and past
// it where they do not.
func TestUnderflow(t *testing.T) {
	kept := inFP32
	kept.FlushSubnormals = false
	halfProbs := kept
	halfProbs.Probs = FP16
	few := func(x ...float64) Mask { return Additive{1, 1, 1, len(x), x} }
	for _, c := range []struct {
		name            string
		allows, forbids Arithmetic
		scale, q        float64
		k, v            []float64
		mask            Mask
		got             float64
	}{
		{"output flushed", inFP32, kept, 1, 1, []float64{0}, []float64{1e-39}, nil, 0},
		{"q flushed", inFP32, kept, 10, 1e-39, []float64{1e38, 0}, []float64{1, -1}, nil, 0},
		{"k flushed", inFP32, kept, 10, 1e38, []float64{1e-39, 0}, []float64{1, -1}, nil, 0},
		{"a weight flushed", inFP32, kept, 1, 1, []float64{0, 0}, []float64{0, 1e38}, few(0, -95), 0},
		{"products flushed", inFP32, kept, 1, 1, []float64{0, 0, 0, 0}, []float64{4e-38, 0, 4e-38, 0}, nil, 0},
		{"a stored weight underflows in fp16", halfProbs, kept, 1, 1, []float64{0, 0}, []float64{0, 1e7}, few(0, -17.5), 0},
	} {
		n := len(c.k)
		p := &Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: n, HeadDim: 1, Scale: c.scale, Q: []float64{c.q}, K: c.k, V: c.v, Mask: c.mask}
		allowed := attend(t, p, c.allows, Options{}).OutputAt(0, c.got)
		if allowed.Verdict != Pass && allowed.Verdict != Inconclusive {
			t.Errorf("%s: declared, yet %+v", c.name, allowed)
		}
		if forbidden := attend(t, p, c.forbids, Options{}).OutputAt(0, c.got); forbidden.Verdict != Numeric {
			t.Errorf("%s: not declared, yet %+v", c.name, forbidden)
		}
	}
}

// TestNegligibleKeys: a key hidden by a huge negative bias has a score with a
// huge rounding error, and still weighs nothing: the row stays well-conditioned.
func TestNegligibleKeys(t *testing.T) {
	for _, hidden := range []float64{-65504, -1e9, -1e30, -math.MaxFloat32} {
		p := &Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: 3, HeadDim: 1, Scale: 1,
			Q: []float64{1}, K: []float64{1, 0, 2}, V: []float64{3, 100, 5}, Mask: Additive{1, 1, 1, 3, []float64{0, hidden, 0}}}
		with := attend(t, p, inFP32, Options{})
		p.Mask.(Additive).Bias[1] = negInf
		without := attend(t, p, inFP32, Options{})
		if with.OutputDemand[0] != Value || !(with.Condition[0] <= 0.02) || !(with.Bound[0] <= 2*without.Bound[0]) {
			t.Errorf("bias %v: demand %b, eps %v, bound %v against %v of a masked key",
				hidden, with.OutputDemand[0], with.Condition[0], with.Bound[0], without.Bound[0])
		}
	}
}

func TestSurviving(t *testing.T) {
	p := randomProblem(1, 1, 1, 1, 1, 4, 4, nil)
	normalized, halfProbs := inFP32, inFP32
	normalized.NormalizedProbs = true
	halfProbs.Probs = FP16
	for _, c := range []struct {
		name string
		a    Arithmetic
		s    float64 // below the maximum
		l    float64
		eps  float64
		want bool
	}{
		{"well above", inFP32, -60, 1, 0.1, true},
		{"just above", inFP32, -85, 50, 0.1, true},
		{"at the edge", inFP32, -87, 1, 0.1, false},
		{"divided by the sum first", normalized, -85, 50, 0.1, false},
		{"stored in fp16", halfProbs, -60, 1, 0.1, false},
		{"stored in fp16, large", halfProbs, -7, 1, 0.1, true},
		{"of an unknown weight", inFP32, -60, 1, 0.6, false},
	} {
		l := newLines(p, c.a)
		r := row{m: 5, l: c.l, rowBounds: rowBounds{maxEps: c.eps}}
		if got := l.surviving(&r, 5+c.s); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestSmallAccumulators: sums that leave the range of a format make a row that
// cannot be judged, and only then.
func TestSmallAccumulators(t *testing.T) {
	for keys, want := range map[int]Demand{5: Value, 8: Anything} {
		a := inFP32
		a.Acc.Max = 10
		p := randomProblem(1, 1, 1, 1, 1, keys, 1, nil)
		clear(p.K)
		clear(p.V)
		if got := attend(t, p, a, Options{}).OutputDemand[0]; got != want {
			t.Errorf("%d weights of 1 where 10 is the largest number: demand %b, want %b", keys, got, want)
		}
	}
	for score, want := range map[float64]Demand{40000: Value, 60000: Anything, -60000: Anything} {
		a := Arithmetic{In: FP16, Acc: FP32, Scores: FP16, Out: FP16}
		hidden := randomProblem(1, 1, 1, 1, 1, 2, 1, Additive{1, 1, 1, 2, []float64{0, -1e30}})
		hidden.Scale, hidden.Q[0], hidden.K[0], hidden.K[1] = 1, 1, 0, math.Abs(score)
		if got := attend(t, hidden, a, Options{}).OutputDemand[0]; (got == Anything) != (score*score > 2e9) {
			t.Errorf("a score of %v stored before a bias of -1e30: demand %b", score, got)
		}
		p := randomProblem(1, 1, 1, 1, 1, 1, 1, nil)
		p.Scale, p.Q[0], p.K[0] = 1, 1, score
		if got := attend(t, p, a, Options{}).OutputDemand[0]; got != want {
			t.Errorf("a score of %v stored in fp16: demand %b, want %b", score, got, want)
		}
	}
}

func TestBothMasks(t *testing.T) {
	bias := func(x ...float64) Mask { return Additive{1, 1, 1, len(x), x} }
	m := Both{bias(1, negInf, posInf, nan, 0), Both{bias(2, posInf, negInf, negInf, 0), Causal(3)}}
	got := make([]float64, 5)
	first, last := m.Row(0, 0, 0, got)
	if first != 0 || last != 4 || got[0] != 3 || got[1] != negInf || got[2] != negInf || got[3] != negInf {
		t.Errorf("keys [%d, %d): %v", first, last, got)
	}
}

func TestFormatUnderflow(t *testing.T) {
	for _, c := range []struct {
		f     Format
		flush bool
		want  float64
	}{
		{FP16, false, 0x1p-25}, {FP16, true, 0x1p-25}, {BF16, false, 0x1p-134}, {BF16, true, 0x1p-126},
		{FP32, false, 0x1p-150}, {FP32, true, 0x1p-126}, {Format{}, true, 0},
	} {
		if got := c.f.underflow(c.flush); got != c.want {
			t.Errorf("%s, flush %v: %v, want %v", c.f.Name, c.flush, got, c.want)
		}
	}
}
