package cases

import "math"

// What follows from a case's fields, for those who ask when a bug strikes.

// Visible is what a mask leaves of the keys. But for None it is about the causal or window part: what an array forbids
// depends on its values, and no kernel leaves out what it has not read.
type Visible struct {
	Begin int  // the largest first key of a row
	End   int  // one past the last key that any row sees
	None  bool // some row sees no key, whatever forbids them
	Hides bool // some key is hidden from some row
}

// RangeEnds reports whether some row sees the first key of its range, and whether some row sees the last one. A row's
// range is what the causal or window part of the mask leaves it, and an array may forbid any key of it: then who loses the
// first key of every range is right all the same. Of a large array it looks at the first rows only.
func (c *Case) RangeEnds() (first, last bool) {
	array := c.Mask.IsArray()
	own, s, forbidden := c.maskDims(), newStream(c.Values.Seed, streamMask), c.Mask.Floor.Value(c.Mask.Format)
	d := own
	if !array || c.Ragged() {
		d[0] = c.Batch
	}
	sees := func(b, h, r, key int) bool {
		if !array {
			return true
		}
		b, row, column := min(b, own[0]-1), min(r, own[2]-1), min(key, own[3]-1)
		index := uint64(((b*own[1]+h)*own[2]+row)*own[3] + column)
		return c.maskEntry(s, b, h, row, column, index) != forbidden
	}
	looked := 0
	for r := range c.QLen {
		for b := range d[0] {
			begin, end := c.Span(b, r)
			if end <= begin {
				continue
			}
			for h := range d[1] {
				first = first || sees(b, h, r, begin)
				last = last || sees(b, h, r, end-1)
				if looked++; first && last || looked > mostEntries {
					return first, last
				}
			}
		}
	}
	return first, last
}

// Visible looks at three rows only where batch entries have no lengths of their own: both ends of what a row sees never fall from one row to the next.
func (c *Case) Visible() Visible {
	var v Visible
	look := func(batch, row int) {
		first, last := c.Span(batch, row)
		v.Begin, v.End = max(v.Begin, first), max(v.End, last)
		v.None = v.None || last <= first
		v.Hides = v.Hides || first != 0 || last != c.KVLen
	}
	if c.Ragged() {
		for batch := range c.Batch {
			for row := range c.QLen {
				look(batch, row)
			}
		}
	} else {
		diagonal := c.KVLen - 1 - c.Diagonal(0) // the row whose diagonal is at the last key
		for _, row := range []int{0, min(max(diagonal, 0), c.QLen-1), c.QLen - 1} {
			look(0, row)
		}
	}
	v.None = v.None || c.arrayHidesARow()
	return v
}

// mostEntries bounds the entries of an array that are drawn to see whether a row is left a key.
const mostEntries = 1 << 16

// arrayHidesARow reports whether a mask in memory leaves some row no key of those that the rest of the mask leaves it.
// Of a large array it looks at the first rows only.
func (c *Case) arrayHidesARow() bool {
	m := &c.Mask
	if !m.IsArray() || m.Kind == AdditiveMask && m.Floor != NoFloor {
		return false
	}
	d, s := c.maskDims(), newStream(c.Values.Seed, streamMask)
	looked := 0
	for r := range c.QLen {
		first, last := c.Span(0, r)
		for b := range d[0] {
			for h := range d[1] {
				sees := false
				for key := first; key < last && !sees; key++ {
					row, column := min(r, d[2]-1), min(key, d[3]-1)
					index := uint64(((b*d[1]+h)*d[2]+row)*d[3] + column)
					sees = !math.IsInf(c.maskEntry(s, b, h, row, column, index), -1)
					looked++
				}
				if !sees {
					return true
				}
				if looked > mostEntries {
					return false
				}
			}
		}
	}
	return false
}

// KeysSeen is the number of keys that some row sees, of the row that sees most; no further than limit. With one key a
// softmax is 1 whatever the score. Of a large array it looks at the first rows only, and takes the rest to see no more.
func (c *Case) KeysSeen(limit int) int {
	array := c.Mask.IsArray()
	own, s, forbidden := c.maskDims(), newStream(c.Values.Seed, streamMask), c.Mask.Floor.Value(c.Mask.Format)
	d := [2]int{1, 1}
	if array {
		d = [2]int{own[0], own[1]}
	}
	if c.Ragged() {
		d[0] = c.Batch
	}
	most, looked := 0, 0
	for b := range d[0] {
		for r := range c.QLen {
			begin, end := c.Span(b, r)
			if !array {
				if most = max(most, min(limit, end-begin)); most == limit {
					return limit
				}
				continue
			}
			for h := range d[1] {
				seen := 0
				for key := begin; key < end && seen < limit; key++ {
					batch, row, column := min(b, own[0]-1), min(r, own[2]-1), min(key, own[3]-1)
					index := uint64(((batch*own[1]+h)*own[2]+row)*own[3] + column)
					if c.maskEntry(s, batch, h, row, column, index) != forbidden {
						seen++
					}
					looked++
				}
				if most = max(most, seen); most == limit || looked > mostEntries {
					return most
				}
			}
		}
	}
	return most
}

// Ends returns, for every group of so many rows, one past the last key that any of its rows sees by the causal or window
// part of the mask, and Begins the first such key: what a kernel takes for its loop over the keys. Groups that see none
// are left out. Neighbours that are alike are one.
func (c *Case) Ends(rows int) []int { _, ends := c.spans(rows); return ends }

// Begins is told at Ends.
func (c *Case) Begins(rows int) []int { begins, _ := c.spans(rows); return begins }

func (c *Case) spans(rows int) (begins, ends []int) {
	add := func(list []int, n int) []int {
		if len(list) > 0 && list[len(list)-1] == n {
			return list
		}
		return append(list, n)
	}
	for row := 0; row < c.QLen; row += rows {
		begin, end := c.KVLen, 0
		for r := row; r < min(row+rows, c.QLen); r++ {
			if first, last := c.Span(0, r); first < last {
				begin, end = min(begin, first), max(end, last)
			}
		}
		if begin < end {
			begins, ends = add(begins, begin), add(ends, end)
		}
	}
	return begins, ends
}

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
	s := t.stored()
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
