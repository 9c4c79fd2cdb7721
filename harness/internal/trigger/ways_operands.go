package trigger

import (
	"slices"
	"strings"

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

// byOneOperand is a case that lies outside a condition by one atom alone, and in which one of several flags holds and none of the
// others: the base with the layout that one of its operands has for another one, or a generated case. nil: there is none.
func (in *inference) byOneOperand(p *conjunction, parts []string, part string, broken int) (*sample, error) {
	_, outside := p.without(broken)
	groups := p.atoms[broken].groups()
	near := layoutsFor(&in.base.c, part[strings.LastIndexByte(part, '.')+1:])
	for i := range len(near) + freshCases {
		var c cases.Case
		if i < len(near) {
			c = near[i]
		} else {
			var err error
			if c, err = in.freshAt(i - len(near)); err != nil {
				return nil, err
			}
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

// layoutsFor are a case with nothing but one operand that is not packed, which lies as another one does in the case: of strides that
// are given one by one, with the same from column to column, and no two rows in one place.
func layoutsFor(c *cases.Case, operand string) (list []cases.Case) {
	for _, from := range cases.OperandNames() {
		o := c.Clone()
		o.Layout = cases.Layout{}
		if into := o.Layout.Operand(operand); into != nil {
			*into = *c.Layout.Operand(from)
			if s := into.Strides; s.Given() {
				shape := c.OperandShape(operand)
				row := max(1, s[3]) * shape[3]
				into.Strides = cases.Strides{shape[1] * shape[2] * row, shape[2] * row, row, max(1, s[3])}
			}
		}
		if *c.Layout.Operand(from) != (cases.Operand{}) && o.Repair() == nil {
			list = append(list, o)
		}
	}
	return list
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
