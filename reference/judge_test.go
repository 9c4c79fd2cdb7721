package reference

import (
	"math"
	"strings"
	"testing"
)

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		name                    string
		got, want, bound, sharp float64
		demand                  Demand
		verdict                 Verdict
		ratio, sharpRatio       float64
	}{
		{"exact", 1, 1, 0, 0, Value, Pass, 0, 0},
		{"no line, off", 1, 2, 0, 0, Value, Numeric, posInf, posInf},
		{"within the sharp line", 1.5, 1, 2, 1, Value, Pass, 0.25, 0.5},
		{"on the sharp line", 2, 1, 2, 1, Value, Pass, 0.5, 1},
		{"past it", 2.5, 1, 2, 1, Value, Suspicious, 0.75, 1.5},
		{"on the bound", 3, 1, 2, 1, Value, Suspicious, 1, 2},
		{"past the bound", -2, 1, 2, 1, Value, Numeric, 1.5, 3},
		{"NaN for a number", nan, 1, 2, 1, Value, Special, posInf, posInf},
		{"Inf for a number", posInf, 1, 2, 1, Value, Special, posInf, posInf},
		{"a number for NaN", 1, nan, 0, 0, NaN, Special, posInf, posInf},
		{"NaN for NaN", nan, nan, 0, 0, NaN, Pass, 0, 0},
		{"the other Inf", negInf, posInf, 0, 0, PosInf, Special, posInf, posInf},
		{"either of two", nan, posInf, 0, 0, PosInf | NaN, Pass, 0, 0},
		{"overflow to Inf", posInf, 70000, 100, 100, Value | PosInf, Pass, 0, 0},
		{"overflow to the largest", 65504, 70000, 100, 100, Value | PosInf, Pass, 0, 0},
		{"overflow to less", 65000, 70000, 100, 100, Value | PosInf, Numeric, 5.04, 5.04},
		{"ill-conditioned number", 5, 1, 2, 1, AnyFinite, Inconclusive, 0, 0},
		{"ill-conditioned NaN", nan, 1, 2, 1, AnyFinite, Special, posInf, posInf},
		{"wild NaN", nan, 1, 2, 1, Value | AnyNonFinite, Inconclusive, 0, 0},
		{"wild number", 9, 1, 2, 1, Value | AnyNonFinite, Numeric, 4, 8},
		{"a bound that is NaN", 1.5, 1, nan, nan, Value, Numeric, posInf, posInf},
	} {
		p := Place{Got: c.got, Want: c.want, Bound: c.bound, Sharp: c.sharp, Demand: c.demand}
		p.decide(65504)
		if p.Verdict != c.verdict || p.Ratio != c.ratio || p.SharpRatio != c.sharpRatio {
			t.Errorf("%s: %v, ratios %v and %v; want %v, %v and %v", c.name, p.Verdict, p.Ratio, p.SharpRatio, c.verdict, c.ratio, c.sharpRatio)
		}
	}
}

// TestJudgement: the counts, and the worst element found where it is.
func TestJudgement(t *testing.T) {
	p := randomProblem(1, 2, 3, 3, 4, 5, 6, nil)
	r := attend(t, p, inFP32, Options{})
	got := append([]float64(nil), r.Output...)
	at := ((1*3+2)*4+3)*6 + 5
	got[at] += 3 * r.Bound[at]
	got[7] -= 0.9 * r.Bound[7]
	got[8] += 5 * r.Sharp[8]
	got[9] = nan
	r.OutputDemand[10] = AnyFinite
	r.Bound[8] = 10 * r.Sharp[8]
	r.Bound[7], r.Sharp[7] = 2*r.Bound[7], 2*r.Bound[7]
	j, err := r.JudgeOutput(got)
	if err != nil {
		t.Fatal(err)
	}
	if j.Elements != 144 || j.Passed != 140 || j.Numeric != 1 || j.Suspicious != 1 || j.Special != 1 || j.Inconclusive != 1 {
		t.Errorf("counts %+v", j)
	}
	if j.Worst.Index != 9 || j.Verdict() != Special || !j.Failed() {
		t.Errorf("worst %+v, verdict %v", j.Worst, j.Verdict())
	}
	got[9] = r.Output[9]
	j, _ = r.JudgeOutput(got)
	if w := j.Worst; w.Batch != 1 || w.Head != 2 || w.Row != 3 || w.Col != 5 || math.Abs(w.Ratio-3) > 1e-6 || j.Verdict() != Numeric {
		t.Errorf("worst %+v, verdict %v", w, j.Verdict())
	}
	got[at] = r.Output[at]
	j, _ = r.JudgeOutput(got)
	if j.WorstSharp.Index != 8 || j.Verdict() != Suspicious || j.Failed() {
		t.Errorf("worst past the sharp line %+v, verdict %v", j.WorstSharp, j.Verdict())
	}
	lse := append([]float64(nil), r.LSE...)
	lse[23] += 2 * r.LSEBound[23]
	j, _ = r.JudgeLSE(lse)
	if w := j.Worst; j.Numeric != 1 || w.Batch != 1 || w.Head != 2 || w.Row != 3 {
		t.Errorf("logsumexp %+v", j)
	}
	if _, err := r.JudgeOutput(got[1:]); err == nil || !strings.Contains(err.Error(), "got 143 elements, want 144") {
		t.Errorf("a short output: %v", err)
	}
	only := attend(t, p, inFP32, Options{OutputOnly: true})
	if _, err := only.JudgeLSE(lse); err == nil || !strings.Contains(err.Error(), "OutputOnly") {
		t.Errorf("no bounds: %v", err)
	}
}
