package reduce

import (
	"attest.example/attest/harness/internal/cases"
)

// target is the cases of a sequence that a move changes: the case under judgment, those before it, or all of them,
// since many a bug needs that two cases stay alike.
type target func(c *cases.Case) []*cases.Case

func targets(c *cases.Case) []target {
	alone := func(c *cases.Case) []*cases.Case { return []*cases.Case{c} }
	if len(c.After) == 0 {
		return []target{alone}
	}
	list := []target{func(c *cases.Case) []*cases.Case {
		all := []*cases.Case{c}
		for i := range c.After {
			all = append(all, &c.After[i])
		}
		return all
	}, alone}
	for i := range c.After {
		list = append(list, func(c *cases.Case) []*cases.Case { return []*cases.Case{&c.After[i]} })
	}
	return list
}

// edited returns a copy with the edits applied to every case of the target.
func edited(c *cases.Case, t target, edits ...edit) cases.Case {
	out := c.Clone()
	for _, one := range t(&out) {
		for _, e := range edits {
			e(one)
		}
	}
	return out
}

// moved returns a copy whose axis has another value, in the first case of the target and in those that agreed with it.
func moved(c *cases.Case, t target, a axis, value int) cases.Case {
	out := c.Clone()
	all := t(&out)
	old := a.get(all[0])
	for _, one := range all {
		if a.get(one) == old {
			a.set(one, value)
		}
	}
	return out
}
