package main

import (
	"context"
	"fmt"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/errormap"
)

func showCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "show", "[flags] FILE", "Tells a case in words and draws where its output lies against the bounds.")
	trial := flags.trialFlags()
	heads := flags.Int("heads", 4, "most heads drawn")
	files, status := flags.parse(args, 1, 1)
	if status >= 0 {
		return status
	}
	items, damaged := corpus.Load(files...)
	if len(damaged) > 0 {
		return t.complain("show: %v", damaged[0])
	}
	exit := conforms
	for _, item := range items {
		if status := showOne(ctx, t, item, trial, *heads); status != conforms {
			exit = status
		}
	}
	return exit
}

func showOne(ctx context.Context, t terminal, item corpus.Item, trial trialFlags, heads int) int {
	c := item.Case
	fmt.Fprintf(t.out, "%s  %s\n", cases.Name(c), item.Path)
	if c.Notes != "" {
		fmt.Fprintf(t.out, "%s\n", c.Notes)
	}
	for i, before := range c.After {
		fmt.Fprintf(t.out, "after %d: %s\n", i+1, cases.Words(before))
	}
	fmt.Fprintf(t.out, "%s\n", cases.Words(c))
	shown, err := campaign.Show(ctx, *trial.path, c, *trial.relations, *trial.deadline, *trial.isolation)
	if err != nil {
		return t.complain("show: %v", err)
	}
	v := shown.Verdict
	fmt.Fprintf(t.out, "\n%s with path %s", v.Kind, *trial.path)
	if v.Reason != "" {
		fmt.Fprintf(t.out, ": %s", v.Reason)
	}
	fmt.Fprintf(t.out, "\nworst ratio %.3g of the bound, %.3g of the sharp line\n\n", v.WorstRatio, v.SharpRatio)
	if shown.Truth != nil {
		if err := errormap.Write(t.out, shown.Truth, shown.Output, heads); err != nil {
			return t.complain("show: %v", err)
		}
	}
	if shown.Stack != "" {
		fmt.Fprintf(t.out, "what the path's process wrote last:\n%s\n", shown.Stack)
	}
	if v.Kind.Fails() {
		return nonconform
	}
	return conforms
}
