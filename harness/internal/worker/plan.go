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
	entries [8]planned
	next    int
}

// planned is what a child declared about a case, its path first and then the variants, and the case as it was sent.
type planned struct {
	c       cases.Case
	problem problem
	plans   []plan
}

// find is nil for a case that is not among them.
func (r *recentPlans) find(c *cases.Case) *planned {
	for i := range r.entries {
		if e := &r.entries[i]; e.plans != nil && reflect.DeepEqual(&e.c, c) {
			return e
		}
	}
	return nil
}

func (r *recentPlans) add(c cases.Case, p problem, plans []plan) {
	r.entries[r.next%len(r.entries)] = planned{c.Clone(), p, plans}
	r.next++
}

// problemOf is the case as it is sent. A call comes after a question about the same case, as a rule.
func (p *Path) problemOf(c cases.Case) problem {
	c.After, c.Notes = nil, ""
	if e := p.plans.find(&c); e != nil {
		return e.problem
	}
	return problemOf(c)
}

// plan asks the child what it declares about a case. Where that ends the child, Attend reports it.
func (p *Path) plan(c cases.Case, variant int) plan {
	c.After, c.Notes = nil, ""
	if e := p.plans.find(&c); e != nil {
		return e.plans[variant]
	}
	problem := problemOf(c)
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	r, err := p.call(ctx, request{Call: callPlan, Problem: problem})
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
	p.plans.add(c, problem, r.Plans)
	return r.Plans[variant]
}
