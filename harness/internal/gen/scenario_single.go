package gen

import (
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// single is one field of a case and how to change it alone: what a cache keyed by all but that field mistakes for the
// same call. Differences in package cases defines what alone means.
type single struct {
	field string
	other func(d dice, c *cases.Case)
}

const singlePrefix, afterPrefix = "first with another ", "after-"

// singleScenarios draw a case whose predecessors differ from it in exactly one field each. Two fields share a scenario: the
// first call sets what a context keeps for good, the last what it keeps for the next. They change places from one round
// of the rotation to the next, so that 500 cases, which are two rounds, have each of them in both places.
var singleScenarios, singleRegions = func() (scenarios []scenario, regions []Region) {
	for _, g := range singleGroups() {
		name := singlePrefix + g.fields[0].field
		if len(g.fields) > 1 {
			name += " or " + g.fields[1].field
		}
		var sure []string
		for _, s := range g.fields {
			sure = append(sure, afterPrefix+s.field)
		}
		scenarios = append(scenarios, scenario{name: name, weight: 1, sure: strings.Join(sure, " "), asks: g.asks, size: g.size, rest: g.rest, before: g.before})
		for _, s := range g.fields {
			regions = append(regions, Region{Name: afterPrefix + s.field, Bugs: []int{13, 30, 85}, Summary: "after a case that differs in " + s.field + " alone",
				Holds: func(c *cases.Case) bool { return afterSingle(c, s.field) }})
		}
	}
	return scenarios, regions
}()

// afterSingle reports whether a case before c differs from it in one field only.
func afterSingle(c *cases.Case, field string) bool {
	return before(c, func(p *cases.Case) bool { return onlyDiffer(c, p, field) })
}

// singleGroup is fields that one case can have.
type singleGroup struct {
	size   func(dice, *draft)
	rest   func(dice, *draft)
	fields []single
	asks   bool
}

func (g *singleGroup) before(d dice, c cases.Case) sequence {
	var s sequence
	for _, f := range g.fields {
		p := c.Clone()
		f.other(d, &p)
		s = append(s, p)
	}
	if d.turned {
		slices.Reverse(s)
	}
	return s
}

func singleGroups() []singleGroup {
	groups := []singleGroup{
		{fields: []single{
			{"batch", func(d dice, c *cases.Case) { c.Batch += pick(d, 1, 2) }},
			{"heads", func(d dice, c *cases.Case) { c.Heads += c.KVHeads }}}},
		{size: func(d dice, t *draft) {
			h := pick(d, headCount{4, 2}, headCount{4, 4}, headCount{6, 3})
			t.heads(h.heads, h.kv)
		},
			fields: []single{
				{"kv_heads", func(d dice, c *cases.Case) { c.KVHeads = 1 }},
				{"q_len", func(d dice, c *cases.Case) { c.QLen = neighbour(d, c.QLen); repair(c) }}}},
		{fields: []single{
			{"kv_len", func(d dice, c *cases.Case) { c.KVLen = neighbour(d, max(c.KVLen, c.Mask.EmptyLead+2)); repair(c) }},
			{"head_dim", func(d dice, c *cases.Case) { c.HeadDim = neighbourDim(d, c.HeadDim) }}}},
		{fields: []single{
			{"input", func(d dice, c *cases.Case) { c.Input = otherFormat(d, c.Input) }},
			{"output", func(d dice, c *cases.Case) { c.Output = otherFormat(d, c.Output) }}}},
		{fields: []single{
			{"intermediate", func(d dice, c *cases.Case) {
				if c.Intermediate != 0 {
					c.Intermediate = 0
				} else {
					c.Intermediate = pick(d, precision.FP16, precision.BF16)
				}
			}},
			{"lse", func(d dice, c *cases.Case) { c.LSE = !c.LSE }}}},
		{fields: []single{
			{"scale", func(d dice, c *cases.Case) {
				other := c.EffectiveScale()*pick[float32](d, 0.5, 2, -1) + 0.25
				c.Scale = &other
			}},
			{"values.seed", func(d dice, c *cases.Case) { c.Values.Seed++ }}}},
		{fields: []single{
			{"values.q", func(d dice, c *cases.Case) { c.Values.Q = otherRegime(d, c.Values.Q) }},
			{"values.k", func(d dice, c *cases.Case) { c.Values.K = otherRegime(d, c.Values.K) }}}},
		{rest: func(d dice, t *draft) {
			t.drawMask(d, cases.CausalMask)
			t.Values.Masked = pick(d, "", cases.MaskedNaN)
		},
			fields: []single{
				{"values.v", func(d dice, c *cases.Case) { c.Values.V = otherRegime(d, c.Values.V) }},
				{"values.masked", func(d dice, c *cases.Case) { c.Values.Masked = cases.MaskedHuge }}}},
		{size: lengthsApart,
			rest: func(d dice, t *draft) { t.drawMask(d, cases.CausalMask) },
			fields: []single{
				{"mask.kind", func(d dice, c *cases.Case) {
					c.Mask = pick(d, cases.Mask{}, cases.Mask{Kind: cases.WindowMask, Left: 1}, cases.Mask{Kind: cases.BoolMask})
					if c.Mask.Kind == "" {
						c.Values.Masked = ""
					}
				}},
				{"mask.align", otherAlign}}},
		{rest: func(d dice, t *draft) {
			t.drawMask(d, cases.WindowMask)
			t.Mask.Left, t.Mask.Right = d.Intn(20), d.Intn(20)
		},
			fields: []single{
				{"mask.left", func(d dice, c *cases.Case) { c.Mask.Left += pick(d, 1, 8, 40) }},
				{"mask.right", func(d dice, c *cases.Case) { c.Mask.Right += pick(d, 1, 8, 40) }}}},
		{rest: func(d dice, t *draft) {
			t.openArray(d, anyArrayKind(d))
			t.Mask.Align = anyAlign(d)
		},
			fields: []single{
				{"mask.window", func(d dice, c *cases.Case) { c.Mask.Window = !c.Mask.Window }},
				{"mask.shape", func(d dice, c *cases.Case) {
					for old := c.Mask.Shape; c.Mask.Shape == old; {
						c.Mask.Shape = pick(d, "bhqk", "b1qk", "11qk", "1hqk")
					}
				}}}},
		{rest: func(d dice, t *draft) {
			t.openArray(d, cases.AdditiveMask)
			t.Mask.Format = pick(d, precision.FP32, precision.FP16, precision.BF16)
			t.Mask.Fill, t.Mask.Density = cases.RandomFill, 70
		},
			fields: []single{
				{"mask.format", func(d dice, c *cases.Case) { c.Mask.Format = otherFormat(d, c.Mask.Format) }},
				{"mask.floor", func(d dice, c *cases.Case) { c.Mask.Floor = pick(d, cases.TenThousand, cases.LowestFloor) }}}},
		{rest: func(d dice, t *draft) { t.openArray(d, anyArrayKind(d)) },
			fields: []single{
				{"mask.fill", func(d dice, c *cases.Case) { c.Mask.Fill = cases.PaddingFill }},
				{"mask.empty_lead", func(d dice, c *cases.Case) {
					if c.Mask.EmptyLead > 0 {
						c.Mask.EmptyLead--
					} else {
						c.Mask.EmptyLead = min(c.KVLen, pick(d, 1, 8, 32))
					}
				}}}},
		{rest: func(d dice, t *draft) {
			t.openArray(d, anyArrayKind(d))
			t.Mask.Fill, t.Mask.Density = cases.RandomFill, pick(d, 30, 70)
		},
			fields: []single{
				{"mask.density", func(d dice, c *cases.Case) { c.Mask.Density = 101 - c.Mask.Density }},
				{"mask.empty_rows", func(d dice, c *cases.Case) {
					if c.Mask.EmptyRows > 0 {
						c.Mask.EmptyRows = 0
					} else {
						c.Mask.EmptyRows = min(c.QLen, pick(d, 1, 2, 3))
					}
				}}}},
		{rest: func(d dice, t *draft) {
			t.openArray(d, cases.AdditiveMask)
			t.Mask.Fill, t.Mask.Density = cases.RandomFill, 70
		},
			fields: []single{
				{"mask.plus_inf", func(d dice, c *cases.Case) { c.Mask.PlusInf = !c.Mask.PlusInf }},
				{"mask.pad", func(d dice, c *cases.Case) { c.Mask.Pad += pick(d, 1, 8) }}}},
		{size: small, asks: true, fields: []single{
			{"call.dispatches", func(d dice, c *cases.Case) { c.Call.Dispatches = 2 - c.Call.Dispatches }},
			{"call.bare", func(d dice, c *cases.Case) { c.Call.Bare = !c.Call.Bare }}}},
		{size: small, rest: func(d dice, t *draft) { t.Call.Repeat = 1 },
			fields: []single{
				{"call.repeat", func(d dice, c *cases.Case) { c.Call.Repeat = 2 }},
				{"call.refill", func(d dice, c *cases.Case) { c.Call.Refill = true }}}},
		{size: small, asks: true, fields: []single{
			{"call.handles", func(d dice, c *cases.Case) { c.Call.Handles += 40 }},
			{"call.fused", func(d dice, c *cases.Case) { c.Call.Fused = !c.Call.Fused }}}},
		{rest: func(d dice, t *draft) { t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk") },
			fields: []single{
				{"mask.offset", func(d dice, c *cases.Case) { c.Mask.Offset += pick(d, 1, 8) }},
				{"v_head_dim", func(d dice, c *cases.Case) {
					if c.VHeadDim == 0 {
						cases.AnyVHeadDim(d, c)
					} else {
						c.VHeadDim = 0
					}
				}}}},
	}
	groups = append(append(groups, quantGroups()...), layoutGroups()...)
	return append(groups, drawnGroups(groups)...)
}

// drawnGroups are the fields that are drawn as their row in the table of fields tells, but for those that have a group.
func drawnGroups(grouped []singleGroup) (groups []singleGroup) {
	at := map[string]int{}
	for _, f := range cases.Fields() {
		if f.Draw == nil || hasGroup(grouped, f.Name) {
			continue
		}
		g := drawnGroup(f)
		if i, ok := at[f.Opening.With]; ok {
			rest := groups[i].rest
			groups[i].fields = append(groups[i].fields, g.fields...)
			groups[i].rest = func(d dice, t *draft) { rest(d, t); g.rest(d, t) }
			continue
		}
		at[f.Name] = len(groups)
		groups = append(groups, g)
	}
	return groups
}

func hasGroup(groups []singleGroup, field string) bool {
	return slices.ContainsFunc(groups, func(g singleGroup) bool {
		return slices.ContainsFunc(g.fields, func(s single) bool { return s.field == field })
	})
}

func drawnGroup(f *cases.Field) singleGroup {
	o := f.Opening
	return singleGroup{
		size: func(_ dice, t *draft) {
			if o.Batches > 0 {
				t.Batch, t.keepBatch = max(t.Batch, o.Batches), true
			}
		},
		rest: func(d dice, t *draft) {
			if o.Array {
				t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk")
			}
			if o.Make != nil {
				o.Make(d, &t.Case)
			}
		},
		fields: []single{{f.Name, func(d dice, c *cases.Case) { otherValue(d, c, f) }}}}
}

// otherValue draws the field until the case differs in it alone.
func otherValue(d dice, c *cases.Case, f *cases.Field) {
	draw, tries := f.Impose, 20
	if draw == nil {
		draw, tries = f.Draw, 200 // a row draws its field seldom
	}
	first := c.Clone()
	fits := first.Normalize() == nil
	for range tries {
		p := c.Clone()
		draw(d, &p)
		if p.Normalize() == nil && fits && onlyDiffer(&first, &p, f.Name) {
			*c = p
			return
		}
	}
}

// onlyDiffer reports whether two normalized cases differ in one field alone.
func onlyDiffer(a, b *cases.Case, field string) bool {
	differs := false
	for name := range cases.Differing(a, b) {
		if name != field {
			return false
		}
		differs = true
	}
	return differs
}

func layoutGroups() (groups []singleGroup) {
	for i, name := range []string{"q", "k", "v", "out"} {
		of := func(c *cases.Case) *cases.Operand {
			return []*cases.Operand{&c.Layout.Q, &c.Layout.K, &c.Layout.V, &c.Layout.Out}[i]
		}
		plainOrder := func(d dice, t *draft) { o := of(&t.Case); o.Order, o.Transpose = "", false }
		groups = append(groups,
			singleGroup{rest: plainOrder, fields: []single{
				{"layout." + name + ".order", func(d dice, c *cases.Case) { of(c).Order = cases.BSHD }},
				{"layout." + name + ".pad", func(d dice, c *cases.Case) { of(c).Pad += pick(d, 1, 8) }}}},
			singleGroup{rest: plainOrder, fields: []single{
				{"layout." + name + ".transpose", func(d dice, c *cases.Case) { of(c).Transpose = true }},
				{"layout." + name + ".offset", func(d dice, c *cases.Case) { of(c).Offset += pick(d, 1, 8) }}}})
	}
	return groups
}

// openArray makes the mask an array whose fill, rows and lead can each be changed alone.
func (t *draft) openArray(d dice, kind cases.MaskKind) {
	t.arrayMask(d, kind, "bhqk", "b1qk", "11qk", "1hqk")
	m := &t.Mask
	m.Fill, m.Density, m.EmptyRows, m.Align, m.Window, m.Left, m.Right, m.Floor = cases.OpenFill, 0, 0, "", false, 0, 0, ""
}

func lengthsApart(d dice, t *draft) {
	if t.QLen == t.KVLen {
		t.KVLen += d.between(1, 20)
	}
	t.keepQ, t.keepKV = true, true
	t.QLen, t.KVLen = min(t.QLen, 60), min(t.KVLen, 90)
	if t.QLen == t.KVLen {
		t.QLen++
	}
}

func otherAlign(_ dice, c *cases.Case) {
	if c.Mask.Align == cases.BottomRight {
		c.Mask.Align = cases.TopLeft
	} else {
		c.Mask.Align = cases.BottomRight
	}
}

func otherFormat(d dice, old precision.Format) precision.Format {
	for {
		if f := pick(d, precision.Formats()...); f != old {
			return f
		}
	}
}

func otherRegime(d dice, old cases.Regime) cases.Regime {
	for {
		if r := weigh(d, regimes); r != old {
			return r
		}
	}
}

func neighbourDim(d dice, n int) int {
	if n > 200 {
		return n - pick(d, 1, 8)
	}
	return neighbour(d, n)
}
