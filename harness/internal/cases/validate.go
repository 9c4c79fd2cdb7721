package cases

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/precision"
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
	if c.Version != Version {
		return wrong("version", c.Version, "%d", Version)
	}
	if err := c.normalizeShape(); err != nil {
		return err
	}
	if err := c.normalizePrecision(); err != nil {
		return err
	}
	if err := c.normalizeMask(); err != nil {
		return err
	}
	if err := c.normalizeLayout(); err != nil {
		return err
	}
	if err := c.normalizeValues(); err != nil {
		return err
	}
	return c.checkSize()
}

func (c *Case) normalizeShape() error {
	orDefault(&c.KVHeads, c.Heads)
	for _, d := range []struct {
		field    string
		got, max int
	}{
		{"batch", c.Batch, MaxBatch}, {"heads", c.Heads, MaxHeads}, {"kv_heads", c.KVHeads, MaxHeads},
		{"q_len", c.QLen, MaxLen}, {"kv_len", c.KVLen, MaxLen}, {"head_dim", c.HeadDim, MaxHeadDim},
	} {
		if err := inRange(d.field, d.got, 1, d.max); err != nil {
			return err
		}
	}
	if c.Heads%c.KVHeads != 0 {
		return wrong("kv_heads", c.KVHeads, "a divisor of heads, which is %d", c.Heads)
	}
	if c.Scale != nil {
		if s := float64(*c.Scale); math.IsNaN(s) || math.IsInf(s, 0) {
			return wrong("scale", s, "a finite number")
		}
		if *c.Scale == DefaultScale(c.HeadDim) {
			c.Scale = nil
		} else if *c.Scale == 0 {
			c.Scale = new(float32) // one zero, not two
		}
	}
	return nil
}

func (c *Case) normalizePrecision() error {
	if !c.Input.Valid() {
		return wrong("input", c.Input, "fp16, bf16 or fp32")
	}
	orDefault(&c.Output, c.Input)
	if c.Intermediate == precision.FP32 {
		c.Intermediate = 0
	}
	return nil
}

func (c *Case) normalizeLayout() error {
	operands := []struct {
		field   string
		operand *Operand
	}{{"layout.q", &c.Layout.Q}, {"layout.k", &c.Layout.K}, {"layout.v", &c.Layout.V}, {"layout.out", &c.Layout.Out}}
	for _, o := range operands {
		if err := oneOf(o.field+".order", o.operand.Order, BHSD, BSHD); err != nil {
			return err
		}
		if o.operand.Order == BHSD {
			o.operand.Order = ""
		}
		if o.operand.Transpose && o.operand.Order == BSHD {
			return wrong(o.field+".transpose", true, "false with order BSHD: a transposed operand is BHSD")
		}
		if err := inRange(o.field+".pad", o.operand.Pad, 0, MaxPad); err != nil {
			return err
		}
		if err := inRange(o.field+".offset", o.operand.Offset, 0, MaxPad); err != nil {
			return err
		}
	}
	return nil
}

func (c *Case) normalizeValues() error {
	for _, v := range []struct {
		field  string
		regime *Regime
	}{{"values.q", &c.Values.Q}, {"values.k", &c.Values.K}, {"values.v", &c.Values.V}} {
		if err := oneOf(v.field, *v.regime, Regimes()...); err != nil {
			return err
		}
		orDefault(v.regime, Normal)
	}
	if err := oneOf("values.masked", c.Values.Masked, MaskedOrdinary, MaskedNaN, MaskedInf, MaskedHuge, MaskedSNaN); err != nil {
		return err
	}
	if c.Values.Masked == MaskedOrdinary || c.Mask.Kind == "" {
		// Without a mask no slot is masked: the field says nothing, and two names for one case would be one too many.
		c.Values.Masked = ""
	}
	return nil
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
