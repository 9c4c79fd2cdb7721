package trigger

import (
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// conjunction is a candidate for a trigger.
type conjunction struct {
	atoms []atom
	cost  float64 // description length, with what it does not explain
}

func (p *conjunction) matches(s *sample) bool {
	for i := range p.atoms {
		if !p.atoms[i].in(s.x) {
			return false
		}
	}
	return true
}

// holdsFor is matches for a case of which no sample was made.
func (p *conjunction) holdsFor(c *cases.Case) bool {
	for i := range p.atoms {
		a := &p.atoms[i]
		if !a.holds(features[a.feature].value(c)) && (a.or == nil || !a.or.holds(features[a.or.feature].value(c))) {
			return false
		}
	}
	return true
}

// String is an expression for package predicate.
func (p *conjunction) String() string {
	if len(p.atoms) == 0 {
		return "true"
	}
	parts := make([]string, len(p.atoms))
	for i, a := range p.atoms {
		parts[i] = a.text
	}
	return strings.Join(parts, " && ")
}
