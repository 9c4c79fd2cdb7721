// Package oracle holds what a path wrote against the float64 reference and turns it into a verdict. It knows cases
// and their tensors; it never runs a path.
package oracle

import (
	"context"
	"fmt"
	"math"
	"sync"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// InconclusiveShare is the share of a case's elements that may be too ill-conditioned to judge before the whole case
// is inconclusive.
const InconclusiveShare = 0.02

// Problem returns the tensors' inputs to the reference: the stored values, exactly.
func Problem(c cases.Case, t *cases.Tensors) *reference.Problem { return problemIn(&operands{}, c, t) }

// operands is memory of q, k and v that is kept between references: a fresh page costs more than what is read from it.
type operands struct{ q, k, v []float64 }

var memory = sync.Pool{New: func() any { return new(operands) }}

// problemIn is Problem in memory that the caller has, where there is enough.
func problemIn(room *operands, c cases.Case, t *cases.Tensors) *reference.Problem {
	p := &reference.Problem{
		Batch: c.Batch, Heads: c.Heads, KVHeads: c.KVHeads, QLen: c.QLen, KVLen: c.KVLen, HeadDim: c.HeadDim, VHeadDim: c.VHeadDim,
		Scale: float64(c.EffectiveScale()), Softcap: float64(c.Softcap), Q: t.Q.DenseIn(room.q), K: t.K.DenseIn(room.k), V: t.V.DenseIn(room.v),
	}
	if rows := c.Rows(t); rows != nil {
		p.Mask = rows
	}
	if t.Sinks != nil {
		p.Sinks = t.Sinks.Dense()
	}
	return p
}

// Truth computes the reference of a case and the lines that arithmetic a is held to.
func Truth(ctx context.Context, c cases.Case, t *cases.Tensors, a reference.Arithmetic, o reference.Options) (*reference.Result, error) {
	room := memory.Get().(*operands)
	defer memory.Put(room)
	p := problemIn(room, c, t)
	*room = operands{p.Q, p.K, p.V}
	truth, err := reference.Attend(ctx, p, a, o)
	if err != nil {
		return nil, fmt.Errorf("reference of case %s: %w", cases.Name(c), err)
	}
	return truth, nil
}

// Judge holds the outputs in t against the truth. Its verdict is pass, numeric, special or inconclusive; an output
// that is only suspicious passes here, with the count of such elements, for the caller to try again.
func Judge(truth *reference.Result, t *cases.Tensors) (verdict.Verdict, error) {
	got := t.Out.Dense()
	out, err := truth.JudgeOutput(got)
	if err != nil {
		return verdict.Verdict{}, err
	}
	v := summarize(out, "")
	if lean := truth.Lean(got); lean.Rows > 0 {
		v.Lean = &lean
		if words := leaning(lean); words != "" && v.Kind == verdict.Pass {
			v.Kind, v.Reason = verdict.Numeric, words
		}
	}
	if t.LSE == nil {
		return v, nil
	}
	lse, err := truth.JudgeLSE(t.LSE.Dense())
	if err != nil {
		return verdict.Verdict{}, err
	}
	return worse(v, summarize(lse, "lse")), nil
}

// leaning returns how errors lean one way; empty where they do not.
func leaning(l reference.Lean) string {
	switch {
	case l.T() <= reference.LeanLine:
		return ""
	case l.Size.T() >= l.Tilt.T():
		way := "large"
		if l.Size.Strength() < 0 {
			way = "small"
		}
		return fmt.Sprintf("outputs lean one way: they are too %s, by %.2g of themselves, T %.1f over %d rows where correct ones stay below %d, each within its bound",
			way, math.Abs(l.Size.Strength()), l.Size.T(), l.Rows, reference.LeanLine)
	}
	way := "large"
	if l.Tilt.Strength() < 0 {
		way = "small"
	}
	return fmt.Sprintf("outputs lean one way: as if the scale were too %s, by %.2g of itself, T %.1f over %d rows where correct ones stay below %d, each within its bound",
		way, math.Abs(l.Tilt.Strength()), l.Tilt.T(), l.Rows, reference.LeanLine)
}

// SuspiciousRow returns the row, counted over batches and heads, that lies farthest past the sharp line.
func SuspiciousRow(truth *reference.Result, t *cases.Tensors) int {
	row, worst := 0, -1.0
	for i, got := range t.Out.Dense() {
		if p := truth.OutputAt(i, got); p.Verdict == reference.Suspicious && p.SharpRatio > worst {
			row, worst = i/truth.HeadDim, p.SharpRatio
		}
	}
	return row
}

// RowPast reports whether an element of a row lies past the sharp line.
func RowPast(truth *reference.Result, t *cases.Tensors, row int) bool {
	got := t.Out.Dense()
	for i := row * truth.HeadDim; i < (row+1)*truth.HeadDim; i++ {
		if truth.OutputAt(i, got[i]).Verdict == reference.Suspicious {
			return true
		}
	}
	return false
}

func summarize(j reference.Judgement, output string) verdict.Verdict {
	v := verdict.Verdict{
		Kind: verdict.Pass, Elements: j.Elements, Inconclusive: j.Inconclusive, Suspicious: j.Suspicious,
		WorstRatio: j.Worst.Ratio, SharpRatio: j.WorstSharp.SharpRatio,
	}
	worst := j.Worst
	switch {
	case j.Special > 0:
		v.Kind = verdict.Special
		v.Reason = fmt.Sprintf("%s is %g where the reference accepts %s; %d of %d elements", place(worst, output), worst.Got, Accepts(worst), j.Special, j.Elements)
	case j.Numeric > 0:
		v.Kind = verdict.Numeric
		v.Reason = fmt.Sprintf("%s is %.9g, the reference %.9g, off by %.3g where the bound is %.3g; %d of %d elements",
			place(worst, output), worst.Got, worst.Want, diff(worst), worst.Bound, j.Numeric, j.Elements)
	case float64(j.Inconclusive) > InconclusiveShare*float64(j.Elements):
		v.Kind = verdict.Inconclusive
		v.Reason = fmt.Sprintf("%d of %d elements are too ill-conditioned for this precision to be judged", j.Inconclusive, j.Elements)
	case j.Suspicious > 0:
		worst = j.WorstSharp
		v.Reason = fmt.Sprintf("%s is %.9g, the reference %.9g, off by %.3g past the sharp line %.3g; %d of %d elements",
			place(worst, output), worst.Got, worst.Want, diff(worst), worst.Sharp, j.Suspicious, j.Elements)
	}
	if j.Elements > j.Inconclusive {
		v.Where = &verdict.Place{Batch: worst.Batch, Head: worst.Head, Row: worst.Row, Column: worst.Col, Output: output}
		v.AbsoluteError = diff(worst)
	}
	return v
}

// diff is how far an element is off; 0 where that is no number.
func diff(p reference.Place) float64 {
	if d := math.Abs(p.Got - p.Want); d <= math.MaxFloat64 {
		return d
	}
	return 0
}

func place(p reference.Place, output string) string {
	if output == "lse" {
		return fmt.Sprintf("lse[%d,%d,%d]", p.Batch, p.Head, p.Row)
	}
	return fmt.Sprintf("out[%d,%d,%d,%d]", p.Batch, p.Head, p.Row, p.Col)
}

// Accepts describes what an element may be.
func Accepts(p reference.Place) string {
	words := ""
	add := func(bit reference.Demand, text string) {
		if p.Demand&bit == 0 {
			return
		}
		if words != "" {
			words += " or "
		}
		words += text
	}
	add(reference.Value, fmt.Sprintf("%.9g +- %.3g", p.Want, p.Bound))
	add(reference.NaN, "NaN")
	add(reference.PosInf, "+Inf")
	add(reference.NegInf, "-Inf")
	add(reference.AnyFinite, "any number")
	add(reference.AnyNonFinite, "any NaN or Inf")
	return words
}

// rank orders the kinds that Judge returns by gravity.
var rank = map[verdict.Kind]int{verdict.Pass: 0, verdict.Inconclusive: 1, verdict.Numeric: 2, verdict.Special: 3}

// worse combines the verdicts of the two outputs: the graver one with the larger ratios and both counts.
func worse(a, b verdict.Verdict) verdict.Verdict {
	v, other := a, b
	if rank[b.Kind] > rank[a.Kind] || b.Kind == a.Kind && v.Reason == "" && b.Reason != "" {
		v, other = b, a
	}
	v.Elements += other.Elements
	v.Inconclusive += other.Inconclusive
	v.Suspicious += other.Suspicious
	v.SharpRatio = max(v.SharpRatio, other.SharpRatio)
	if other.WorstRatio > v.WorstRatio && v.Kind == verdict.Pass {
		v.Where, v.AbsoluteError = other.Where, other.AbsoluteError
	}
	v.WorstRatio = max(v.WorstRatio, other.WorstRatio)
	return v
}
