package trigger

import (
	"slices"

	"attest.example/attest/harness/internal/cases"
)

const (
	separated     = 3  // probes at once
	firstChanges  = 40 // changes of the base from which a second one is made
	secondChanges = 40
)

// separate asks where the best condition and another differ that has one atom in another's place, as q in BSHD and any
// operand in BSHD. No single change of the base tells these apart, and hardly a random one: q has to become plain and
// another operand must not.
func (in *inference) separate(preds []conjunction) (asked int, err error) {
	best := &preds[0]
	for i := range preds[1:] {
		p := &preds[1+i]
		if asked == separated || !in.left() {
			break
		}
		one, other, ok := exchanged(best, p)
		if !ok || in.told(best, p) {
			continue
		}
		c, found := in.apart(best, p, append(one.groups(), other.groups()...))
		if !found {
			continue
		}
		s, a, err := in.note(c, 1)
		if err != nil {
			return asked, err
		}
		switch a {
		case passes:
			asked++
		case fails:
			in.soft = append(in.soft, s)
			asked++
		}
	}
	return asked, nil
}

// exchanged are the atoms by which two conditions differ, where it is one of each and they are about different features.
func exchanged(p, o *conjunction) (one, other atom, ok bool) {
	if len(p.atoms) != len(o.atoms) {
		return one, other, false
	}
	n := 0
	for _, a := range p.atoms {
		if !slices.ContainsFunc(o.atoms, func(b atom) bool { return b.text == a.text }) {
			one = a
			n++
		}
	}
	for _, a := range o.atoms {
		if !slices.ContainsFunc(p.atoms, func(b atom) bool { return b.text == a.text }) {
			other = a
		}
	}
	return one, other, n == 1 && one.feature != other.feature
}

// told reports whether a verdict is known of a case that one of two conditions matches.
func (in *inference) told(p, o *conjunction) bool {
	return slices.ContainsFunc(in.probed, func(j judged) bool {
		return !in.hides(j.sample) && p.matches(j.sample) != o.matches(j.sample) && !in.known(j.sample)
	})
}

// apart is a case near the base that one of two conditions matches and the other does not, after one or two changes of
// some groups of fields.
func (in *inference) apart(p, o *conjunction, groups []string) (found cases.Case, ok bool) {
	changes := func(c *cases.Case, most int) (list []cases.Case) {
		for _, a := range axes(c) {
			if slices.Contains(groups, a.group) {
				list = append(list, a.all()...)
			}
		}
		in.dice.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list[:min(most, len(list))]
	}
	tells := func(c *cases.Case) bool {
		return p.holdsFor(c) != o.holdsFor(c) && work(c) <= in.o.MaxWork && (in.base.weak || !weak(c)) && !in.known(in.sample(*c))
	}
	first := changes(&in.base.c, firstChanges)
	for i := range first {
		if tells(&first[i]) {
			return first[i], true
		}
	}
	for i := range first {
		for _, c := range changes(&first[i], secondChanges) {
			if tells(&c) {
				return c, true
			}
		}
	}
	return found, false
}
