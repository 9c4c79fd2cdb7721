package trigger

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// sets makes atoms of the words of a field that were shown to fail around the base, and of those that were not.
func (in *inference) sets(field string) error {
	at := slices.IndexFunc(features, func(f feature) bool { return f.name == field && f.kind == word })
	if at < 0 {
		return nil
	}
	failing, passing := map[int]bool{int(in.base.x.at(at)): true}, map[int]bool{}
	for _, value := range append([]string{""}, cases.FieldNamed(field).Values...) {
		changed, ok := withWord(&in.base.c, field, value)
		if !ok {
			continue
		}
		s := in.sample(changed)
		switch kind, asked := in.verdicts[s.key]; {
		case !asked:
		case kind.Fails():
			too, err := in.failsToo(field, value)
			if err != nil {
				return err
			}
			if too {
				failing[int(s.x.at(at))] = true
			} else {
				delete(in.far, s) // another bug's
				in.unrelated[s] = true
				passing[int(s.x.at(at))] = true
			}
		case kind == "pass":
			passing[int(s.x.at(at))] = true
		}
	}
	add := func(set map[int]bool) {
		if len(set) >= 2 {
			in.extra = append(in.extra, wordsAtom(at, slices.Collect(maps.Keys(set)), 1+0.1*float64(len(set))))
		}
	}
	add(failing)
	rest := map[int]bool{}
	for i := range features[at].words {
		if !passing[i] {
			rest[i] = true
		}
	}
	if len(passing) > 1 {
		add(rest)
	}
	return nil
}

// withWord is a case with another word in a field; the empty one clears it.
func withWord(c *cases.Case, field, value string) (cases.Case, bool) {
	changed := c.Clone()
	if value == "" {
		cases.FieldNamed(field).Clear(&changed)
	} else if cases.FieldNamed(field).Set(&changed, value) != nil {
		return changed, false
	}
	return changed, changed.Repair() == nil
}

// failsToo reports whether the reduced case fails with another word as well, and by the same bug. The base is large enough
// for other bugs to strike it when its mask or format changes; the reduced case is just large enough for this one. And what
// makes the reduced case pass must make it pass with the other word too.
func (in *inference) failsToo(field, value string) (bool, error) {
	c, ok := withWord(&in.first.c, field, value)
	if !ok || hidesMore(&c, &in.first.c) {
		return true, nil // it tells nothing
	}
	s, a, err := in.ask(in.ctx, c)
	if err != nil {
		return false, err
	}
	if a == passes {
		in.tells(s)
		return false, nil
	}
	for _, control := range in.controls {
		var changed []string
		for _, name := range cases.Differences(&in.first.c, &control.c) {
			changed = append(changed, groupOf(name))
		}
		if len(changed) == 0 || slices.Contains(changed, groupOf(field)) {
			continue
		}
		moved := take(&c, &control.c, changed)
		if moved == nil {
			continue
		}
		_, a, err := in.ask(in.ctx, *moved)
		return a != fails && a != other, err
	}
	return true, nil
}

// allNear asks about sizes near one that the condition says is the only one. A search that began at one of eight sizes for
// which there is no kernel had asked about no other of them.
func (in *inference) allNear(p *conjunction) error {
	for _, a := range p.atoms {
		f := &features[a.feature]
		if f.kind != number || !strings.HasPrefix(a.text, f.name+" == ") {
			continue
		}
		field := cases.FieldNamed(f.name)
		if field == nil {
			continue
		}
		for _, step := range []int{1, -1, 3, -3, 7, -7} {
			c := in.base.c.Clone()
			if field.Set(&c, strconv.Itoa(field.Int(&c)+step)) != nil || c.Repair() != nil {
				continue
			}
			if _, err := in.single(c, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// allWords asks about every value of a word that the condition is about, so that none is missed that belongs to it.
func (in *inference) allWords(p *conjunction) error {
	for _, a := range p.atoms {
		f := &features[a.feature]
		if f.kind != word {
			continue
		}
		list := axes(&in.base.c)
		if i := slices.IndexFunc(list, func(x axis) bool { return x.name == f.name }); i >= 0 {
			if err := in.category(&list[i], list[i].all()); err != nil {
				return err
			}
		}
	}
	return nil
}
