package main

import (
	"context"
	"fmt"
	"runtime"

	"attest.example/attest/harness/internal/record"
)

func versionCommand(_ context.Context, t terminal, args []string) int {
	flags := newFlags(t, "version", "", "Tells which attest this is: the module's version, the commit, what built it and for what.")
	if _, status := flags.parse(args, 0, 0); status >= 0 {
		return status
	}
	commit := record.BuildCommit()
	if commit == "" {
		commit = "not recorded"
	}
	fmt.Fprintf(t.out, "attest %s\ncommit %s\n%s %s/%s\n", record.BuildVersion(), commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return conforms
}
