package trial

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/relation"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

func (t *trial) relations(ctx context.Context, c cases.Case, tensors *cases.Tensors, truth *reference.Result) (*verdict.Verdict, error) {
	if t.options.Relations == 0 && len(t.options.Laws) == 0 {
		return nil, nil
	}
	wall, timing := t.outcome.Wall, t.outcome.Timing
	start, before := time.Now(), t.outcome.Spent
	defer func() {
		t.outcome.Wall, t.outcome.Timing = wall, timing
		t.outcome.Spent.Relations += time.Since(start) - (t.outcome.Spent.Total() - before.Total())
	}()
	var further []cases.Case
	promises := paths.PromisesOf(t.path, c)
	laws := t.laws(c, promises)
	subject := &relation.Subject{
		Path: t.path, Case: c, Tensors: tensors, Truth: truth, Arithmetic: t.path.Arithmetic(c), Promises: promises, Workers: t.options.Workers,
		Seed: t.lawSeed(),
		Run: func(ctx context.Context, c cases.Case, tensors *cases.Tensors) error {
			further = append(further, c)
			v, err := t.attend(ctx, c, tensors)
			switch {
			case v == nil:
				return err
			case v.Kind == verdict.Unsupported:
				return paths.Unsupported("%s", v.Reason)
			}
			return &callFailed{*v}
		},
	}
	defer func() { t.outcome.NotJudged = append(t.outcome.NotJudged, subject.Skips...) }()
	for _, law := range laws {
		skipped := len(subject.Skips)
		further = nil
		err := law.Check(ctx, subject)
		var violation *relation.Violation
		var failed *callFailed
		switch {
		case err == nil:
			if len(subject.Skips) == skipped {
				t.outcome.Laws++
			}
		case errors.As(err, &violation):
			v := violation.Verdict()
			t.outcome.Second, t.outcome.Further = secondOf(law, violation, tensors), further
			return &v, nil
		case errors.As(err, &failed):
			t.outcome.Further = further
			failed.v.Law, failed.v.LawSeed = law.Name, subject.Seed
			if failed.v.LawSeed == 0 {
				failed.v.LawSeed = law.Seed(c)
			}
			failed.v.Reason = fmt.Sprintf("in the second run of law %s: %s", law.Name, failed.v.Reason)
			return &failed.v, nil
		default:
			return nil, fmt.Errorf("law %s: %w", law.Name, err)
		}
	}
	return nil, nil
}

// lawSeed is 0 where the laws are chosen by the case's name, which then also seeds them.
func (t *trial) lawSeed() uint64 {
	if len(t.options.Laws) == 0 {
		return 0
	}
	return t.options.LawSeed
}

func (t *trial) laws(c cases.Case, promises paths.Promises) []relation.Law {
	if len(t.options.Laws) == 0 && t.options.Relations > 0 {
		return relation.Choose(c, promises, t.options.Relations)
	}
	laws := relation.Applicable(c, promises)
	if len(t.options.Laws) > 0 {
		laws = slices.DeleteFunc(laws, func(l relation.Law) bool { return !slices.Contains(t.options.Laws, l.Name) })
	}
	return laws
}
