package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/ci"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// corpusDir is what replay runs where no file is named.
const corpusDir = "corpus"

func replayCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "replay", "[flags] [FILE|DIR ...]",
		"Runs case files again; of a run directory, its failures. Without arguments: corpus/.")
	trial := flags.rerunFlags()
	workers := flags.Int("workers", 1, "files at once; verdicts do not depend on it")
	asJSON := flags.Bool("json", false, "print one JSON object, last")
	verbose := flags.Bool("v", false, "a line for every case, not only for those that fail")
	files, status := flags.parse(args, 0, -1)
	if status >= 0 {
		return status
	}
	if status := trial.misused(flags); status >= 0 {
		return status
	}
	if status := flags.checkWorkers(*workers); status >= 0 {
		return status
	}
	if len(files) == 0 {
		files = []string{corpusDir}
	}
	items, damaged := corpus.Load(files...)
	for _, err := range damaged {
		fmt.Fprintf(t.err, "attest: %v\n", err)
	}
	switch {
	case len(items) > 0:
	case len(damaged) > 0: // which is told
		return misuse
	default:
		return t.complain("replay: no case in %s; want case files, or folders with some", strings.Join(files, ", "))
	}
	conditions := trial.conditions(flags)
	first, err := elsewhere(conditions, items)
	if err != nil {
		return t.complain("replay: %v", err)
	}
	if first != "" {
		fmt.Fprintln(t.out, first)
	}
	summary, err := campaign.Replay(ctx, campaign.ReplayOptions{
		Conditions: conditions, Items: items, Workers: *workers,
		Each: func(item corpus.Item, r campaign.Replayed) {
			if *verbose || r.Kind.Fails() || r.Kind == verdict.Inconclusive || r.Note != "" {
				fmt.Fprintf(t.out, "%-16s %s  %s\n", r.Kind, item.Path, record.OneLine(r.Reason))
			}
			if r.Note != "" {
				fmt.Fprintf(t.out, "%-16s %s\n", "", record.OneLine(r.Note))
			}
			if r.Kind.Fails() {
				fmt.Fprintf(t.out, "%-16s %s\n", "", cases.Describe(item.Case))
			}
		},
	})
	if err != nil {
		return t.complain("replay: %v", err)
	}
	for _, err := range damaged { // of what could not be read nothing is shown
		summary.Missing, summary.Interrupted = append(summary.Missing, record.OneLine(err.Error())), true
	}
	return finish(t, summary, "", *asJSON)
}

// finish prints a summary and returns the exit status that it asks for.
func finish(t terminal, s record.Summary, dir string, asJSON bool) int {
	if err := ci.Tell(&s, t.err, os.Getenv); err != nil {
		fmt.Fprintf(t.err, "attest: %v\n", err) // the verdict counts all the same
	}
	if asJSON {
		line, err := s.JSON()
		if err != nil {
			return t.complain("%v", err)
		}
		fmt.Fprintf(t.out, "%s\n", line)
	} else if err := s.WriteText(t.out, dir); err != nil {
		return t.complain("%v", err)
	}
	switch {
	case s.Failed > 0:
		return nonconform
	case s.Passed+s.Known == 0, s.Interrupted:
		return misuse
	}
	return conforms
}
