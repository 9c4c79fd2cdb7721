package trigger

import (
	"context"
	"maps"
	"slices"
)

// A finding is learned while other bugs are not known yet, and some of the failures that it was learned from are theirs.
// When they have been found, what is known is looked at again.

// explainedByAnother reports whether a finding that did not come of this search explains a case.
func (in *inference) explainedByAnother(s *sample) bool { return in.knownBut(s, in.finding) }

// absorb takes over what another search has learned about the same bug.
func (in *inference) absorb(o *inference) {
	in.hard, in.soft = append(slices.Clone(in.hard), o.hard...), append(slices.Clone(in.soft), o.soft...)
	in.extra = append(slices.Clone(in.extra), o.extra...)
	in.firsts = append(slices.Clone(in.firsts), o.firsts...)
	maps.Copy(in.far, o.far)
	maps.Copy(in.telling, o.telling)
	for s, w := range o.near {
		in.near[s] = max(w, in.near[s])
	}
	for s := range o.unrelated {
		if !slices.Contains(in.hard, s) {
			in.unrelated[s] = true
		}
	}
}

// settle learns the condition of each finding anew from all that is known by now, without the failures that others
// explain, and asks where the new one and the old one differ.
func (l *Lab) settle(ctx context.Context) error {
	if len(l.findings) < 2 {
		return nil
	}
	for _, f := range l.findings {
		in := f.in
		in.ctx = ctx
		in.leave()
		best := in.fit()[0]
		if best.String() == f.wide.String() {
			continue
		}
		if err := in.compare(&f.wide, &best); err != nil {
			return err
		}
		best = in.fit()[0]
		if best.String() == f.wide.String() {
			continue
		}
		l.o.Log("%s becomes %s", &f.wide, &best)
		f.wide, f.sure = best, in.sureOf(best)
		if err := l.describe(f); err != nil {
			return err
		}
	}
	l.fold()
	return nil
}

// fold takes findings away that would never have been looked for, had another been known: that one matches the reduced
// cases from which they came, and none of their neighbours that pass.
func (l *Lab) fold() {
	for i := 0; i < len(l.findings); i++ {
		part := l.findings[i]
		for j, whole := range l.findings {
			if i == j || !whole.covers(part) || j > i && part.covers(whole) {
				continue
			}
			l.o.Log("%s is part of %s", &part.wide, &whole.wide)
			part.whole = whole
			whole.Probes += part.Probes
			l.findings = slices.Delete(slices.Clone(l.findings), i, i+1)
			i--
			break
		}
	}
}

// covers reports whether a trigger explains another finding as well.
func (f *Finding) covers(o *Finding) bool {
	if !f.Explained() || f.Everywhere() || f.Inside < 8*f.Exceptions {
		return false
	}
	for _, s := range o.in.firsts {
		if !f.wide.matches(s) {
			return false
		}
	}
	for s := range o.in.near {
		if !o.in.hides(s) && f.wide.matches(s) {
			return false
		}
	}
	return true
}

// Whole is the finding that explains this one as well, where a later one turned out to; or else the finding itself.
func (f *Finding) Whole() *Finding {
	for f.whole != nil {
		f = f.whole
	}
	return f
}

// leave drops failures that were taken for this bug's and that another finding explains; the first one stays, from which
// the search began.
func (in *inference) leave() {
	in.hard = slices.DeleteFunc(slices.Clone(in.hard), func(s *sample) bool { return s != in.first && s != in.base && in.explainedByAnother(s) })
}

const comparedProbes = 6

// compare asks about cases that one of two conditions matches and the other does not.
func (in *inference) compare(one, two *conjunction) error {
	asked := 0
	for range 200 {
		if asked == comparedProbes || in.ctx.Err() != nil {
			break
		}
		from := in.hard[in.dice.Intn(len(in.hard))].c
		c := vary(in.dice, from, 1+in.dice.Intn(3))
		if in.dice.Intn(2) == 0 {
			fresh, err := in.freshCase()
			if err != nil {
				return err
			}
			if moved := in.moveInside([]*conjunction{one, two}[in.dice.Intn(2)], fresh, &in.base.c); moved != nil {
				c = *moved
			}
		}
		if work(&c) > in.o.MaxWork || weak(&c) || one.holdsFor(&c) == two.holdsFor(&c) {
			continue
		}
		before := in.probes
		s, a, err := in.askBut(in.ctx, c, in.finding)
		if err != nil {
			return err
		}
		asked += in.probes - before
		switch a {
		case passes:
			in.near[s] = max(1, in.near[s])
		case fails:
			in.soft = append(in.soft, s)
		}
	}
	return nil
}
