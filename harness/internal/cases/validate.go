package cases

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// FieldError names the field of a case that is wrong, and what would be accepted.
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
		return wrong(field, got, "%s", span(low, high))
	}
	return nil
}

// span names the integers of a range.
func span(low, high int) string {
	if low == high {
		return strconv.Itoa(low)
	}
	return fmt.Sprintf("%d to %d", low, high)
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
	span, used := 0.0, 0.0
	add := func(size, offset int, strides, shape [4]int, elements float64) {
		if isEmpty(shape) { // loops run over the other extents all the same
			elements = float64(max(shape[0], 1)) * float64(max(shape[1], 1)) * float64(max(shape[2], 1)) * float64(max(shape[3], 1))
		}
		span += float64(size) * (float64(offset) + elements)
		used += touched(float64(size), strides, shape, elements) + float64(size*offset)
	}
	in := c.Input.Size()
	for _, name := range OperandNames() {
		o, shape, size := c.Layout.Operand(name), c.OperandShape(name), in
		if name == "out" {
			size = c.Output.Size()
		}
		if c.Quant.Of(name) != "" {
			size = 1
			// Scales and zero points, at most one of each for an element, which is drawn before it is quantised too.
			used += float64(shape[0]) * float64(shape[1]) * float64(shape[2]) * (float64(8*c.scaleColumns(name)) + float64(in*c.columnsOf(name)))
		}
		if o.Strides.Given() {
			add(size, o.Offset, o.Strides, shape, reach(o.Strides, shape))
			continue
		}
		// Sizes that no int holds are refused below: these strides have no meaning then.
		strides, _ := o.strides(shape[0], shape[1], shape[2], shape[3])
		rows, cols := float64(shape[2]), float64(shape[3])
		if o.Transpose {
			rows, cols = cols, rows
		}
		add(size, o.Offset, strides, shape, float64(shape[0])*float64(shape[1])*rows*(cols+float64(o.Pad)))
	}
	add(4, 0, [4]int{}, [4]int{c.Batch, c.Heads, c.QLen, 1}, float64(c.Batch)*float64(c.Heads)*float64(c.QLen))
	if c.Mask.IsArray() {
		d := c.maskDims()
		elements := float64(d[0]) * float64(d[1]) * float64(d[2]) * float64(d[3]+c.Mask.Pad)
		if c.Mask.Strides.Given() {
			elements = reach(c.Mask.Strides, d)
		}
		add(c.maskElementSize(), c.Mask.Offset, c.Mask.Strides, d, elements)
	}
	if used > MaxBytes {
		return wrong("batch, heads, q_len, kv_len, head_dim", fmt.Sprintf("%.3g bytes of tensors", used),
			"at most %.3g bytes together", float64(MaxBytes))
	}
	if span > MaxSpan {
		return wrong("layout", fmt.Sprintf("%.3g bytes from the first to the last element of all tensors", span),
			"at most %.3g bytes together", float64(MaxSpan))
	}
	return nil
}

// touched is about how many bytes of memory elements need, which spans of a large buffer are held to: whole pages around
// what the axes with small strides reach, for every index of the others.
func touched(size float64, strides, shape [4]int, elements float64) float64 {
	whole := size * elements
	if whole < sparseBytes {
		return whole
	}
	inner, count := 1.0, 1.0
	for _, axis := range bySize(strides, shape) {
		switch step := size * float64(strides[axis]); {
		case step > sparsePage:
			count *= float64(shape[axis])
		default:
			inner += float64(strides[axis]) * float64(shape[axis]-1)
		}
	}
	return min(whole, count*(size*inner+2*sparsePage))
}
