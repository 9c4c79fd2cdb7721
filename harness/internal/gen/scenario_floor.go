package gen

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// floorScenarios are about masks that forbid by a finite number, masks with a window on top, and scalar masks.
var floorScenarios = []scenario{
	{name: "a finite number for minus infinity", weight: 3,
		rest: func(d dice, t *draft) {
			t.arrayMask(d, cases.AdditiveMask, "bhqk", "b1qk", "11qk", "b11k", "1h1k")
			t.Mask.Align, t.Mask.Window, t.Mask.Left, t.Mask.Right = "", false, 0, 0
			t.drawFloor(d, cases.Floors()[1:]...)
		}},
	{name: "rows wholly of a finite minus infinity", weight: 3,
		size: func(d dice, t *draft) { t.QLen, t.keepQ = max(t.QLen, 2), true },
		rest: func(d dice, t *draft) {
			t.arrayMask(d, cases.AdditiveMask, "bhqk", "b1qk", "11qk", "1hqk")
			t.Mask.Format = pick(d, precision.FP32, precision.FP16, precision.BF16)
			t.Mask.Floor = pick(d, cases.TenThousand, cases.LowestOfFP16)
			t.Mask.EmptyRows = t.anyEmptyRows(d)
		}},
	{name: "one row wholly of the lowest number", weight: 1, sure: "mask-floor-lowest-row", // how its rounding spreads is judged on few rows at most
		size: func(d dice, t *draft) { t.QLen, t.keepQ = d.between(100, 130), true },
		rest: func(d dice, t *draft) { t.oneRowOf(d, cases.LowestFloor) }},
	{name: "one row wholly of -1e9", weight: 1, sure: "mask-floor-billions-row",
		size: func(d dice, t *draft) {
			t.QLen, t.keepQ, t.KVLen = d.between(100, 130), true, max(t.KVLen, 16)
		},
		rest: func(d dice, t *draft) {
			t.oneRowOf(d, cases.BillionsFloor)
			// Scores are lost beside such a number, so all that is known of the row is that it is an average: of numbers of one
			// sign, which the 0 of a row that is taken for empty is not.
			t.Values.V = pick(d, cases.Positive, cases.Negative)
		}},
	{name: "a window over a mask", weight: 3,
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk", "b11k")
			t.drawWindowOnTop(d)
		}},
	{name: "scalar mask", weight: 2,
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "1111", "1111", "b111", "bh11")
			t.Mask.Density = 0
			if t.Mask.Fill == cases.RandomFill {
				t.Mask.Density = pick(d, 50, 90, 100)
			}
		}},
}

// oneRowOf makes a mask of which one row holds nothing but a finite number.
func (t *draft) oneRowOf(d dice, floor cases.Floor) {
	t.arrayMask(d, cases.AdditiveMask, "bhqk", "b1qk", "11qk")
	t.Mask.Align, t.Mask.Window, t.Mask.Left, t.Mask.Right = "", false, 0, 0
	if floor == cases.BillionsFloor && t.Mask.Format == precision.FP16 {
		t.Mask.Format = pick(d, precision.FP32, precision.BF16)
	}
	t.drawFloor(d, floor)
	t.Mask.EmptyRows = t.QLen - d.Intn(40)
}

func (t *draft) drawWindowOnTop(d dice) {
	t.Mask.Window, t.Mask.Align = true, anyAlign(d)
	t.Mask.Left, t.Mask.Right = t.anySide(d), t.anySide(d)
	if d.chance(30) {
		t.Mask.Right = 0
	}
}

// drawFloor lets an additive mask forbid by one of the finite numbers. A row that holds nothing but a huge one cannot
// be judged well: adding it rounds the scores away, or not, as a kernel likes. So there are few such rows.
func (t *draft) drawFloor(d dice, floors ...cases.Floor) {
	m := &t.Mask
	m.Floor = pick(d, floors...)
	if m.Floor == cases.BillionsFloor && m.Format == precision.FP16 {
		m.Floor = cases.LowestFloor
	}
	if m.Floor == cases.TenThousand || m.Floor == cases.LowestOfFP16 || m.Floor == cases.LowestFloor && m.Format == precision.FP16 {
		return
	}
	m.EmptyRows, m.EmptyLead = 0, min(m.EmptyLead, t.KVLen-1)
	if m.Fill == cases.RandomFill {
		m.Density = max(m.Density, 70)
		if visible := t.KVLen - m.EmptyLead; visible < 8 || !keys(m) {
			m.Floor = cases.TenThousand
		}
	}
}

var floorRegions = []Region{
	{Name: "mask-floor", Summary: "an additive mask that forbids by a finite number",
		Holds: func(c *cases.Case) bool { return c.Mask.Floor != "" }},
	{Name: "mask-floor-lowest", Bugs: []int{72}, Summary: "an additive mask that forbids by the lowest number",
		Holds: func(c *cases.Case) bool { return c.Mask.Floor == cases.LowestFloor }},
	{Name: "mask-floor-rows", Bugs: []int{72}, Summary: "a mask row of nothing but a finite minus infinity",
		Holds: func(c *cases.Case) bool {
			return c.Mask.Floor != "" && c.Mask.EmptyRows > 0 && c.Mask.EmptyRows <= c.QLen
		}},
	{Name: "mask-floor-lowest-row", Bugs: []int{72}, Summary: "a mask row of nothing but the lowest number",
		Holds: func(c *cases.Case) bool {
			return c.Mask.Floor == cases.LowestFloor && c.Mask.EmptyRows > 0 && c.Mask.EmptyRows <= c.QLen
		}},
	{Name: "mask-floor-billions-row", Bugs: []int{72}, Summary: "a mask row of nothing but -1e9 over values of one sign",
		Holds: func(c *cases.Case) bool {
			return c.Mask.Floor == cases.BillionsFloor && c.Mask.EmptyRows > 0 && c.Mask.EmptyRows <= c.QLen &&
				(c.Values.V == cases.Positive || c.Values.V == cases.Negative)
		}},
	{Name: "mask-and-window", Summary: "a window on top of a mask array",
		Holds: func(c *cases.Case) bool { return c.Mask.Window }},
	{Name: "mask-scalar", Bugs: []int{29}, Summary: "a mask of one number, or of one a head",
		Holds: func(c *cases.Case) bool { return shaped(c, "1111", "b111", "bh11") }},
}
