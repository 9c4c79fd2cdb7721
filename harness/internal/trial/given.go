package trial

import (
	"context"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
)

// Given tries a case whose values are not drawn: fill writes them over what the case says, into the memory that the
// path reads. The call is guarded and its output judged; nothing that draws other values is done with it.
func Given(ctx context.Context, p paths.Path, c cases.Case, fill func(*cases.Tensors), o Options) (Outcome, error) {
	t := &trial{path: p, options: o}
	v, err := t.given(ctx, c, fill)
	t.outcome.Verdict = v
	if err != nil {
		return t.outcome, fmt.Errorf("case %s: %w", cases.Name(c), err)
	}
	return t.outcome, nil
}

func (t *trial) given(ctx context.Context, c cases.Case, fill func(*cases.Tensors)) (verdict.Verdict, error) {
	if err := paths.Supports(t.path, c); err != nil {
		return verdict.Verdict{Kind: verdict.Unsupported, Reason: err.Error()}, nil
	}
	tensors, err := t.materialize(c)
	if err != nil {
		return verdict.Verdict{}, err
	}
	fill(tensors)
	if v, err := t.attend(ctx, c, tensors); err != nil || v != nil {
		return valueOf(v), err
	}
	truth, judged, err := t.judge(ctx, c, tensors)
	t.outcome.Truth, t.outcome.Output = truth, tensors
	return judged, err
}
