package cases

// What follows from a case's fields, for those who ask when a bug strikes.

// Visible is what the causal or window part of a mask leaves of the keys. What an array forbids is not in it: that
// depends on values.
type Visible struct {
	End   int  // one past the last key that any row sees
	None  bool // some row sees no key
	Hides bool // some key is hidden from some row
}

// Visible looks at three rows only: both ends of what a row sees never fall from one row to the next.
func (c *Case) Visible() Visible {
	var v Visible
	diagonal := c.KVLen - 1 // the row whose diagonal is at the last key
	if c.Mask.Align == BottomRight {
		diagonal = c.QLen - 1
	}
	for _, row := range []int{0, min(max(diagonal, 0), c.QLen-1), c.QLen - 1} {
		first, last := c.Span(row)
		v.End = max(v.End, last)
		v.None = v.None || last <= first
		v.Hides = v.Hides || first != 0 || last != c.KVLen
	}
	return v
}

// OperandNames are those of a layout.
func OperandNames() []string { return []string{"q", "k", "v", "out"} }

// Operand gives the layout of an operand by its name.
func (l *Layout) Operand(name string) *Operand {
	switch name {
	case "q":
		return &l.Q
	case "k":
		return &l.K
	case "v":
		return &l.V
	case "out":
		return &l.Out
	}
	return nil
}

// EffectiveStrides are the element strides of an operand for batch, head, row and column, with 0 where the dimension
// has one element: nothing is ever multiplied by that stride.
func (c *Case) EffectiveStrides(operand string) [4]int {
	return c.effective(operand, *c.Layout.Operand(operand))
}

// Strided reports whether an operand lies otherwise than without any layout, in a way that its addresses show.
func (c *Case) Strided(operand string) bool {
	return c.EffectiveStrides(operand) != c.effective(operand, Operand{})
}

func (c *Case) effective(operand string, o Operand) [4]int {
	heads, rows := c.Heads, c.QLen
	if operand == "k" || operand == "v" {
		heads, rows = c.KVHeads, c.KVLen
	}
	s, _ := o.strides(c.Batch, heads, rows, c.HeadDim)
	for i, n := range [4]int{c.Batch, heads, rows, c.HeadDim} {
		if n == 1 {
			s[i] = 0
		}
	}
	return s
}
