package diagnose

import (
	"fmt"
	"math"

	"attest.example/attest/harness/internal/stats"
)

// namedFactors are those that a kernel forgets or applies twice.
func (p *plane) namedFactors() []namedFactor {
	list := []namedFactor{
		{factor: math.Log2E, name: "log2(e)"}, {factor: math.Ln2, name: "ln(2)"}, {factor: 2, name: "2"},
		{factor: 0.5, name: "1/2"}, {factor: -1, name: "-1"},
	}
	if p.name == "lse" {
		list[0].whole, list[1].whole = "a logsumexp in base 2", "a logsumexp that was multiplied by ln 2 once too often"
	}
	d := float64(p.truth.HeadDim)
	if d > 1 {
		list = append(list, namedFactor{math.Sqrt(d), "sqrt(head_dim)", ""}, namedFactor{1 / math.Sqrt(d), "1/sqrt(head_dim)", ""})
	}
	return list
}

type namedFactor struct {
	factor float64
	name   string
	whole  string // the explanation; empty: "... times what it should be"
}

// simple tries what needs no other computation: zeros, what is no number, a factor, an offset, a factor for each row.
func (p *plane) simple() []Explanation {
	var found []Explanation
	if x, ok := p.constant(); ok {
		found = append(found, x)
	}
	for _, f := range p.namedFactors() {
		e := p.evidence()
		for _, i := range p.wrong {
			e.element(i, f.factor*p.want[i], p.slack(i, math.Abs(f.factor)))
		}
		words := f.whole
		if words == "" {
			words = p.title() + " is " + f.name + " times what it should be"
		}
		found = append(found, e.explain("factor", words, 0))
	}
	found = append(found, p.fitted()...)
	return found
}

func (p *plane) title() string {
	if p.name == "lse" {
		return "the logsumexp"
	}
	return "the output"
}

// slack is the tolerance of an element that was multiplied by factor.
func (p *plane) slack(i int, factor float64) float64 {
	return max(factor, 1)*p.bound[i] + 0x1p-22*math.Abs(p.got[i])
}

// constant tells an output whose wrong elements all hold the same.
func (p *plane) constant() (Explanation, bool) {
	first := p.got[p.wrong[0]]
	for _, i := range p.wrong {
		if p.got[i] != first && !(math.IsNaN(first) && math.IsNaN(p.got[i])) {
			return Explanation{}, false
		}
	}
	n := len(p.wrong)
	x := Explanation{Agree: n, Wrong: n, Sure: Likely.String(), Bits: bitsOf[Likely]}
	if n < 4 {
		x.Sure, x.Bits = Possible.String(), bitsOf[Possible]
	}
	switch {
	case p.unwritten:
		x.Kind, x.Summary, x.Sure, x.Bits = "unwritten", "elements that were never written", Shown.String(), bitsOf[Shown]
	case math.IsNaN(first):
		x.Kind, x.Summary = "nan", "NaN that came from the computation"
	case math.IsInf(first, 0):
		x.Kind, x.Summary = "infinite", fmt.Sprintf("an overflow: every wrong element is %+g", first)
	case first == 0:
		x.Kind, x.Summary = "zero", "nothing was added up: every wrong element is 0"
	case n > 1:
		x.Kind, x.Summary = "same", fmt.Sprintf("one value for all: every wrong element is %.6g", first)
	default:
		return x, false
	}
	return x, true
}

// fitted looks for one factor, or one offset, of the wrong elements, and for a factor of each row. What it takes to find
// it is taken off the evidence.
func (p *plane) fitted() []Explanation {
	var ratios, differences []float64
	for _, i := range p.wrong {
		if !finite(p.got[i]) || !finite(p.want[i]) {
			continue
		}
		if p.want[i] != 0 {
			ratios = append(ratios, p.got[i]/p.want[i])
		}
		differences = append(differences, p.got[i]-p.want[i])
	}
	var found []Explanation
	if len(ratios) > 1 {
		factor := stats.Median(ratios)
		e := p.evidence()
		for _, i := range p.wrong {
			e.element(i, factor*p.want[i], p.slack(i, math.Abs(factor)))
		}
		found = append(found, e.explain("factor", fmt.Sprintf("%s is %.6g times what it should be", p.title(), factor), p.cheapest(e)))
	}
	if len(differences) > 1 {
		offset := stats.Median(differences)
		e := p.evidence()
		for _, i := range p.wrong {
			e.element(i, p.want[i]+offset, p.slack(i, 2))
		}
		found = append(found, e.explain("offset", fmt.Sprintf("%s is off by the same %.6g everywhere", p.title(), offset), p.cheapest(e)))
	}
	if x, ok := p.rowFactors(); ok {
		found = append(found, x)
	}
	return found
}

// cheapest is what the parameter took: as much as one element is worth.
func (p *plane) cheapest(e *evidence) float64 {
	if len(e.seen) == 0 {
		return 0
	}
	return max(e.bits/float64(len(e.seen)), 1)
}

// rowFactors tells rows that are each off by a factor of their own: weights that do not add up to 1.
func (p *plane) rowFactors() (Explanation, bool) {
	if p.columns < 3 {
		return Explanation{}, false
	}
	e := p.evidence()
	free, rows := 0.0, 0
	least, most := math.Inf(1), math.Inf(-1)
	for first := 0; first < len(p.got); first += p.columns {
		var ratios []float64
		for i := first; i < first+p.columns; i++ {
			if p.bad[i] && p.want[i] != 0 && finite(p.got[i]) {
				ratios = append(ratios, p.got[i]/p.want[i])
			}
		}
		if len(ratios) < 3 {
			continue
		}
		factor := stats.Median(ratios)
		least, most = min(least, factor), max(most, factor)
		rows++
		for i := first; i < first+p.columns; i++ {
			if p.bad[i] {
				e.element(i, factor*p.want[i], p.slack(i, math.Abs(factor)))
			}
		}
		free += maxBits
	}
	if rows < 2 || most-least < 1e-3*math.Abs(most) {
		return Explanation{}, false
	}
	words := fmt.Sprintf("the weights of a row do not add up to 1: rows are %.3g to %.3g times what they should be", least, most)
	return e.explain("row-factor", words, free), true
}
