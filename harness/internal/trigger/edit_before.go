package trigger

import (
	"slices"

	"attest.example/attest/harness/internal/cases"
)

// predecessors varies what runs before: nothing, the case itself, or it with one field changed; and of what runs before
// now each field to what the case has.
func (e *editor) predecessors() {
	c := e.from
	one := func(change func(*cases.Case)) func(*cases.Case) {
		return func(c *cases.Case) {
			p := c.Clone()
			p.After, p.Notes = nil, ""
			change(&p)
			if p.Repair() == nil {
				c.After = []cases.Case{p}
			}
		}
	}
	set := func(name string, values ...string) func(*cases.Case) {
		return one(func(p *cases.Case) {
			f := cases.FieldNamed(name)
			for _, v := range values {
				if f.Text(p) != v && f.Set(p, v) == nil {
					return
				}
			}
		})
	}
	edits := []func(*cases.Case){
		func(c *cases.Case) { c.After = nil }, one(func(*cases.Case) {}),
		one(func(p *cases.Case) {
			_ = cases.FieldNamed("input").Set(p, map[bool]string{true: "fp32", false: "fp16"}[p.Input.String() != "fp32"])
			p.Output = p.Input
		}),
		set("scale", "0.75", "0.5"), set("mask.align", "top-left", "bottom-right"),
		one(func(p *cases.Case) { p.KVLen += 5 }), one(func(p *cases.Case) { p.KVLen += 100 }),
		one(func(p *cases.Case) { p.KVLen = max(1, p.KVLen-3) }), one(func(p *cases.Case) { p.Mask = cases.Mask{} }),
		one(func(p *cases.Case) { p.Mask = cases.Mask{Kind: cases.CausalMask} }),
		one(func(p *cases.Case) {
			if p.HeadDim > 32 {
				p.HeadDim /= 2
			} else {
				p.HeadDim = 80
			}
		}),
		one(func(p *cases.Case) { p.Heads *= 2; p.KVHeads *= 2 }),
	}
	e.add("after", "after", edits...)
	if n := len(c.After); n > 0 && n < cases.MaxAfter {
		// What is kept from the last call alone is lost by another one between, and what is kept longer by one of another size.
		// And what runs before those matters to neither.
		insert := func(at int, change func(*cases.Case)) func(*cases.Case) {
			return func(c *cases.Case) {
				before := c.After
				if one(change)(c); len(c.After) == 1 {
					c.After = slices.Insert(slices.Clone(before), at, c.After[0])
				}
			}
		}
		between := func(change func(*cases.Case)) func(*cases.Case) { return insert(n, change) }
		e.add("one between", "after", between(func(*cases.Case) {}), between(func(p *cases.Case) { p.Mask = cases.Mask{} }),
			between(func(p *cases.Case) { p.KVLen += 5 }), between(func(p *cases.Case) { p.Layout = cases.Layout{Q: cases.Operand{Order: cases.BSHD}} }),
			between(func(p *cases.Case) { _ = cases.FieldNamed("scale").Set(p, "0.75") }))
		e.add("one first", "after", insert(0, func(p *cases.Case) { p.Mask = cases.Mask{} }), insert(0, func(p *cases.Case) { p.KVLen += 5 }),
			insert(0, func(p *cases.Case) { p.HeadDim += 40 }))
	}
	for i := range c.After {
		for _, name := range cases.Differences(c, &c.After[i]) {
			f := cases.FieldNamed(name)
			if f == nil {
				continue
			}
			e.add("before: "+name, "after", func(c *cases.Case) {
				if name == "mask.kind" {
					c.After[i].Mask = c.Mask
				} else if f.Absent(c) {
					f.Clear(&c.After[i])
				} else {
					_ = f.Set(&c.After[i], f.Text(c))
				}
			})
		}
	}
}
