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
	"attest.example/attest/metal/atomicfile"
)

func reduceCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "reduce", "[flags] FILE", "Finds the smallest case that still fails as this one does.")
	trial := flags.rerunFlags()
	out := flags.String("out", "", "write the reduced case here; default: print it")
	calls := flags.Int("calls", campaign.DefaultReduceCalls, "most runs of the path")
	limit := flags.Duration("time", 5*time.Minute, "longest time; the best case so far is given then")
	files, status := flags.parse(args, 1, 1)
	if status >= 0 {
		return status
	}
	if status := trial.misused(flags); status >= 0 {
		return status
	}
	if *calls < 0 || *limit < 0 {
		return t.complain("reduce: --calls %d, --time %v; want 0 or more; 0 is no bound", *calls, *limit)
	}
	if status := flags.folderOf("out", *out); status >= 0 {
		return status
	}
	items, damaged := corpus.Load(files...)
	switch {
	case len(damaged) > 0:
		return t.complain("reduce: %v", damaged[0])
	case len(items) != 1:
		return t.complain("reduce: %s holds %d cases; want one", files[0], len(items))
	}
	conditions := trial.conditions(flags)
	first, err := elsewhere(conditions, items)
	if err != nil {
		return t.complain("reduce: %v", err)
	}
	if first != "" {
		fmt.Fprintln(t.err, first)
	}
	write := func(c cases.Case, e *cases.Evidence) error {
		if *out == "" {
			return nil
		}
		return atomicfile.WriteBytes(*out, cases.EncodeFile(c, e))
	}
	reduced, err := campaign.Reduce(ctx, campaign.ReduceOptions{
		Conditions: conditions, Item: items[0], MaxCalls: *calls, Time: *limit,
		Save: func(c cases.Case, e *cases.Evidence) error {
			write(c, e) // in case the process is killed; whether it can be written is told at the end
			return nil
		},
		Log: func(line string) { fmt.Fprintln(t.err, line) },
	})
	switch {
	case errors.Is(err, reduce.ErrPasses):
		return notReduced(t, items[0], reduced)
	case err != nil:
		return t.complain("reduce: %v", err)
	}
	v := reduced.Verdict
	fmt.Fprintf(t.err, "%s after %d runs: %s\n%s\n", v.Kind, reduced.Calls, cases.Describe(reduced.Case), record.OneLine(v.Reason))
	if reduced.Note != "" {
		fmt.Fprintln(t.err, reduced.Note)
	}
	if !reduced.Complete {
		fmt.Fprintln(t.err, "the search was cut short: a smaller case may exist")
	}
	err = write(reduced.Case, reduced.Failure)
	if *out == "" || err != nil {
		t.out.Write(cases.EncodeFile(reduced.Case, reduced.Failure))
	}
	if err != nil {
		return t.complain("reduce: --out: %v; the case is printed instead", err)
	}
	return nonconform
}

// notReduced tells of a case that passes, or that passes now and then.
func notReduced(t terminal, item corpus.Item, r campaign.Reduced) int {
	if r.Verdict.Kind.Fails() {
		fmt.Fprintf(t.out, "%s fails with path %s only now and then: nothing to reduce by\n%s\n", item.Path, r.Path, record.OneLine(r.Verdict.Reason))
		return nonconform
	}
	fmt.Fprintf(t.out, "%s does not fail with path %s: nothing to reduce\n", item.Path, r.Path)
	if r.Note != "" {
		fmt.Fprintln(t.out, r.Note)
	}
	return conforms
}
