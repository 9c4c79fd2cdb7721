package main

import (
	"context"
	"fmt"

	"attest.example/attest/harness/internal/report"
)

func reportCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "report", "[--out FILE] DIR ...",
		"Writes report.html of a run directory anew; of several, one page that shows them side by side.")
	out := flags.String("out", "", "the page; default report.html in the run directory; needed for several")
	dirs, status := flags.parse(args, 0, -1)
	if status >= 0 {
		return status
	}
	file := *out
	switch {
	case len(dirs) == 0:
		return t.complain("report: a run directory is missing")
	case file == "" && len(dirs) > 1:
		return t.complain("report: --out is missing; want the file for a page of %d runs", len(dirs))
	}
	if status := flags.folderOf("out", file); status >= 0 {
		return status
	}
	defer endOnSignal(ctx, t)()
	var err error
	if file == "" {
		file, err = report.Save(dirs[0])
	} else {
		err = report.SaveAs(file, dirs...)
	}
	if err != nil {
		return t.complain("%v", err)
	}
	fmt.Fprintln(t.out, file)
	return conforms
}
