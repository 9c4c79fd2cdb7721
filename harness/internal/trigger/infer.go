package trigger

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// ErrPasses is of a case that does not fail when it is asked about alone, so that nothing can be found out from it.
var ErrPasses = errors.New("does not fail alone in a cold context")

// inference is the search for one finding.
type inference struct {
	*Lab
	ctx    context.Context
	start  int     // probes before
	first  *sample // the reduced case
	base   *sample
	hard   []*sample           // fail by this bug for sure, and the trigger must hold
	soft   []*sample           // fail, by this bug as far as one can tell
	near   map[*sample]float64 // passes and what it costs to match them, where that is more than usual
	others map[*sample]bool    // failures that are another bug's
	far    map[*sample]float64 // failures and what it costs to leave them out, likewise
	extra  []atom
	inside struct{ asked, failed int }
}

// Weights of passing cases: what they cost a condition that matches them.
const (
	nearPass   = 1.2  // one change away from a failure
	freshPass  = 0.35 // a generated case moved inside the condition
	otherPass  = 0.3  // another probe
	runPass    = 0.2
	weakFactor = 0.15
	softWeight = 0.12
	// nearFail is that of a failure one change of a length away from the base. It is this bug's as a rule, and another's
	// where the path has several.
	nearFail = 0.5
	// runSoftTotal is the most that all failures of the run weigh together.
	runSoftTotal = 2.5
	surePass     = 0.9
)

// Find looks for the trigger of a failing case, a reduced one as a rule. It is kept among Findings, or joined to one of
// them that turns out to be the same bug: then joined is that one, with a new trigger.
func (l *Lab) Find(ctx context.Context, reduced cases.Case) (found *Finding, joined bool, err error) {
	in := &inference{Lab: l, ctx: ctx, start: l.probes, near: map[*sample]float64{}, far: map[*sample]float64{}, others: map[*sample]bool{}}
	f, err := in.find(reduced)
	if err != nil {
		return nil, false, err
	}
	if f.Explained() {
		other, err := l.join(ctx, f)
		if err != nil {
			return nil, false, err
		}
		if other != nil {
			return other, true, nil
		}
	}
	l.findings = append(l.findings, f)
	return f, false, nil
}

// Findings lists what was found, in the order in which it was.
func (l *Lab) Findings() []*Finding { return slices.Clone(l.findings) }

// Probes is how many cases were asked about, all findings together.
func (l *Lab) Probes() int { return l.probes }

func (in *inference) used() int  { return in.probes - in.start }
func (in *inference) left() bool { return in.used() < in.o.Probes && in.ctx.Err() == nil }

func (in *inference) find(reduced cases.Case) (*Finding, error) {
	s, a, err := in.ask(in.ctx, reduced)
	if err != nil {
		return nil, err
	}
	if a != fails {
		return nil, ErrPasses
	}
	in.first = s
	var grown []*sample
	if in.base, grown, err = in.fatten(in.ctx, s); err != nil {
		return nil, err
	}
	in.hard = append([]*sample{s}, grown...)
	in.o.Log("base after %d probes: %s", in.used(), cases.Words(in.base.c))
	if err := in.sweep(); err != nil {
		return nil, err
	}
	in.o.Log("swept after %d probes", in.used())
	if err := in.shake(); err != nil {
		return nil, err
	}
	in.o.Log("shaken after %d probes", in.used())
	if err := in.refine(); err != nil {
		return nil, err
	}
	best := in.fit()[0]
	f := &Finding{Base: in.base.c, Probes: in.used(), wide: best, hard: in.hard, fail: in.soft}
	f.sure = in.sureOf(best)
	return f, in.describe(f)
}

// note asks about a case and keeps what a pass teaches.
func (in *inference) note(c cases.Case, weight float64) (*sample, answer, error) {
	s, a, err := in.ask(in.ctx, c)
	if err == nil && a == passes {
		in.near[s] = max(weight, in.near[s])
	}
	return s, a, err
}

