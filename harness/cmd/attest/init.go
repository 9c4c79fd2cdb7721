package main

import (
	"context"
	"fmt"
	"strings"

	"attest.example/attest/examples"
)

func initCommand(_ context.Context, t terminal, args []string) int {
	var words strings.Builder
	words.WriteString("Writes a working implementation into a folder (by default ./mine), to be changed into your own. It overwrites nothing.\n")
	for _, s := range examples.Starters() {
		fmt.Fprintf(&words, "  %-8s %s\n", s.Language, s.Summary)
	}
	flags := newFlags(t, "init", "LANGUAGE [DIR]", strings.TrimSuffix(words.String(), "\n"))
	rest, status := flags.parse(args, 1, 2)
	if status >= 0 {
		return status
	}
	starter, err := examples.Find(rest[0])
	if err != nil {
		return t.complain("init: %v", err)
	}
	dir := "mine"
	if len(rest) > 1 {
		dir = rest[1]
	}
	written, err := starter.Write(dir)
	if err != nil {
		return t.complain("init: %v", err)
	}
	for _, path := range written {
		fmt.Fprintln(t.out, path)
	}
	fmt.Fprintf(t.out, "\nnext: cd %s && %s\n", dir, starter.Next)
	return conforms
}
