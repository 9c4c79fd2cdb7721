package trigger

import (
	"maps"
	"slices"

	"attest.example/attest/harness/internal/cases"
)

// shake changes many plain fields at once: if the case still fails, one probe has shown that none of them matters. A
// passing neighbour of the base is shaken too: if that fails then, another bug did it.
func (in *inference) shake() error {
	byGroup := map[string][]*axis{}
	list := axes(&in.base.c)
	for i := range list {
		if a := &list[i]; !lengthGroup(a.group) && in.plain(a) && a.group != "call" {
			byGroup[a.group] = append(byGroup[a.group], a)
		}
	}
	for range 2 {
		for _, name := range slices.Sorted(maps.Keys(byGroup)) {
			choice := map[string]int{}
			for _, a := range byGroup[name] {
				choice[a.name] = in.dice.Intn(1 << 30)
			}
			if err := in.shaken(byGroup[name], choice, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *inference) shaken(group []*axis, choice map[string]int, depth int) error {
	if len(group) == 0 || depth > 4 || in.used() > in.o.Probes*6/10 || in.ctx.Err() != nil {
		return nil
	}
	half := len(group) / 2
	halves := func() error {
		if len(group) == 1 {
			return nil
		}
		if err := in.shaken(group[:half], choice, depth+1); err != nil {
			return err
		}
		return in.shaken(group[half:], choice, depth+1)
	}
	c := in.apply(in.base.c, group, choice)
	if key(&c) == in.base.key || work(&c) > in.o.MaxWork {
		return nil
	}
	s, a, err := in.note(c, nearPass)
	if err != nil {
		return err
	}
	switch a {
	case passes, other:
		return halves()
	case fails:
		neighbour := in.neighbour()
		if neighbour == nil {
			in.soft = append(in.soft, s)
			return nil
		}
		_, control, err := in.ask(in.ctx, in.apply(neighbour.c, group, choice))
		if err != nil {
			return err
		}
		if control == fails || control == other {
			return halves()
		}
		in.hard = append(in.hard, s)
	}
	return nil
}

// neighbour is a case one change from the base that passes, and not because of values that hide the error.
func (in *inference) neighbour() *sample {
	var list []*sample
	for _, j := range in.probed {
		if in.near[j.sample] == nearPass && !j.weak {
			list = append(list, j.sample)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[in.dice.Intn(len(list))]
}

// apply makes the chosen change of each axis, in the case as it is by then.
func (in *inference) apply(c cases.Case, group []*axis, choice map[string]int) cases.Case {
	for _, wanted := range group {
		from := c
		list := axes(&from)
		i := slices.IndexFunc(list, func(a axis) bool { return a.name == wanted.name })
		if i < 0 || len(list[i].changes) == 0 {
			continue
		}
		if next, ok := list[i].one(choice[wanted.name] % len(list[i].changes)); ok {
			c = next
		}
	}
	return c
}
