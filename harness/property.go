package harness

import (
	"context"
	"fmt"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"

	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/trial"
)

// Property says that a path conforms, for suites that run gopter themselves. gopter shrinks by its own single pass;
// Conform reduces further.
func Property(p Path, options ...PropertyOption) gopter.Prop {
	s := defaults()
	for _, o := range options {
		o.property(&s)
	}
	if s.wrong == nil {
		_, s.wrong = gen.NewStream(s.preset, s.seed, s.filter)
	}
	if s.wrong != nil {
		return func(*gopter.GenParameters) *gopter.PropResult {
			return &gopter.PropResult{Status: gopter.PropError, Error: s.wrong}
		}
	}
	return prop.ForAll(func(c Case) (bool, error) {
		err := failure(context.Background(), p, c, s.trial)
		return err == nil, err
	}, gen.Case(s.preset, s.filter))
}

// Fuzz is a native fuzz test of a path over the typed scalars of a case, seeded from case files:
//
//	func FuzzMyKernel(f *testing.F) { harness.Fuzz(f, myPath{}, harness.Seeds("../corpus")) }
//
// Inputs that a filter excludes, that the path does not support or that would take too long for a fuzzer are skipped.
func Fuzz(f *testing.F, p Path, options ...FuzzOption) {
	f.Helper()
	s := defaults()
	for _, o := range options {
		o.fuzz(&s)
	}
	if s.wrong != nil {
		f.Fatalf("attest: %v", s.wrong)
	}
	items, damaged := corpus.Load(s.seeds...)
	for _, err := range damaged {
		f.Errorf("attest: %v", err)
	}
	corpus.Fuzz(f, items, func(t *testing.T, c Case) {
		if gen.Cost(c) > fuzzCost {
			t.Skip("too large for a fuzzer's pace")
		}
		if err := s.filter.Accepts(c); err != nil {
			t.Skipf("left out: %v", err)
		}
		if err := failure(t.Context(), p, c, s.trial); err != nil {
			t.Error(err)
		}
	})
}

// fuzzCost keeps a fuzz iteration to some milliseconds.
const fuzzCost = 2e6

// failure is nil where the path conforms on c, cannot be judged or does not support it.
func failure(ctx context.Context, p Path, c Case, o trial.Options) error {
	outcome, err := trial.Run(ctx, p, c, o)
	if err != nil {
		return err
	}
	if v := outcome.Verdict; v.Kind.Fails() {
		return fmt.Errorf("%s: %s", v.Kind, v.Reason)
	}
	return nil
}
