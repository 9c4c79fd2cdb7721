package main

import (
	"context"
	"fmt"
	"time"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/record"
)

func mergeCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "merge", "[--out DIR] DIR ...",
		"Makes one run directory of those of a run's shards: what the run in one piece would have left, apart from times.\n"+
			"Nothing is run again, unless --search is given. Shards that are not there are named, and the result then does not conform.")
	o := campaign.MergeOptions{}
	out := flags.String("out", "", "the run directory to make; default runs/DATE-TIME-merged")
	flags.BoolVar(&o.Search, "search", false, "look for findings anew, over all failures together, by asking the path that the runs name; false: join those of the shards")
	flags.IntVar(&o.Reduce, "reduce", -1, "with --search: most findings; default as in the shards")
	flags.StringVar(&o.Ledger, "known", "", "the file of known failures, where it lies elsewhere than for the shards")
	asJSON := flags.Bool("json", false, "print one JSON object, last")
	dirs, status := flags.parse(args, 0, -1)
	switch {
	case status >= 0:
		return status
	case len(dirs) == 0:
		return t.complain("merge: a run directory is missing")
	case flags.given("reduce") && (!o.Search || o.Reduce < 0):
		return t.complain("merge: --reduce %d; want 0 or more, and --search", o.Reduce)
	}
	o.Dirs = dirs
	if *out == "" {
		var free func()
		*out, free = defaultDir("merged", time.Now())
		defer free()
	}
	report, err := campaign.Merge(ctx, o, *out, campaign.Watch{
		Reducing: func(id string) { fmt.Fprintln(t.err, "reducing "+id) },
		Finding:  func(f record.Finding) { fmt.Fprintf(t.err, "finding %d: %s\n", f.Number, f.Summary) },
		Damaged:  func(err error) { fmt.Fprintf(t.err, "attest: merge: left out: %v\n", err) },
	})
	if err != nil {
		return t.complain("merge: %v", err)
	}
	return finish(t, report.Summary, *out, *asJSON)
}
