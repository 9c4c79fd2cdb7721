package trial

import (
	"context"
	"fmt"
	"hash/fnv"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
)

// Repeats selects the cases that are computed again, to see whether the same call has the same bits.
type Repeats int

// The choices.
const (
	// RepeatSome repeats one case in 8 on the warm context, and one in 128 in every way. Which, follows from the
	// case's name.
	RepeatSome Repeats = iota
	// RepeatAll repeats every case in every way.
	RepeatAll
	// RepeatNone repeats none.
	RepeatNone
)

// repeat is how a case is repeated.
type repeat int

const (
	never    repeat = iota
	warm            // once more on the context as it is
	everyWay        // also in a new process, and there after other shapes
)

func (o Options) repeat(c cases.Case) repeat {
	if o.Repeats != RepeatSome {
		return map[Repeats]repeat{RepeatAll: everyWay, RepeatNone: never}[o.Repeats]
	}
	c.After, c.Notes = nil, ""
	sum := fnv.New32a()
	sum.Write(cases.Canonical(c))
	switch h := sum.Sum32() >> 4; {
	case h%128 == 0:
		return everyWay
	case h%8 == 0:
		return warm
	}
	return never
}

// repeatCall computes the case again in the ways chosen for it and compares bits.
func (t *trial) repeatCall(ctx context.Context, c cases.Case, base *cases.Tensors) (*verdict.Verdict, error) {
	how := t.options.repeat(c)
	if how == never || !t.path.Arithmetic(c).Deterministic || !paths.PromisesOf(t.path, c).Deterministic {
		return nil, nil
	}
	wall, timing := t.outcome.Wall, t.outcome.Timing
	defer func() { t.outcome.Wall, t.outcome.Timing = wall, timing }()
	if v, err := t.compareRun(ctx, c, base, "called again"); err != nil || v != nil || how == warm {
		return v, err
	}
	// From here on the context is not what the cases before have left. Whoever runs the next case is told.
	t.outcome.Cold = true
	if err := paths.Restart(ctx, t.path); err != nil {
		return nil, fmt.Errorf("restart: %w", err)
	}
	if v, err := t.compareRun(ctx, c, base, "called in a fresh process"); err != nil || v != nil {
		return v, err
	}
	if v, err := t.otherShapes(ctx, c); err != nil || v != nil {
		return v, err
	}
	if v, err := t.compareRun(ctx, c, base, "called after other shapes"); err != nil || v != nil {
		return v, err
	}
	if err := paths.Reset(ctx, t.path); err != nil {
		return nil, fmt.Errorf("reset: %w", err)
	}
	return nil, nil
}

// compareRun makes the same call with the same inputs.
func (t *trial) compareRun(ctx context.Context, c cases.Case, base *cases.Tensors, words string) (*verdict.Verdict, error) {
	tensors := base.Clone()
	tensors.PoisonOutputs()
	v, err := t.attend(ctx, c, tensors)
	if err != nil || t.refused(v, words) {
		return nil, err
	}
	if v != nil {
		v.Reason = words + ": " + v.Reason
		return v, nil
	}
	if second := otherBits(base, tensors); second != nil {
		second.Law, second.Statement = words, "the same call gives the same bits"
		t.outcome.Second = second
		return &verdict.Verdict{
			Kind: verdict.Nondeterministic, Where: &second.Where,
			Reason: fmt.Sprintf("%s, it gave other bits: %s", words, differentBits(base, tensors)),
		}, nil
	}
	return nil, nil
}

// otherShapes runs two small cases of other shapes. They are not judged, and that they fail is not this case's fault, unless
// the path is lost by it: then nothing more can be asked of it.
func (t *trial) otherShapes(ctx context.Context, c cases.Case) (*verdict.Verdict, error) {
	for _, other := range []cases.Case{
		{QLen: 5, KVLen: 7, HeadDim: c.HeadDim, VHeadDim: c.VHeadDim, Mask: cases.Mask{Kind: cases.CausalMask}},
		{QLen: c.QLen%7 + 1, KVLen: 33, HeadDim: c.HeadDim%64 + 16},
	} {
		other.Version, other.Batch, other.Heads, other.Input = cases.Version, 1, 2, c.Input
		if other.Normalize() != nil || paths.Supports(t.path, other) != nil {
			continue
		}
		v, err := t.attend(ctx, other, cases.Materialize(other))
		if err != nil {
			return nil, err
		}
		if t.outcome.Lost {
			v.Reason = fmt.Sprintf("in a case of another shape (%s): %s", cases.Describe(other), v.Reason)
			return v, nil
		}
	}
	return nil, nil
}

// differentBits returns how many elements of two runs differ in their bits, and the first; empty: none.
func differentBits(a, b *cases.Tensors) string {
	if text := differentTensors("out", &a.Out, &b.Out); text != "" || a.LSE == nil {
		return text
	}
	return differentTensors("lse", a.LSE, b.LSE)
}

func differentTensors(name string, a, b *cases.Tensor) string {
	count, first := 0, 0
	x, y := a.Bits(), b.Bits()
	for i := range x {
		if x[i] == y[i] {
			continue
		}
		if count == 0 {
			first = i
		}
		count++
	}
	if count == 0 {
		return ""
	}
	column := first % a.Shape[3]
	row := first / a.Shape[3]
	head := row / a.Shape[2]
	return fmt.Sprintf("%d of %d elements of %s, the first at [%d,%d,%d,%d]: %#x, then %#x", count, len(x), name,
		head/a.Shape[1], head%a.Shape[1], row%a.Shape[2], column, x[first], y[first])
}
