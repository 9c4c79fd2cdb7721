package trigger

import (
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// naturalProbes is how many generated cases that a condition matches as they are are tried at once, and naturalDraws among
// how many they are looked for.
const (
	naturalProbes = 2
	naturalDraws  = 120
)

// warmDraws is how many of the first generated cases are left out that need a kernel which nothing has needed yet. The
// cases of the run have needed dozens, and any of these may be among those that are left.
const warmDraws = 80

// natural tries generated cases that the condition matches as they are. Those that are moved inside have fields of the
// base, and so they fail where the base fails, be the condition as wide as it may.
func (in *inference) natural(p *conjunction) (bad int, err error) {
	tried := 0
	for draw := range naturalDraws {
		if tried == naturalProbes || !in.left() {
			break
		}
		c, err := in.freshCase()
		if err != nil {
			return bad, err
		}
		if _, asked := in.verdicts[key(&c)]; asked || !p.holdsFor(&c) || work(&c) > in.o.MaxWork || weak(&c) || tried > 0 && draw < warmDraws && in.cold(&c) || in.known(in.sample(c)) {
			continue
		}
		ok, judgedIt, err := in.tryInside(p, c)
		if err != nil {
			return bad, err
		}
		if judgedIt {
			tried++
			bad += 1 - ok
		}
	}
	return bad, nil
}

// verify tries generated cases that are moved inside the condition, and out of it by one atom. It counts what the
// condition did not foretell.
func (in *inference) verify(p *conjunction) (bad int, err error) {
	if bad, err = in.natural(p); err != nil {
		return bad, err
	}
	insides, outsides := 0, 0.0
	for tries := 0; (insides < 5 || outsides < 4) && tries < 120 && in.left(); tries++ {
		c, err := in.freshCase()
		if err != nil {
			return bad, err
		}
		moved := in.moveInside(p, c, in.donor(p))
		if moved == nil || work(moved) > in.o.MaxWork || tries < warmDraws && in.cold(moved) || in.known(in.sample(*moved)) {
			continue
		}
		if float64(insides) <= outsides || len(p.atoms) == 0 {
			if insides >= 5 {
				break
			}
			ok, judgedIt, err := in.tryInside(p, *moved)
			if err != nil {
				return bad, err
			}
			if judgedIt {
				insides++
				bad += 1 - ok
			}
			continue
		}
		out := in.moveOutside(p, moved)
		if out == nil {
			outsides += 0.2
			continue
		}
		s, a, err := in.note(*out, 1)
		if err != nil {
			return bad, err
		}
		if a == unclear {
			continue
		}
		outsides++
		if a == fails {
			bad++
			in.soft = append(in.soft, s)
		}
	}
	return bad, nil
}

// tryInside is 1 in ok where a case inside the condition fails, with values that show it if not with its own.
func (in *inference) tryInside(p *conjunction, c cases.Case) (ok int, judgedIt bool, err error) {
	s, a, err := in.note(c, freshPass)
	if err != nil || a == unclear {
		return 0, false, err
	}
	in.inside.add(a)
	if a != passes {
		if a == fails {
			in.soft = append(in.soft, s)
		}
		return 1, true, nil
	}
	shown := c.Clone()
	shown.Values = cases.Values{Seed: 7}
	if shown.Repair() != nil || !p.matches(in.sample(shown)) || key(&shown) == s.key {
		return 0, true, nil
	}
	t, a, err := in.ask(in.ctx, shown)
	if err == nil && a == fails {
		in.near[s] = 0.1 // its values hid it
		in.soft = append(in.soft, t)
		return 1, true, nil
	}
	return 0, true, err
}

// donor is the base, or now and then another failure that the condition matches: the base shows one way alone in which a
// condition about several operands holds.
func (in *inference) donor(p *conjunction) *cases.Case {
	if in.dice.Intn(2) == 0 {
		return &in.base.c
	}
	var list []*sample
	for _, j := range in.run {
		if j.fails && !j.weak && p.matches(j.sample) && !in.unrelated[j.sample] && !in.explainedByAnother(j.sample) {
			list = append(list, j.sample)
		}
	}
	if len(list) == 0 {
		return &in.base.c
	}
	return &list[in.dice.Intn(len(list))].c
}

// moveInside copies from a case that the condition matches the fields that the atoms which do not hold are about.
func (in *inference) moveInside(p *conjunction, c cases.Case, from *cases.Case) *cases.Case {
	for try := range 3 {
		x := &sample{x: vector(&c)}
		var wrong []string
		for _, a := range p.atoms {
			switch {
			case a.in(x.x):
			case try == 0 && features[a.feature].logit != nil: // which these make large as a rule, whatever else the case is
				wrong = append(wrong, "values", "scale")
			default:
				wrong = append(wrong, a.groups()...)
			}
		}
		if len(wrong) == 0 {
			return &c
		}
		next := take(&c, from, wrong)
		if next == nil {
			return nil
		}
		c = *next
	}
	if !p.matches(&sample{x: vector(&c)}) {
		return nil
	}
	return &c
}

// groupsOf are the fields that decide a feature.
func groupsOf(f *feature) []string {
	switch {
	case f.name == "batch * heads" || f.name == "batch * kv_heads":
		return []string{"batch", "heads"}
	case f.name == "batch * q_len * kv_len == 0":
		return []string{"batch", "lengths"}
	case strings.Contains(f.name, "kv_offset,"):
		return []string{"lengths", "kv_offset"}
	case f.name == "ends_guarded":
		return []string{"values", "batch", "heads", "lengths", "head_dim", "v_head_dim"}
	case f.logit != nil:
		return []string{"values", "scale", "softcap", "alibi", "sinks", "mask", "lengths", "head_dim", used}
	case strings.HasPrefix(f.name, "stride."): // of integers in bytes
		return []string{"layout", "quant"}
	case strings.Contains(f.name, "visible."):
		return []string{"mask", "lengths", "kv_offset", used}
	}
	return []string{f.group}
}

// moveOutside breaks exactly one atom.
func (in *inference) moveOutside(p *conjunction, c *cases.Case) *cases.Case {
	broken := in.dice.Intn(len(p.atoms))
	wanted := p.atoms[broken].groups()
	var list []axis
	for _, a := range axes(c) {
		if slices.Contains(wanted, a.group) {
			list = append(list, a)
		}
	}
	for range 25 {
		if len(list) == 0 {
			return nil
		}
		a := &list[in.dice.Intn(len(list))]
		out, ok := a.one(in.dice.Intn(len(a.changes)))
		if !ok || work(&out) > in.o.MaxWork {
			continue
		}
		x := vector(&out)
		only := true
		for i, a := range p.atoms {
			only = only && a.in(x) == (i != broken)
		}
		if only && !in.known(in.sample(out)) {
			return &out
		}
	}
	return nil
}
