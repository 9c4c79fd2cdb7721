package compare

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/stats"
	"gonum.org/v1/gonum/stat"
)

// timed is one side's times of a case.
type timed struct {
	seconds []float64
	work    float64
}

// pairing is what both sides timed of a group of cases.
type pairing struct {
	pairs            [][2]timed // old, new of the same case
	oldOnly, newOnly []timed    // of cases that the other side has not
}

type pool struct {
	unit   string
	groups map[Group]*pairing
	all    pairing
	// clockMean is the geometric mean of the ratios of device seconds, where unit is another one; else 0.
	clockMean float64
	leftOut   int // shared cases that are timed, but not by this clock on both sides
}

// clocks are the times that an entry may have, the best first: where both sides have some, they are compared by it.
var clocks = []struct {
	unit string
	of   func(*entry) []float64
}{
	{record.UnitYardstick, func(e *entry) []float64 { return e.yardsticks }},
	{record.UnitDevice, func(e *entry) []float64 { return e.device }},
	{record.UnitWall, func(e *entry) []float64 { return e.wall }},
}

// has reports whether any entry of a side has times of a clock.
func (s *Side) has(clock func(*entry) []float64) bool {
	for _, e := range s.entries {
		if len(clock(e)) > 0 {
			return true
		}
	}
	return false
}

// pool sorts the times into groups.
func (r *Report) pool() pool {
	p := pool{groups: map[Group]*pairing{}}
	var clock func(*entry) []float64
	for _, c := range clocks {
		p.unit, clock = c.unit, c.of
		if r.Old.has(clock) && r.New.has(clock) {
			break
		}
	}
	into := func(e *entry, add func(*pairing)) { // the pairing of its group, and that of all
		g := e.group.only(r.Options.By)
		if p.groups[g] == nil {
			p.groups[g] = &pairing{}
		}
		add(p.groups[g])
		add(&p.all)
	}
	for _, k := range r.Old.keys() {
		was, is := r.Old.entries[k], r.New.entries[k]
		x := timed{clock(was), was.work}
		switch {
		case is == nil && len(x.seconds) > 0:
			into(was, func(to *pairing) { to.oldOnly = append(to.oldOnly, x) })
		case is == nil:
		case len(x.seconds) > 0 && len(clock(is)) > 0:
			into(was, func(to *pairing) { to.pairs = append(to.pairs, [2]timed{x, {clock(is), is.work}}) })
		case was.timed() && is.timed():
			p.leftOut++
		}
	}
	for _, k := range r.New.keys() {
		is := r.New.entries[k]
		if r.Old.entries[k] == nil && len(clock(is)) > 0 {
			into(is, func(to *pairing) { to.newOnly = append(to.newOnly, timed{clock(is), is.work}) })
		}
	}
	if p.unit == record.UnitYardstick {
		p.clockMean = r.clockMean()
	}
	for g, group := range p.groups {
		if !group.comparable() {
			delete(p.groups, g)
		}
	}
	return p
}

// clockMean is the geometric mean of the ratios of device seconds of the cases that both sides hold in yardsticks and in
// seconds; 0 where there is none.
func (r *Report) clockMean() float64 {
	var ratios []float64
	for _, k := range r.Old.keys() {
		was, is := r.Old.entries[k], r.New.entries[k]
		if is == nil || len(was.yardsticks) == 0 || len(is.yardsticks) == 0 || len(was.device) == 0 || len(is.device) == 0 {
			continue
		}
		ratios = append(ratios, stats.Median(is.device)/stats.Median(was.device))
	}
	if len(ratios) == 0 {
		return 0
	}
	return stat.GeometricMean(ratios, nil)
}

func (e *entry) timed() bool { return len(e.device)+len(e.wall) > 0 }

func (p *pairing) comparable() bool {
	return len(p.pairs) > 0 || len(p.oldOnly) > 0 && len(p.newOnly) > 0
}

