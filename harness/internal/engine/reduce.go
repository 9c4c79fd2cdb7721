package engine

import (
	"context"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/verdict"
)

// Reduce looks for the smallest case that fails as c does with v: by the same kind of verdict and, where a law failed,
// by that law with the same choices. save, where not nil, gets each better case with the verdict of that case; the last
// verdict is returned. It runs on a path of its own.
func (t *Tester) Reduce(ctx context.Context, c cases.Case, v verdict.Verdict, o reduce.Options, save func(cases.Case, verdict.Verdict)) (reduce.Result, verdict.Verdict, error) {
	narrow := t.Narrow(v)
	defer narrow.Close()
	best := v
	o.Save = func(smaller cases.Case) {
		best = narrow.last // of the case that was tried last, which is this one
		if save != nil {
			save(smaller, best)
		}
	}
	result, err := reduce.Reduce(ctx, c, o, narrow.Fails)
	if err == nil && narrow.skipped {
		// Some runs followed a failure in the same process. What they led to counts if a fresh one agrees.
		if err := narrow.Close(); err != nil {
			return result, best, err
		}
		if kind, law, failed := narrow.Fails(ctx, result.Case); failed != nil || kind != v.Kind || law != v.Law {
			narrow.Patient, best = true, v
			result, err = reduce.Reduce(ctx, c, o, narrow.Fails)
		}
	}
	return result, best, err
}
