package main

import (
	"context"

	"attest/harness/compare"
)

func compareCommand(_ context.Context, t terminal, args []string) int {
	return compare.Main(args, t.out, t.err)
}
