package main

import (
	"context"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

// maxFormulaWork bounds the cases of which only formulas are asked, so that a great many can be drawn.
const maxFormulaWork = 2e7

// eachFresh calls do with n generated cases of a preset that no search has seen.
func eachFresh(ctx context.Context, preset gen.Preset, n int, do func(cases.Case) error) error {
	stream, err := gen.NewStream(preset, 31337, gen.Filter{MaxWork: maxFormulaWork})
	if err != nil {
		return err
	}
	for i := range n {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c, err := stream.Case(i)
		if err != nil {
			return err
		}
		if err := do(c); err != nil {
			return err
		}
	}
	return nil
}
