package metalpath

import (
	"context"
	"errors"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// probeLayout finds out what a library means by contiguous memory: [batch, heads, rows, head_dim], as its header may
// not say. It computes one small case whose dimensions all differ in both layouts and keeps the one that is right.
func (p *Path) probeLayout(ctx context.Context) error {
	for _, order := range []cases.Order{"", cases.BSHD} {
		p.plain.order = order
		right, err := p.probe(ctx, order)
		if errors.Is(err, paths.ErrUnsupported) {
			break // it does no such case: what it does is found out case by case
		}
		if err != nil {
			return fmt.Errorf("probe the layout: %w", err)
		}
		if right {
			return nil
		}
	}
	p.plain.order, p.plain.unknown = "", true
	return nil
}

// probe reports whether the output is right when every operand lies contiguous in an order.
func (p *Path) probe(ctx context.Context, order cases.Order) (bool, error) {
	o := cases.Operand{Order: order}
	c := cases.Case{
		Version: cases.Version, Batch: 2, Heads: 3, QLen: 5, KVLen: 7, HeadDim: 8, Input: precision.FP32,
		Layout: cases.Layout{Q: o, K: o, V: o, Out: o}, Values: cases.Values{Seed: 1},
	}
	if err := c.Normalize(); err != nil {
		return false, err
	}
	t := cases.Materialize(c)
	if _, err := p.Attend(ctx, c, t); err != nil {
		return false, err
	}
	truth, err := oracle.Truth(ctx, c, t, p.Arithmetic(c), reference.Options{})
	if err != nil {
		return false, err
	}
	v, err := oracle.Judge(truth, t)
	return err == nil && !v.Kind.Fails(), err
}
