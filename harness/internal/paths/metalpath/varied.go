package metalpath

import (
	"context"
	"errors"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// varied is a host path with others beside it that must agree with it.
type varied struct {
	*Path
	name     string
	variants []paths.Variant
}

func (v *varied) Name() string              { return v.name }
func (v *varied) Variants() []paths.Variant { return v.variants }

// Promises is what all of them promise.
func (v *varied) Promises(c cases.Case) paths.Promises { return v.Path.Promises(c) }

func (v *varied) Turn(sequence int, work float64) {
	v.Path.Turn(sequence, work)
	for _, variant := range v.variants {
		paths.Turn(variant.Path, sequence, work)
	}
}

func (v *varied) Reset(ctx context.Context) error {
	errs := []error{v.Path.Reset(ctx)}
	for _, variant := range v.variants {
		errs = append(errs, paths.Reset(ctx, variant.Path))
	}
	return errors.Join(errs...)
}

func (v *varied) Close() error {
	errs := []error{v.Path.Close()}
	for _, variant := range v.variants {
		errs = append(errs, variant.Path.(*Path).Close())
	}
	return errors.Join(errs...)
}
