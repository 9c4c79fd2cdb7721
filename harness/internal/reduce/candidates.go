package reduce

import (
	"iter"

	"attest.example/attest/harness/internal/cases"
)

// Candidates returns simpler neighbours of a normalized case, the boldest first: without the cases before it, plain
// all over, with each property at its simplest, with each size at its smallest, halved and one less. All are
// normalized and Less than c. A Result that is Complete has no candidate that fails as it does.
func Candidates(c cases.Case) iter.Seq[cases.Case] {
	return func(yield func(cases.Case) bool) {
		limit := newRank(c)
		offered := map[string]bool{}
		for candidate := range moves(&c) {
			if candidate.Normalize() != nil || !newRank(candidate).less(limit) {
				continue
			}
			name := cases.Name(candidate)
			if offered[name] {
				continue
			}
			offered[name] = true
			if !yield(candidate) {
				return
			}
		}
	}
}

func moves(c *cases.Case) iter.Seq[cases.Case] {
	return func(yield func(cases.Case) bool) {
		for i := range c.After {
			without := c.Clone()
			without.After = append(without.After[:i], without.After[i+1:]...)
			if i == 0 {
				alone := c.Clone()
				alone.After = nil
				if !yield(alone) {
					return
				}
			}
			if !yield(without) {
				return
			}
		}
		for _, t := range targets(c) {
			if !movesOf(c, t, yield) {
				return
			}
		}
	}
}

func movesOf(c *cases.Case, t target, yield func(cases.Case) bool) bool {
	all := plainEdits()
	if !yield(edited(c, t, all...)) {
		return false
	}
	first := t(c)[0]
	axes := append(sizeAxes(first), slackAxes(first)...)
	axes = append(axes, pairAxes(first)...)
	for _, a := range axes {
		v := a.get(first)
		last := v // values fall, so a repeated one is a neighbour
		for _, to := range []int{a.min, a.min + 1, v / 2, v - 8, v - 1} {
			if to < a.min || to >= v || to == last {
				continue
			}
			last = to
			if !yield(moved(c, t, a, to)) {
				return false
			}
		}
	}
	for _, e := range append(all, gradedEdits(first)...) {
		if !yield(edited(c, t, e)) {
			return false
		}
	}
	return true
}
