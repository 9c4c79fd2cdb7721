package main

import (
	"context"
	"strings"

	"attest/metal/host/cli"
	"attest/metal/msl"
)

// mslVerbs are the verbs of attest msl.
var mslVerbs = []struct {
	name string
	run  func(t terminal, args []string) int
}{
	{"build", func(t terminal, args []string) int { return msl.BuildMain(args, t.out, t.err) }},
	{"inspect", func(t terminal, args []string) int { return msl.InspectMain(args, t.out, t.err) }},
	{"run", func(t terminal, args []string) int { return cli.RunMain(args, t.out, t.err) }},
	{"check", func(t terminal, args []string) int { return cli.CheckMain(args, t.out, t.err) }},
}

func mslCommand(_ context.Context, t terminal, args []string) int {
	var names []string
	for _, v := range mslVerbs {
		if len(args) > 0 && args[0] == v.name {
			return v.run(t, args[1:])
		}
		names = append(names, v.name)
	}
	return t.complain("msl: want one of %s", strings.Join(names, ", "))
}
