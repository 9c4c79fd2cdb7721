package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

var commonMasks = []choice[cases.MaskKind]{
	{28, cases.NoMask}, {24, cases.CausalMask}, {10, cases.WindowMask}, {17, cases.BoolMask}, {21, cases.AdditiveMask},
}

func (t *draft) drawMask(d dice, kind cases.MaskKind) {
	t.Mask = cases.Mask{Kind: kind}
	switch kind {
	case cases.CausalMask:
		t.Mask.Align = anyAlign(d)
	case cases.WindowMask:
		t.Mask.Align = anyAlign(d)
		t.Mask.Left, t.Mask.Right = t.anySide(d), t.anySide(d)
		if d.chance(30) {
			t.Mask.Right = 0 // a causal window
		}
	case cases.BoolMask, cases.AdditiveMask:
		t.drawArray(d)
	}
}

func anyAlign(d dice) cases.Align { return pick(d, cases.TopLeft, cases.BottomRight) }

func (t *draft) anySide(d dice) int {
	switch {
	case d.chance(15):
		return -1
	case d.chance(40):
		return d.between(0, 8)
	}
	return clampDraw(d, nearBlock(d, 256), max(1, t.KVLen))
}

var maskShapes = []choice[string]{
	{26, "bhqk"}, {14, "b1qk"}, {13, "11qk"}, {10, "1hqk"}, {7, "bh1k"}, {11, "b11k"}, {4, "1h1k"}, {6, "111k"},
	{5, "bhq1"}, {4, "11q1"}, {2, "1111"}, {1, "bh11"},
}

func (t *draft) drawArray(d dice) {
	m := &t.Mask
	m.Shape = weigh(d, maskShapes)
	if m.Kind == cases.AdditiveMask {
		m.Format = pick(d, precision.FP32, precision.FP16, precision.FP16, precision.BF16)
		m.PlusInf = d.chance(3)
	}
	m.Fill = weigh(d, []choice[cases.Fill]{
		{52, cases.RandomFill}, {24, cases.PaddingFill}, {9, cases.OpenFill}, {15, cases.AlibiFill}})
	t.repairMask()
	if m.Fill == cases.RandomFill {
		m.Density = pick(d, 1, 10, 30, 50, 50, 70, 70, 70, 90, 99, 100)
	}
	if rows(m) && d.chance(20) {
		m.EmptyRows = t.anyEmptyRows(d)
	}
	if keys(m) && d.chance(22) {
		m.EmptyLead = t.anyEmptyLead(d)
	}
	switch {
	case d.chance(22):
		m.Align = anyAlign(d)
	case d.chance(8):
		t.drawWindowOnTop(d)
	}
	if m.Kind == cases.AdditiveMask && d.chance(12) && m.Align == "" {
		t.drawFloor(d, cases.Floors()[1:]...)
	}
	if d.chance(30) {
		m.Pad = pick(d, 1, 2, 3, 5, 8, 24)
	}
	if d.chance(25) {
		m.Offset = anyOffset(d)
	}
}

func rows(m *cases.Mask) bool { return m.IsArray() && m.Shape[2] == 'q' }
func keys(m *cases.Mask) bool { return m.IsArray() && m.Shape[3] == 'k' }

// anyEmptyRows returns n such that every n-th row is empty, and one at least.
func (t *draft) anyEmptyRows(d dice) int { return min(pick(d, 1, 2, 2, 3, 5, 8, 17, 32), t.QLen) }

// anyEmptyLead returns a number of leading keys that nobody sees: often a whole block, sometimes all but one.
func (t *draft) anyEmptyLead(d dice) int {
	if d.chance(8) {
		return max(0, t.KVLen-d.Intn(2))
	}
	return min(pick(d, 1, 7, 8, 9, 16, 31, 32, 32, 33, 64, 64, 65, 96, 128), max(0, t.KVLen-1))
}

// repairMask drops what a change of the shape or of another field has made meaningless.
func (t *draft) repairMask() { repair(&t.Case) }

func repair(c *cases.Case) {
	m := &c.Mask
	if !m.IsArray() {
		return
	}
	if m.Fill == cases.PaddingFill && !keys(m) ||
		m.Fill == cases.AlibiFill && !(m.Kind == cases.AdditiveMask && rows(m) && keys(m)) {
		m.Fill = cases.RandomFill
	}
	if m.Fill != cases.RandomFill {
		m.Density = 0
	}
	if m.Floor == cases.BillionsFloor && m.Format == precision.FP16 {
		m.Floor = cases.LowestFloor // fp16 does not hold the other
	}
	if m.Kind == cases.BoolMask {
		m.Format, m.PlusInf, m.Floor = 0, false, ""
	}
	if !rows(m) {
		m.EmptyRows = 0
	}
	if !keys(m) {
		m.EmptyLead = 0
	}
	m.EmptyLead = min(m.EmptyLead, c.KVLen)
}

// arrayMask makes the mask an array, if it is none yet, of one of the shapes.
func (t *draft) arrayMask(d dice, kind cases.MaskKind, shapes ...string) {
	if t.Mask.Kind != kind {
		t.drawMask(d, kind)
	}
	t.Mask.Shape = pick(d, shapes...)
	t.repairMask()
}

func anyArrayKind(d dice) cases.MaskKind { return pick(d, cases.BoolMask, cases.AdditiveMask) }
