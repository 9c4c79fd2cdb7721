package trigger

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"attest.example/attest/harness/internal/cases"
)

// sweep varies the lengths, and each field that is not at its plainest, alone.
func (in *inference) sweep() error {
	list := axes(&in.base.c)
	if len(in.base.c.After) > 0 {
		for i := range list {
			if a := &list[i]; lengthGroup(a.group) {
				name := a.name
				*a = a.withBefore()
				a.name = name
			}
		}
	}
	find := func(name string) *axis {
		if i := slices.IndexFunc(list, func(a axis) bool { return a.name == name }); i >= 0 {
			return &list[i]
		}
		return nil
	}
	for _, name := range []string{"batch", "kv_heads", "group", "ungroup", "relation", "at the end"} {
		a := find(name)
		if a == nil {
			continue
		}
		most := 3
		if nothing(&in.base.c) {
			most++ // no batch is the fourth
		}
		for _, c := range firstN(a.all(), most) {
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
		if nothing(&in.base.c) && s.name != "head_dim" {
			s.bold = append(s.bold, 0)
		}
		if err := in.sweepLength(find(s.name), s.bold, s.length); err != nil {
			return err
		}
	}
	var rest []*axis
	for i := range list {
		a := &list[i]
		if lengthGroup(a.group) || in.plain(a) {
			continue
		}
		rest = append(rest, a)
		if len(in.base.c.After) > 0 && a.group != "after" {
			too := a.withBefore()
			rest = append(rest, &too)
		}
	}
	// What runs before is what a bug is about that needs it: first, and all of it.
	slices.SortStableFunc(rest, func(a, b *axis) int { return -cmp.Compare(truth(a.group == "after"), truth(b.group == "after")) })
	for i, a := range rest {
		edits := a.all()
		if a.group == "after" && in.used() <= in.o.Probes*6/10 {
			// all of them
		} else if f := cases.FieldNamed(a.name); f == nil || f.Type != cases.Word || in.used() > in.o.Probes*6/10 {
			// Half of the probes are for what comes after.
			edits = firstN(edits, min(max((in.o.Probes/2-in.used())/(len(rest)-i), 1), 5))
		}
		if err := in.category(a, edits); err != nil {
			return err
		}
	}
	return nil
}

func firstN(list []cases.Case, n int) []cases.Case { return list[:min(n, len(list))] }

func lengthGroup(group string) bool {
	return group == "batch" || group == "heads" || group == "lengths" || group == "head_dim"
}

// single asks about one change of the base. Own: where it fails, that is this bug's as a rule.
func (in *inference) single(c cases.Case, own bool) (answer, error) {
	if !in.left() || work(&c) > 1.5*in.o.MaxWork {
		return unclear, nil
	}
	s, a, err := in.note(c, nearPass)
	if a == fails {
		in.soft = append(in.soft, s)
		if own {
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
	possible := map[int]cases.Case{}
	for _, c := range a.all() {
		possible[length(&c)] = c
	}
	asked := map[int]answer{length(&in.base.c): fails}
	ask := func(n int) (err error) {
		c, ok := possible[n]
		if _, done := asked[n]; ok && !done {
			asked[n], err = in.single(c, true)
		}
		return err
	}
	for _, n := range bold {
		if err := ask(n); err != nil {
			return err
		}
	}
	for range 6 {
		n, found := halfway(asked, possible)
		if !found {
			break
		}
		if err := ask(n); err != nil {
			return err
		}
	}
	return in.edge(a.name, asked)
}

// edge finds the very size at which the verdict changes, where it does so once and between two sizes of which none is usual:
// a path that turns to another kernel past 30 keys does so at no edge of a block. The size becomes an atom.
func (in *inference) edge(field string, asked map[int]answer) error {
	at := slices.IndexFunc(features, func(f feature) bool { return f.name == field && f.kind == number })
	f := cases.FieldNamed(field)
	if at < 0 || f == nil {
		return nil
	}
	low, high, changes := 0, 0, 0
	last, begun := 0, false
	for _, n := range slices.Sorted(maps.Keys(asked)) {
		if asked[n] != fails && asked[n] != passes {
			continue
		}
		if begun && asked[n] != asked[last] {
			low, high = last, n
			changes++
		}
		last, begun = n, true
	}
	if changes != 1 || high-low > widestGap {
		return nil
	}
	before := asked[low]
	for high-low > 1 {
		c := in.base.c.Clone()
		middle := (low + high) / 2
		if f.Set(&c, strconv.Itoa(middle)) != nil || c.Repair() != nil || f.Int(&c) != middle {
			return nil
		}
		a, err := in.single(c, true)
		if err != nil || a != fails && a != passes {
			return err
		}
		if a == before {
			low = middle
		} else {
			high = middle
		}
	}
	passing := low
	if before == fails {
		passing = high
	}
	if byValues, err := in.failsWithOthers(f, passing); err != nil || byValues {
		return err
	}
	in.extra = append(in.extra, thresholdAtoms(at, high)...)
	if field == "kv_len" { // of which the rows see all, or a kernel counts those that they see
		seen := slices.IndexFunc(features, func(f feature) bool { return f.name == "visible.end" && f.kind == number })
		in.extra = append(in.extra, thresholdAtoms(seen, high)...)
	}
	return nil
}

// failsWithOthers reports whether the base fails at a size, at which it passes, with other values: then these decide, and not
// the size.
func (in *inference) failsWithOthers(f *cases.Field, size int) (bool, error) {
	for i := range 2 {
		c := in.base.c.Clone()
		if f.Set(&c, strconv.Itoa(size)) != nil || c.Repair() != nil {
			return false, nil
		}
		c.Values.Seed += uint64(201 + i)
		if a, err := in.single(c, false); err != nil || a == fails {
			return a == fails, err
		}
	}
	return false, nil
}

// widestGap is how far two sizes may be apart between which an edge is looked for: five probes find it.
const widestGap = 32

// halfway is a possible length in the middle between the first two lengths whose verdicts differ and that have one
// between them of which no verdict is known.
func halfway(asked map[int]answer, possible map[int]cases.Case) (n int, found bool) {
	last, begun := 0, false
	for _, n := range slices.Sorted(maps.Keys(asked)) {
		if asked[n] != fails && asked[n] != passes {
			continue
		}
		if begun && asked[last] != asked[n] {
			var between []int
			for m := range possible {
				if _, done := asked[m]; last < m && m < n && !done {
					between = append(between, m)
				}
			}
			if slices.Sort(between); len(between) > 0 {
				return between[len(between)/2], true
			}
		}
		last, begun = n, true
	}
	return 0, false
}

// category asks about the values of a field that is not plain; of a word the ones that fail become an atom. Where what runs
// before changes, alone or as well, what fails is this bug's as with a length.
func (in *inference) category(a *axis, edits []cases.Case) error {
	for _, c := range edits {
		if _, err := in.single(c, a.together || a.group == "after"); err != nil {
			return err
		}
	}
	return in.sets(a.name)
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
