package main

import (
	"context"
	"slices"
	"strings"

	"attest.example/attest/metal/msltool"
)

// mslCommand picks the verb. Those that know manifests are the harness's; the others are the compiler's own.
func mslCommand(ctx context.Context, t terminal, args []string) int {
	switch {
	case len(args) > 0 && args[0] == "manifest":
		return mslManifest(ctx, t, args[1:])
	case len(args) > 0 && args[0] == "run" && slices.ContainsFunc(args, isLaunchFlag):
		return mslLaunch(ctx, t, args[1:])
	}
	defer endOnSignal(ctx, t)()
	return msltool.Main(args, t.out, t.err)
}

func isLaunchFlag(arg string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
	return name == "-launch" || name == "launch" && strings.HasPrefix(arg, "-")
}
