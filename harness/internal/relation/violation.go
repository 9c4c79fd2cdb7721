package relation

import (
	"fmt"
	"math"

	"attest.example/attest/harness/internal/verdict"
)

// Violation is an element that breaks a law.
type Violation struct {
	Law  string
	Seed uint64 // where the law's random choices began
	// Kind is verdict.Relation, or verdict.Nondeterministic of the law twice.
	Kind   verdict.Kind
	Where  verdict.Place // in the base's output
	Detail string        // what was changed, and what should have followed
	// Got is what the further run gave at Where, or a result put together from several; Want what the law asks for.
	Got, Want float64
	// Allowed is the largest |Got - Want|; 0 for bit for bit.
	Allowed  float64
	Elements int // how many elements break the law
	// Broken are these elements, MaxBroken of them at most.
	Broken []verdict.Place
}

// MaxBroken is how many elements a violation names.
const MaxBroken = 1 << 16

// add counts an element that breaks the law.
func (v *Violation) add(p verdict.Place) {
	v.Elements++
	if len(v.Broken) < MaxBroken {
		v.Broken = append(v.Broken, p)
	}
}

func (v *Violation) Error() string {
	output := v.Where.Output
	if output == "" {
		output = "out"
	}
	line := fmt.Sprintf("law %s: %s[%d,%d,%d,%d] is %.9g, want %.9g", v.Law, output,
		v.Where.Batch, v.Where.Head, v.Where.Row, v.Where.Column, v.Got, v.Want)
	if v.Allowed > 0 {
		line += fmt.Sprintf(" within %.3g", v.Allowed)
	}
	if v.Elements > 1 {
		line += fmt.Sprintf(" (%d elements)", v.Elements)
	}
	return line + ": " + v.Detail
}

// Verdict returns the violation as the verdict of the case.
func (v *Violation) Verdict() verdict.Verdict {
	where := v.Where
	out := verdict.Verdict{Kind: v.Kind, Reason: v.Error(), Law: v.Law, LawSeed: v.Seed, Where: &where}
	// JSON, which verdicts end up in, has no NaN and no infinity.
	if diff := math.Abs(v.Got - v.Want); diff <= math.MaxFloat64 {
		out.AbsoluteError = diff
	}
	return out
}
