package worker

import (
	"context"
	"errors"
	"fmt"

	"attest/harness/cases"
	"attest/harness/paths"
	"attest/reference"
)

// Supports asks the child. Where that ends it, the answer is nil, and Attend gives the failure.
func (p *Path) Supports(c cases.Case) error { return p.supports(c, 0) }

// Arithmetic asks the child.
func (p *Path) Arithmetic(c cases.Case) reference.Arithmetic { return p.plan(c, 0).Arithmetic }

// Promises asks the child.
func (p *Path) Promises(c cases.Case) paths.Promises { return p.plan(c, 0).Promises }

// Variants gives those of the path, in the same child.
func (p *Path) Variants() []paths.Variant {
	var list []paths.Variant
	for i, v := range p.hello.Variants {
		list = append(list, paths.Variant{Words: v.Words, SameBits: v.SameBits, Path: &variant{p, i + 1}})
	}
	return list
}

// variant is one of a path's variants.
type variant struct {
	*Path
	number int
}

func (v *variant) Supports(c cases.Case) error { return v.supports(c, v.number) }
func (v *variant) Arithmetic(c cases.Case) reference.Arithmetic {
	return v.plan(c, v.number).Arithmetic
}
func (v *variant) Promises(c cases.Case) paths.Promises { return v.plan(c, v.number).Promises }
func (v *variant) Variants() []paths.Variant            { return nil }

func (v *variant) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	return v.attend(ctx, c, t, v.number)
}

func (p *Path) supports(c cases.Case, variant int) error {
	if text := p.plan(c, variant).Unsupported; text != "" {
		return errors.New(text)
	}
	return nil
}

// mostPlans bounds the plans that are remembered.
const mostPlans = 256

// plan asks the child what it declares about a case, and remembers the answers of late.
func (p *Path) plan(c cases.Case, variant int) plan {
	text := canonical(c)
	plans, known := p.plans[string(text)]
	if !known {
		ctx, cancel := context.WithTimeout(context.Background(), startTime)
		defer cancel()
		r, err := p.call(ctx, request{Call: callPlan, Case: text})
		if err == nil {
			err = p.refusal(r)
		}
		if err == nil && len(r.Plans) != 1+len(p.hello.Variants) {
			err = fmt.Errorf("worker: %d plans for %d variants", len(r.Plans), len(p.hello.Variants))
		}
		if err != nil {
			p.failed = err
			return plan{Arithmetic: paths.ArithmeticOf(c), Promises: paths.AllPromises()}
		}
		if len(p.plans) >= mostPlans {
			clear(p.plans)
		}
		plans = r.Plans
		p.plans[string(text)] = plans
	}
	return plans[variant]
}

// canonical is what the child is told of a case: neither notes nor predecessors, which have run by themselves.
func canonical(c cases.Case) []byte {
	c.After = nil
	return cases.Canonical(c)
}
