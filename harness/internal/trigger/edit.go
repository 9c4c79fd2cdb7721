package trigger

import (
	"fmt"
	"slices"
	"strconv"

	"attest.example/attest/harness/internal/cases"
)

// axis is a way in which a case is varied: one field, or two that move together.
type axis struct {
	name, group string
	from        *cases.Case
	changes     []func(*cases.Case)
	together    bool // what runs before changes as well
}

// one is the case after one of the changes; false: it is impossible, or changes nothing.
func (a *axis) one(i int) (cases.Case, bool) {
	c := a.from.Clone()
	a.changes[i](&c)
	return c, c.Repair() == nil && key(&c) != key(a.from)
}

// all returns the cases along the axis, each once.
func (a *axis) all() (list []cases.Case) {
	known := map[string]bool{}
	for i := range a.changes {
		if c, ok := a.one(i); ok && !known[key(&c)] {
			known[key(&c)] = true
			list = append(list, c)
		}
	}
	return list
}

// withBefore makes the changes in the cases that run before as well, so that these differ from the case as they did: what is
// kept for one size, and not used for another, is found at no size but the first where the case changes alone.
func (a *axis) withBefore() axis {
	b := *a
	b.together = true
	b.name += ", before too"
	b.changes = slices.Clone(a.changes)
	for i, change := range a.changes {
		b.changes[i] = func(c *cases.Case) {
			old := c.Clone()
			change(c)
			for i := range c.After {
				p := &c.After[i]
				if !lengthGroup(a.group) {
					change(p)
					continue
				}
				for _, size := range []struct {
					is, was int
					of      *int
				}{
					{c.Batch, old.Batch, &p.Batch}, {c.Heads, old.Heads, &p.Heads}, {c.KVHeads, old.KVHeads, &p.KVHeads},
					{c.QLen, old.QLen, &p.QLen}, {c.KVLen, old.KVLen, &p.KVLen}, {c.HeadDim, old.HeadDim, &p.HeadDim},
				} {
					*size.of = max(1, *size.of+size.is-size.was)
				}
			}
		}
	}
	return b
}

// key is a case's name, by which nothing is asked twice.
func key(c *cases.Case) string { return cases.Name(*c) }

// work is what a probe costs, with the cases that run before it.
func work(c *cases.Case) float64 {
	total := c.Work()
	for i := range c.After {
		total += c.After[i].Work()
	}
	return total
}

var lengthValues = map[string][]int{
	"batch":    {1, 2, 3, 0},
	"q_len":    {1, 2, 4, 7, 8, 9, 12, 15, 16, 17, 24, 25, 31, 32, 33, 40, 48, 64, 65, 80, 97, 128, 130, 0},
	"kv_len":   {1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 63, 64, 65, 95, 96, 100, 128, 200, 255, 512, 1023, 1024, 1025, 1100, 0},
	"head_dim": {1, 2, 7, 8, 9, 16, 24, 31, 32, 33, 40, 63, 64, 65, 72, 80, 96, 97, 100, 128, 129, 136, 192, 193, 256},
}

// slackValues are those of numbers that cost no work.
var slackValues = []int{-1, 0, 1, 2, 3, 5, 8, 20, 32}

var realValues = []string{"default", "0", "1", "-0.5", "0.5", "0.3", "2"}

// editor collects the axes of one case.
type editor struct {
	from *cases.Case
	list []axis
}

func (e *editor) add(name, group string, changes ...func(*cases.Case)) {
	e.list = append(e.list, axis{name: name, group: group, from: e.from, changes: changes})
}

// axes lists every variation of a case in one field or in two that belong together: first the lengths, then the table
// of fields, then what runs before.
func axes(c *cases.Case) []axis {
	e := &editor{from: c}
	ints := func(values []int, set func(*cases.Case, int)) (list []func(*cases.Case)) {
		for _, v := range values {
			list = append(list, func(c *cases.Case) { set(c, v) })
		}
		return list
	}
	e.add("batch", "batch", ints(lengthValues["batch"], func(c *cases.Case, v int) { c.Batch = v })...)
	e.add("kv_heads", "heads", ints([]int{1, 2, 3, 4}, func(c *cases.Case, v int) { c.Heads, c.KVHeads = v*c.Group(), v })...)
	e.add("group", "heads", ints([]int{1, 2, 3, 4, 8}, func(c *cases.Case, v int) { c.Heads = v * c.KVHeads })...)
	if c.Group() > 1 {
		e.add("ungroup", "heads", func(c *cases.Case) { c.KVHeads = c.Heads })
	}
	e.add("relation", "lengths",
		func(c *cases.Case) { c.KVLen = c.QLen }, func(c *cases.Case) { c.QLen = c.KVLen },
		func(c *cases.Case) { c.KVLen = c.QLen + 1 }, func(c *cases.Case) { c.KVLen = max(1, c.QLen-1) },
		func(c *cases.Case) { c.QLen = c.KVLen + 1 })
	if f := cases.FieldNamed("kv_offset"); f.AppliesTo(c) {
		// Where the last row stands at the last key, a diagonal is the same from either corner.
		e.add("at the end", "kv_offset", func(c *cases.Case) { c.KVOffset = max(0, c.KVLen-c.QLen) })
	}
	e.add("q_len", "lengths", ints(lengthValues["q_len"], func(c *cases.Case, v int) { c.QLen = v })...)
	e.add("kv_len", "lengths", ints(lengthValues["kv_len"], func(c *cases.Case, v int) { c.KVLen = v })...)
	e.add("both", "lengths", ints(lengthValues["q_len"], func(c *cases.Case, v int) { c.KVLen, c.QLen = max(1, c.KVLen-c.QLen+v), v })...)
	e.add("head_dim", "head_dim", ints(lengthValues["head_dim"], func(c *cases.Case, v int) { c.HeadDim = v })...)
	e.add("v_head_dim", "v_head_dim", ints([]int{0, c.HeadDim + 1, c.HeadDim - 1, c.HeadDim / 2, c.HeadDim + 8, 1, 8, 2 * c.HeadDim, 64, 40, 136},
		func(c *cases.Case, v int) { c.VHeadDim = v })...)
	for _, f := range cases.Fields() {
		if f.AppliesTo(c) {
			e.field(f)
		}
	}
	e.add("formats", "formats", words([]string{"fp32", "fp16", "bf16"}, func(c *cases.Case, w string) {
		_ = cases.FieldNamed("input").Set(c, w)
		c.Output = c.Input
	})...)
	e.masks()
	e.add("same layouts", "layout", func(c *cases.Case) { c.Layout.V = c.Layout.K }, func(c *cases.Case) { c.Layout.K = c.Layout.V },
		func(c *cases.Case) { c.Layout.Out = c.Layout.Q }, func(c *cases.Case) { c.Layout.Q = c.Layout.Out })
	e.add("values.seed", "values", ints([]int{11, 12}, func(c *cases.Case, v int) { c.Values.Seed = uint64(v) })...)
	e.predecessors()
	return e.list
}

