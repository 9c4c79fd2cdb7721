package trigger

import (
	"cmp"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// A bug may strike in two ways that have most of their conditions in common: where columns are apart, and either nothing is in
// pages or it is q. Of the conjunction that is found first, one condition is then too narrow: failures lie outside by that one
// alone. Another condition is looked for that may stand in its place, and the two become one, "this or that".

// Probes for one such condition: those that tell candidates apart, those that must fail by it, and those that must pass
// because the rest of the conjunction does not hold.
const (
	tellingApart  = 8
	byTheOther    = 4
	withoutRest   = 3
	alternatives  = 24 // candidates that are kept
	regionTries   = 120
	eitherPenalty = 0.1 // the word "or"
)

// in reports whether an atom, or what may stand in its place, holds for the features of a case.
func (a *atom) in(x *readings) bool {
	return a.holds(x.at(a.feature)) || a.or != nil && a.or.holds(x.at(a.or.feature))
}

// groups are the fields that decide an atom.
func (a *atom) groups() []string {
	list := groupsOf(&features[a.feature])
	if a.or != nil {
		list = append(slices.Clone(list), groupsOf(&features[a.or.feature])...)
	}
	return list
}

// eitherOf is the condition that one of two holds.
func eitherOf(a, b *atom) atom {
	part := func(text string) string {
		if strings.Contains(text, " && ") {
			return "(" + text + ")"
		}
		return text
	}
	return atom{text: "(" + part(a.text) + " || " + part(b.text) + ")", cost: a.cost + b.cost + eitherPenalty, feature: a.feature, holds: a.holds, or: b,
		readable: inWords([]atom{*a}) + " or " + inWords([]atom{*b})}
}

// without is a conjunction that lacks one atom, and one more for which that atom does not hold.
func (p *conjunction) without(at int) (rest, broken conjunction) {
	rest.atoms = slices.Delete(slices.Clone(p.atoms), at, at+1)
	a := p.atoms[at]
	not := atom{text: "not (" + a.text + ")", feature: a.feature, holds: func(x float64) bool { return !a.holds(x) }}
	broken.atoms = append(slices.Clone(rest.atoms), not)
	return rest, broken
}

// either looks, for each atom by which alone some failures lie outside, for another that may stand in its place. It reports
// how many cases were asked about.
func (in *inference) either(p *conjunction) (asked int, err error) {
	if len(p.atoms) < 2 { // without a rest any other bug would be the other way to strike
		return 0, nil
	}
	before := in.probes
	for i := range p.atoms {
		if p.atoms[i].or != nil || in.eithers[p.atoms[i].text] || !in.left() {
			continue
		}
		strays := in.strays(p, i)
		if len(strays) == 0 {
			continue
		}
		in.eithers[p.atoms[i].text] = true
		if err := in.inItsPlace(p, i, strays); err != nil {
			return in.probes - before, err
		}
	}
	return in.probes - before, nil
}

// strays are the failures that no other finding explains and that lie outside by one atom alone. Where a case that runs before
// lies inside, that one may be what failed.
func (in *inference) strays(p *conjunction, at int) (list []*sample) {
	_, broken := p.without(at)
	e := in.evidence(false)
	for _, s := range e.soft {
		if broken.matches(s) && !s.weak && !slices.ContainsFunc(s.c.After, func(c cases.Case) bool { return p.holdsFor(&c) }) {
			list = append(list, s)
		}
	}
	return list
}

// inItsPlace looks for the atom that holds for the strays and for none of the passes that lie outside by the same atom, and
// keeps both as one if cases outside fail by it.
func (in *inference) inItsPlace(p *conjunction, at int, strays []*sample) error {
	rest, broken := p.without(at)
	var passing []*sample
	for _, j := range in.probed {
		if !j.fails && !in.hides(j.sample) && !in.idle(j.sample) && broken.matches(j.sample) {
			passing = append(passing, j.sample)
		}
	}
	if len(passing) == 0 {
		return nil
	}
	candidates := alternativesTo(p, at, strays, passing)
	in.o.Log("%d failures outside %s by %s alone; %d conditions may stand in its place", len(strays), p, p.atoms[at].text, len(candidates))
	for range tellingApart {
		if len(candidates) < 2 || !in.left() {
			break
		}
		s, a, err := in.dividing(&broken, strays, candidates)
		if err != nil {
			return err
		}
		if s == nil && aboutPartOf(p, &candidates[0]) { // which is likely, whatever else is left
			break
		}
		if s == nil {
			return nil
		}
		if a != fails && a != passes {
			continue
		}
		candidates = slices.DeleteFunc(candidates, func(c atom) bool { return c.in(s.x) != (a == fails) })
	}
	if len(candidates) == 0 {
		return nil
	}
	other := candidates[0]
	sure, err := in.failsBy(&broken, &rest, &other, strays)
	if err == nil && sure {
		in.extra = append(in.extra, eitherOf(&p.atoms[at], &other))
	}
	return err
}

// alternativesTo are the atoms that hold for all of some failures and for none of some passes, the cheapest first, but those
// about the same feature: of these there are atoms for both as it is. Before all others come those about one of the operands of
// which the conjunction has any.
func alternativesTo(p *conjunction, at int, failing, passing []*sample) (list []atom) {
	a, all := &p.atoms[at], atoms()
	for i := range all {
		if all[i].feature == a.feature || !slices.ContainsFunc(failing, func(s *sample) bool { return s.has(i) }) {
			continue
		}
		if slices.ContainsFunc(failing, func(s *sample) bool { return !s.has(i) }) || slices.ContainsFunc(passing, func(s *sample) bool { return s.has(i) }) {
			continue
		}
		list = append(list, all[i])
	}
	slices.SortStableFunc(list, func(a, b atom) int {
		return cmp.Or(cmp.Compare(truth(aboutPartOf(p, &b)), truth(aboutPartOf(p, &a))), cmp.Compare(a.cost, b.cost))
	})
	return list[:min(alternatives, len(list))]
}

// aboutPartOf reports whether an atom is about one of the operands of which a conjunction has any.
func aboutPartOf(p *conjunction, a *atom) bool {
	return slices.ContainsFunc(p.atoms, func(b atom) bool { return slices.Contains(features[b.feature].parts, a.text) })
}

// nearStrays is a case near some failures, or a generated one with some of their fields, that a conjunction matches.
func (in *inference) nearStrays(p *conjunction, strays []*sample) (*sample, error) {
	from := &strays[in.dice.Intn(len(strays))].c
	c := vary(in.dice, *from, 1+in.dice.Intn(3))
	if in.dice.Intn(2) == 0 {
		fresh, err := in.freshCase()
		if err != nil {
			return nil, err
		}
		moved := in.moveInside(p, fresh, from)
		if moved == nil {
			return nil, nil
		}
		c = *moved
	}
	lean := &sample{c: c, x: vector(&c), key: key(&c)}
	if _, asked := in.verdicts[lean.key]; asked || !p.matches(lean) || work(&c) > in.o.MaxWork || weak(&c) || in.known(in.sample(c)) {
		return nil, nil
	}
	return lean, nil
}

// dividing asks about a case for which about half of the candidates hold; nil: there is none.
func (in *inference) dividing(broken *conjunction, strays []*sample, candidates []atom) (*sample, answer, error) {
	var best *sample
	most := 0
	for range regionTries {
		s, err := in.nearStrays(broken, strays)
		if err != nil {
			return nil, unclear, err
		}
		if s == nil {
			continue
		}
		hold := 0
		for i := range candidates {
			if candidates[i].in(s.x) {
				hold++
			}
		}
		fewer := min(hold, len(candidates)-hold)
		n := 2 * fewer
		if !in.cold(&s.c) {
			n++
		}
		if fewer > 0 && n > most {
			best, most = s, n
		}
	}
	if best == nil {
		return nil, unclear, nil
	}
	return in.note(best.c, nearPass)
}

// failsBy reports whether cases outside one atom fail where another holds, and pass where the rest does not hold: else it is
// another bug that strikes there.
func (in *inference) failsBy(broken, rest *conjunction, other *atom, strays []*sample) (bool, error) {
	inside := conjunction{atoms: append(slices.Clone(broken.atoms), *other)}
	var fail strikes
	var failing []*sample
	for try := range regionTries {
		if fail.asked == byTheOther || !in.left() {
			break
		}
		s, err := in.nearStrays(&inside, strays)
		if err != nil {
			return false, err
		}
		if s == nil || try < warmDraws && in.cold(&s.c) {
			continue
		}
		probe, a, err := in.note(s.c, nearPass)
		if err != nil {
			return false, err
		}
		if fail.add(a); a == fails {
			failing = append(failing, probe)
		}
	}
	if fail.asked < 2 || fail.failed*10 < fail.asked*8 {
		return false, nil
	}
	var outside strikes
	for i := range rest.atoms {
		_, lacking := inside.without(slices.IndexFunc(inside.atoms, func(a atom) bool { return a.text == rest.atoms[i].text }))
		for range regionTries {
			if outside.asked == withoutRest*(i+1) || !in.left() {
				break
			}
			s, err := in.nearStrays(&lacking, strays)
			if err != nil {
				return false, err
			}
			if s == nil {
				continue
			}
			_, a, err := in.note(s.c, nearPass)
			if err != nil {
				return false, err
			}
			outside.add(a)
		}
	}
	if outside.failed*4 > outside.asked {
		return false, nil
	}
	for _, s := range failing { // this bug's, as is sure now
		in.far[s] = nearFail
	}
	in.soft = append(in.soft, failing...)
	return true, nil
}
