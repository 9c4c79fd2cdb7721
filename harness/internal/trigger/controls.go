package trigger

import (
	"context"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/reduce"
)

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

// neighbourhood is what has been asked about the neighbours of a reduced case.
type neighbourhood struct {
	lab     *Lab
	reduced *cases.Case
	found   []control
	asked   int
}

// controls are neighbours that pass and could show the error as well as the reduced case does: a growth that makes them
// fail has brought another bug in, or is what the bug itself is about, and there is nothing to learn from a base that has
// it. Simpler ones are tried first, then one change along each axis.
func (l *Lab) controls(ctx context.Context, s *sample) ([]control, error) {
	n := &neighbourhood{lab: l, reduced: &s.c}
	ways := axes(&s.c)
	for _, look := range []func(context.Context, []axis) error{n.simpler, n.otherRelation, n.alongAxes} {
		if err := look(ctx, ways); err != nil {
			return nil, err
		}
	}
	return n.found, nil
}

// try asks about a neighbour, which is a control where it passes.
func (n *neighbourhood) try(ctx context.Context, c cases.Case, simpler bool) (passed bool, err error) {
	if work(&c) > n.lab.o.MaxWork || hidesMore(&c, n.reduced) {
		return false, nil
	}
	before := n.lab.probes
	_, a, err := n.lab.ask(ctx, c)
	n.asked += n.lab.probes - before
	if err != nil || a != passes {
		return false, err
	}
	if !slices.ContainsFunc(n.found, func(o control) bool { return key(&o.c) == key(&c) }) {
		n.found = append(n.found, control{c, simpler})
	}
	return true, nil
}

// simpler tries what a reducer would try next.
func (n *neighbourhood) simpler(ctx context.Context, _ []axis) error {
	for c := range reduce.Candidates(*n.reduced) {
		if n.asked >= simplerProbes || len(n.found) == mostControls-1 {
			break
		}
		if _, err := n.try(ctx, c, true); err != nil {
			return err
		}
	}
	return nil
}

// otherRelation tries other relations of q_len and kv_len until one passes: a bug that strikes where these differ shows
// along no other axis.
func (n *neighbourhood) otherRelation(ctx context.Context, ways []axis) error {
	for _, a := range ways {
		if a.name != "relation" {
			continue
		}
		for _, c := range a.all() {
			if passed, err := n.try(ctx, c, false); passed || err != nil {
				return err
			}
		}
	}
	return nil
}

// alongAxes tries the furthest change along each axis, then the one before it; one control of each group of fields is
// enough.
func (n *neighbourhood) alongAxes(ctx context.Context, ways []axis) error {
	found := map[string]bool{}
	for round := range 2 {
		for _, a := range ways {
			if n.asked >= controlProbes || len(n.found) >= mostControls || ctx.Err() != nil {
				return nil
			}
			edits := a.all()
			if a.group == "call" || found[a.group] || round >= len(edits) {
				continue
			}
			passed, err := n.try(ctx, edits[len(edits)-1-round], false)
			if err != nil {
				return err
			}
			found[a.group] = passed
		}
	}
	return nil
}

// blank reports whether a mask in memory has the same in all places.
func blank(c *cases.Case) bool {
	return c.Mask.IsArray() && c.Mask.Fill == cases.OpenFill && c.Mask.EmptyRows == 0 && c.Mask.EmptyLead == 0
}

// hidesMore reports whether a case may pass where another that has the same bug fails: it has fewer keys to see, or
// values of which every output is as good as another.
func hidesMore(c, than *cases.Case) bool {
	return c.KeysSeen(3) < than.KeysSeen(3) || blank(c) && !blank(than) || c.HasIdleBound() && !than.HasIdleBound() || weak(c) && !weak(than) ||
		c.Values.V != than.Values.V || c.Values.Q != than.Values.Q || c.Values.K != than.Values.K || c.Mask.Fill == cases.OpenFill && than.Mask.Fill != cases.OpenFill
}
