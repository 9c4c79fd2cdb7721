package campaign

import (
	"context"
	"fmt"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// reduceFailures reduces the first failure of each kind, in the order of the cases' numbers.
func (r *runner) reduceFailures(ctx context.Context) error {
	begin := time.Now()
	defer func() { r.report.Reducing += time.Since(begin) }()
	done := map[[2]string]bool{}
	for _, f := range sortedByIndex(r.failed) {
		kind := [2]string{string(f.v.Kind), f.v.Law}
		if done[kind] || len(done) == r.options.Reduce || ctx.Err() != nil {
			continue
		}
		done[kind] = true
		if f.reduced {
			continue
		}
		if err := r.reduceOne(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) reduceOne(ctx context.Context, f failure) error {
	id := cases.Name(f.c)
	if r.watch.Reducing != nil {
		r.watch.Reducing(id)
	}
	h := r.run.Header()
	result, err := reduceFailure(ctx, search{
		setting: r.settingOf(f), on: paths.Description{Device: h.Device, Toolchain: h.Toolchain}, c: f.c, v: f.v,
		maxCalls: r.options.ReduceCalls, time: ReduceTime,
		save: func(c cases.Case, e *cases.Evidence) error {
			_, err := r.run.SaveReduced(id, c, e)
			return err
		},
		log: func(line string) { r.log.Debug("reduce", "id", id, "step", line) },
	})
	if err != nil {
		// The failure itself is kept; that it could not be made smaller is told and is no reason to lose the rest.
		r.log.Error("reduce", "id", id, "error", err)
		return nil
	}
	r.log.Info("reduced", "id", id, "calls", result.Calls, "complete", result.Complete, "case", fmt.Sprint(cases.Describe(result.Case)))
	return nil
}
