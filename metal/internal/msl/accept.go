package msl

import (
	"context"
	"path/filepath"
)

// Accepted is what of a program clang takes.
type Accepted struct {
	Entries []Entry
	Skipped []Skipped
}

// Accept does what Build does up to the code, which is not made: what clang takes of a text and what it refuses is known
// then, in a fraction of the time. What shows in code alone is not looked for: text that runs while a module is loaded, or
// that calls what no kernel may.
func (c *Compiler) Accept(ctx context.Context, p Program) (*Accepted, error) {
	if len(p.Source) > maxTextBytes {
		return nil, ErrTooLarge
	}
	if err := p.Piece.check(); err != nil {
		return nil, err
	}
	headers, err := c.cache.headers(ctx)
	if err != nil {
		return nil, err
	}
	preprocessed, _, err := c.preprocess(ctx, &p, headers)
	if err != nil {
		return nil, err
	}
	full := filepath.Join(headers, "full")
	r, err := c.translateAll(&p, preprocessed, func(r *rewritten) error {
		errs, err := c.front(ctx, r, headers, c.target.flags(p.Math, p.Check), []string{"-fsyntax-only", "-I", full, "-"})
		return c.explain(&p, full, errs, err)
	})
	if err != nil {
		return nil, err
	}
	return &Accepted{r.unit.describe(), r.unit.skipped}, nil
}
