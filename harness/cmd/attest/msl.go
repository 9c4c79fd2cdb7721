package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"attest.example/attest/metal/msltool"
)

// mslCommand picks the verb. Those that know manifests are the harness's; the others are the compiler's own.
func mslCommand(ctx context.Context, t terminal, args []string) int {
	if len(args) == 0 || !slices.Contains(mslVerbs, args[0]) {
		return mslUsage(t, args)
	}
	switch {
	case args[0] == "manifest":
		return mslManifest(ctx, t, args[1:])
	case args[0] == "run" && slices.ContainsFunc(args, isLaunchFlag):
		return mslLaunch(ctx, t, args[1:])
	}
	defer endOnSignal(ctx, t)()
	return msltool.Main(args, t.out, t.err)
}

var mslVerbs = []string{"build", "inspect", "manifest", "run", "check"}

func mslUsage(t terminal, args []string) int {
	switch {
	case len(args) == 0:
		return t.complain("msl: a verb is missing; want one of %s", strings.Join(mslVerbs, ", "))
	case slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]):
		fmt.Fprint(t.out, `usage: attest msl VERB FILE.metal [flags]
The compiler of Metal texts for this machine, and one kernel by hand.

  build     compile a text, or tell what is wrong with it
  inspect   what a text has: kernels, arguments, function constants
  manifest  print a manifest for a kernel, as far as its text tells
  run       launch one kernel; with --launch FILE.toml those of a manifest
  check     the same under the checkers: bounds, races, uninitialised reads, divergence

attest msl VERB --help tells a verb's flags.
`)
		return conforms
	}
	return t.complain("msl: there is no verb %q; want one of %s", args[0], strings.Join(mslVerbs, ", "))
}

func isLaunchFlag(arg string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
	return name == "-launch" || name == "launch" && strings.HasPrefix(arg, "-")
}