// evidence is all that is known, as this finding sees it.
func (in *inference) evidence(sure bool) *evidence {
	e := &evidence{hard: in.hard, extra: in.extra}
	given := map[*sample]bool{}
	add := func(s *sample, weight float64) {
		if given[s] {
			return
		}
		given[s] = true
		if sure {
			weight = surePass
		}
		if s.weak {
			weight *= weakFactor
		}
		e.pass, e.weight = append(e.pass, s), append(e.weight, weight)
	}
	for _, j := range in.probed {
		if w, ok := in.near[j.sample]; ok && !j.fails {
			add(j.sample, w)
		}
	}
	for _, j := range in.run {
		if !j.fails {
			add(j.sample, runPass)
		}
	}
	for _, j := range in.probed {
		if !j.fails {
			add(j.sample, otherPass)
		}
	}
	failing := map[*sample]bool{}
	fail := func(s *sample, weight float64) {
		if !failing[s] && !in.others[s] && !slices.Contains(in.hard, s) {
			failing[s] = true
			e.fail(s, max(weight, in.far[s]))
		}
	}
	for _, s := range in.soft {
		fail(s, softWeight)
	}
	// Failures of the run may be other bugs'. Of a path that nearly always fails they would outweigh every pass.
	n := 0
	for _, j := range in.run {
		if j.fails && !in.known(j.sample) {
			n++
		}
	}
	for _, j := range in.run {
		if j.fails && !in.known(j.sample) {
			fail(j.sample, min(softWeight, runSoftTotal/float64(n)))
		}
	}
	return e
}

func (in *inference) fit() []conjunction { return in.evidence(false).learn() }

// sureOf is the narrow condition for the failures that the wide one matches.
func (in *inference) sureOf(wide conjunction) conjunction {
	e := in.evidence(true)
	e.soft = slices.DeleteFunc(e.soft, func(s *sample) bool { return !wide.matches(s) })
	e.lost = e.lost[:len(e.soft)]
	e.even(0.15)
	return e.learn()[0]
}

// sweep varies the lengths, and each field that is not at its plainest, alone.
func (in *inference) sweep() error {
	list := axes(&in.base.c)
	find := func(name string) *axis {
		if i := slices.IndexFunc(list, func(a axis) bool { return a.name == name }); i >= 0 {
			return &list[i]
		}
		return nil
	}
	for _, name := range []string{"batch", "kv_heads", "group", "ungroup", "relation"} {
		a := find(name)
		if a == nil {
			continue
		}
		for _, c := range firstN(a.all(), 3) {
			if _, err := in.single(c, true); err != nil {
				return err
			}
		}
	}
	for _, s := range []struct {
		name   string
		bold   []int
		length func(*cases.Case) int
	}{
		{"q_len", []int{1, 2, 9, 32, 65}, func(c *cases.Case) int { return c.QLen }},
		{"kv_len", []int{1, 2, 33, 64, 130, 1100}, func(c *cases.Case) int { return c.KVLen }},
		{"both", []int{1, 9, 33}, func(c *cases.Case) int { return c.QLen }},
		{"head_dim", []int{1, 9, 32, 65, 129, 256}, func(c *cases.Case) int { return c.HeadDim }},
	} {
		if err := in.sweepLength(find(s.name), s.bold, s.length); err != nil {
			return err
		}
	}
	for i := range list {
		if a := &list[i]; !lengthGroup(a.group) && !in.plain(a) {
			edits := a.all()
			if f := cases.FieldNamed(a.name); f == nil || f.Type != cases.Word {
				edits = firstN(edits, 5)
			}
			if err := in.category(a, edits); err != nil {
				return err
			}
		}
	}
	return nil
}

func firstN(list []cases.Case, n int) []cases.Case { return list[:min(n, len(list))] }

func lengthGroup(group string) bool {
	return group == "batch" || group == "heads" || group == "lengths" || group == "head_dim"
}

// single asks about one change of the base.
func (in *inference) single(c cases.Case, length bool) (answer, error) {
	if !in.left() || work(&c) > 1.5*in.o.MaxWork {
		return unclear, nil
	}
	s, a, err := in.note(c, nearPass)
	if a == fails {
		in.soft = append(in.soft, s)
		if length {
			in.far[s] = nearFail
		}
	}
	return a, err
}