// row compares the two sides of a group.
func (p *pairing) row(g Group, alpha float64) Row {
	if len(p.pairs) == 0 {
		return p.rowOfDifferentCases(g, alpha)
	}
	r := Row{Group: g, Pairs: len(p.pairs), OldCases: len(p.pairs), NewCases: len(p.pairs)}
	var was, is, ratios []float64
	for _, pair := range p.pairs {
		a, b := stats.Median(pair[0].seconds), stats.Median(pair[1].seconds)
		was, is, ratios = append(was, a), append(is, b), append(ratios, b/a)
	}
	if len(p.pairs) == 1 {
		was, is = p.pairs[0][0].seconds, p.pairs[0][1].seconds
	}
	r.Old, r.New = summarize(was, alpha), summarize(is, alpha)
	r.Ratio, r.GeoMean = summarize(ratios, alpha), stat.GeometricMean(ratios, nil)
	if r.Paired = len(ratios) >= minPairs(alpha); r.Paired {
		r.P, r.reachable = signTest(ratios), math.Ldexp(1, 1-len(ratios))
		r.warn(r.Ratio.Warnings)
		return r
	}
	r.compareEach(p.pairs, alpha)
	return r
}

// compareEach is for too few pairs: a U test over the dispatches of each case, and of the cases that changed as the
// group did the smallest p-value, times the number of cases (Bonferroni).
func (r *Row) compareEach(pairs [][2]timed, alpha float64) {
	r.P, r.reachable = 1, 1
	r.warn(r.Old.Warnings)
	r.warn(r.New.Warnings)
	for _, pair := range pairs {
		c := benchmath.AssumeNothing.Compare(sample(pair[0].seconds, alpha), sample(pair[1].seconds, alpha))
		if (stats.Median(pair[1].seconds) > stats.Median(pair[0].seconds)) == (r.Ratio.Center > 1) {
			r.P = min(r.P, float64(len(pairs))*c.P)
		}
		r.reachable = min(r.reachable, float64(len(pairs))*smallestU(c.N1, c.N2))
		r.warn(c.Warnings)
	}
}

// rowOfDifferentCases compares seconds for each 10^9 instructions, the nearest thing to like for like.
func (p *pairing) rowOfDifferentCases(g Group, alpha float64) Row {
	r := Row{Group: g, OldCases: len(p.oldOnly), NewCases: len(p.newOnly), PerWork: true}
	was, is := perWork(p.oldOnly), perWork(p.newOnly)
	if len(was) == 0 || len(is) == 0 {
		r.P, r.reachable, r.Ratio = 1, 1, benchmath.Summary{Center: math.NaN()}
		r.Warnings = append(r.Warnings, "the cases differ and their work is not known")
		return r
	}
	r.Old, r.New = summarize(was, alpha), summarize(is, alpha)
	r.Ratio = benchmath.Summary{Center: r.New.Center / r.Old.Center, Lo: 0, Hi: math.Inf(1)}
	c := benchmath.AssumeNothing.Compare(sample(was, alpha), sample(is, alpha))
	r.P, r.reachable = c.P, smallestU(c.N1, c.N2)
	r.warn(r.Old.Warnings)
	r.warn(r.New.Warnings)
	r.warn(c.Warnings)
	r.Warnings = append(r.Warnings, "the runs share no case here; compared by seconds for each 10^9 instructions")
	return r
}

// warn adds benchmath's warnings, each once.
func (r *Row) warn(list []error) {
	for _, err := range list {
		if !slices.Contains(r.Warnings, err.Error()) {
			r.Warnings = append(r.Warnings, err.Error())
		}
	}
}

// perWork returns the median of each case, in seconds for each 10^9 instructions.
func perWork(list []timed) []float64 {
	var out []float64
	for _, t := range list {
		if t.work > 0 {
			out = append(out, stats.Median(t.seconds)/t.work*1e9)
		}
	}
	return out
}
