package worker

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// Supports asks the child. Where that ends it, the answer is nil, and Attend returns the failure.
func (p *Path) Supports(c cases.Case) error { return p.supports(c, 0) }

// MakesCalls leaves it to Supports: the child has asked its path.
func (p *Path) MakesCalls(cases.Call) error { return nil }

// Knows leaves it to Supports as well.
func (p *Path) Knows(string) bool { return true }

// Arithmetic asks the child.
func (p *Path) Arithmetic(c cases.Case) reference.Arithmetic { return p.plan(c, 0).Arithmetic }

// Promises asks the child.
func (p *Path) Promises(c cases.Case) paths.Promises { return p.plan(c, 0).Promises }

// Variants returns those of the path, in the same child.
func (p *Path) Variants() []paths.Variant {
	var list []paths.Variant
	for i, v := range p.hello.Variants {
		list = append(list, paths.Variant{Label: v.Label, SameBits: v.SameBits, Path: &variant{p, i + 1}})
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

// recentPlans remembers what the child declared about the cases of late: a trial asks several times for each.
type recentPlans struct {
	entries [8]struct {
		c     cases.Case
		plans []plan
	}
	next int
}

func (r *recentPlans) find(c cases.Case) []plan {
	for i := range r.entries {
		if e := &r.entries[i]; e.plans != nil && reflect.DeepEqual(e.c, c) {
			return e.plans
		}
	}
	return nil
}

func (r *recentPlans) add(c cases.Case, plans []plan) {
	e := &r.entries[r.next%len(r.entries)]
	e.c, e.plans = c.Clone(), plans
	r.next++
}

// plan asks the child what it declares about a case. Where that ends the child, Attend reports it.
func (p *Path) plan(c cases.Case, variant int) plan {
	c.After, c.Notes = nil, ""
	if plans := p.plans.find(c); plans != nil {
		return plans[variant]
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	r, err := p.call(ctx, request{Call: callPlan, Problem: problemOf(c)})
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
	p.plans.add(c, r.Plans)
	return r.Plans[variant]
}
