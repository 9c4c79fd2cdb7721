package trigger

import (
	"cmp"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// sample is a case with what the learner sees of it.
type sample struct {
	c    cases.Case
	key  string
	x    []float64
	weak bool
	bits []bool // of atoms
}

func newSample(c cases.Case) *sample {
	s := &sample{c: c, key: key(&c), x: vector(&c), weak: weak(&c)}
	s.bits = make([]bool, len(atoms))
	for i := range atoms {
		s.bits[i] = atoms[i].holds(s.x[atoms[i].feature])
	}
	return s
}

// weak cases may pass although the bug strikes them: hardly a key to see, values that hide an error, or such that every
// output is as good as another.
func weak(c *cases.Case) bool {
	v := c.Values
	if v.V == cases.Zero || v.V == cases.Constant || v.V == cases.OneHot || v.V == cases.Identity ||
		v.Q == cases.Zero || v.Q == cases.Subnormal || v.K == cases.Zero || v.K == cases.Subnormal || v.K == cases.Constant {
		return true
	}
	for _, r := range []cases.Regime{v.Q, v.K, v.V} {
		switch r {
		case cases.WithNaN, cases.WithInf, cases.WithSNaN, cases.Huge, cases.Overflow:
			return true
		}
	}
	return c.KeysSeen(3) < 3 || c.Mask.Fill == cases.OpenFill || c.EffectiveScale() == 0 || c.Mask.PlusInf
}

// conjunction is a candidate for a trigger.
type conjunction struct {
	atoms []atom
	cost  float64 // description length, with what it does not explain
}

func (p *conjunction) matches(s *sample) bool {
	for i := range p.atoms {
		if !p.atoms[i].holds(s.x[p.atoms[i].feature]) {
			return false
		}
	}
	return true
}

// holdsFor is matches for a case of which no sample was made.
func (p *conjunction) holdsFor(c *cases.Case) bool {
	for i := range p.atoms {
		if a := &p.atoms[i]; !a.holds(features[a.feature].value(c)) {
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

// even gives all failures the same weight.
func (e *evidence) even(weight float64) {
	for i := range e.lost {
		e.lost[i] = weight
	}
}

const (
	beamWidth = 12
	beamDepth = 6
	keptBest  = 14
)

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
	for i, a := range atoms {
		consider(a, func(s *sample) bool { return s.bits[i] })
	}
	for _, a := range e.extra {
		consider(a, func(s *sample) bool { return a.holds(s.x[a.feature]) })
	}
	return list
}

type state struct {
	chosen      []int
	atomCost    float64
	total       float64
	inside      []bool // passes that are still matched
	insideFails []bool
}

// learn returns conjunctions, the best first, of one description length or little more.
func (e *evidence) learn() []conjunction {
	cols := e.columns()
	start := state{inside: all(len(e.pass)), insideFails: all(len(e.soft))}
	for _, w := range e.weight {
		start.total += w
	}
	states, best := []state{start}, []state{start}
	for depth := range beamDepth {
		next := map[string]state{}
		for _, st := range states {
			type gain struct {
				col   int
				value float64
			}
			var gains []gain
			for j := range cols {
				g := -cols[j].cost
				for i, in := range st.inside {
					if in && !cols[j].pass[i] {
						g += e.weight[i]
					}
				}
				for i, in := range st.insideFails {
					if in && !cols[j].soft[i] {
						g -= e.lost[i]
					}
				}
				if g > 0.05 || depth == 0 {
					gains = append(gains, gain{j, g})
				}
			}
			slices.SortStableFunc(gains, func(a, b gain) int { return cmp.Compare(b.value, a.value) })
			for _, g := range gains[:min(beamWidth, len(gains))] {
				if slices.Contains(st.chosen, g.col) {
					continue
				}
				chosen := slices.Sorted(slices.Values(append(slices.Clone(st.chosen), g.col)))
				name := nameOf(chosen)
				if _, known := next[name]; known {
					continue
				}
				next[name] = e.extend(st, &cols[g.col], chosen)
			}
		}
		if len(next) == 0 {
			break
		}
		states = nil
		for _, name := range sortedKeys(next) {
			states = append(states, next[name])
		}
		sortStates(states)
		states = states[:min(2*beamWidth, len(states))]
		best = append(best, states...)
	}
	sortStates(best)
	return conjunctions(best, cols)
}

func (e *evidence) extend(st state, c *column, chosen []int) state {
	n := state{chosen: chosen, atomCost: st.atomCost + c.cost, inside: slices.Clone(st.inside), insideFails: slices.Clone(st.insideFails)}
	n.total = n.atomCost
	for i := range n.inside {
		if n.inside[i] = n.inside[i] && c.pass[i]; n.inside[i] {
			n.total += e.weight[i]
		}
	}
	for i := range n.insideFails {
		if n.insideFails[i] = n.insideFails[i] && c.soft[i]; !n.insideFails[i] {
			n.total += e.lost[i]
		}
	}
	return n
}

func conjunctions(best []state, cols []column) (list []conjunction) {
	of := func(chosen []int) (list []atom) {
		for _, j := range chosen {
			list = append(list, cols[j].atoms[0])
		}
		return list
	}
	for i, st := range best[:min(keptBest, len(best))] {
		if i > 0 && st.total > best[0].total+1.5 {
			break
		}
		list = append(list, conjunction{of(st.chosen), st.total})
	}
	// What nothing tells apart from the best so far is asked about next.
	for i, j := range best[0].chosen {
		for _, a := range cols[j].atoms[1:] {
			other := of(best[0].chosen)
			other[i] = a
			list = append(list, conjunction{other, best[0].total + a.cost - cols[j].cost})
		}
	}
	return list
}

func all(n int) []bool {
	list := make([]bool, n)
	for i := range list {
		list[i] = true
	}
	return list
}

func nameOf(chosen []int) string {
	var b []byte
	for _, c := range chosen {
		b = append(b, byte(c), byte(c>>8))
	}
	return string(b)
}

func sortedKeys(m map[string]state) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

func sortStates(list []state) {
	slices.SortStableFunc(list, func(a, b state) int {
		return cmp.Or(cmp.Compare(a.total, b.total), len(a.chosen)-len(b.chosen))
	})
}

// MayHide reports whether a case may pass although a bug strikes it.
func MayHide(c *cases.Case) bool { return weak(c) }
