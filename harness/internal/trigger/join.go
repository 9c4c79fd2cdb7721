package trigger

import (
	"context"
	"slices"
)

// join looks for an earlier finding that is the same bug: one condition for the failures of both costs hardly more than
// one for either, and cases between them fail. nil: there is none.
func (l *Lab) join(ctx context.Context, f *Finding) (*Finding, error) {
	for _, g := range l.findings {
		if !g.Explained() {
			continue
		}
		both, alone, apart := l.joint(g, f)
		if both.cost > min(alone+1, apart) || l.loose(&both, g, f) || l.loses(&both, g, f) {
			continue
		}
		same, err := l.between(ctx, &both, g, f)
		if err != nil {
			return nil, err
		}
		l.o.Log("%s and %s as %s: %v", &g.wide, &f.wide, &both, same)
		if !same {
			continue
		}
		g.wide = both
		g.in.absorb(f.in)
		g.Probes += f.Probes
		e := l.all(g.in.hard, g.in.soft, g.in)
		e.even(0.15)
		for i := range e.weight {
			e.weight[i] *= 4
		}
		g.sure = e.learn()[0]
		return g, l.describe(g)
	}
	return nil, nil
}

// all is every pass that is known, against some failures of one or two searches.
func (l *Lab) all(hard, soft []*sample, of ...*inference) *evidence {
	e := &evidence{hard: hard}
	hides := func(s *sample) bool {
		return !slices.ContainsFunc(of, func(in *inference) bool { return !in.hides(s) })
	}
	for _, s := range soft {
		e.fail(s, 0.3)
	}
	seen := map[*sample]bool{}
	for _, list := range [][]judged{l.run, l.probed} {
		for _, j := range list {
			if j.fails || seen[j.sample] {
				continue
			}
			seen[j.sample] = true
			if !slices.ContainsFunc(of, func(in *inference) bool { return !in.idle(j.sample) }) {
				continue
			}
			weight := 0.25
			if hides(j.sample) {
				weight = 0.06
			}
			e.pass, e.weight = append(e.pass, j.sample), append(e.weight, weight)
		}
	}
	e.soften(hides)
	return e
}

// joint is the best condition for both, the cost of the cheaper one of those for one of them alone, and that of two
// conditions side by side.
func (l *Lab) joint(g, f *Finding) (both conjunction, alone, apart float64) {
	soft := append(slices.Clone(g.in.soft), f.in.soft...)
	e := l.all(append(slices.Clone(g.in.hard), f.in.hard...), soft, g.in, f.in)
	both = e.learn()[0]
	one, two := l.all(g.in.hard, soft, g.in).learn()[0].cost, l.all(f.in.hard, soft, f.in).learn()[0].cost
	return both, min(one, two), e.costOf(&g.wide, &f.wide)
}

// costOf is the description length of conditions of which any may hold.
func (e *evidence) costOf(list ...*conjunction) (cost float64) {
	for _, p := range list {
		for _, a := range p.atoms {
			cost += a.cost
		}
	}
	match := func(s *sample) bool {
		return slices.ContainsFunc(list, func(p *conjunction) bool { return p.matches(s) })
	}
	for i, s := range e.pass {
		if match(s) {
			cost += e.weight[i]
		}
	}
	for i, s := range e.soft {
		if !match(s) {
			cost += e.lost[i]
		}
	}
	return cost
}

// loose reports whether a joint condition lets in passes that neither of the two matches. On a path where hardly a case is
// right, a condition for everything costs little; it would join any two bugs.
func (l *Lab) loose(both *conjunction, g, f *Finding) bool {
	if len(both.atoms) == 0 {
		return len(g.wide.atoms) > 0 && len(f.wide.atoms) > 0
	}
	let := 0
	for _, list := range [][]judged{l.run, l.probed} {
		for _, j := range list {
			if !j.fails && !j.weak && both.matches(j.sample) && !g.wide.matches(j.sample) && !f.wide.matches(j.sample) {
				let++
			}
		}
	}
	return let >= 2
}

// loses reports whether a joint condition leaves out failures that one of the two explains: then it is about what the few
// cases that both were learned from have in common, and the rest would be found again under another name.
func (l *Lab) loses(both *conjunction, g, f *Finding) bool {
	explained, lost := 0, 0
	for _, list := range [][]judged{l.run, l.probed} {
		for _, j := range list {
			if j.fails && (g.wide.matches(j.sample) || f.wide.matches(j.sample)) {
				explained++
				if !both.matches(j.sample) {
					lost++
				}
			}
		}
	}
	return lost*20 > explained
}

const betweenProbes = 8

// between asks about cases that the joint condition matches and neither of the two does: if it is one bug, they fail.
func (l *Lab) between(ctx context.Context, both *conjunction, g, f *Finding) (bool, error) {
	var tried strikes
	for range 300 {
		if tried.asked == betweenProbes || ctx.Err() != nil {
			break
		}
		from := [][]*sample{g.in.hard, f.in.hard}[l.dice.Intn(2)]
		c := vary(l.dice, from[l.dice.Intn(len(from))].c, 1+l.dice.Intn(3))
		x := &sample{c: c, x: vector(&c)}
		if work(&c) > l.o.MaxWork || weak(&c) || !both.matches(x) || g.wide.matches(x) || f.wide.matches(x) {
			continue
		}
		if slices.ContainsFunc(l.findings, func(o *Finding) bool { return o != g && o.Matches(&c) }) {
			continue
		}
		_, a, err := l.ask(ctx, c)
		if err != nil {
			return false, err
		}
		tried.add(a)
	}
	return tried.asked < 2 || tried.failed*10 >= tried.asked*6, nil
}
