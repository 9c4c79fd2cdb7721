package main

import (
	"context"

	"attest.example/attest/harness/internal/compare"
)

func compareCommand(ctx context.Context, t terminal, args []string) int {
	defer endOnSignal(ctx, t)()
	return compare.Main(args, t.out, t.err)
}
