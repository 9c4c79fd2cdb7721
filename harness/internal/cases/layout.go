package cases

// Order is the order of an operand's dimensions in memory.
type Order string

// The orders: B batch, H heads, S rows (sequence), D head_dim; the last varies fastest.
const (
	BHSD Order = "BHSD"
	BSHD Order = "BSHD"
)

// Operand is how one of q, k, v and out lies in memory.
type Operand struct {
	Order     Order `json:"order,omitzero"`     // default BHSD
	Pad       int   `json:"pad,omitzero"`       // slack elements after each row
	Transpose bool  `json:"transpose,omitzero"` // each [rows, head_dim] matrix is stored as [head_dim, rows]; needs BHSD
	Offset    int   `json:"offset,omitzero"`    // elements before the operand: a view into a larger buffer

	// Strides are given instead of order, pad and transpose: batch, head, row and column, in elements.
	Strides Strides `json:"strides,omitzero"`
}

// Layout is the layout of every operand.
type Layout struct {
	Q   Operand `json:"q,omitzero"`
	K   Operand `json:"k,omitzero"`
	V   Operand `json:"v,omitzero"`
	Out Operand `json:"out,omitzero"`
}

// strides returns element strides for batch, head, row and column, and the elements that the operand takes with the
// slack of its last row.
func (o Operand) strides(batch, heads, rows, cols int) (s [4]int, elements int) {
	if shape := [4]int{batch, heads, rows, cols}; isEmpty(shape) { // the strides of one element, and none of them
		shape = atLeastOne(shape)
		s, _ = o.strides(shape[0], shape[1], shape[2], shape[3])
		return s, 0
	}
	switch {
	case o.Strides.Given():
		return o.Strides, int(reach(o.Strides, [4]int{batch, heads, rows, cols}))
	case o.Transpose: // [batch, heads, cols, rows+pad]
		s = [4]int{heads * cols * (rows + o.Pad), cols * (rows + o.Pad), 1, rows + o.Pad}
	case o.Order == BSHD: // [batch, rows, heads, cols+pad]
		s = [4]int{rows * heads * (cols + o.Pad), cols + o.Pad, heads * (cols + o.Pad), 1}
	default: // [batch, heads, rows, cols+pad]
		s = [4]int{heads * rows * (cols + o.Pad), rows * (cols + o.Pad), cols + o.Pad, 1}
	}
	return s, batch * s[0]
}
