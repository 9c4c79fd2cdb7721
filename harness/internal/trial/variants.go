package trial

import (
	"context"
	"fmt"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// VariantsLaw is the law that variants break whose bits are not the base's.
const VariantsLaw = "variants"

// variants runs the other ways of computing the case that the path has. Each must conform by itself and, where it
// has SameBits, have the bits of the base.
func (t *trial) variants(ctx context.Context, c cases.Case, base *cases.Tensors, truth *reference.Result) (*verdict.Verdict, error) {
	varied, ok := t.path.(paths.Varied)
	if !ok {
		return nil, nil
	}
	wall, timing, path := t.outcome.Wall, t.outcome.Timing, t.path
	defer func() { t.outcome.Wall, t.outcome.Timing, t.path = wall, timing, path }()
	for _, variant := range varied.Variants() {
		if err := paths.Supports(variant.Path, c); err != nil {
			t.refused(&verdict.Verdict{Kind: verdict.Unsupported, Reason: err.Error()}, variant.Label)
			continue
		}
		t.path = variant.Path
		v, err := t.variant(ctx, c, base, truth, path.Arithmetic(c), variant.SameBits)
		if err != nil {
			return nil, fmt.Errorf("with %s: %w", variant.Label, err)
		}
		if t.refused(v, variant.Label) {
			continue
		}
		if v != nil {
			v.Reason = fmt.Sprintf("with %s: %s", variant.Label, v.Reason)
			return v, nil
		}
	}
	return nil, nil
}

func (t *trial) variant(ctx context.Context, c cases.Case, base *cases.Tensors, truth *reference.Result, a reference.Arithmetic, sameBits bool) (*verdict.Verdict, error) {
	tensors := base.Clone()
	tensors.PoisonOutputs()
	if v, err := t.attend(ctx, c, tensors); err != nil || v != nil {
		return v, err
	}
	if t.path.Arithmetic(c) != a {
		start := time.Now()
		var err error
		truth, err = oracle.Truth(ctx, c, tensors, t.path.Arithmetic(c), reference.Options{Workers: t.options.Workers})
		t.outcome.Spent.Reference += time.Since(start)
		if err != nil {
			return nil, err
		}
	}
	judged, err := oracle.Judge(truth, tensors)
	if err != nil || judged.Kind.Fails() {
		return &judged, err
	}
	if !sameBits {
		return nil, nil
	}
	if second := otherBits(base, tensors); second != nil {
		second.Law, second.Statement = VariantsLaw, "the schedules of one math mode give the same bits"
		t.outcome.Second = second
		return &verdict.Verdict{
			Kind: verdict.Relation, Law: VariantsLaw, Where: &second.Where, Reason: "other bits than the base: " + differentBits(base, tensors),
		}, nil
	}
	return nil, nil
}
