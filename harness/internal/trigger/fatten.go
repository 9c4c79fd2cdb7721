package trigger

import (
	"context"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/reduce"
)

// growth makes a case larger in one way that keeps remainders by the usual blocks.
type growth struct {
	name   string
	fields []string               // that grow
	grow   func(c, p *cases.Case) // p: the case itself, or one that runs before it
}

var growths = []growth{
	{"keys", []string{"kv_len"}, func(_, p *cases.Case) { p.KVLen += 64 }},
	{"rows", []string{"q_len"}, func(_, p *cases.Case) { p.QLen += 32 }},
	{"head_dim", []string{"head_dim"}, func(_, p *cases.Case) { p.HeadDim = min(cases.MaxHeadDim, p.HeadDim+32) }},
	{"batch", []string{"batch"}, func(_, p *cases.Case) { p.Batch++ }},
	{"heads", []string{"heads", "kv_heads"}, func(_, p *cases.Case) { p.Heads, p.KVHeads = p.Heads*2, p.KVHeads*2 }},
	{"seed", []string{"values.seed"}, func(c, p *cases.Case) { p.Values.Seed += 5 }},
	{"density", []string{"mask.density", "mask.fill"}, func(_, p *cases.Case) {
		// A mask that lets everything through shows little of what is wrong with masks.
		if p.Mask.Fill == cases.RandomFill || p.Mask.Fill == cases.OpenFill {
			p.Mask.Fill, p.Mask.Density = cases.RandomFill, 60
		}
	}},
}

// instead are tried where a growth alone hides the bug.
var instead = map[string][]growth{
	"rows": {
		{"8 rows", []string{"q_len"}, func(_, p *cases.Case) { p.QLen += 8 }},
		{"rows and keys", []string{"q_len", "kv_len"}, func(_, p *cases.Case) { p.QLen += 32; p.KVLen += 32 }},
		{"8 rows and 8 keys", []string{"q_len", "kv_len"}, func(_, p *cases.Case) { p.QLen += 8; p.KVLen += 8 }},
	},
	"keys": {{"8 keys", []string{"kv_len"}, func(_, p *cases.Case) { p.KVLen += 8 }}},
}

// fatten grows a failing case as far as it still fails, all ways at once if that does, and as most controls still
// pass.
// What fails on the way is kept.
func (l *Lab) fatten(ctx context.Context, s *sample, controls []control) (base *sample, onTheWay []*sample, err error) {
	base = s
	try := func(ways ...growth) (bool, error) {
		c, possible := grow(base.c, ways)
		if !possible {
			return false, nil
		}
		grown, a, err := l.ask(ctx, c)
		if err != nil || a != fails {
			return false, err
		}
		var larger []control
		failed := 0
		for _, control := range controls {
			c, possible := grow(control.c, ways)
			if !possible {
				continue
			}
			_, a, err := l.ask(ctx, c)
			if err == nil && (a == fails || a == other) {
				// One key more than the reduced case's one fewer may be enough to fail. The control is what it was then
				// with its own length, in all else as large as the rest.
				if kept := withItsOwn(&base.c, &control.c, &grown.c, ways); kept != nil {
					c = *kept
					_, a, err = l.ask(ctx, c)
				}
			}
			switch {
			case err != nil:
				return false, err
			case (a == fails || a == other) && control.simpler:
				// It lacks what this bug needs, and whatever else strikes it strikes the grown case as well.
				return false, nil
			case a == fails || a == other:
				failed++
			default:
				control.c = c
				larger = append(larger, control)
			}
		}
		// One control may have what another bug needs, as the mask in memory that it differs by. Where most of them fail,
		// what grew is enough to fail, and it may be another bug's doing.
		if failed > len(larger) {
			return false, nil
		}
		controls = larger
		base = grown
		onTheWay = append(onTheWay, grown)
		return true, nil
	}
	// halves: what does not fail whole is tried in parts.
	var part func(ways []growth) error
	part = func(ways []growth) error {
		done, err := try(ways...)
		if err != nil || done {
			return err
		}
		if len(ways) > 1 {
			half := len(ways) / 2
			if err := part(ways[half:]); err != nil {
				return err
			}
			return part(ways[:half])
		}
		for _, w := range instead[ways[0].name] {
			if done, err := try(w); err != nil || done {
				return err
			}
		}
		return nil
	}
	err = part(growths)
	return base, onTheWay, err
}

