package trigger

import (
	"slices"

	"attest.example/attest/harness/internal/cases"
)

// growth makes a case larger in one way that keeps remainders by the usual blocks.
type growth struct {
	name   string
	fields []string               // that grow
	grow   func(c, p *cases.Case) // p: the case itself, or one that runs before it
}

var growths = []growth{
	{"keys", []string{"kv_len"}, func(_, p *cases.Case) { p.KVLen += 64 }},
	{"rows", []string{"q_len"}, func(_, p *cases.Case) { p.QLen += 32 }},
	{"head_dim", []string{"head_dim"}, func(_, p *cases.Case) { p.HeadDim = min(cases.MaxHeadDim, p.HeadDim+32) }},
	{"batch", []string{"batch"}, func(_, p *cases.Case) { p.Batch++ }},
	{"heads", []string{"heads", "kv_heads"}, func(_, p *cases.Case) { p.Heads, p.KVHeads = p.Heads*2, p.KVHeads*2 }},
	{"seed", []string{"values.seed"}, func(c, p *cases.Case) { p.Values.Seed += 5 }},
	{"density", []string{"mask.density", "mask.fill"}, func(_, p *cases.Case) {
		// A mask that lets everything through shows little of what is wrong with masks.
		if p.Mask.Fill == cases.RandomFill || p.Mask.Fill == cases.OpenFill {
			p.Mask.Fill, p.Mask.Density = cases.RandomFill, 60
		}
	}},
}

// instead are tried where a growth alone hides the bug.
var instead = map[string][]growth{
	"rows": {
		{"8 rows", []string{"q_len"}, func(_, p *cases.Case) { p.QLen += 8 }},
		{"rows and keys", []string{"q_len", "kv_len"}, func(_, p *cases.Case) { p.QLen += 32; p.KVLen += 32 }},
		{"8 rows and 8 keys", []string{"q_len", "kv_len"}, func(_, p *cases.Case) { p.QLen += 8; p.KVLen += 8 }},
	},
	"keys": {{"8 keys", []string{"kv_len"}, func(_, p *cases.Case) { p.KVLen += 8 }}},
}

// withItsOwn is the grown case with that field of a control by which it differs from the case before, where it is one that
// grows; nil where it is not.
func withItsOwn(from, control, grown *cases.Case, ways []growth) *cases.Case {
	differs := cases.Differences(from, control)
	if len(differs) == 0 {
		return nil
	}
	c := grown.Clone()
	for _, name := range differs {
		if !slices.ContainsFunc(ways, func(w growth) bool { return slices.Contains(w.fields, name) }) {
			return nil
		}
		if f := cases.FieldNamed(name); f == nil || f.Set(&c, f.Text(control)) != nil {
			return nil
		}
	}
	if c.Repair() != nil {
		return nil
	}
	return &c
}

func grow(c cases.Case, ways []growth) (cases.Case, bool) {
	c = c.Clone()
	for _, w := range ways {
		w.grow(&c, &c)
		for i := range c.After {
			w.grow(&c, &c.After[i])
		}
	}
	return c, c.Repair() == nil
}
