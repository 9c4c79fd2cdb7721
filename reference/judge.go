package reference

import (
	"fmt"
	"math"
)

// Verdict is what one element comes to.
type Verdict uint8

const (
	// Pass: within the sharp line, or a special value that is accepted.
	Pass Verdict = iota
	// Suspicious: past the sharp line, within the bound.
	Suspicious
	// Inconclusive: no implementation of this arithmetic can be judged here.
	Inconclusive
	// Numeric: a number past the bound.
	Numeric
	// Special: NaN or infinity where a number belongs, or the other way round.
	Special
)

func (v Verdict) String() string {
	switch v {
	case Pass:
		return "pass"
	case Suspicious:
		return "suspicious"
	case Inconclusive:
		return "inconclusive"
	case Numeric:
		return "numeric"
	case Special:
		return "special"
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// Place is one element and what was found there.
type Place struct {
	// Index is the element's place in the slice that was judged.
	Index                 int
	Batch, Head, Row, Col int // Col is 0 for a logsumexp
	Got, Want             float64
	Bound, Sharp          float64 // Sharp is Bound for a logsumexp
	Demand                Demand
	Verdict               Verdict
	// Ratio is |Got-Want| over Bound, SharpRatio over Sharp; 0 where both are
	// 0, +Inf for a value of a class that is not accepted.
	Ratio, SharpRatio float64
}

// Judgement sums up the elements of one tensor.
type Judgement struct {
	Elements                                           int
	Passed, Suspicious, Inconclusive, Numeric, Special int
	// Worst is the element with the largest ratio among those that can be
	// judged, WorstSharp the one with the largest sharp ratio; the first of
	// equals. Both are the zero Place where no element can be judged.
	Worst, WorstSharp Place
}

// Failed reports whether an element is wrong beyond doubt.
func (j Judgement) Failed() bool { return j.Numeric+j.Special > 0 }

// Verdict is the gravest verdict of any element: Special, Numeric, Suspicious,
// Inconclusive, Pass.
func (j Judgement) Verdict() Verdict {
	switch {
	case j.Special > 0:
		return Special
	case j.Numeric > 0:
		return Numeric
	case j.Suspicious > 0:
		return Suspicious
	case j.Inconclusive > 0:
		return Inconclusive
	}
	return Pass
}

// JudgeOutput holds an implementation's output, [batch, heads, q_len, head_dim]
// contiguous, against the reference. It fails where the length differs, or
// where r was computed without bounds.
func (r *Result) JudgeOutput(got []float64) (Judgement, error) {
	if err := r.judgeable("output", len(got), len(r.Output)); err != nil {
		return Judgement{}, err
	}
	return r.judge(got, r.outputs(), r.HeadDim), nil
}

// JudgeLSE holds an implementation's logsumexp, natural logarithms of shape
// [batch, heads, q_len], against the reference. A kernel that stores them in
// base 2 needs them multiplied by ln 2 first.
func (r *Result) JudgeLSE(got []float64) (Judgement, error) {
	if err := r.judgeable("logsumexp", len(got), len(r.LSE)); err != nil {
		return Judgement{}, err
	}
	return r.judge(got, r.logsumexps(), 1), nil
}

func (r *Result) judgeable(what string, got, want int) error {
	if r.OutputDemand == nil {
		return fmt.Errorf("reference: judge %s: the reference was computed with OutputOnly and has no bound", what)
	}
	if got != want {
		return fmt.Errorf("reference: judge %s: got %d elements, want %d", what, got, want)
	}
	return nil
}

// OutputAt judges the output's element at an index of r.Output.
func (r *Result) OutputAt(index int, got float64) Place {
	held := r.outputs()
	p := held.at(index, got)
	r.locate(&p, r.HeadDim)
	return p
}

// LSEAt judges the logsumexp at an index of r.LSE.
func (r *Result) LSEAt(index int, got float64) Place {
	held := r.logsumexps()
	p := held.at(index, got)
	r.locate(&p, 1)
	return p
}

// held is what the elements of one tensor are held to.
type held struct {
	want, bound, sharp []float64
	demand             []Demand
	largest            float64 // finite value of the format
}

func (r *Result) outputs() held { return held{r.Output, r.Bound, r.Sharp, r.OutputDemand, r.outMax} }

func (r *Result) logsumexps() held { return held{r.LSE, r.LSEBound, r.LSEBound, r.LSEDemand, r.lseMax} }

// at judges one element.
func (h *held) at(index int, got float64) Place {
	p := Place{Index: index, Got: got, Want: h.want[index], Bound: h.bound[index], Sharp: h.sharp[index], Demand: h.demand[index]}
	p.decide(h.largest)
	return p
}

// passes reports whether a number passes that stands where one belongs, with its ratios: what nearly all elements do. It
// is at without a Place.
func (h *held) passes(index int, got float64) (ofBound, ofSharp float64, ok bool) {
	if h.demand[index] != Value || !(math.Abs(got) <= math.MaxFloat64) {
		return 0, 0, false
	}
	diff := off(got, h.want[index], h.largest)
	ofBound, ofSharp = ratio(diff, h.bound[index]), ratio(diff, h.sharp[index])
	return ofBound, ofSharp, ofBound <= 1 && ofSharp <= 1
}

// locate sets where the element lies, from its index.
func (r *Result) locate(p *Place, columns int) {
	row := p.Index / columns
	p.Col = p.Index % columns
	p.Row = row % r.QLen
	p.Head = row / r.QLen % r.Heads
	p.Batch = row / r.QLen / r.Heads
}

// decide sets the verdict and the ratios. largest is the largest finite value
// of the format: where the reference lies beyond it, that value is as right as
// infinity.
func (p *Place) decide(largest float64) {
	class := AnyNonFinite
	var accepted Demand
	switch {
	case math.IsNaN(p.Got):
		accepted = NaN
	case math.IsInf(p.Got, 1):
		accepted = PosInf
	case math.IsInf(p.Got, -1):
		accepted = NegInf
	default:
		class, accepted = AnyFinite, Value
	}
	switch {
	case p.Demand&class != 0:
		p.Verdict = Inconclusive
	case p.Demand&accepted == 0:
		p.Verdict = Special
		p.Ratio, p.SharpRatio = math.Inf(1), math.Inf(1)
	case accepted == Value:
		diff := off(p.Got, p.Want, largest)
		p.Ratio, p.SharpRatio = ratio(diff, p.Bound), ratio(diff, p.Sharp)
		switch {
		case p.Ratio > 1:
			p.Verdict = Numeric
		case p.SharpRatio > 1:
			p.Verdict = Suspicious
		}
	}
}

// off is how far a number is from what is wanted, which counts as the largest finite value where it lies beyond.
func off(got, want, largest float64) float64 {
	return math.Abs(got - min(max(want, -largest), largest))
}

// ratio is diff/line, with 0/0 = 0. A line that is NaN, which none should be,
// accepts nothing.
func ratio(diff, line float64) float64 {
	switch {
	case diff == 0:
		return 0
	case !(line > 0):
		return math.Inf(1)
	}
	return diff / line
}

// judge sums up a tensor of so many columns. Only the two worst are located: that takes longer than the verdict.
func (r *Result) judge(got []float64, held held, columns int) Judgement {
	j := Judgement{Elements: len(got)}
	seen := false
	for i, x := range got {
		if ofBound, ofSharp, ok := held.passes(i, x); ok && seen && ofBound <= j.Worst.Ratio && ofSharp <= j.WorstSharp.SharpRatio {
			j.Passed++
			continue
		}
		p := held.at(i, x)
		switch p.Verdict {
		case Pass:
			j.Passed++
		case Suspicious:
			j.Suspicious++
		case Inconclusive:
			j.Inconclusive++
			continue
		case Numeric:
			j.Numeric++
		case Special:
			j.Special++
		}
		if !seen || p.Ratio > j.Worst.Ratio {
			j.Worst = p
		}
		if !seen || p.SharpRatio > j.WorstSharp.SharpRatio {
			j.WorstSharp = p
		}
		seen = true
	}
	if seen {
		r.locate(&j.Worst, columns)
		r.locate(&j.WorstSharp, columns)
	}
	return j
}
