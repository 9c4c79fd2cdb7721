package cases

import (
	"fmt"
	"slices"
)

// first is what a path knows of a field that declares nothing of itself: an implementation that was written against the
// first version of the format.
type first struct {
	least int      // of an Integer that is a size
	words []string // of a Word that decides how memory lies or what the formula is; nil: all, it decides only what is drawn
}

var (
	anything     = first{}
	size         = first{least: 1}
	floats       = first{words: []string{"", "fp16", "bf16", "fp32"}}
	axes         = first{words: []string{"", "BHSD", "BSHD"}}
	firstVersion = map[string]first{
		"version": anything, "batch": size, "heads": size, "kv_heads": size, "q_len": size, "kv_len": size, "head_dim": size,
		"input": floats, "output": floats, "intermediate": floats, "scale": anything, "lse": anything,
		"mask.kind":  {words: []string{"", "none", "causal", "window", "bool", "additive"}},
		"mask.align": {words: []string{"", "top-left", "bottom-right"}}, "mask.format": floats,
		"mask.window": anything, "mask.left": anything, "mask.right": anything, "mask.shape": anything, "mask.fill": anything,
		"mask.density": anything, "mask.empty_rows": anything, "mask.empty_lead": anything, "mask.floor": anything,
		"mask.plus_inf": anything, "mask.pad": anything, "mask.offset": anything,
		"values.seed": anything, "values.q": anything, "values.k": anything, "values.v": anything, "values.masked": anything,
		"layout.q.order": axes, "layout.q.transpose": anything, "layout.q.pad": anything, "layout.q.offset": anything,
		"layout.k.order": axes, "layout.k.transpose": anything, "layout.k.pad": anything, "layout.k.offset": anything,
		"layout.v.order": axes, "layout.v.transpose": anything, "layout.v.pad": anything, "layout.v.offset": anything,
		"layout.out.order": axes, "layout.out.transpose": anything, "layout.out.pad": anything, "layout.out.offset": anything,
		// Every path has always been told the strides of its operands; these are only less regular ones.
		"layout.q.strides": anything, "layout.k.strides": anything, "layout.v.strides": anything, "layout.out.strides": anything,
		"mask.strides": anything,
		// Of these a path is asked by paths.Caller.
		"call.repeat": anything, "call.refill": anything, "call.dispatches": anything, "call.handles": anything, "call.bare": anything,
		"after": anything, "notes": anything,
	}
)

// Unknown is a path's reason to refuse a case that sets a field which it does not know, or a known one to a value that came
// later; empty: it knows all. A field, and a value, that the first version did not have is unknown unless knows has
// it: it is asked for the field's name, and for name=value where the field itself is old: "softcap", "q_len=0".
func (c *Case) Unknown(knows func(what string) bool) string {
	for _, f := range fieldTable {
		if what := f.later(c); what != "" && !knows(what) {
			if f.Unsupported != "" {
				return f.Unsupported
			}
			return what + ": the path does not know it"
		}
	}
	return ""
}

// later is what the case has of the field that the first version had not: its name, or its name and value.
func (f *Field) later(c *Case) string {
	old, ok := firstVersion[f.Name]
	switch {
	case !ok && f.zero(c):
	case !ok:
		return f.Name
	case f.Type == Integer && old.least > 0 && f.integer(c) < old.least:
		return fmt.Sprintf("%s=%d", f.Name, f.integer(c))
	case f.Type == Word && old.words != nil && !slices.Contains(old.words, f.text(c)):
		return f.Name + "=" + f.text(c)
	}
	return ""
}