// handled are fields with axes of their own.
var handled = map[string]bool{"batch": true, "heads": true, "kv_heads": true, "q_len": true, "kv_len": true, "head_dim": true, "v_head_dim": true,
	"values.seed": true, "after": true, "notes": true, "version": true, "call.handles": true}

func (e *editor) field(f *cases.Field) {
	if handled[f.Name] {
		return
	}
	set := func(c *cases.Case, text string) { _ = f.Set(c, text) } // what does not fit is repaired, and is no edit then
	var values []string
	switch f.Type {
	case cases.Integer:
		for _, v := range slackValues {
			if f.Low <= v && v <= f.High {
				values = append(values, strconv.Itoa(v))
			}
		}
	case cases.Number:
		values = realValues
	case cases.Steps:
		values = append([]string{"none"}, stridesOf(e.from, f.Name)...)
	case cases.Flag:
		values = []string{"false", "true"}
	case cases.Word:
		values = f.Values
	default:
		return
	}
	edits := words(values, set)
	if f.Type == cases.Word && f.Name != "mask.kind" {
		edits = append(edits, func(c *cases.Case) { f.Clear(c) })
	}
	e.add(f.Name, groupOf(f.Name), edits...)
}

// stridesOf are strides for an operand, as a field of them is written: with slack after each row, with slack after each
// batch, and of k and v with one head for all. Of a mask there are none.
func stridesOf(c *cases.Case, field string) []string {
	heads, rows, keys := c.Heads, c.QLen, false
	switch field {
	case "layout.k.strides", "layout.v.strides":
		heads, rows, keys = c.KVHeads, c.KVLen, true
	case "layout.q.strides", "layout.out.strides":
	default:
		return nil
	}
	columns := c.HeadDim
	if field == "layout.v.strides" || field == "layout.out.strides" {
		columns = c.VDim()
	}
	write := func(batch, head, row int) string { return fmt.Sprintf("%d/%d/%d/1", batch, head, row) }
	row := columns + 3
	list := []string{write(heads*rows*row, rows*row, row), write(heads*rows*columns+7, rows*columns, columns)}
	if heads > 1 && keys {
		list = append(list, write(rows*columns, 0, columns))
	}
	return list
}

func words(values []string, set func(*cases.Case, string)) (list []func(*cases.Case)) {
	for _, v := range values {
		list = append(list, func(c *cases.Case) { set(c, v) })
	}
	return list
}

// masks are kinds with what belongs to them.
func (e *editor) masks() {
	become := func(m cases.Mask) func(*cases.Case) {
		return func(c *cases.Case) {
			if c.Mask.Align != "" && m.Align == "" && !m.IsArray() {
				m.Align = c.Mask.Align
			}
			c.Mask = m
		}
	}
	edits := []func(*cases.Case){become(cases.Mask{}), become(cases.Mask{Kind: cases.CausalMask}),
		become(cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight}),
		become(cases.Mask{Kind: cases.WindowMask, Left: 4}), become(cases.Mask{Kind: cases.WindowMask, Left: -1, Right: 3}),
		become(cases.Mask{Kind: cases.WindowMask, Left: 2, Right: -1, Align: cases.BottomRight}),
		become(cases.Mask{Kind: cases.BoolMask})}
	for _, format := range cases.FieldNamed("mask.format").Values {
		edits = append(edits, func(c *cases.Case) {
			c.Mask = cases.Mask{Kind: cases.AdditiveMask}
			_ = cases.FieldNamed("mask.format").Set(c, format)
		})
	}
	e.add("masks", "mask", edits...)
}
