package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pelletier/go-toml/v2"

	"attest.example/attest/harness/internal/ledger"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/record"
)

func knownCommand(_ context.Context, t terminal, args []string) int {
	flags := newFlags(t, "known", "add FINDING --reason WHY --link URL [--expires DATE] [--known FILE]",
		"Writes a finding of a run, a file such as runs/DIR/findings/1.json, into the file of known failures.")
	file := flags.String("known", ledger.File, "the file")
	reason := flags.String("reason", "", "why the failure is lived with")
	link := flags.String("link", "", "where the bug is tracked")
	expires := flags.String("expires", "", "the last day on which it counts as known: 2027-03-31; default: it does not end")
	sure := flags.Bool("sure", false, "take the narrow condition, inside which nearly everything fails")
	rest, status := flags.parse(args, 0, 2)
	switch {
	case status >= 0:
		return status
	case len(rest) != 2 || rest[0] != "add":
		return t.complain("known: want add FINDING, with a file such as runs/DIR/findings/1.json")
	}
	if status := flags.folderOf("known", *file); status >= 0 {
		return status
	}
	f, err := record.ReadFinding(rest[1])
	if err != nil {
		return t.complain("known: %v", err)
	}
	if f.Trigger == "" {
		return t.complain("known: %s: no condition explains the finding; write one by hand into %s", rest[1], *file)
	}
	source := f.Trigger
	if *sure {
		source = f.Sure
	}
	e := ledger.Entry{Reason: *reason, Link: *link}
	if e.When, err = predicate.Compile(source); err != nil {
		return t.complain("known: %s: %v", rest[1], err)
	}
	for _, v := range f.Verdicts {
		e.Verdicts = append(e.Verdicts, v.Verdict)
	}
	if *expires != "" {
		day, err := time.Parse(time.DateOnly, *expires)
		if err != nil {
			return t.complain("known: --expires %q; want a day such as 2027-03-31", *expires)
		}
		if today := time.Now().Format(time.DateOnly); *expires < today {
			return t.complain("known: --expires %s is past, so the entry would never count; want a day from %s on", *expires, today)
		}
		e.Expires = &toml.LocalDate{Year: day.Year(), Month: int(day.Month()), Day: day.Day()}
	}
	if err := ledger.Add(*file, e); err != nil {
		return t.complain("known: %v", err)
	}
	fmt.Fprintf(t.out, "%s: known where %s\n", *file, source)
	return conforms
}