// sweepLength asks about a few lengths and then between neighbours whose verdicts differ.
func (in *inference) sweepLength(a *axis, bold []int, length func(*cases.Case) int) error {
	if a == nil {
		return nil
	}
	byLength := map[int]cases.Case{}
	for _, c := range a.all() {
		byLength[length(&c)] = c
	}
	shown := map[int]answer{length(&in.base.c): fails}
	try := func(n int) (err error) {
		c, ok := byLength[n]
		if _, done := shown[n]; ok && !done {
			shown[n], err = in.single(c, true)
		}
		return err
	}
	for _, n := range bold {
		if err := try(n); err != nil {
			return err
		}
	}
	for range 6 {
		asked := slices.Sorted(maps.Keys(shown))
		asked = slices.DeleteFunc(asked, func(n int) bool { return shown[n] != fails && shown[n] != passes })
		next := 0
		for i := 1; i < len(asked) && next == 0; i++ {
			if shown[asked[i-1]] == shown[asked[i]] {
				continue
			}
			var between []int
			for n := range byLength {
				if _, done := shown[n]; asked[i-1] < n && n < asked[i] && !done {
					between = append(between, n)
				}
			}
			if slices.Sort(between); len(between) > 0 {
				next = between[len(between)/2]
			}
		}
		if next == 0 {
			return nil
		}
		if err := try(next); err != nil {
			return err
		}
	}
	return nil
}

// category asks about the values of a field that is not plain; of a word the ones that fail become an atom.
func (in *inference) category(a *axis, edits []cases.Case) error {
	for _, c := range edits {
		if _, err := in.single(c, false); err != nil {
			return err
		}
	}
	return in.sets(a.name)
}

// sets makes atoms of the words of a field that were shown to fail around the base, and of those that were not.
func (in *inference) sets(field string) error {
	at := slices.IndexFunc(features, func(f feature) bool { return f.name == field && f.kind == word })
	if at < 0 {
		return nil
	}
	failing, passing := map[int]bool{int(in.base.x[at]): true}, map[int]bool{}
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
				failing[int(s.x[at])] = true
			} else {
				delete(in.far, s) // another bug's
				in.others[s] = true
				passing[int(s.x[at])] = true
			}
		case kind == "pass":
			passing[int(s.x[at])] = true
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

// failsToo reports whether the reduced case fails with another word as well. The base is large enough for other bugs to
// strike it when its mask or format changes; the reduced case is just large enough for this one.
func (in *inference) failsToo(field, value string) (bool, error) {
	c, ok := withWord(&in.first.c, field, value)
	if !ok || hidesMore(&c, &in.first.c) {
		return true, nil // it tells nothing
	}
	_, a, err := in.ask(in.ctx, c)
	return a != passes, err
}

// plain reports whether the base has the simplest value of all that an axis is about.
func (in *inference) plain(a *axis) bool {
	c := &in.base.c
	plain := cases.Case{Version: cases.Version, Batch: c.Batch, Heads: c.Heads, KVHeads: c.KVHeads, QLen: c.QLen, KVLen: c.KVLen, HeadDim: c.HeadDim, Input: c.Input}
	_ = cases.FieldNamed("input").Set(&plain, "fp32")
	if plain.Normalize() != nil {
		return false
	}
	if a.group == "after" {
		return len(c.After) == 0
	}
	for _, f := range cases.Fields() {
		if groupOf(f.Name) != a.group || f.Name == "values.seed" || f.Name == "after" {
			continue
		}
		if cases.FieldNamed(a.name) != nil && f.Name != a.name && a.group != "mask" && a.group != "formats" {
			continue // a field of its own, whatever its neighbours are
		}
		if f.Text(c) != f.Text(&plain) && f.Text(c) != "" {
			return false
		}
	}
	return true
}

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

const maxRounds = 9

