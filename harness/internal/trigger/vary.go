package trigger

import (
	"maps"
	"math/rand"
	"slices"

	"attest.example/attest/harness/internal/cases"
)

// groups are the names of all groups of fields, in a fixed order.
var groups = func() []string {
	all := map[string]bool{}
	for _, f := range cases.Fields() {
		if f.Name != "version" && f.Name != "notes" {
			all[groupOf(f.Name)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}()

// take returns a case with some groups of fields as another case has them; nil where that is impossible.
func take(c, from *cases.Case, names []string) *cases.Case {
	out := c.Clone()
	for _, name := range names {
		source := from.Clone()
		switch name { // whole, because their members decide which of them apply
		case "mask":
			out.Mask = source.Mask
			continue
		case "layout":
			out.Layout = source.Layout
			continue
		case "values":
			out.Values = source.Values
			continue
		case "call":
			out.Call = source.Call
			continue
		case "after":
			out.After = source.After
			continue
		}
		for _, f := range cases.Fields() {
			switch {
			case groupOf(f.Name) != name:
			case f.Absent(&source):
				f.Clear(&out)
			default:
				_ = f.Set(&out, f.Text(&source))
			}
		}
	}
	if out.Repair() != nil {
		return nil
	}
	return &out
}

// vary makes n random edits one after the other.
func vary(d *rand.Rand, c cases.Case, n int) cases.Case {
	for range n {
		from := c
		list := axes(&from)
		for range 10 {
			a := list[d.Intn(len(list))]
			if next, ok := a.one(d.Intn(len(a.changes))); ok {
				c = next
				break
			}
		}
	}
	return c
}
