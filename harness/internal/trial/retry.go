package trial

import (
	"context"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/splitmix"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// An output past the sharp line and within the bound is computed again with other values, in two ways.
const (
	// ValueRetries is how many times v alone is drawn anew, and Convicting how many of these must be past the line again
	// on the row that was. Logits stay as they are, so a fault that is tied to them stays, while what their rounding does
	// to another v is as good as independent of what it did to the first.
	ValueRetries = 4
	Convicting   = 3
	// SeedRetries is how many fresh seeds for all values follow. Past the sharp line anywhere with each of them is a
	// failure too.
	SeedRetries = 3
)

// retry tries a suspicious case again: rounding that was unlucky once will not be so every time.
func (t *trial) retry(ctx context.Context, c cases.Case, truth *reference.Result, tensors *cases.Tensors, first verdict.Verdict) (verdict.Verdict, error) {
	wall, timing := t.outcome.Wall, t.outcome.Timing
	defer func() { t.outcome.Wall, t.outcome.Timing = wall, timing }()
	v, err := t.redrawV(ctx, c, truth, tensors, first)
	if err != nil || v.Kind.Fails() {
		return v, err
	}
	return t.redrawAll(ctx, c, v)
}

// redrawV draws v anew and looks at the row that was suspicious.
func (t *trial) redrawV(ctx context.Context, c cases.Case, truth *reference.Result, tensors *cases.Tensors, first verdict.Verdict) (verdict.Verdict, error) {
	row := oracle.SuspiciousRow(truth, tensors)
	past := 0
	for i := range ValueRetries {
		seed := freshSeed(c.Values.Seed, SeedRetries+i)
		fresh := cases.MaterializeWithV(c, seed) // not in a path's own memory, where the first output still lies
		judged, truth, err := t.anew(ctx, c, fresh, fmt.Sprintf("with v of seed %d", seed))
		first.Retries++
		judged.Retries = first.Retries
		if err != nil || judged.Kind.Fails() {
			return judged, err
		}
		if truth == nil {
			first.Retries--
			return first, nil // refused: nothing convicts it
		}
		if oracle.RowPast(truth, fresh, row) {
			past++
		}
		if left := ValueRetries - 1 - i; past+left < Convicting {
			return first, nil
		}
	}
	first.Kind = verdict.Numeric
	first.Reason = fmt.Sprintf("past the sharp line again in the same row with %d of %d other v: %s", past, ValueRetries, first.Reason)
	return first, nil
}

// redrawAll draws everything anew.
func (t *trial) redrawAll(ctx context.Context, c cases.Case, first verdict.Verdict) (verdict.Verdict, error) {
	for i := range SeedRetries {
		fresh := c.Clone()
		fresh.Values.Seed = freshSeed(c.Values.Seed, i)
		if t.refusesValues(fresh, "fresh values") {
			return first, nil
		}
		judged, truth, err := t.anew(ctx, fresh, cases.Materialize(fresh), fmt.Sprintf("with values.seed %d", fresh.Values.Seed))
		first.Retries++
		judged.Retries = first.Retries
		if err != nil || judged.Kind.Fails() {
			return judged, err
		}
		if truth == nil {
			first.Retries--
			return first, nil
		}
		if judged.Suspicious == 0 {
			return first, nil
		}
	}
	first.Kind = verdict.Numeric
	first.Reason = fmt.Sprintf("past the sharp line with this seed and %d fresh ones: %s", SeedRetries, first.Reason)
	return first, nil
}

// refusesValues reports whether the path refuses a case that it took with the values of another seed, such as a mask of
// random entries that leaves a row no key, and notes then what was left out.
func (t *trial) refusesValues(c cases.Case, what string) bool {
	err := paths.Supports(t.path, c)
	if err != nil {
		t.outcome.NotJudged = append(t.outcome.NotJudged, fmt.Sprintf("%s: the path refuses the call: %v", what, err))
	}
	return err != nil
}

// anew calls the path on other values and judges what it wrote. The truth is nil where the path refuses them, or fails.
func (t *trial) anew(ctx context.Context, c cases.Case, tensors *cases.Tensors, words string) (verdict.Verdict, *reference.Result, error) {
	v, err := t.attend(ctx, c, tensors)
	if err != nil {
		return verdict.Verdict{}, nil, err
	}
	var judged verdict.Verdict
	var truth *reference.Result
	if t.refused(v, "fresh values") {
		return *v, nil, nil
	}
	if v != nil {
		judged = *v
	} else if truth, judged, err = t.judge(ctx, c, tensors); err != nil {
		return judged, truth, err
	}
	if judged.Kind.Fails() {
		judged.Reason = words + ": " + judged.Reason
	}
	return judged, truth, nil
}

// freshSeed returns seeds that are far from the case's own and from each other.
func freshSeed(seed uint64, i int) uint64 {
	return (seed ^ 0xa5a5a5a5) + uint64(i+1)*splitmix.Golden
}
