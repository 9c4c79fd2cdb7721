package cases

// OperandNames are those of a layout.
func OperandNames() []string { return []string{"q", "k", "v", "out"} }

// Operand returns the layout of an operand by its name.
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

// StridesOf are the element strides of an operand for batch, head, row and column, as kernels get them.
func (c *Case) StridesOf(operand string) [4]int {
	s, _ := c.rawStrides(operand)
	return s
}

// Strided reports whether an operand lies otherwise than without any layout, in a way that its addresses show.
func (c *Case) Strided(operand string) bool {
	return c.EffectiveStrides(operand) != c.effective(operand, Operand{})
}

func (c *Case) effective(operand string, o Operand) [4]int {
	shape := c.OperandShape(operand)
	s, _ := o.strides(shape[0], shape[1], shape[2], shape[3])
	for i, n := range shape {
		if n == 1 {
			s[i] = 0
		}
	}
	return s
}

// MaskStrided reports whether the mask's array lies otherwise than packed, in a way that its addresses show.
func (c *Case) MaskStrided() bool {
	if !c.Mask.IsArray() {
		return false
	}
	packed := *c
	packed.Mask.Pad, packed.Mask.Strides = 0, Strides{}
	s, plain := c.maskLayout().Strides, packed.maskLayout().Strides
	for i, n := range c.maskDims() {
		if n > 1 && s[i] != plain[i] {
			return true
		}
	}
	return false
}

// BatchesInside reports whether the batches of an operand, or its pages, lie closer together than its rows do, and not all
// in one place.
func (c *Case) BatchesInside(operand string) bool {
	s, shape := c.rawStrides(operand)
	return shape[0] > 1 && 0 < s[0] && s[0] < s[2]
}

// ColumnsApart reports whether the columns of an operand do not lie next to each other, and yet no further apart than its
// rows: neither a matrix nor a transposed one.
func (c *Case) ColumnsApart(operand string) bool {
	s, shape := c.rawStrides(operand)
	return shape[3] > 1 && s[3] != 1 && s[3] <= s[2]
}

// rawStrides are those that a path is given, whether a dimension has one element or more.
func (c *Case) rawStrides(operand string) (s, shape [4]int) {
	shape = c.OperandShape(operand)
	s, _ = c.Layout.Operand(operand).strides(shape[0], shape[1], shape[2], shape[3])
	return s, shape
}

// OperandShape is an operand's batch, heads, rows and columns; of paged k and v their pages, heads, rows of a page and
// columns. Columns of quantised ones are the bytes of a row.
func (c *Case) OperandShape(operand string) [4]int {
	columns := c.columnsOf(operand)
	if operand == "k" || operand == "v" {
		columns = c.Quant.Of(operand).rowBytes(columns)
		if c.Paging.Page > 0 {
			return [4]int{c.PageCount(), c.KVHeads, c.Paging.Page, columns}
		}
		return [4]int{c.Batch, c.KVHeads, c.KVLen, columns}
	}
	return [4]int{c.Batch, c.Heads, c.QLen, columns}
}

// columnsOf is how many numbers a row of an operand has.
func (c *Case) columnsOf(operand string) int {
	if operand == "v" || operand == "out" {
		return c.VDim()
	}
	return c.HeadDim
}

// SharesMemory reports whether elements of k or of v have one place in memory, by a stride of 0.
func (c *Case) SharesMemory() bool {
	if c.Paging.Shared > 0 && c.Batch > 1 {
		return true
	}
	for _, operand := range []string{"k", "v"} {
		o, shape := c.Layout.Operand(operand), c.OperandShape(operand)
		if !o.Strides.Given() {
			continue
		}
		for i, n := range shape {
			if n > 1 && o.Strides[i] == 0 {
				return true
			}
		}
	}
	return false
}

// MaskSharesMemory reports whether entries of the mask's array have one place in memory.
func (c *Case) MaskSharesMemory() bool {
	if !c.Mask.IsArray() || !c.Mask.Strides.Given() {
		return false
	}
	for i, n := range c.maskDims() {
		if n > 1 && c.Mask.Strides[i] == 0 {
			return true
		}
	}
	return false
}

// DropStrides takes ggml's blocks away that do not fit head_dim any more, and strides that were given for an operand, or mask, of other sizes, where the sizes of c are larger:
// elements could meet. Smaller ones keep theirs.
func (c *Case) DropStrides(other *Case) {
	grown := func(a, b [4]int) bool {
		for i := range a {
			if a[i] > b[i] {
				return true
			}
		}
		return false
	}
	dropped := false
	for name, f := range map[string]*QuantFormat{"k": &c.Quant.K, "v": &c.Quant.V} {
		if f.blocked() && c.columnsOf(name)%QuantBlock != 0 { // which ggml's blocks do not fit
			*f, dropped = "", true
		}
	}
	if dropped { // all that must: what stays would change head_dim
		c.fitQuant()
	}
	for _, name := range OperandNames() {
		if grown(c.OperandShape(name), other.OperandShape(name)) {
			c.Layout.Operand(name).Strides = Strides{}
		}
	}
	if c.Mask.IsArray() && (c.Mask.Shape != other.Mask.Shape || grown(c.maskDims(), other.maskDims())) {
		c.Mask.Strides = Strides{}
	}
}

// Places is how many elements lie in memory, of a quantised operand how many bytes, of a paged one those of all pages.
func (t *Tensor) Places() int {
	s := t.Stored()
	return s[0] * s[1] * s[2] * s[3]
}

// HasSlack reports whether q, k, v or the mask has memory between its elements, or before them.
func (c *Case) HasSlack() bool {
	t, err := Layouts(*c)
	if err != nil {
		return false
	}
	for _, b := range t.Buffers() {
		if b.Name != "out" && b.Name != "lse" && b.Tensor.Elements > b.Tensor.Places() {
			return true
		}
	}
	return false
}
