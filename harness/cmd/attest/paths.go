package main

import (
	"context"
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/paths/catalog"
)

func pathsCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "paths", "", "Tells which paths work on this machine, and why the others do not.")
	if _, status := flags.parse(args, 0, 0); status >= 0 {
		return status
	}
	for _, e := range catalog.List() {
		state := "works"
		if err := e.Check(ctx); err != nil {
			state = "no: " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		if e.Name == catalog.Default {
			state += " (default)"
		}
		fmt.Fprintf(t.out, "%-14s %s\n%-14s %s\n", e.Name, e.Words, "", state)
	}
	return conforms
}