// refine learns, asks where the best conditions disagree, and tries generated cases just inside and just outside the best
// one, until that stays.
func (in *inference) refine() error {
	var history []string
	for round := range maxRounds + 1 {
		preds := in.fit()
		best := &preds[0]
		in.o.Log("round %d, %d probes: %s (%.2f)", round, in.used(), best, best.cost)
		history = append(history, best.String())
		n := len(history)
		settled := n >= 3 && history[n-1] == history[n-2] && history[n-1] == history[n-3]
		if !in.left() || settled && in.inside.asked >= 10 && in.inside.failed*10 >= 6*in.inside.asked {
			return nil
		}
		if err := in.allWords(best); err != nil {
			return err
		}
		asked, err := in.disagree(preds)
		if err != nil {
			return err
		}
		bad, err := in.verify(best)
		if err != nil {
			return err
		}
		if settled && asked == 0 && bad == 0 {
			return nil
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

const askedAtOnce = 5

// disagree asks where the best conditions say different things.
func (in *inference) disagree(preds []conjunction) (asked int, err error) {
	pool, err := in.pool()
	if err != nil {
		return 0, err
	}
	type point struct {
		s     *sample
		score float64
		votes string
	}
	var points []point
	total := 0.0
	weight := make([]float64, len(preds))
	for i := range preds {
		weight[i] = math.Exp(-1.5 * (preds[i].cost - preds[0].cost))
		total += weight[i]
	}
	for _, c := range pool {
		x := vector(&c)
		lean := &sample{c: c, x: x}
		votes, share := make([]byte, len(preds)), 0.0
		for i := range preds {
			if preds[i].matches(lean) {
				votes[i] = 1
				share += weight[i] / total
			}
		}
		points = append(points, point{lean, min(share, 1-share), string(votes)})
	}
	slices.SortStableFunc(points, func(a, b point) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	seen := map[string]bool{}
	for _, p := range points {
		if p.score < 0.02 || asked >= askedAtOnce || !in.left() {
			break
		}
		if seen[p.votes] {
			continue
		}
		s, a, err := in.note(p.s.c, 1)
		if err != nil {
			return asked, err
		}
		if a == unclear {
			continue
		}
		seen[p.votes] = true
		asked++
		if a == fails {
			in.soft = append(in.soft, s)
		}
	}
	return asked, nil
}

// pool is cases near the failures, and generated ones with some of their fields.
func (in *inference) pool() ([]cases.Case, error) {
	var list []cases.Case
	keep := func(c cases.Case) {
		k := key(&c)
		if _, asked := in.verdicts[k]; asked || work(&c) > in.o.MaxWork {
			return
		}
		if len(in.findings) > 0 || in.o.Known != nil {
			if in.known(in.sample(c)) {
				return
			}
		}
		list = append(list, c)
	}
	bases := []*sample{in.base, in.base, in.base, in.base, in.base}
	bases = append(bases, in.hard[:min(12, len(in.hard))]...)
	for range 160 {
		b := bases[in.dice.Intn(len(bases))]
		keep(vary(in.dice, b.c, []int{1, 1, 2, 2, 3}[in.dice.Intn(5)]))
	}
	for range 100 {
		c, err := in.freshCase()
		if err != nil {
			return nil, err
		}
		names := slices.Clone(groups)
		in.dice.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		if crossed := take(&c, &in.base.c, names[:2+in.dice.Intn(6)]); crossed != nil {
			keep(*crossed)
		}
	}
	return list, nil
}

// verify tries generated cases that are moved inside the condition, and out of it by one atom. It counts what the
// condition did not foretell.
func (in *inference) verify(p *conjunction) (bad int, err error) {
	insides, outsides := 0, 0.0
	for tries := 0; (insides < 5 || outsides < 4) && tries < 120 && in.left(); tries++ {
		c, err := in.freshCase()
		if err != nil {
			return bad, err
		}
		moved := in.moveInside(p, c)
		if moved == nil || work(moved) > in.o.MaxWork || in.known(in.sample(*moved)) {
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
	in.inside.asked++
	if a != passes {
		in.inside.failed++
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

// moveInside copies from the base the fields that the atoms which do not hold are about.
func (in *inference) moveInside(p *conjunction, c cases.Case) *cases.Case {
	for range 3 {
		x := &sample{x: vector(&c)}
		var wrong []string
		for _, a := range p.atoms {
			if !a.holds(x.x[a.feature]) {
				wrong = append(wrong, groupsOf(&features[a.feature])...)
			}
		}
		if len(wrong) == 0 {
			return &c
		}
		next := take(&c, &in.base.c, wrong)
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
	case strings.Contains(f.name, "visible."):
		return []string{"mask", "lengths"}
	}
	return []string{f.group}
}

// moveOutside breaks exactly one atom.
func (in *inference) moveOutside(p *conjunction, c *cases.Case) *cases.Case {
	broken := in.dice.Intn(len(p.atoms))
	wanted := groupsOf(&features[p.atoms[broken].feature])
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
			only = only && a.holds(x[a.feature]) == (i != broken)
		}
		if only && !in.known(in.sample(out)) {
			return &out
		}
	}
	return nil
}
