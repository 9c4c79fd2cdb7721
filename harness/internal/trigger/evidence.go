package trigger

import (
	"cmp"
	"slices"
)

// evidence is what a conjunction is chosen by.
type evidence struct {
	hard   []*sample // fail, and the conjunction must hold
	soft   []*sample // fail, and it should hold
	pass   []*sample // pass, and it should not hold
	weight []float64 // of each pass that is matched
	lost   []float64 // of each failure of soft that is left out
	extra  []atom    // beside the fixed ones
}

// fail adds a failure that the condition should hold for.
func (e *evidence) fail(s *sample, weight float64) {
	e.soft, e.lost = append(e.soft, s), append(e.lost, weight)
}

// soften lets all passes that may hide a bug weigh no more together than a condition costs. They pass for one reason as a
// rule, that no row sees a key or that v is 0, and a dozen of them would be taken for a condition on what is seen.
func (e *evidence) soften(hides func(*sample) bool) {
	total := 0.0
	for i, s := range e.pass {
		if hides(s) {
			total += e.weight[i]
		}
	}
	if total <= weakTotal {
		return
	}
	for i, s := range e.pass {
		if hides(s) {
			e.weight[i] *= weakTotal / total
		}
	}
}

// weakTotal is less than any atom costs.
const weakTotal = 0.6

// even sets all failures to the same weight.
func (e *evidence) even(weight float64) {
	for i := range e.lost {
		e.lost[i] = weight
	}
}

// column is an atom as far as the evidence can tell it from others.
type column struct {
	atoms []atom // alike on all evidence, the cheapest first
	pass  []bool // holds for that pass
	soft  []bool
	cost  float64
}

func (e *evidence) columns() []column {
	var list []column
	seen := map[string]int{}
	consider := func(a atom, holds func(*sample) bool) {
		for _, s := range e.hard {
			if !holds(s) {
				return
			}
		}
		col := column{pass: make([]bool, len(e.pass)), soft: make([]bool, len(e.soft)), cost: a.cost}
		name := make([]byte, 0, len(e.pass)+len(e.soft))
		excludes := false
		for i, s := range e.pass {
			col.pass[i] = holds(s)
			excludes = excludes || !col.pass[i]
			name = append(name, byte(truth(col.pass[i])))
		}
		for i, s := range e.soft {
			col.soft[i] = holds(s)
			name = append(name, byte(truth(col.soft[i])))
		}
		if !excludes {
			return
		}
		at, known := seen[string(name)]
		if !known {
			seen[string(name)] = len(list)
			col.atoms = []atom{a}
			list = append(list, col)
			return
		}
		same := &list[at]
		same.atoms = append(same.atoms, a)
		slices.SortStableFunc(same.atoms, func(a, b atom) int { return cmp.Compare(a.cost, b.cost) })
		same.atoms = same.atoms[:min(4, len(same.atoms))]
		same.cost = same.atoms[0].cost
	}
	for i, a := range atoms() {
		consider(a, func(s *sample) bool { return s.has(i) })
	}
	for _, a := range e.extra {
		consider(a, func(s *sample) bool { return a.in(s.x) })
	}
	return list
}
