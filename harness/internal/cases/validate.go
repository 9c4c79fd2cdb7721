package cases

import (
	"fmt"
	"slices"
	"strings"
)

// FieldError says which field of a case is wrong and what would be accepted.
type FieldError struct {
	Field string // a JSON path such as mask.align
	Got   any
	Want  string
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s: %v; want %s", e.Field, e.Got, e.Want) }

func wrong(field string, got any, want string, args ...any) error {
	return &FieldError{field, got, fmt.Sprintf(want, args...)}
}

func inRange(field string, got, low, high int) error {
	if got < low || got > high {
		return wrong(field, got, "%d to %d", low, high)
	}
	return nil
}

// oneOf checks an enumerated field; the zero value stands for the default and is always accepted.
func oneOf[T ~string](field string, got T, accepted ...T) error {
	if got == "" || slices.Contains(accepted, got) {
		return nil
	}
	names := make([]string, len(accepted))
	for i, a := range accepted {
		names[i] = string(a)
	}
	return wrong(field, fmt.Sprintf("%q", got), "one of %s", strings.Join(names, ", "))
}

func orDefault[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}

// Normalize fills in defaults, brings the case to its one canonical form and refuses what is impossible, with a
// *FieldError that names the field. It reaches into After.
func (c *Case) Normalize() error {
	if err := c.normalizeOne(); err != nil {
		return err
	}
	if err := inRange("after", len(c.After), 0, MaxAfter); err != nil {
		return err
	}
	for i := range c.After {
		if len(c.After[i].After) > 0 {
			return wrong(fmt.Sprintf("after[%d].after", i), "cases", "none: a case that runs before has no predecessors of its own")
		}
		if err := c.After[i].normalizeOne(); err != nil {
			return fmt.Errorf("after[%d].%w", i, err)
		}
		c.After[i].Notes = ""
	}
	return nil
}

func (c *Case) normalizeOne() error {
	for _, f := range fieldTable {
		if err := f.check(c); err != nil {
			return err
		}
	}
	return c.checkSize()
}

// checkSize refuses a case whose tensors would not fit, without ever overflowing.
func (c *Case) checkSize() error {
	total := 0.0
	add := func(size int, dims ...int) {
		product := float64(size)
		for _, d := range dims {
			product *= float64(d)
		}
		total += product
	}
	in, l := c.Input.Size(), c.Layout
	add(in, c.Batch, c.Heads, c.QLen+l.Q.Pad, c.HeadDim+l.Q.Pad)
	add(in, c.Batch, c.KVHeads, c.KVLen+l.K.Pad, c.HeadDim+l.K.Pad)
	add(in, c.Batch, c.KVHeads, c.KVLen+l.V.Pad, c.HeadDim+l.V.Pad)
	add(c.Output.Size(), c.Batch, c.Heads, c.QLen+l.Out.Pad, c.HeadDim+l.Out.Pad)
	add(4, c.Batch, c.Heads, c.QLen)
	if c.Mask.IsArray() {
		d := c.maskDims()
		add(c.maskElementSize(), d[0], d[1], d[2], d[3]+c.Mask.Pad)
	}
	if total > MaxBytes {
		return wrong("batch, heads, q_len, kv_len, head_dim", fmt.Sprintf("%.3g bytes of tensors", total),
			"at most %.3g bytes together", float64(MaxBytes))
	}
	return nil
}
