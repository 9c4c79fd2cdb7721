package trigger

import (
	"context"

	"attest.example/attest/harness/internal/cases"
)

// fattening is a failing case that grows, with the controls that grow beside it.
type fattening struct {
	lab      *Lab
	base     *sample
	controls []control
	onTheWay []*sample // what failed
}

// fatten grows a failing case as far as it still fails, all ways at once if that does, and as most controls still pass.
// What fails on the way is kept.
func (l *Lab) fatten(ctx context.Context, s *sample, controls []control) (base *sample, onTheWay []*sample, err error) {
	f := &fattening{lab: l, base: s, controls: controls}
	err = f.inParts(ctx, growths)
	return f.base, f.onTheWay, err
}

// inParts tries some ways together, and by halves where the case does not fail so.
func (f *fattening) inParts(ctx context.Context, ways []growth) error {
	done, err := f.try(ctx, ways...)
	if err != nil || done {
		return err
	}
	if len(ways) > 1 {
		half := len(ways) / 2
		if err := f.inParts(ctx, ways[half:]); err != nil {
			return err
		}
		return f.inParts(ctx, ways[:half])
	}
	for _, w := range instead[ways[0].name] {
		if done, err := f.try(ctx, w); err != nil || done {
			return err
		}
	}
	return nil
}

// try grows the case in some ways at once; it stays as it was where the grown one does not fail, or not by this bug.
func (f *fattening) try(ctx context.Context, ways ...growth) (done bool, err error) {
	c, possible := grow(f.base.c, ways)
	if !possible {
		return false, nil
	}
	grown, a, err := f.lab.ask(ctx, c)
	if err != nil || a != fails {
		return false, err
	}
	controls, same, err := f.growControls(ctx, grown, ways)
	if err != nil || !same {
		return false, err
	}
	f.base, f.controls, f.onTheWay = grown, controls, append(f.onTheWay, grown)
	return true, nil
}

// growControls grows the controls in the same ways, and drops those that fail then. It reports whether the grown case
// still shows the same bug.
func (f *fattening) growControls(ctx context.Context, grown *sample, ways []growth) (larger []control, same bool, err error) {
	failed := 0
	for _, o := range f.controls {
		c, possible := grow(o.c, ways)
		if !possible {
			continue
		}
		c, a, err := f.askControl(ctx, &o.c, c, grown, ways)
		struck := a == fails || a == other
		switch {
		case err != nil:
			return nil, false, err
		case struck && o.simpler:
			// It lacks what this bug needs, and whatever else strikes it strikes the grown case as well.
			return nil, false, nil
		case struck:
			failed++
		default:
			larger = append(larger, control{c, o.simpler})
		}
	}
	// One control may have what another bug needs, as the mask in memory that it differs by. Where most of them fail,
	// what grew is enough to fail, and it may be another bug's doing.
	return larger, failed <= len(larger), nil
}

// askControl asks about a grown control. One key more than the reduced case's one fewer may be enough to fail. Where it
// fails, the control keeps its own length, and is in all else as large as the grown case.
func (f *fattening) askControl(ctx context.Context, control *cases.Case, larger cases.Case, grown *sample, ways []growth) (cases.Case, answer, error) {
	_, a, err := f.lab.ask(ctx, larger)
	if err != nil || a != fails && a != other {
		return larger, a, err
	}
	own := withItsOwn(&f.base.c, control, &grown.c, ways)
	if own == nil {
		return larger, a, nil
	}
	_, a, err = f.lab.ask(ctx, *own)
	return *own, a, err
}
