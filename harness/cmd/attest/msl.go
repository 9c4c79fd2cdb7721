package main

import (
	"context"

	"attest.example/attest/metal/msltool"
)

func mslCommand(_ context.Context, t terminal, args []string) int {
	return msltool.Main(args, t.out, t.err)
}