// withItsOwn is the grown case with that field of a control by which it differs from the case before, where it is one that
// grows; nil where it is not.
func withItsOwn(from, control, grown *cases.Case, ways []growth) *cases.Case {
	differs := cases.Differences(from, control)
	if len(differs) == 0 {
		return nil
	}
	c := grown.Clone()
	for _, name := range differs {
		if !slices.ContainsFunc(ways, func(w growth) bool { return slices.Contains(w.fields, name) }) {
			return nil
		}
		if f := cases.FieldNamed(name); f == nil || f.Set(&c, f.Text(control)) != nil {
			return nil
		}
	}
	if c.Repair() != nil {
		return nil
	}
	return &c
}

func grow(c cases.Case, ways []growth) (cases.Case, bool) {
	c = c.Clone()
	for _, w := range ways {
		w.grow(&c, &c)
		for i := range c.After {
			w.grow(&c, &c.After[i])
		}
	}
	return c, c.Repair() == nil
}

// Neighbours of the reduced case that pass, and how many cases are asked about to find them.
const (
	mostControls  = 3
	simplerProbes = 6
	controlProbes = 22
)

// control is a neighbour of the reduced case that passes.
type control struct {
	c       cases.Case
	simpler bool // than the reduced case
}

// controls are neighbours that pass and could show the error as well as the reduced case does: a growth that makes them
// fail has brought another bug in, or is what the bug itself is about, and there is nothing to learn from a base that has
// it. Simpler ones are tried first, then one change along each axis.
func (l *Lab) controls(ctx context.Context, s *sample) ([]control, error) {
	var list []control
	asked := 0
	try := func(c cases.Case, simpler bool) (passed bool, err error) {
		if work(&c) > l.o.MaxWork || hidesMore(&c, &s.c) {
			return false, nil
		}
		before := l.probes
		_, a, err := l.ask(ctx, c)
		asked += l.probes - before
		if err == nil && a == passes && !slices.ContainsFunc(list, func(o control) bool { return key(&o.c) == key(&c) }) {
			list = append(list, control{c, simpler})
		}
		return a == passes, err
	}
	for c := range reduce.Candidates(s.c) {
		if asked >= simplerProbes || len(list) == mostControls-1 {
			break
		}
		if _, err := try(c, true); err != nil {
			return nil, err
		}
	}
	ways := axes(&s.c)
	for _, a := range ways { // a bug that strikes where q_len and kv_len differ shows along no other axis
		if a.name != "relation" {
			continue
		}
		for _, c := range a.all() {
			if passed, err := try(c, false); passed || err != nil {
				break
			}
		}
	}
	found := map[string]bool{}
	for round := range 2 {
		for _, a := range ways {
			if asked >= controlProbes || len(list) >= mostControls || ctx.Err() != nil {
				return list, nil
			}
			edits := a.all()
			if a.group == "call" || found[a.group] || round >= len(edits) {
				continue
			}
			passed, err := try(edits[len(edits)-1-round], false)
			if err != nil {
				return nil, err
			}
			found[a.group] = passed
		}
	}
	return list, nil
}

// blank reports whether a mask in memory has the same in all places.
func blank(c *cases.Case) bool {
	return c.Mask.IsArray() && c.Mask.Fill == cases.OpenFill && c.Mask.EmptyRows == 0 && c.Mask.EmptyLead == 0
}

// hidesMore reports whether a case may pass where another that has the same bug fails: it has fewer keys to see, or
// values of which every output is as good as another.
func hidesMore(c, than *cases.Case) bool {
	return c.KeysSeen(3) < than.KeysSeen(3) || blank(c) && !blank(than) || weak(c) && !weak(than) ||
		c.Values.V != than.Values.V || c.Values.Q != than.Values.Q || c.Values.K != than.Values.K || c.Mask.Fill == cases.OpenFill && than.Mask.Fill != cases.OpenFill
}
