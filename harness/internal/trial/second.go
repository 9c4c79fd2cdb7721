package trial

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/relation"
	"attest.example/attest/harness/internal/verdict"
)

// Second is a further run that contradicts the first one of a case, which by itself conforms.
type Second struct {
	Law       string // or what was compared: "called again"
	Statement string // one sentence for people
	// Where is the worst element, or the first where only bits are compared, in the first run's output.
	Where verdict.Place
	// First and Again are what both runs gave there, Again where the law puts it together from several runs: the result.
	// Want is what should have come and Allowed the largest difference; 0: bit for bit.
	First, Again, Want, Allowed float64
	// Broken are the elements that contradict, as far as they are kept, Elements how many there are.
	Broken   []verdict.Place
	Elements int
}

func secondOf(law relation.Law, v *relation.Violation, first *cases.Tensors) *Second {
	return &Second{
		Law: law.Name, Statement: law.Statement, Where: v.Where, First: valueAt(first, v.Where), Again: v.Got, Want: v.Want,
		Allowed: v.Allowed, Broken: v.Broken, Elements: v.Elements,
	}
}

func valueAt(t *cases.Tensors, p verdict.Place) float64 {
	if p.Output == "lse" {
		if t.LSE == nil {
			return math.NaN()
		}
		return t.LSE.At(p.Batch, p.Head, p.Row, 0)
	}
	return t.Out.At(p.Batch, p.Head, p.Row, p.Column)
}

// otherBits compares the bits of two runs of the same case; nil: they agree.
func otherBits(a, b *cases.Tensors) *Second {
	s := &Second{}
	s.compare(&a.Out, &b.Out, "")
	if a.LSE != nil {
		s.compare(a.LSE, b.LSE, "lse")
	}
	if s.Elements == 0 {
		return nil
	}
	return s
}

func (s *Second) compare(a, b *cases.Tensor, output string) {
	x, y := a.Bits(), b.Bits()
	for i := range x {
		if x[i] == y[i] {
			continue
		}
		row := i / a.Shape[3]
		head := row / a.Shape[2]
		p := verdict.Place{Batch: head / a.Shape[1], Head: head % a.Shape[1], Row: row % a.Shape[2], Column: i % a.Shape[3], Output: output}
		if s.Elements == 0 {
			s.Where, s.First, s.Again = p, a.At(p.Batch, p.Head, p.Row, p.Column), b.At(p.Batch, p.Head, p.Row, p.Column)
			s.Want = s.First
		}
		if len(s.Broken) < relation.MaxBroken {
			s.Broken = append(s.Broken, p)
		}
		s.Elements++
	}
}
