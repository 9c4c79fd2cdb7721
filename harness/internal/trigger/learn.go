package trigger

import (
	"cmp"
	"slices"
)

const (
	beamWidth = 12
	beamDepth = 6
	keptBest  = 14
)

// state is a conjunction on the beam.
type state struct {
	chosen      []int // columns, in their order
	atomCost    float64
	total       float64 // description length
	inside      []bool  // passes that are still matched
	insideFails []bool
}

// learn returns conjunctions, the best first, of one description length or little more.
func (e *evidence) learn() []conjunction {
	cols := e.columns()
	states := []state{e.everything()}
	best := slices.Clone(states)
	for depth := range beamDepth {
		longer := e.longer(states, cols, depth == 0)
		if len(longer) == 0 {
			break
		}
		states = longer[:min(2*beamWidth, len(longer))]
		best = append(best, states...)
	}
	sortStates(best)
	return conjunctions(best, cols)
}

// everything is the conjunction of no atoms, which all cases match.
func (e *evidence) everything() state {
	st := state{inside: all(len(e.pass)), insideFails: all(len(e.soft))}
	for _, w := range e.weight {
		st.total += w
	}
	return st
}

// longer are the states with one more column, the best first.
func (e *evidence) longer(states []state, cols []column, first bool) []state {
	next := map[string]state{}
	for _, st := range states {
		for _, j := range e.worthAdding(&st, cols, first) {
			if slices.Contains(st.chosen, j) {
				continue
			}
			chosen := slices.Sorted(slices.Values(append(slices.Clone(st.chosen), j)))
			name := nameOf(chosen)
			if _, known := next[name]; !known {
				next[name] = e.extend(st, &cols[j], chosen)
			}
		}
	}
	list := make([]state, 0, len(next))
	for _, name := range sortedKeys(next) {
		list = append(list, next[name])
	}
	sortStates(list)
	return list
}

// worthAdding are the columns that shorten a state's description the most. The first column need not shorten it: a
// condition may take two atoms before it explains anything.
func (e *evidence) worthAdding(st *state, cols []column, first bool) (list []int) {
	gains := make([]float64, len(cols))
	for j := range cols {
		if gains[j] = e.gain(st, &cols[j]); gains[j] > 0.05 || first {
			list = append(list, j)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(gains[b], gains[a]) })
	return list[:min(beamWidth, len(list))]
}

// gain is by how much a column shortens a state's description: passes that it excludes, less failures that it leaves
// out and what it costs itself.
func (e *evidence) gain(st *state, c *column) float64 {
	g := -c.cost
	for i, in := range st.inside {
		if in && !c.pass[i] {
			g += e.weight[i]
		}
	}
	for i, in := range st.insideFails {
		if in && !c.soft[i] {
			g -= e.lost[i]
		}
	}
	return g
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
