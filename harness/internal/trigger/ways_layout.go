package trigger

import (
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// Probes for the layouts of an operand: those at once, and those of a whole search.
const (
	layoutsAtOnce = 3
	mostLayouts   = 6
)

// otherLayouts asks, of a condition about the strides of an operand, about the base with that operand laid out otherwise: rows are
// as far apart by slack, by another order of the dimensions, by strides that are given, or by integers of another width.
func (in *inference) otherLayouts(p *conjunction) (asked int, err error) {
	for i := range p.atoms {
		name := features[p.atoms[i].feature].name
		family, rest, _ := strings.Cut(name, ".")
		operand, _, _ := strings.Cut(rest, ".")
		if family != "stride" && family != "strided" {
			continue
		}
		c := in.base.c.Clone()
		o := c.Layout.Operand(operand)
		if o == nil { // the mask
			continue
		}
		*o = cases.Operand{}
		if c.Repair() != nil {
			continue
		}
		for _, a := range axes(&c) {
			if a.group != "layout" && a.group != "quant" || !strings.Contains(a.name, "."+operand) {
				continue
			}
			f := cases.FieldNamed(a.name)
			if f == nil {
				continue
			}
			for _, c := range a.all() {
				way := a.name
				if f.Type == cases.Word {
					way += " " + f.Text(&c)
				}
				if in.ways.tried[way] || !in.tellsOfWay(p, &c) || asked == layoutsAtOnce || in.ways.layouts == mostLayouts || !in.left() {
					continue
				}
				in.ways.tried[way] = true
				if _, err := in.askWay(c); err != nil {
					return asked, err
				}
				asked++
				in.ways.layouts++
			}
		}
	}
	return asked, nil
}
