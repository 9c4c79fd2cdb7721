package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/reduce"
)

func reduceCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "reduce", "[flags] FILE", "Finds the smallest case that still fails as this one does.")
	trial := flags.trialFlags()
	out := flags.String("out", "", "write the reduced case here; default: print it")
	calls := flags.Int("calls", campaign.DefaultReduceCalls, "most runs of the path")
	limit := flags.Duration("time", 5*time.Minute, "longest time; the best case so far is given then")
	files, status := flags.parse(args, 1, 1)
	if status >= 0 {
		return status
	}
	items, damaged := corpus.Load(files...)
	switch {
	case len(damaged) > 0:
		return t.complain("reduce: %v", damaged[0])
	case len(items) != 1:
		return t.complain("reduce: %s holds %d cases; want one", files[0], len(items))
	}
	reduced, v, err := campaign.Reduce(ctx, campaign.ReduceOptions{
		Path: *trial.path, Case: items[0].Case, Relations: *trial.relations, Deadline: *trial.deadline,
		Isolation: *trial.isolation,
		MaxCalls:  *calls, Time: *limit,
		Save: func(c cases.Case) error {
			if *out == "" {
				return nil
			}
			return record.WriteFile(*out, cases.Encode(c))
		},
		Log: func(line string) { fmt.Fprintln(t.err, line) },
	})
	switch {
	case errors.Is(err, reduce.ErrPasses):
		fmt.Fprintf(t.out, "%s does not fail with path %s: nothing to reduce\n", items[0].Path, *trial.path)
		return conforms
	case err != nil:
		return t.complain("reduce: %v", err)
	}
	fmt.Fprintf(t.err, "%s after %d runs: %s\n", v.Kind, reduced.Calls, cases.Words(reduced.Case))
	if !reduced.Complete {
		fmt.Fprintln(t.err, "the search was cut short: a smaller case may exist")
	}
	if *out == "" {
		t.out.Write(cases.Encode(reduced.Case))
	}
	return nonconform
}
