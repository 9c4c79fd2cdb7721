package mslpath

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/predicate"
)

// What expressions may name of the operands, beside the case's own fields.

// steps are strides in elements; of an absent operand, and of a dimension that broadcasts, 0.
type steps struct {
	Batch int `expr:"batch"`
	Head  int `expr:"head"`
	Row   int `expr:"row"`
	Col   int `expr:"col"`
}

type strides struct {
	Q    steps `expr:"q"`
	K    steps `expr:"k"`
	V    steps `expr:"v"`
	Mask steps `expr:"mask"`
	Out  steps `expr:"out"`
	// Of scales and zero points of quantised k and v, which have one layout; 0 along what shares one.
	KScales steps `expr:"k_scales"`
	VScales steps `expr:"v_scales"`
}

// shapeOf is a mask array's extents: its own, 1 where it broadcasts; or those of full_mask.
type shapeOf struct {
	Batch int `expr:"batch"`
	Heads int `expr:"heads"`
	Rows  int `expr:"rows"`
	Cols  int `expr:"cols"`
}

// sizes are bytes of an element.
type sizes struct {
	In   int `expr:"input"`
	Out  int `expr:"output"`
	Mask int `expr:"mask"`
}

// pages tells the table of paged k and v: how many pages an entry has, and how many there are in memory.
type pages struct {
	Each  int `expr:"each"`
	Count int `expr:"count"`
}

// contiguous tells which operands are contiguous [batch, heads, rows, columns]; of k and v in pages, [pages, heads, rows of a
// page, columns].
type contiguous struct {
	Q    bool `expr:"q"`
	K    bool `expr:"k"`
	V    bool `expr:"v"`
	Mask bool `expr:"mask"`
	Out  bool `expr:"out"`
	All  bool `expr:"all"`
}

// visible tells what the whole mask leaves of the keys.
type visible struct {
	None bool `expr:"none"` // some row is left no key
}

func operandVariables() []predicate.Variable {
	return []predicate.Variable{
		{Name: "stride", Zero: strides{}}, {Name: "mask_shape", Zero: shapeOf{}}, {Name: "size", Zero: sizes{}},
		{Name: "contiguous", Zero: contiguous{}}, {Name: "diagonal", Zero: 0}, {Name: "full_mask", Zero: shapeOf{}},
		{Name: "pages", Zero: pages{}}, {Name: "visible", Zero: visible{}},
	}
}

// operandValues are the values of operandVariables for a case. A mask is gone through where the manifest asks what it leaves.
func (m *manifest) operandValues(c cases.Case) ([]any, error) {
	t, err := cases.Layouts(c)
	if err != nil {
		return nil, err
	}
	stepsOf := func(t *cases.Tensor) steps {
		s := t.Strides
		return steps{s[0], s[1], s[2], s[3]}
	}
	s := strides{Q: stepsOf(&t.Q), K: stepsOf(&t.K), V: stepsOf(&t.V), Out: stepsOf(&t.Out), KScales: stepsOfScales(t.KScales), VScales: stepsOfScales(t.VScales)}
	size := sizes{In: c.Input.Size(), Out: c.Output.Size()}
	dense := contiguous{Q: isContiguous(&t.Q), K: isContiguous(&t.K), V: isContiguous(&t.V), Out: isContiguous(&t.Out), Mask: true}
	var shape shapeOf
	if t.Mask != nil {
		s.Mask = stepsOf(&t.Mask.Tensor)
		shape = shapeOf{t.Mask.Shape[0], t.Mask.Shape[1], t.Mask.Shape[2], t.Mask.Shape[3]}
		size.Mask = t.Mask.Format.Size()
		if t.Mask.Bool {
			size.Mask = 1
		}
		dense.Mask = isContiguous(&t.Mask.Tensor)
	}
	dense.All = dense.Q && dense.K && dense.V && dense.Mask && dense.Out
	diagonal := c.Diagonal(0)
	full := shapeOf{1, 1, c.QLen, c.KVLen}
	if t.Mask != nil {
		full.Batch, full.Heads = shape.Batch, shape.Heads
	}
	var paged pages
	if t.Table != nil {
		paged.Each = t.Table.Shape[3]
		_, paged.Count = t.K.Paged()
	}
	var seen visible
	if m.reads.Names["visible.none"] {
		seen.None = c.LeavesARowNoKey()
	}
	return []any{s, shape, size, dense, diagonal, full, paged, seen}, nil
}

// stepsOfScales are the strides of scales and zero points, 0 along dimensions of extent 1.
func stepsOfScales(t *cases.Tensor) steps {
	if t == nil {
		return steps{}
	}
	s := t.Strides
	for i, n := range t.Stored() {
		if n == 1 {
			s[i] = 0
		}
	}
	return steps{s[0], s[1], s[2], s[3]}
}

// isContiguous reports whether a tensor's elements stand one after the other; the stride of an extent of 1 does not matter.
func isContiguous(t *cases.Tensor) bool {
	step := 1
	shape := t.Stored()
	for i := 3; i >= 0; i-- {
		n := shape[i]
		if n > 1 && t.Strides[i] != step {
			return false
		}
		step *= n
	}
	return true
}
