package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"

	"golang.org/x/term"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/errormap"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

func showCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "show", "[flags] FILE", "Tells a case in words and draws where its output lies against the bounds.")
	rerun := flags.rerunFlags()
	heads := flags.Int("heads", 4, "most heads drawn")
	files, status := flags.parse(args, 1, 1)
	if status >= 0 {
		return status
	}
	if status := rerun.misused(flags); status >= 0 {
		return status
	}
	if *heads < 1 {
		return t.complain("show: --heads %d; want 1 or more", *heads)
	}
	items, damaged := corpus.Load(files...)
	if len(damaged) > 0 {
		return t.complain("show: %v", damaged[0])
	}
	if len(items) == 0 {
		return t.complain("show: %s holds no case; want a case file", files[0])
	}
	conditions := rerun.conditions(flags)
	first, err := elsewhere(conditions, items)
	if err != nil {
		return t.complain("show: %v", err)
	}
	if first != "" {
		fmt.Fprintln(t.out, first)
	}
	exit := conforms
	for _, item := range items {
		if status := showOne(ctx, t, item, conditions, *heads); status != conforms {
			exit = status
		}
	}
	return exit
}

func showOne(ctx context.Context, t terminal, item corpus.Item, conditions campaign.Conditions, heads int) int {
	c := item.Case
	fmt.Fprintf(t.out, "%s  %s\n", cases.Name(c), item.Path)
	if c.Notes != "" {
		fmt.Fprintf(t.out, "%s\n", c.Notes)
	}
	for i, before := range c.After {
		fmt.Fprintf(t.out, "after %d: %s\n", i+1, cases.Describe(before))
	}
	fmt.Fprintf(t.out, "%s\n", cases.Describe(c))
	shown, err := campaign.Show(ctx, conditions, item)
	if err != nil {
		return t.complain("show: %v", err)
	}
	v := shown.Verdict
	fmt.Fprintf(t.out, "\n%s with path %s", v.Kind, shown.Path)
	if v.Reason != "" {
		fmt.Fprintf(t.out, ": %s", record.OneLine(v.Reason))
	}
	if shown.Note != "" {
		fmt.Fprintf(t.out, "\n%s", shown.Note)
	}
	fmt.Fprintf(t.out, "\nworst ratio %.3g of the bound, %.3g of the sharp line\n\n", v.WorstRatio, v.SharpRatio)
	if shown.Second != nil {
		tellSecond(t, shown.Second)
	}
	if shown.Picture != nil {
		if words := shown.Picture.Diagnosis.Sentence(); words != "" {
			fmt.Fprintf(t.out, "%s\n", words)
			if family := shown.Picture.Diagnosis.Family(); family != nil {
				fmt.Fprintf(t.out, "%s\n", family.Sentence())
			}
			fmt.Fprintln(t.out)
		}
	}
	switch {
	case shown.Picture != nil && t.colours():
		if err := errormap.Blocks(t.out, shown.Picture, heads); err != nil {
			return t.complain("show: %v", err)
		}
	case shown.Truth != nil:
		if err := errormap.Write(t.out, shown.Truth, shown.Output, broken(shown.Second), heads); err != nil {
			return t.complain("show: %v", err)
		}
		if shown.Picture != nil {
			if err := errormap.Keys(t.out, shown.Picture, heads); err != nil {
				return t.complain("show: %v", err)
			}
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

// tellSecond tells the element where two runs contradict each other, and what both gave there.
func tellSecond(t terminal, s *trial.Second) {
	output := "out"
	if s.Where.Output != "" {
		output = s.Where.Output
	}
	fmt.Fprintf(t.out, "%s: %s\n", s.Law, s.Statement)
	fmt.Fprintf(t.out, "  %s[%d,%d,%d,%d], one of %d elements\n", output, s.Where.Batch, s.Where.Head, s.Where.Row, s.Where.Column, s.Elements)
	fmt.Fprintf(t.out, "  first run   %.9g\n  second run  %.9g\n  wanted      %.9g", s.First, s.Again, s.Want)
	if s.Allowed > 0 {
		fmt.Fprintf(t.out, " within %.3g, off by %.3g\n\n", s.Allowed, math.Abs(s.Again-s.Want))
	} else {
		fmt.Fprint(t.out, ", bit for bit\n\n")
	}
}

// broken lists the elements of the attention output that a second run contradicts.
func broken(s *trial.Second) []verdict.Place {
	if s == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Broken), func(p verdict.Place) bool { return p.Output != "" })
}

// colours reports whether results go to a terminal that shows colours, and nobody asked for none.
func (t terminal) colours() bool {
	file, ok := t.out.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}
