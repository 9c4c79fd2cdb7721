package trigger

import (
	"slices"

	"attest.example/attest/harness/internal/cases"
)

// Probes for the operands of an atom that any of them may have: those at once, and those of a whole search.
const (
	operandsAtOnce = 3
	mostOperands   = 6
)

// otherOperands asks, of a condition that any of several operands has something, about cases where one operand has it alone and
// another atom does not hold. That atom may be about the base's own operand only, as pages are, which hold k and v and never q.
func (in *inference) otherOperands(p *conjunction) (asked int, err error) {
	for i := range p.atoms {
		f := &features[p.atoms[i].feature]
		if f.parts == nil || p.atoms[i].or != nil {
			continue
		}
		for _, part := range f.parts {
			for b := range p.atoms {
				name := "operand " + part + " without " + p.atoms[b].text
				if b == i || in.ways.tried[name] || asked == operandsAtOnce || in.ways.operands == mostOperands || !in.left() {
					continue
				}
				in.ways.tried[name] = true
				s, err := in.byOneOperand(p, f.parts, part, b)
				if err != nil {
					return asked, err
				}
				if s == nil {
					continue
				}
				s, a, err := in.note(s.c, freshPass)
				if err != nil {
					return asked, err
				}
				if a == fails {
					in.soft = append(in.soft, s)
				}
				asked++
				in.ways.operands++
			}
		}
	}
	return asked, nil
}

// byOneOperand is a generated case that lies outside a condition by one atom alone, and in which one of several flags holds and
// none of the others. nil: there is none among those that are at hand.
func (in *inference) byOneOperand(p *conjunction, parts []string, part string, broken int) (*sample, error) {
	_, outside := p.without(broken)
	groups := p.atoms[broken].groups()
	for i := range freshCases {
		c, err := in.freshAt(i)
		if err != nil {
			return nil, err
		}
		if !onlyPart(&c, parts, part) {
			continue
		}
		list := []cases.Case{c}
		if p.atoms[broken].in(vector(&c)) {
			list = nil
			for _, a := range axes(&c) {
				if slices.Contains(groups, a.group) {
					list = append(list, a.all()...)
				}
			}
		}
		for _, o := range list {
			if p.atoms[broken].in(vector(&o)) {
				continue
			}
			moved := in.moveInside(&outside, o, &in.base.c)
			if moved == nil || work(moved) > in.o.MaxWork || weak(moved) {
				continue
			}
			s := in.sample(*moved)
			if _, known := in.verdicts[s.key]; !known && onlyPart(&s.c, parts, part) && !in.known(s) {
				return s, nil
			}
		}
	}
	return nil, nil
}

// onlyPart reports whether of several flags one holds alone.
func onlyPart(c *cases.Case, parts []string, part string) bool {
	for i := range features {
		if f := &features[i]; slices.Contains(parts, f.name) && (f.get(c) == 1) != (f.name == part) {
			return false
		}
	}
	return true
}
