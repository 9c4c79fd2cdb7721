package diagnose

import (
	"context"
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/reference"
)

// counterfactuals computes attention under each guess and holds the wrong elements against it.
func (p *plane) counterfactuals(ctx context.Context, s *Subject) ([]Explanation, error) {
	var found []Explanation
	for _, g := range guesses(&s.Case, s.Tensors) {
		problem := oracle.Problem(s.Case, s.Tensors)
		g.change(problem)
		quick, err := reference.Attend(ctx, problem, s.Arithmetic, reference.Options{Workers: 1, OutputOnly: true})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil || !p.near(quick) {
			continue // a guess that makes no problem explains nothing
		}
		other, err := reference.Attend(ctx, problem, s.Arithmetic, reference.Options{Workers: 1})
		if err != nil {
			return nil, err
		}
		found = append(found, p.against(g.kind, g.words, other))
	}
	found = append(found, p.logsumexps(s)...)
	before, err := p.before(ctx, s)
	return append(found, before...), err
}

// near reports whether half of the wrong elements are anywhere near another result. Only its bounds can decide, but they
// cost several times as much as its values.
func (p *plane) near(other *reference.Result) bool {
	value := other.Output
	if p.name == "lse" {
		value = other.LSE
	}
	near := 0
	for _, i := range p.wrong {
		got := p.got[i]
		if !finite(got) || !finite(value[i]) || math.Abs(got-value[i]) <= 8*p.bound[i]+0.02*p.spread {
			near++
		}
	}
	return 2*near >= len(p.wrong)
}

// against holds the wrong elements against another result of the same shape.
func (p *plane) against(kind, words string, other *reference.Result) Explanation {
	value, bound := other.Output, other.Bound
	if p.name == "lse" {
		value, bound = other.LSE, other.LSEBound
	}
	e := p.evidence()
	elsewhere := 0
	for i := range p.got {
		switch {
		case !differs(value[i], p.want[i], bound[i]+p.bound[i]):
		case p.bad[i]:
			e.element(i, value[i], bound[i])
		default:
			elsewhere++
		}
	}
	return e.explain(kind, words, overreach(elsewhere))
}

// overreach is what an explanation loses because it would make elements wrong that are right. A kernel may do a thing in
// some of its blocks only, so it is not refuted; one that fits without is better.
func overreach(elements int) float64 { return float64(min(elements, 8)) }

// differs reports whether a guess asks for another value at all.
func differs(a, b, bound float64) bool {
	if !finite(a) || !finite(b) {
		return !(a == b || math.IsNaN(a) && math.IsNaN(b))
	}
	return math.Abs(a-b) > bound
}

// before holds the wrong elements against the output that the case before had at the same place.
func (p *plane) before(ctx context.Context, s *Subject) ([]Explanation, error) {
	if len(s.Case.After) == 0 {
		return nil, nil
	}
	c := s.Case.After[len(s.Case.After)-1]
	if c.Work() > maxWork {
		return nil, nil
	}
	t := cases.Materialize(c)
	truth, err := oracle.Truth(ctx, c, t, s.Arithmetic, reference.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	value, bound := truth.Output, truth.Bound
	if p.name == "lse" {
		value, bound = truth.LSE, truth.LSEBound
	}
	e := p.evidence()
	for _, i := range p.wrong {
		if i < len(value) && differs(value[i], p.want[i], bound[i]+p.bound[i]) {
			e.element(i, value[i], bound[i]+0x1p-11*math.Abs(value[i]))
		}
	}
	return []Explanation{e.explain("stale", "stale from the case before: its output still stands there", 0)}, nil
}

// logsumexps tries what is stored in its place: without the row's maximum, the maximum alone, no logarithm.
func (p *plane) logsumexps(s *Subject) []Explanation {
	if p.name != "lse" {
		return nil
	}
	largest := maxima(oracle.Problem(s.Case, s.Tensors))
	var found []Explanation
	for _, g := range []struct {
		words string
		of    func(lse, largest float64) float64
	}{
		{"a logsumexp without the row's maximum", func(lse, m float64) float64 { return lse - m }},
		{"the row's maximum alone, without the logarithm of the sum", func(_, m float64) float64 { return m }},
		{"the sum itself, without the logarithm and the maximum", func(lse, m float64) float64 { return math.Exp(lse - m) }},
		{"the logsumexp with its maximum twice", func(lse, m float64) float64 { return lse + m }},
		{"the maximum in base e and the logarithm in base 2", func(lse, m float64) float64 { return m + (lse-m)*math.Log2E }},
		{"the maximum in base 2 and the logarithm in base e", func(lse, m float64) float64 { return m*math.Log2E + lse - m }},
		{"the logsumexp divided by the number of keys", func(lse, m float64) float64 { return lse - math.Log(float64(s.Case.KVLen)) }},
	} {
		e := p.evidence()
		for _, i := range p.wrong {
			value := g.of(p.want[i], largest[i])
			e.element(i, value, 2*p.bound[i]+0x1p-20*(math.Abs(value)+math.Abs(largest[i])))
		}
		found = append(found, e.explain("logsumexp", g.words, 0))
	}
	return found
}

// maxima are the largest scores of each row, -Inf where it sees no key.
func maxima(p *reference.Problem) []float64 {
	out := make([]float64, 0, p.Batch*p.Heads*p.QLen)
	bias := make([]float64, p.KVLen)
	group := p.Heads / p.KVHeads
	for b := range p.Batch {
		for h := range p.Heads {
			for r := range p.QLen {
				first, last := rowOf(p.Mask, b, h, r, bias)
				largest := math.Inf(-1)
				q := p.Q[((b*p.Heads+h)*p.QLen+r)*p.HeadDim:][:p.HeadDim]
				for j := first; j < last; j++ {
					k := p.K[((b*p.KVHeads+h/group)*p.KVLen+j)*p.HeadDim:][:p.HeadDim]
					s := 0.0
					for d, x := range q {
						s += x * k[d]
					}
					largest = max(largest, s*p.Scale+bias[j])
				}
				out = append(out, largest)
			}
		}
	}
	return out
}
