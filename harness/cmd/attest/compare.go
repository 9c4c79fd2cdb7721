package main

import (
	"context"

	"attest.example/attest/harness/internal/compare"
)

func compareCommand(_ context.Context, t terminal, args []string) int {
	return compare.Main(args, t.out, t.err)
}
